"""The column sequence."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from arrowsets.errors import ColumnNotFound
from arrowsets.features import Features
from arrowsets.formats import Column, get_format


class Reader:
    """Reads rows of a table, as a dataset's view does."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.rows_read = 0

    def __call__(self, positions: Any) -> pa.Table:
        self.rows_read += len(positions)
        return self.table.take(np.asarray(positions, dtype=np.int64))


def _column(values: list[Any], name: str | None = None, kind: Any = None) -> Column:
    table = pa.table({"a": pa.array(values, kind), "b": pa.array(range(len(values)))})
    features = Features.from_arrow_schema(table.schema)
    return Column(Reader(table), len(values), "a", get_format(name, features))


def test_is_a_sequence() -> None:
    column = _column([3, 1, None])
    assert isinstance(column, Sequence)
    assert (len(column), column[0], column[-1], column[np.int64(1)]) == (3, 3, None, 1)
    assert list(column) == [3, 1, None]
    assert list(reversed(column)) == [None, 1, 3]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (slice(1, 3), [11, 12]),
        (slice(None, None, -1), [14, 13, 12, 11, 10]),
        (slice(10, 20), []),
        ([0, -1, 0], [10, 14, 10]),
        ((1, 2), [11, 12]),
        (range(0, 5, 2), [10, 12, 14]),
        (range(-2, 0), [13, 14]),
        (np.array([4, 0]), [14, 10]),
        ([True, False, False, True, False], [10, 13]),
        (np.array([False] * 5), []),
        ([], []),
        (iter([1]), [11]),
    ],
)
def test_many_rows_are_chosen_at_once(key: Any, expected: list[int]) -> None:
    assert _column([10, 11, 12, 13, 14])[key] == expected


@pytest.mark.parametrize("key", [3, -4, [0, 3], np.array([-4])])
def test_a_row_that_does_not_exist_is_an_index_error(key: Any) -> None:
    with pytest.raises(IndexError, match="out of range: there are 3 rows"):
        _column([1, 2, 3])[key]


def test_a_mask_of_another_length_is_an_index_error() -> None:
    with pytest.raises(IndexError, match="one flag per row"):
        _column([1, 2, 3])[[True, False]]


@pytest.mark.parametrize("key", [1.5, None, [1.5]])
def test_other_keys_are_type_errors(key: Any) -> None:
    with pytest.raises(TypeError):
        _column([1, 2, 3])[key]


def test_iterating_reads_in_batches_and_only_as_far_as_asked() -> None:
    table = pa.table({"a": range(5000)})
    reader = Reader(table)
    column = Column(reader, 5000, "a", get_format(None))
    assert next(iter(column)) == 0
    assert reader.rows_read <= 1000
    assert list(column) == list(range(5000))


def test_searches_by_value() -> None:
    column = _column([5, 6, None, 5])
    assert 6 in column
    assert None in column
    assert 7 not in column
    assert column.index(5) == 0
    assert column.index(5, 1) == 3
    assert column.count(5) == 2
    with pytest.raises(ValueError, match="7 is not in column 'a'"):
        column.index(7)


def test_equals_sequences_of_the_same_values() -> None:
    column = _column([1, 2])
    assert column == [1, 2]
    assert column == [1, 2]
    assert column == (1, 2)
    assert column == _column([1, 2])
    assert column != [1, 2, 3]
    assert column != "12"
    compared: Any = column == np.array([1, 3])
    assert compared.tolist() == [True, False]


def test_adds_to_lists() -> None:
    assert _column([1, 2]) + [3] == [1, 2, 3]  # noqa: RUF005 - what is tested
    assert [0] + _column([1, 2]) == [0, 1, 2]  # noqa: RUF005


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2], np.array([1, 2])),
        ([0.1, 0.2], np.array([0.1, 0.2])),
        (["a", "b"], np.array(["a", "b"])),
        ([[1, 2], [3, 4]], np.array([[1, 2], [3, 4]])),
        ([True, False], np.array([True, False])),
    ],
)
def test_becomes_an_array_without_loss(values: list[Any], expected: np.ndarray[Any, Any]) -> None:
    array = np.asarray(_column(values))
    assert array.dtype == expected.dtype
    assert array.tolist() == expected.tolist()


def test_lists_of_unequal_length_become_an_object_array() -> None:
    assert np.asarray(_column([[1], [2, 3]])).dtype == object


def test_becomes_an_array_of_the_dtype_asked_for() -> None:
    assert np.asarray(_column([1, 2]), dtype="float16").dtype == np.float16


def test_converts() -> None:
    column = _column([1, None])
    assert column.tolist() == [1, None] == column.to_list()
    assert column.to_arrow() == pa.chunked_array([[1, None]])
    assert pa.chunked_array(column) == column.to_arrow()


def test_shows_values_as_the_format_does() -> None:
    column = _column([1.5, 2.5], "numpy")
    assert column[:].dtype == np.float32
    assert type(column[0]) is np.float64
    assert [type(value) for value in column] == [np.float64] * 2
    assert isinstance(_column([1, 2], "arrow")[:], pa.ChunkedArray)


def test_fields_of_structs_are_columns() -> None:
    column = _column([{"x": {"y": 1}, "z": 2}, None, {"x": None, "z": 3}])
    assert column["z"][:] == [2, None, 3]
    assert column["x"]["y"] == [1, None, None]
    assert column["x"]["y"][0] == 1
    with pytest.raises(ColumnNotFound, match="'x', 'z'"):
        column["q"]


def test_transforms_make_columns_of_the_whole_row() -> None:
    table = pa.table({"a": [1, 2], "b": [10, 20]})
    shown = get_format("custom", transform=lambda batch: {"c": [x + y for x, y in zip(*batch.values(), strict=True)]})
    column = Column(Reader(table), 2, "c", shown)
    assert column[:] == [11, 22]
    assert column[1] == 22
    assert list(column) == [11, 22]


def test_shows_its_first_values() -> None:
    assert repr(_column([1, 2])) == "Column([1, 2], num_rows=2)"
    assert repr(_column(list(range(9)))) == "Column([0, 1, 2, 3, 4, ...], num_rows=9)"


def test_pickles() -> None:
    assert pickle.loads(pickle.dumps(_column([1, 2]))) == [1, 2]
