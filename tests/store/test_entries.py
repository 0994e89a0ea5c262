"""An entry gives back what was committed, and nothing before that."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arrowsets.errors import StoreError
from arrowsets.store import Draft, Entry, Manifest, ShardRecord, Store, StoreWarning, manifest

Make = Callable[..., Entry]
Publish = Callable[[Draft, str, bytes], ShardRecord]
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_what_was_never_made_is_not_there(store: Store) -> None:
    assert store.get("0a") is None
    assert not store.root.exists()


def test_an_entry_is_there_only_once_it_is_committed(store: Store, publish: Publish) -> None:
    with store.open("0a") as draft:
        record = publish(draft, "a.bin", b"x")
        assert store.get("0a") is None
        draft.commit([record], {})
    assert store.get("0a") is not None


def test_shards_keep_their_order_and_records(store: Store, make: Make) -> None:
    entry = make(store, "0a", {"b.bin": b"bb", "a.bin": b"a", "ü .bin": b""}, label="l")
    found = store.get("0a")
    assert found
    assert found.manifest == entry.manifest
    assert [file.read_bytes() for file in found.files] == [b"bb", b"a", b""]
    assert (found.manifest.num_rows, found.num_bytes) == (3, 3)


def test_an_entry_may_have_no_shards(store: Store, make: Make) -> None:
    make(store, "0a", {})
    found = store.get("0a")
    assert found
    assert found.files == ()


def test_units_that_were_merged_leave_only_the_merged_shard(store: Store, publish: Publish) -> None:
    draft = store.open("0a")
    units = [publish(draft, f"{unit}.bin", b"%d" % unit) for unit in range(3)]
    merged = publish(draft, "all.bin", b"".join((draft.path / unit.name).read_bytes() for unit in units))
    entry = draft.commit([merged], {})
    assert {file.name for file in entry.path.iterdir()} == {merged.name, "manifest.json", "trusted.json"}


def test_the_record_keeps_batches_and_extra(store: Store) -> None:
    draft = store.open("0a")
    with draft.writing("a.bin") as path:
        path.write_bytes(b"abc")
    record = draft.publish("a.bin", path, num_rows=3, batches=(2, 1), extra={"seen": (1, 2)}, checksum="0" * 32)
    assert (record.batches, record.extra, record.checksum) == ((2, 1), {"seen": [1, 2]}, "0" * 32)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(extra=st.dictionaries(st.text(), json, max_size=3))
def test_a_manifest_survives_its_text(extra: dict[str, object]) -> None:
    shard = ShardRecord("a.bin", 3, 9, "0" * 32, (1, 2), extra)
    made = Manifest("0a", (shard,), {"f": extra}, extra)
    assert Manifest.from_bytes(made.to_bytes()) == made


def test_entries_drafts_and_records_pickle(store: Store, make: Make, publish: Publish) -> None:
    entry, draft = make(store, "0a", {"a.bin": b"x"}), store.open("0b")
    assert pickle.loads(pickle.dumps(entry)).manifest == entry.manifest
    assert pickle.loads(pickle.dumps(entry.manifest)) == entry.manifest
    record = publish(pickle.loads(pickle.dumps(draft)), "b.bin", b"y")
    assert dict(draft.refresh()) == {"b.bin": record}


@pytest.mark.parametrize("name", ["", "a/b", "..", ".a", "a\\b", "manifest.json", "tmp", "a\0b", "a:b", "a "])
def test_a_name_that_some_file_system_refuses_is_an_error(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a shard"):
        store.open("0a").temporary(name)


@pytest.mark.parametrize("key", ["", "a", "a/b", "../a", "a.b", "ä1"])
def test_a_key_is_plain_text(store: Store, key: str) -> None:
    with pytest.raises(ValueError, match="no key of a store"):
        store.get(key)


def test_an_entry_of_another_version_is_left_alone(store: Store, make: Make) -> None:
    path = make(store, "0a", {"a.bin": b"x"}).path / "manifest.json"
    newer = manifest.encode(manifest.decode(path.read_bytes()) | {"version": 99})
    path.write_bytes(newer)
    with pytest.warns(StoreWarning, match="99"):
        assert store.get("0a") is None
    with pytest.raises(StoreError, match="upgrade arrowsets"):
        store.open("0a")
    assert path.read_bytes() == newer


def test_a_discarded_draft_is_gone(store: Store, publish: Publish) -> None:
    draft = store.open("0a")
    publish(draft, "a.bin", b"x")
    draft.discard()
    assert not draft.path.exists()
    assert not store.open("0a").finished


def test_recent_finds_the_newest_of_a_label(store: Store, make: Make) -> None:
    for key, label in [("0a", "map"), ("0b", "map"), ("0c", "filter"), ("0d", "map")]:
        make(store, key, {}, label=label)
    store.remove(["0b"])
    assert {found.key for found in store.recent("map")} == {"0a", "0d"}
    assert [found.key for found in store.recent("map", limit=1)] == ["0d"]
    assert store.recent("none") == []


def test_a_closed_draft_leaves_units_and_no_temporary_files(store: Store, publish: Publish) -> None:
    with pytest.raises(StoreError), store.open("0a") as draft:  # noqa: PT012
        publish(draft, "a.bin", b"x")
        draft.temporary("b.bin").write_bytes(b"half")
        raise StoreError("stop")
    assert not (draft.path / "tmp").exists()
    assert set(store.open("0a").finished) == {"a.bin"}
