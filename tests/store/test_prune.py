"""Prune removes the least recently used first, and nothing that a living process uses."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arrowsets.errors import StoreError
from arrowsets.store import Draft, Entry, ShardRecord, Store, du, ls

Make = Callable[..., Entry]
Publish = Callable[[Draft, str, bytes], ShardRecord]
Writer = Callable[..., "subprocess.Popen[str]"]


def age(path: Path, seconds: float) -> None:
    """Make an entry or draft look unused for a time."""
    then = time.time() - seconds
    (path / "used").touch() if (path / "manifest.json").exists() else None
    for name in (".", "used", "journal"):
        if (path / name).exists():
            os.utime(path / name, (then, then))


@pytest.fixture
def aged(store: Store, make: Make) -> Store:
    """Three entries of 1,000 bytes; "0a" was used longest ago."""
    for key, seconds in [("0a", 300), ("0b", 200), ("0c", 100)]:
        age(make(store, key, {"a.bin": bytes(1000)}).path, seconds)
    return store


def keys(store: Store) -> set[str]:
    return {entry.key for entry in store.entries()}


def test_the_least_recently_used_go_first(aged: Store) -> None:
    size = du(aged).entry_bytes // 3
    report = aged.prune(max_bytes=size * 2 + 10)
    assert [item.key for item in report.removed] == ["0a"]
    assert keys(aged) == {"0b", "0c"}
    assert report.left == du(aged).entry_bytes


def test_using_an_entry_keeps_it(aged: Store) -> None:
    assert aged.get("0a")
    aged.prune(older_than=150)
    assert keys(aged) == {"0a", "0c"}


def test_old_entries_go(aged: Store) -> None:
    assert [item.key for item in aged.prune(older_than=150).removed] == ["0a", "0b"]


def test_kept_keys_stay(aged: Store) -> None:
    report = aged.prune(max_bytes=0, keep=["0a"])
    assert keys(aged) == {"0a"}
    assert report.spared == ("0a",)


def test_a_dry_run_removes_nothing(aged: Store) -> None:
    planned = aged.prune(max_bytes=0, dry_run=True)
    assert len(keys(aged)) == 3
    assert planned.removed == aged.prune(max_bytes=0).removed


def test_without_limits_nothing_that_is_used_goes(aged: Store) -> None:
    assert aged.prune().removed == ()
    assert aged.make_room(None) is None


def test_a_pinned_entry_stays_until_it_is_released(aged: Store) -> None:
    entry = next(aged.entries())
    with entry.pin():
        assert aged.prune(max_bytes=0).spared == ("0a",)
    assert keys(aged) == {"0a"}
    aged.prune(max_bytes=0)
    assert keys(aged) == set()
    with pytest.raises(StoreError, match="was pruned"):
        entry.pin()


def test_a_pin_ends_with_its_owner(aged: Store) -> None:
    pin = next(aged.entries()).pin()
    del pin
    assert aged.prune(max_bytes=0).spared == ()


def test_a_reader_in_another_process_finds_its_files(store: Store, make: Make, writer: Writer) -> None:
    make(store, "0abc", {"a.bin": bytes(1000)})
    reader = writer("read", store.root)
    assert reader.stdout
    assert reader.stdin
    assert reader.stdout.readline() == "pinned\n"
    assert store.prune(max_bytes=0).spared == ("0abc",)
    reader.stdin.write("\n")
    reader.stdin.flush()
    assert reader.stdout.readline() == "1000\n"
    reader.kill()
    reader.wait()
    assert [item.key for item in store.prune(max_bytes=0).removed] == ["0abc"]


def test_a_draft_that_is_written_stays(store: Store, writer: Writer) -> None:
    process = writer("endless", store.root)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    while not list(store.drafts()):
        assert process.poll() is None
    while not (store.root / "entries/0a/0abc/tmp").exists():
        assert process.poll() is None
    assert store.prune(max_bytes=0, drafts_older_than=0).spared == ("0abc",)
    process.kill()
    process.wait()
    assert [item.key for item in store.prune(drafts_older_than=0).removed] == ["0abc"]


def test_abandoned_drafts_go_after_a_grace(store: Store, publish: Publish) -> None:
    for key, seconds in [("0a", 10), ("0b", 5 * 86400)]:
        with store.open(key) as draft:
            publish(draft, "a.bin", b"x")
        age(draft.path, seconds)
    assert [item.key for item in store.prune().removed] == ["0b"]
    assert set(store.open("0a").finished) == {"a.bin"}


def test_leftovers_of_the_dead_are_swept(store: Store, make: Make) -> None:
    entry = make(store, "0a", {"a.bin": b"x"})
    left = entry.path / "tmp" / "1-dead.0"
    left.mkdir(parents=True)
    (left / "half").write_bytes(bytes(100))
    (entry.path / "stray.bin").write_bytes(bytes(11))
    assert store.prune().freed == 111
    assert {path.name for path in entry.path.iterdir()} == {
        entry.files[0].name,
        "manifest.json",
        "trusted.json",
    }


def test_removed_keys_are_gone_and_others_stay(aged: Store) -> None:
    assert [item.key for item in aged.remove(["0b", "zz"]).removed] == ["0b"]
    assert keys(aged) == {"0a", "0c"}
    assert list((aged.root / "trash").iterdir()) == []


def test_listing_tells_what_there_is(aged: Store, publish: Publish) -> None:
    draft = aged.open("0d")
    publish(draft, "a.bin", b"xyz")
    rows = {row.key: row for row in ls(aged)}
    assert (rows["0a"].finished, rows["0a"].num_rows, rows["0a"].in_use) == (True, 1000, False)
    assert (rows["0d"].finished, rows["0d"].shards, rows["0d"].in_use) == (False, 1, True)
    assert (du(aged).entries, du(aged).drafts) == (3, 1)
    assert [draft.key for draft in aged.drafts()] == ["0d"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.integers(0, 50_000), max_size=6),
    limit=st.integers(0, 100_000),
    keep=st.sets(st.integers(0, 5)),
)
def test_what_is_left_fits_and_is_the_newest(
    store: Store, make: Make, sizes: list[int], limit: int, keep: set[int]
) -> None:
    store.remove(keys(store))
    for number, size in enumerate(sizes):
        age(make(store, f"0{number}", {"a.bin": bytes(size)}).path, 1000 - number)
    report = store.prune(max_bytes=limit, keep={f"0{number}" for number in keep})
    left = {int(key[1:]) for key in keys(store)}
    free_left = sorted(left - keep)
    assert report.left == du(store).entry_bytes
    assert report.left <= limit or not free_left
    assert free_left == [number for number in range(len(sizes)) if number not in keep][-len(free_left) or 99 :]
