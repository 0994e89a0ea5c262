"""A store in a folder of its own, and ways to fill and to damage it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from arrowsets.store import Draft, Entry, ShardRecord, Store

WRITER = Path(__file__).with_name("writer.py")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def publish() -> Callable[[Draft, str, bytes], ShardRecord]:
    def write(draft: Draft, name: str, data: bytes) -> ShardRecord:
        with draft.writing(name) as path:
            path.write_bytes(data)
        return draft.publish(name, path, num_rows=len(data))

    return write


@pytest.fixture
def make(publish: Callable[[Draft, str, bytes], ShardRecord]) -> Callable[..., Entry]:
    def make(store: Store, key: str, shards: Mapping[str, bytes], **extra: object) -> Entry:
        with store.open(key) as draft:
            records = [publish(draft, name, data) for name, data in shards.items()]
            return draft.commit(records, {"key": key}, extra)

    return make


@pytest.fixture
def writer() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Run `writer.py` in a process of its own; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, str(WRITER), *map(str, arguments)]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
