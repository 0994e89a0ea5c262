"""Rows and batches that convert what is touched and remember what was changed."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pytest

from arrowsets.formats import LazyBatch, LazyColumns, LazyRow, PythonFormat


@pytest.fixture
def columns(table: pa.Table) -> LazyColumns:
    return PythonFormat().lazy(table)


@pytest.fixture
def row(columns: LazyColumns) -> LazyRow:
    return next(columns.rows())


def test_only_touched_columns_are_converted(columns: LazyColumns) -> None:
    assert [row["a"] for row in columns.rows()] == [1, None, 3]
    assert set(columns) == {"a"}


def test_a_row_is_a_mapping_of_its_values(row: LazyRow) -> None:
    expected = {"a": 1, "s": "x", "l": [1, 2]}
    assert isinstance(row, Mapping)
    assert dict(row) == expected == {**row} == row
    assert list(row) == ["a", "s", "l"]
    assert list(row.values()) == [1, "x", [1, 2]]
    assert list(row.items()) == list(expected.items())
    assert len(row) == 3
    assert "a" in row
    assert "z" not in row
    assert repr(row) == repr(expected)
    assert row.get("z", 5) == 5


def test_set_keys_are_remembered(row: LazyRow) -> None:
    row["a"] = 10
    row["z"] = 20
    assert row.changed == {"a": 10, "z": 20}
    assert row.deleted == set()
    assert list(row) == ["a", "s", "l", "z"]


def test_deleted_keys_are_remembered(row: LazyRow) -> None:
    del row["a"]
    assert row.pop("s") == "x"
    assert row.deleted == {"a", "s"}
    assert dict(row) == {"l": [1, 2]}
    assert "a" not in row
    with pytest.raises(KeyError, match="a"):
        row["a"]
    with pytest.raises(KeyError):
        del row["a"]


def test_a_key_that_was_set_and_deleted_leaves_no_trace(row: LazyRow) -> None:
    row["z"] = 1
    del row["z"]
    assert (row.changed, row.deleted, len(row)) == ({}, set(), 3)


def test_a_key_that_was_deleted_and_set_is_changed(row: LazyRow) -> None:
    del row["a"]
    row["a"] = 5
    assert (row.changed, row.deleted) == ({"a": 5}, set())


def test_an_unknown_key_is_a_key_error(row: LazyRow) -> None:
    with pytest.raises(KeyError):
        row["z"]


def test_merging_keeps_the_left_side(row: LazyRow) -> None:
    merged = row | {"z": 1}
    assert isinstance(merged, LazyRow)
    assert merged.changed == {"z": 1}
    assert row.changed == {}
    assert {"z": 1, "a": 0} | row == {"z": 1, "a": 1, "s": "x", "l": [1, 2]}
    row |= {"a": 7}
    assert row.changed == {"a": 7}


def test_a_copy_is_independent(row: LazyRow) -> None:
    row["a"] = 5
    copied = row.copy()
    copied["a"] = 6
    assert (row["a"], copied["a"], copy.copy(row)["a"]) == (5, 6, 5)


def test_a_row_pickles_as_a_dict(row: LazyRow) -> None:
    assert pickle.loads(pickle.dumps(row)) == {"a": 1, "s": "x", "l": [1, 2]}


def test_a_row_can_be_keyword_arguments(row: LazyRow) -> None:
    assert dict(**row)["a"] == 1


def test_a_list_changed_in_place_is_noticed(columns: LazyColumns) -> None:
    rows = list(columns.rows())
    assert rows[0]["l"] == [1, 2]
    assert columns.mutated() == set()
    rows[0]["l"].append(5)
    assert columns.mutated() == {"l"}


def test_returned_values_that_are_the_given_ones_are_unchanged(columns: LazyColumns) -> None:
    rows = list(columns.rows())
    assert columns.unchanged("s", [row["s"] for row in rows])
    assert not columns.unchanged("s", ["other" for _ in rows])
    assert not columns.unchanged("l", [[1, 2], [], [3]])
    assert not columns.unchanged("a", [1])


def test_returned_lists_that_were_changed_in_place_are_changed(columns: LazyColumns) -> None:
    lists = [row["l"] for row in columns.rows()]
    assert columns.unchanged("l", lists)
    lists[0].append(3)
    assert not columns.unchanged("l", lists)


def test_a_batch_is_a_mapping_of_lists(columns: LazyColumns) -> None:
    batch = LazyBatch(columns)
    assert batch["a"] == [1, None, 3]
    assert set(columns) == {"a"}
    assert dict(batch) == {"a": [1, None, 3], "s": ["x", "yé", None], "l": [[1, 2], [], [3]]}


def test_an_entry_set_in_a_batch_is_noticed(columns: LazyColumns) -> None:
    batch = LazyBatch(columns)
    batch["a"][0] = 9
    assert batch["a"][0] == 9
    assert columns.mutated() == {"a"}
    assert not columns.unchanged("a", batch["a"])


class _Decoder:
    def __init__(self) -> None:
        self.calls: list[Any] = []

    def __call__(self, value: Any) -> Any:
        self.calls.append(value)
        return [value]


def test_values_are_decoded_when_touched_and_once(table: pa.Table) -> None:
    decode = _Decoder()
    rows = list(LazyColumns(table, {"s": decode}).rows())
    assert decode.calls == []
    assert rows[1]["s"] is rows[1]["s"]
    assert (rows[1]["s"], rows[2]["s"], decode.calls) == (["yé"], None, ["yé"])


def test_decoded_values_changed_in_place_are_noticed(table: pa.Table) -> None:
    columns = LazyColumns(table, {"s": _Decoder()})
    row = next(columns.rows())
    assert row["s"] == ["x"]
    assert columns.mutated() == set()
    row["s"].append("more")
    assert columns.mutated() == {"s"}
