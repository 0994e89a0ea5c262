"""Reading single rows from the buffers of a record batch."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from arrowsets.formats import RowGetter


@pytest.mark.parametrize(
    "kind",
    [
        "int8",
        "uint8",
        "int16",
        "uint16",
        "int32",
        "uint32",
        "int64",
        "uint64",
        "float16",
        "float32",
        "float64",
    ],
)
def test_reads_numbers_of_every_width(kind: str) -> None:
    batch = pa.record_batch({"a": pa.array([1, None, 3], kind)})
    assert [RowGetter(batch).get(i)["a"] for i in range(3)] == [1, None, 3]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_reads_text_of_every_layout(kind: pa.DataType) -> None:
    values = ["", "añ日本𝄞", None, "z" * 100]
    get = RowGetter(pa.record_batch({"a": pa.array(values, kind)})).get
    assert [get(i)["a"] for i in range(4)] == values


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary_view(), pa.binary(2)])
def test_reads_bytes_of_every_layout(kind: pa.DataType) -> None:
    values = [b"\0\0", b"ab", None]
    get = RowGetter(pa.record_batch({"a": pa.array(values, kind)})).get
    assert [get(i)["a"] for i in range(3)] == values
    assert type(get(0)["a"]) is bytes


@pytest.mark.parametrize("start", [0, 1, 7, 8, 9])
def test_reads_slices(start: int) -> None:
    data: dict[str, list[Any]] = {
        "i": [None if i % 3 == 0 else i for i in range(20)],
        "b": [None if i % 5 == 0 else i % 2 == 0 for i in range(20)],
        "s": [None if i % 4 == 0 else str(i) for i in range(20)],
        "l": [[i] * (i % 3) for i in range(20)],
    }
    batch = pa.record_batch(data).slice(start, 6)
    get = RowGetter(batch).get
    assert [get(i) for i in range(6)] == batch.to_pylist()


@pytest.mark.parametrize("kind", [pa.list_(pa.int16()), pa.large_list(pa.float64()), pa.list_(pa.int8(), 2)])
@pytest.mark.parametrize("start", [0, 1, 2])
def test_reads_lists_of_numbers(kind: pa.DataType, start: int) -> None:
    values = [[1, 2], None, [3, 4], [5, 6], [7, None]]
    for length in (2, 3):
        batch = pa.record_batch({"a": pa.array(values, kind)}).slice(start, length)
        assert [RowGetter(batch).get(i) for i in range(length)] == batch.to_pylist()


def test_flags_are_bools() -> None:
    get = RowGetter(pa.record_batch({"a": [True, False]})).get
    assert get(0)["a"] is True
    assert get(1)["a"] is False


def test_columns_are_read_in_the_order_asked_for() -> None:
    batch = pa.record_batch({"a": [1], "b": [2], "c": [3]})
    assert list(RowGetter(batch, ["c", "a"]).get(0)) == ["c", "a"]


def test_decoders_see_values_and_never_null() -> None:
    batch = pa.record_batch({"a": pa.array(["x", None]), "l": pa.array([None, [1]])})
    get = RowGetter(batch, decoders={"a": str.upper, "l": len}).get
    assert [get(0), get(1)] == [{"a": "X", "l": None}, {"a": None, "l": 1}]


@pytest.mark.parametrize("name", ["__import__('os')", "'}", "\n", "n0", "é"])
def test_column_names_are_never_code(name: str) -> None:
    batch = pa.record_batch([pa.array([1])], names=[name])
    assert RowGetter(batch).get(0) == {name: 1}


def test_outlives_the_file_that_it_reads(tmp_path: Path) -> None:
    rows = range(1000)
    table = pa.table({"s": [f"row {i}" for i in rows], "i": list(rows)})
    with pa.OSFile(str(tmp_path / "t.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    batch = pa.ipc.open_file(pa.memory_map(str(tmp_path / "t.arrow"))).get_batch(0)
    get = RowGetter(batch).get
    del batch
    gc.collect()
    assert get(999) == {"s": "row 999", "i": 999}


def test_a_row_past_the_end_of_a_slice_is_an_error() -> None:
    with pytest.raises(IndexError):
        RowGetter(pa.record_batch({"a": [1, 2, 3]}).slice(0, 2)).get(2)


def test_reads_more_columns_than_a_display_is_compiled_for() -> None:
    data = {f"c{i}": [i] for i in range(300)}
    assert RowGetter(pa.record_batch(data)).get(0) == {f"c{i}": i for i in range(300)}


def test_reads_rows_without_columns() -> None:
    assert RowGetter(pa.record_batch({"a": [1]}), []).get(0) == {}
