"""CSV types are the narrowest that hold all rows; integers keep them when cells are missing."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from arrowsets.builders.csv import CsvBuilder

from arrowsets.errors import BadData


@pytest.mark.parametrize(
    ("content", "dtype", "values"),
    [
        ("a,b\n1,\n,2\n", "int64", [1, None]),
        ('a\n""\n""\n', "null", [None, None]),
        ("a\n184467440737095516150\n1\n", "string", ["184467440737095516150", "1"]),
        ("a,b\n18446744073709551615,1\n,2\n", "uint64", [18446744073709551615, None]),
        ("a\n9007199254740993\n1\n", "int64", [9007199254740993, 1]),
    ],
)
def test_type_is_that_of_the_values(content: Any, dtype: Any, values: Any, ours: Any) -> None:
    read = ours("csv", content)
    assert (read.types["a"], [row["a"] for row in read.rows]) == (dtype, values)


def test_text_far_below_numbers_keeps_the_numbers_as_they_were_written(ours: Any) -> None:
    read = ours("csv", "a\n" + "007\n" * 60_000 + "x\n")
    assert read.types == {"a": "string"}
    assert (read.rows[0], read.rows[-1]) == ({"a": "007"}, {"a": "x"})


def test_a_schema_reads_text_as_it_was_written(write: Any) -> None:
    builder = CsvBuilder()
    (shard,) = builder.shards([write("a,b\n007,1\n")])
    types: dict[str, Any] = {"b": pa.float32(), "a": pa.string(), "c": pa.int8()}
    schema = pa.schema(types)
    (table,) = builder.read(shard, schema)
    assert table.schema == schema
    assert table.to_pylist() == [{"b": 1.0, "a": "007", "c": None}]


def test_a_value_that_does_not_fit_the_schema_is_named(write: Any) -> None:
    builder = CsvBuilder()
    (shard,) = builder.shards([write("a,b\n1,2\n3,x\n")])
    with pytest.raises(BadData, match=r"row 1, column b: 'x' is no int64"):
        list(builder.read(shard, pa.schema([("a", pa.int64()), ("b", pa.int64())])))


@pytest.mark.parametrize(("dtype", "expected"), [(str, ["string", "string"]), ({"a": "float32"}, ["float", "int64"])])
def test_dtype_forces_types(dtype: Any, expected: Any, ours: Any) -> None:
    assert list(ours("csv", "a,b\n1,2\n", dtype=dtype).types.values()) == expected


def test_parse_dates_reads_instants(ours: Any) -> None:
    assert ours("csv", "a\n2024-01-02\n", parse_dates=["a"]).types["a"].startswith("timestamp")


def test_a_header_alone_has_columns_and_no_rows(ours: Any) -> None:
    assert ours("csv", "a,b\n") == ({"a": "null", "b": "null"}, [])
