"""A file that is not what was written is found, named, and made again: wrong data is never handed out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arrowsets.errors import CorruptEntry, StoreError
from arrowsets.store import Draft, Entry, ShardRecord, Store, StoreWarning, trust
from arrowsets.store.disk import checksum

Make = Callable[..., Entry]
Publish = Callable[[Draft, str, bytes], ShardRecord]
DATA = b"some bytes that are worth keeping"


def truncate(path: Path) -> None:
    os.truncate(path, 5)


def zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


damages = pytest.mark.parametrize("damage", [truncate, zero, flip, grow, Path.unlink])


@damages
def test_a_damaged_shard_is_named_and_the_entry_made_again(
    store: Store, make: Make, damage: Callable[[Path], None]
) -> None:
    entry = make(store, "0a", {"a.bin": DATA, "b.bin": DATA})
    damage(entry.files[1])
    with pytest.raises(CorruptEntry, match=entry.files[1].name):
        entry.verify()
    with pytest.warns(StoreWarning, match=entry.files[1].name):
        assert store.get("0a") is None
    assert make(store, "0a", {"a.bin": DATA}).files[0].read_bytes() == DATA


@damages
def test_a_damaged_manifest_is_no_entry(store: Store, make: Make, damage: Callable[[Path], None]) -> None:
    entry = make(store, "0a", {"a.bin": DATA})
    damage(entry.path / "manifest.json")
    if damage is Path.unlink:
        assert store.get("0a") is None
    else:
        with pytest.warns(StoreWarning, match=r"manifest\.json"):
            assert store.get("0a") is None
    assert make(store, "0a", {"a.bin": DATA}).files[0].read_bytes() == DATA


def test_a_draft_is_not_stopped_by_a_damaged_entry(store: Store, make: Make) -> None:
    truncate(make(store, "0a", {"a.bin": DATA}).files[0])
    with pytest.warns(StoreWarning):
        entry = make(store, "0a", {"a.bin": DATA})
    assert entry.files[0].read_bytes() == DATA


@damages
def test_a_damaged_unit_is_made_again(store: Store, publish: Publish, damage: Callable[[Path], None]) -> None:
    with store.open("0a") as draft:
        whole, torn = publish(draft, "a.bin", DATA), publish(draft, "b.bin", DATA)
        damage(draft.path / torn.name)
    with pytest.warns(StoreWarning, match=torn.name):
        draft = store.open("0a")
    assert dict(draft.finished) == {"a.bin": whole}
    assert publish(draft, "b.bin", DATA) == torn
    assert [file.read_bytes() for file in draft.commit([whole, torn], {}).files] == [DATA, DATA]


@damages
def test_a_unit_without_a_readable_record_is_made_again(
    store: Store, publish: Publish, damage: Callable[[Path], None]
) -> None:
    with store.open("0a") as draft:
        record = publish(draft, "a.bin", DATA)
    journal = draft.path / "journal" / "a.bin.json"
    damage(journal)
    if damage is Path.unlink:
        again = store.open("0a")
    else:
        with pytest.warns(StoreWarning, match=journal.name):
            again = store.open("0a")
    assert not again.finished
    assert publish(again, "a.bin", DATA) == record


def test_a_unit_torn_under_its_writer_is_not_committed(store: Store, publish: Publish) -> None:
    draft = store.open("0a")
    record = publish(draft, "a.bin", DATA)
    truncate(draft.path / record.name)
    with pytest.raises(StoreError, match="publish it again"):
        draft.commit([record], {})
    assert draft.commit([publish(draft, "a.bin", DATA)], {}).files[0].read_bytes() == DATA


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 0.999), bit=st.integers(0, 7), which=st.integers(0, 3))
def test_any_flipped_bit_is_harmless(store: Store, make: Make, place: float, bit: int, which: int) -> None:
    entry = make(store, "0a", {"a.bin": DATA, "b.bin": DATA[::-1]}, label="x")
    path = [*entry.files, entry.path / "manifest.json", entry.path / "trusted.json"][which]
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 1 << bit
    path.write_bytes(data)
    if which == 3:
        assert store.get("0a") is not None
        return
    with pytest.warns(StoreWarning):
        assert store.get("0a") is None


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat every entry as too large to be read at each first use."""
    monkeypatch.setattr(trust, "SMALL", 0)
    monkeypatch.setattr(trust, "_believed", {})


@pytest.mark.usefixtures("large")
@damages
def test_damage_to_a_large_entry_is_seen_by_its_times(store: Store, make: Make, damage: Callable[[Path], None]) -> None:
    path = make(store, "0a", {"a.bin": DATA}).files[0]
    stat = path.stat()
    damage(path)
    if path.exists():
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.warns(StoreWarning, match=path.name):
        assert store.get("0a") is None


@pytest.mark.usefixtures("large")
def test_a_large_entry_is_read_once_after_a_reboot(store: Store, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    make(store, "0a", {"a.bin": DATA})
    read: list[Path] = []

    def counted(path: Path) -> str:
        read.append(path)
        return checksum(path)

    monkeypatch.setattr(trust, "checksum", counted)
    assert store.get("0a")
    assert len(read) == 0
    for boot, count in [("second", 1), ("third", 1)]:
        monkeypatch.setattr(trust, "boot_id", lambda boot=boot: boot)
        monkeypatch.setattr(trust, "_believed", {})
        assert store.get("0a")
        assert len(read) == count


@pytest.mark.usefixtures("large")
def test_a_copied_store_is_read_before_it_is_trusted(store: Store, make: Make, tmp_path: Path) -> None:
    entry = make(store, "0a", {"a.bin": DATA})
    shutil.copytree(store.root, tmp_path / "copy")
    copied = tmp_path / "copy" / entry.files[0].relative_to(store.root)
    flip(copied)
    with pytest.warns(StoreWarning, match=copied.name):
        assert Store(tmp_path / "copy").get("0a") is None
    assert store.get("0a")
