"""Law: processes that make the same entry leave one entry, and share the work."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from arrowsets.store import Draft, Entry, ShardRecord, Store
from arrowsets.store.disk import create

Publish = Callable[[Draft, str, bytes], ShardRecord]


@pytest.mark.parametrize("attempt", range(5))
def test_four_processes_leave_one_whole_entry(
    tmp_path: Path, writer: Callable[..., subprocess.Popen[str]], attempt: int
) -> None:
    racers = [writer("race", tmp_path) for _ in range(4)]
    for racer in racers:
        assert racer.stdout
        assert racer.stdout.readline() == "ready\n"
    outputs = [racer.communicate("go\n")[0] for racer in racers] if attempt % 2 else _start_together(racers)
    assert all(isinstance(json.loads(output), list) for output in outputs), outputs
    entry = Store(tmp_path).get("0abc")
    assert entry is not None
    entry.verify()
    Store(tmp_path).prune()
    files = {file.name for file in entry.path.iterdir()}
    assert files == {file.name for file in entry.files} | {"manifest.json", "trusted.json", "used"}


def _start_together(racers: list[subprocess.Popen[str]]) -> list[str]:
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("go\n")
        racer.stdin.flush()
    return [racer.communicate()[0] for racer in racers]


def test_the_first_record_of_a_unit_stands(store: Store, publish: Publish) -> None:
    first, second = store.open("0a"), store.open("0a")
    ours = publish(first, "a.bin", b"first")
    assert publish(second, "a.bin", b"other") == ours
    assert (first.path / ours.name).read_bytes() == b"first"
    assert first.commit([ours], {}).files == second.commit([ours], {}).files


def test_the_first_commit_stands(store: Store, publish: Publish) -> None:
    first, second = store.open("0a"), store.open("0a")
    one, two = publish(first, "one.bin", b"1"), publish(second, "two.bin", b"22")
    assert first.commit([one], {}, {"by": 1}).manifest.extra == {"by": 1}
    late = second.commit([two], {}, {"by": 2})
    assert late.manifest.extra == {"by": 1}
    assert [file.read_bytes() for file in late.files] == [b"1"]


def test_a_slow_helper_may_go_on_after_the_commit(store: Store, publish: Publish) -> None:
    quick, slow = store.open("0a"), store.open("0a")
    with slow.writing("b.bin") as path:
        path.write_bytes(b"late")
        quick.commit([publish(quick, "a.bin", b"early")], {})
    late = slow.publish("b.bin", path, num_rows=1)
    assert slow.committed()
    assert [file.read_bytes() for file in slow.commit([late], {}).files] == [b"early"]
    assert not (slow.path / late.name).exists()


def test_threads_share_a_draft(store: Store, publish: Publish) -> None:
    entries: list[Entry] = []

    def work() -> None:
        with store.open("0a") as draft:
            records = [publish(draft, f"{unit}.bin", bytes([unit]) * 100) for unit in range(20)]
            entries.append(draft.commit(records, {}))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(entries) == 4
    entries[0].verify()


def test_a_claim_may_be_asked_for_again(store: Store) -> None:
    draft = store.open("0a")
    assert draft.claim("a.bin")
    assert draft.claim("a.bin")


def test_a_unit_claimed_by_a_living_process_is_not_ours(
    store: Store, writer: Callable[..., subprocess.Popen[str]]
) -> None:
    other = writer("claim", store.root)
    assert other.stdout
    assert other.stdout.readline() == "True\n"
    assert not store.open("0abc").claim("a.bin")
    other.kill()
    other.wait()
    assert store.open("0abc").claim("a.bin")


def test_the_claim_of_a_dead_process_is_void(store: Store) -> None:
    draft = store.open("0a")
    (draft.path / "claims").mkdir()
    (draft.path / "claims" / "a.bin").write_text("1-dead")
    assert draft.claim("a.bin")


def test_the_first_to_take_a_name_keeps_it(tmp_path: Path) -> None:
    one, two, name = (tmp_path / file for file in ("one", "two", "name"))
    one.write_text("1")
    two.write_text("2")
    assert create(one, name)
    assert not create(two, name)
    assert name.read_text() == "1"
    assert list(tmp_path.iterdir()) == [name]
