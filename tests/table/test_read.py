"""Reading rows of Arrow files: any type, any positions, without a copy where it can be."""

# ruff: noqa: E501
from __future__ import annotations

import decimal
import uuid
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arrowsets.errors import ColumnNotFound, RowOutOfRange
from arrowsets.table import ArrowFiles, View

VALUES: list[tuple[pa.DataType, list[Any]]] = [
    (pa.int64(), [1, None, 3, 4, 5]),
    (pa.bool_(), [True, None, False, True, True]),
    (pa.string(), ["a", None, "", "ü" * 20, "x"]),
    (pa.large_binary(), [b"a", None, b"", b"c" * 20, b"x"]),
    (pa.string_view(), ["a", None, "", "ü" * 20, "x"]),
    (pa.binary_view(), [b"a", None, b"", b"c" * 20, b"x"]),
    (pa.list_(pa.string()), [["a"], None, [], ["b", None], ["c"]]),
    (pa.list_(pa.string_view()), [["a"], None, [], ["b" * 20, None], ["c"]]),
    (pa.large_list(pa.int8()), [[1], None, [], [2, None], [3]]),
    (pa.list_view(pa.int8()), [[1], None, [], [2, None], [3]]),
    (pa.list_(pa.float32(), 2), [[1.0, 2.0], None, [None, 4.0], [5.0, 6.0], [7.0, 8.0]]),
    (pa.struct([("x", pa.int8()), ("y", pa.string_view())]), [{"x": 1, "y": "a"}, None, {"x": None, "y": "b" * 20}, {"x": 2, "y": None}, {"x": 3, "y": ""}]),
    (pa.map_(pa.string(), pa.int8()), [[("a", 1)], None, [], [("b", None)], [("c", 2)]]),
    (pa.dictionary(pa.int8(), pa.string()), ["a", None, "b", "a", "c"]),
    (pa.json_(), ["{}", None, "[1]", "null", "2"]),
    (pa.uuid(), [uuid.UUID(int=1).bytes, None, uuid.UUID(int=3).bytes, uuid.UUID(int=4).bytes, uuid.UUID(int=5).bytes]),
    (pa.timestamp("us", "UTC"), [1, None, 3, 4, 5]),
    (pa.decimal128(5, 2), [decimal.Decimal("1.50"), None, decimal.Decimal(0), decimal.Decimal(1), decimal.Decimal(2)]),
    (pa.null(), [None] * 5),
]  # fmt: skip


def column(dtype: pa.DataType, values: list[Any]) -> pa.Array[Any]:
    if isinstance(dtype, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(dtype, pa.array(values, dtype.storage_type))
    return pa.array(values, dtype)


@pytest.mark.parametrize(("dtype", "values"), VALUES, ids=[str(dtype) for dtype, _ in VALUES])
@pytest.mark.parametrize("positions", [[4, 0, 1, 3, 3, 0], [0, 2, 3], [1, 2, 3], [4], [], range(4, -1, -2)])
def test_every_type_is_read_by_position(write: Any, dtype: pa.DataType, values: list[Any], positions: Any) -> None:
    table = pa.table({"x": column(dtype, values)})
    view = View.from_files([write(table)])
    found = view.read(positions)
    assert found.schema.equals(table.schema)
    assert found.column(0).to_pylist() == [table.column(0).to_pylist()[at] for at in positions]
    found.validate(full=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 6), max_size=6), st.data())
def test_positions_in_batches_of_any_size(counts: list[int], data: st.DataObject) -> None:
    total = sum(counts)
    batches = [pa.record_batch({"x": pa.array([str(n)] * n, pa.string())}) for n in counts]
    whole = pa.Table.from_batches(batches, pa.schema([pa.field("x", pa.string())]))
    files = ArrowFiles.concat(
        [
            ArrowFiles.from_table(whole.slice(0, 0)),
            *(ArrowFiles.from_table(pa.Table.from_batches([b])) for b in batches),
        ]
    )
    positions = data.draw(st.lists(st.integers(0, total - 1))) if total else []
    expected = [whole.column(0).to_pylist()[at] for at in positions]
    assert files.read(np.array(positions, dtype=np.int64)).column(0).to_pylist() == expected


def test_a_range_is_read_without_a_copy(write: Any) -> None:
    files = ArrowFiles.open([write(pa.table({"x": [1, 2, 3]}), max_rows=3)])
    before = pa.total_allocated_bytes()
    table = files.read(range(1, 3))
    assert table.column(0).to_pylist() == [2, 3]
    assert pa.total_allocated_bytes() == before


def test_values_of_a_file_cannot_be_written_to(write: Any) -> None:
    array = ArrowFiles.open([write(pa.table({"x": [1, 2, 3]}))]).read(range(3)).column(0).chunk(0).to_numpy()
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 9


def test_only_some_columns_are_read(write: Any) -> None:
    files = ArrowFiles.open([write(pa.table({"x": [1], "y": ["a"], "z": [0]}))])
    assert files.read(range(1), ["y", "x"]).to_pydict() == {"y": ["a"], "x": [1]}


@pytest.mark.parametrize("rows", [range(2, 4), range(3, 4), np.array([0, 3]), np.array([-1, 0])])
def test_rows_out_of_range_are_an_error(write: Any, rows: Any) -> None:
    with pytest.raises(RowOutOfRange, match="there are 3 rows"):
        ArrowFiles.open([write(pa.table({"x": [1, 2, 3]}))]).read(rows)


def test_an_unknown_column_names_what_exists(write: Any) -> None:
    with pytest.raises(ColumnNotFound, match="'text'; did you mean 'text'"):
        ArrowFiles.open([write(pa.table({"text": [1]}))]).read(range(1), ["txt"])


def test_a_result_too_large_for_its_offsets_comes_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arrowsets.table.take._SAFE_BYTES", 100)
    texts = [str(number) * 30 for number in range(10)]
    order = [3, 1, 1, 9, 0, 2, 1, 1, 7]
    found = View.from_table(pa.table({"x": texts})).column("x", order)
    assert found.num_chunks > 1
    assert found.to_pylist() == [texts[at] for at in order]


def test_few_rows_of_a_large_batch_come_in_one_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arrowsets.table.take._SAFE_BYTES", 1000)
    found = View.from_table(pa.table({"x": [str(number) * 30 for number in range(1000)]})).column("x", [700, 3, 3])
    assert found.num_chunks == 1
    assert [str(text)[:3] for text in found.to_pylist()] == ["700", "333", "333"]


def test_a_long_result_is_gathered_in_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arrowsets.table.take._SEGMENT_BYTES", 10_000)
    order = np.random.default_rng(0).permutation(5_000)
    found = View.from_table(pa.table({"x": pa.array(np.arange(5_000))})).column("x", order)
    assert found.num_chunks > 1
    assert found.to_pylist() == order.tolist()
