"""Arrow files one after the other, in slices, and with other columns."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from arrowsets.errors import ColumnNotFound, RowOutOfRange, SchemaConflict
from arrowsets.table import ArrowFiles


def memory(**columns: Any) -> ArrowFiles:
    return ArrowFiles.from_table(pa.table(columns))


def test_a_missing_column_is_null() -> None:
    files = ArrowFiles.concat([memory(x=[1], y=["a"]), memory(y=["b"], z=[2.5])])
    assert files.read(range(2)).to_pydict() == {"x": [1, None], "y": ["a", "b"], "z": [None, 2.5]}


@pytest.mark.parametrize(
    "dtype",
    [
        pa.string(),
        pa.list_(pa.int8()),
        pa.struct([("a", pa.int8()), ("b", pa.string())]),
        pa.map_(pa.string(), pa.int8()),
        pa.dictionary(pa.int8(), pa.string()),
        pa.json_(),
        pa.string_view(),
        pa.list_(pa.int8(), 2),
    ],
    ids=str,
)
def test_a_column_of_nulls_takes_the_type_of_the_others(dtype: pa.DataType) -> None:
    other = ArrowFiles.from_table(pa.table({"x": pa.nulls(1, dtype)}))  # type: ignore[call-overload]
    files = ArrowFiles.concat([memory(x=pa.nulls(2)), other])
    assert files.schema.field("x").type == dtype
    assert files.read(range(3)).column(0).to_pylist() == [None] * 3


def test_nulls_inside_a_list_or_struct_take_the_type_too() -> None:
    first = memory(x=[{"a": [None], "b": None}])
    second = memory(x=[{"a": [1], "b": "t"}])
    files = ArrowFiles.concat([first, second])
    assert files.schema == second.schema
    assert files.read(range(2)).column(0).to_pylist() == [{"a": [None], "b": None}, {"a": [1], "b": "t"}]


def test_other_types_are_a_conflict_that_names_both() -> None:
    with pytest.raises(SchemaConflict, match="'x' is int64 .*string"):
        ArrowFiles.concat([memory(x=[1]), memory(x=["a"])])


@pytest.mark.parametrize(("start", "stop"), [(0, 7), (1, 6), (2, 3), (3, 3), (6, 7), (0, 0)])
def test_a_slice_is_a_slice(write: Any, start: int, stop: int) -> None:
    table = pa.table({"x": range(5)})
    files = ArrowFiles.concat([ArrowFiles.open([write(table)]), memory(x=[5, 6])]).slice(start, stop)
    again = files.slice(0, files.num_rows)
    assert again.read(range(stop - start)).to_pydict() == {"x": list(range(start, stop))}
    assert files.starts.tolist()[-1] == stop - start


def test_a_slice_of_a_slice_counts_from_its_start() -> None:
    files = memory(x=list(range(10))).slice(2, 9).slice(3, 6)
    assert files.read(range(3)).to_pydict() == {"x": [5, 6, 7]}


@pytest.mark.parametrize(("start", "stop"), [(0, 4), (-1, 2), (2, 1)])
def test_a_slice_out_of_range_is_an_error(start: int, stop: int) -> None:
    with pytest.raises(RowOutOfRange, match="there are 3 rows"):
        memory(x=[1, 2, 3]).slice(start, stop)


def test_a_struct_field_is_null_where_the_struct_is() -> None:
    rows = [{"a": {"b": 1}}, None, {"a": None}]
    files = memory(
        x=pa.StructArray.from_arrays([[{"b": 1}, {"b": 7}, None]], ["a"], mask=pa.array([False, True, False]))
    )
    assert files.read(range(3)).column(0).to_pylist() == rows
    assert files.project({"y": ("x", "a", "b")}).slice(1, 3).read(range(2)).to_pydict() == {"y": [None, None]}


def test_an_unknown_struct_field_names_what_exists() -> None:
    with pytest.raises(ColumnNotFound, match="'c'; the columns are 'a', 'b'"):
        memory(x=[{"a": 1, "b": 2}]).project({"y": ("x", "c")})


def test_missing_columns_cost_no_memory(write: Any) -> None:
    parts = [ArrowFiles.open([write(pa.table({"x": range(1000)}), 1000)]) for _ in range(5)]
    files = ArrowFiles.concat([*parts, memory(x=[1], y=["a"])])
    files.read(range(1000))
    before = pa.total_allocated_bytes()
    files.read(range(5000))
    assert pa.total_allocated_bytes() == before
