"""A caching proxy of another project stands between us and the hub: olah, in an environment of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from arrowsets import Dataset, load_dataset

OLAH = shutil.which("olah-cli") or shutil.which("olah-cli", path="/opt/olah/bin")

pytestmark = pytest.mark.skipif(
    OLAH is None, reason="olah-cli is not on PATH (pip install olah, in its own environment)"
)


@pytest.fixture
def olah(world: Any, tmp_path: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    hub, here = world.server.url.removeprefix("http://"), f"127.0.0.1:{port}"
    command = [str(OLAH), "--host", "127.0.0.1", "--port", str(port), "--repos-path", str(tmp_path / "repos")]
    command += ["--hf-scheme", "http", "--hf-netloc", hub, "--hf-lfs-netloc", hub, "--log-path", str(tmp_path / "logs")]
    command += ["--mirror-scheme", "http", "--mirror-netloc", here, "--mirror-lfs-netloc", here]
    log = (tmp_path / "olah.log").open("w")
    with log, subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path) as process:
        try:
            _wait(process, f"http://{here}", tmp_path / "olah.log")
            yield f"http://{here}"
        finally:
            process.terminate()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    for _ in range(300):
        assert process.poll() is None, log.read_text()
        try:
            requests.get(url, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text())


def test_a_dataset_is_loaded_and_streamed_through_a_proxy(world: Any, olah: str) -> None:
    repo = world.id("behind")
    Dataset.from_dict({"x": list(range(100))}).push_to_hub(repo, num_shards=3)
    world.forget()
    world.set(HF_ENDPOINT=olah)
    assert load_dataset(repo, split="train")["x"][:] == list(range(100))
    world.forget("stream")
    assert [row["x"] for row in load_dataset(repo, split="train", streaming=True)] == list(range(100))
