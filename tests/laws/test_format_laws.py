"""Laws of every format: row, column, batch and rows show the same values, whatever is stored."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import pickle
from importlib.util import find_spec
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arrowsets.features import Features
from arrowsets.formats import Format, get_format

_ARRAYS = ["numpy", *(name for name in ("torch",) if find_spec(name))]
_FORMATS = [None, *_ARRAYS]
_TABULAR = ["arrow", "pandas", "polars"]

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
_TIME = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2200, 1, 1))  # noqa: DTZ001
_SCALARS: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.null(), st.none()),
    (pa.bool_(), st.booleans()),
    (pa.int8(), st.integers(-128, 127)),
    (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    (pa.int64(), st.integers(-(2**53), 2**53)),
    (pa.uint16(), st.integers(0, 2**16 - 1)),
    (pa.float16(), st.floats(width=16, allow_nan=False, allow_infinity=False)),
    (pa.float32(), st.floats(width=32, allow_nan=False)),
    (pa.float64(), st.floats(width=32, allow_nan=False)),
    (pa.string(), _TEXT),
    (pa.large_string(), _TEXT),
    (pa.string_view(), _TEXT),
    (pa.binary(), st.binary(max_size=5)),
    (pa.large_binary(), st.binary(max_size=5)),
    (pa.date32(), _TIME.map(dt.datetime.date)),
    (pa.time64("us"), _TIME.map(dt.datetime.time)),
    (pa.timestamp("us"), _TIME),
    (pa.timestamp("us", "UTC"), _TIME),
    (pa.duration("us"), st.timedeltas(dt.timedelta(0), dt.timedelta(days=1000))),
    (pa.decimal128(10, 2), st.decimals(-1000, 1000, places=2)),
    (pa.dictionary(pa.int8(), pa.string()), _TEXT),
]
Typed = tuple[pa.DataType, st.SearchStrategy[Any]]


def _nested(inner: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    def lists(typed: Typed) -> Typed:
        return pa.list_(typed[0]), st.lists(st.none() | typed[1], max_size=3)

    def large_lists(typed: Typed) -> Typed:
        return pa.large_list(typed[0]), st.lists(typed[1], max_size=3)

    def pairs(typed: Typed) -> Typed:
        return pa.list_(typed[0], 2), st.lists(typed[1], min_size=2, max_size=2)

    def structs(typed: Typed) -> Typed:
        return pa.struct([("x", typed[0])]), st.fixed_dictionaries({"x": st.none() | typed[1]})

    return st.one_of(inner.map(lists), inner.map(large_lists), inner.map(pairs), inner.map(structs))


_TYPES = st.recursive(st.sampled_from(_SCALARS), _nested, max_leaves=3)


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """Tables of one to three columns, in chunks, each chunk a slice of something longer."""
    lengths = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    columns: dict[str, Any] = {}
    for name in draw(st.lists(_TEXT, min_size=1, max_size=3, unique=True)):
        kind, values = draw(_TYPES)
        optional = st.none() | values
        chunks: list[Any] = []
        for length in lengths:
            data = draw(st.lists(optional, min_size=length + 2, max_size=length + 2))
            chunks.append(pa.array(data, kind).slice(1, length))
        columns[name] = pa.chunked_array(chunks, cast("Any", kind))
    return pa.table(columns)


def plain(value: Any) -> Any:
    """Reduce what formats show to Python values that can be compared."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(np.float32(value))
    if isinstance(value, float):
        return None if math.isnan(value) else float(np.float32(value))
    return value


quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _format(name: str | None, table: pa.Table) -> Format:
    return get_format(name, Features.from_arrow_schema(table.schema))


@pytest.mark.parametrize("name", _FORMATS)
@quick
@given(table=tables())
def test_rows_show_what_each_row_shows(name: str | None, table: pa.Table) -> None:
    shown_as = _format(name, table)
    rows = list(shown_as.rows(table))
    assert [plain(row) for row in rows] == [plain(shown_as.row(table, i)) for i in range(table.num_rows)]
    assert all(list(row) == table.column_names for row in rows)


@pytest.mark.parametrize("name", _FORMATS)
@quick
@given(table=tables())
def test_batches_show_what_rows_show(name: str | None, table: pa.Table) -> None:
    shown_as = _format(name, table)
    batch = shown_as.batch(table)
    assert list(batch) == table.column_names
    for column in table.column_names:
        assert plain(batch[column]) == [plain(row[column]) for row in shown_as.rows(table)]


@pytest.mark.parametrize("name", _FORMATS)
@quick
@given(table=tables())
def test_columns_show_what_batches_show(name: str | None, table: pa.Table) -> None:
    shown_as = _format(name, table)
    batch = shown_as.batch(table)
    for column in table.column_names:
        assert plain(shown_as.column_of(table, column)) == plain(batch[column])
        assert plain(list(shown_as.values(table, column))) == plain(batch[column])


@quick
@given(table=tables())
def test_the_default_format_shows_what_arrow_shows(table: pa.Table) -> None:
    assert list(_format(None, table).rows(table)) == table.to_pylist()


@pytest.mark.parametrize("name", _FORMATS)
@quick
@given(table=tables())
def test_getters_show_what_rows_show(name: str | None, table: pa.Table) -> None:
    shown_as = _format(name, table)
    got: list[Any] = []
    for batch in table.to_batches():
        get = shown_as.getter(batch)
        assert get is not None
        got += [get(i) for i in range(batch.num_rows)]
    expected = list(shown_as.rows(table))
    assert plain(got) == plain(expected)
    assert [_types(row) for row in got] == [_types(row) for row in expected]


def _types(row: dict[str, Any]) -> list[Any]:
    return [(type(value), getattr(value, "dtype", None), getattr(value, "shape", None)) for value in row.values()]


@pytest.mark.parametrize("name", _ARRAYS)
@quick
@given(table=tables())
def test_arrays_show_what_the_default_format_shows(name: str, table: pa.Table) -> None:
    shown = [plain(row) for row in _format(name, table).rows(table)]
    stored = [plain(_naive(row)) for row in table.to_pylist()]
    assert plain(_naive(shown)) == stored


def _naive(value: Any) -> Any:
    """Drop what arrays of dates do not keep: the time zone."""
    if isinstance(value, dict):
        return {key: _naive(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_naive(item) for item in value]
    return value.replace(tzinfo=None) if isinstance(value, dt.datetime) else value


@pytest.mark.parametrize("name", _TABULAR)
def test_tables_agree_with_their_rows_and_columns(name: str) -> None:
    table = pa.table({"a": [1, 2, 3], "s": ["x", "y", "z"], "l": [[1], [], [2, 3]]})
    shown_as = _format(name, table)
    rows = list(shown_as.rows(table))
    assert len(rows) == 3
    assert plain(list(shown_as.column_of(table, "a"))) != []
    assert [_cell(row, "a") for row in rows] == [1, 2, 3] == [_cell(shown_as.row(table, i), "a") for i in range(3)]
    assert [_cell(shown_as.batch(table), "s", i) for i in range(3)] == ["x", "y", "z"]


def _cell(frame: Any, column: str, row: int = 0) -> Any:
    value = frame[column].iloc[row] if hasattr(frame, "iloc") else frame[column][row]
    return value.as_py() if isinstance(value, pa.Scalar) else value


@pytest.mark.parametrize("name", [*_FORMATS, *_TABULAR])
def test_formats_pickle(name: str | None) -> None:
    table = pa.table({"a": [1, 2], "d": [decimal.Decimal("1.5"), None]})
    shown_as = _format(name, table)
    copied = pickle.loads(pickle.dumps(shown_as))
    assert copied == shown_as
    assert type(copied) is type(shown_as)
