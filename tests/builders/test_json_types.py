"""JSON types are those of all rows: objects have the union of their members."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from arrowsets.builders.json import JsonBuilder

from arrowsets.errors import SchemaConflict


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ('{"a":{"x":1}}\n{"a":{"y":"z"}}\n', [{"a": {"x": 1, "y": None}}, {"a": {"x": None, "y": "z"}}]),
        ('{"a":[{"x":1},{"y":2}]}\n', [{"a": [{"x": 1, "y": None}, {"x": None, "y": 2}]}]),
        ('{"a":1,"a":2}\n', [{"a": 2}]),
        ('{"a":null}\n{"a":[null,false]}\n', [{"a": None}, {"a": [None, False]}]),
        ('{"a":[null]}\n{"a":[null,[1]]}\n', [{"a": [None]}, {"a": [None, [1]]}]),
        ("", []),
        ("[]", []),
        ('"a"\n"b"\n', [{"text": "a"}, {"text": "b"}]),
    ],
)
def test_values(content: Any, rows: Any, ours: Any) -> None:
    assert ours("json", content).rows == rows


def test_a_kind_that_first_appears_far_below_makes_the_column_json(ours: Any) -> None:
    content = '{"a":1,"b":"2024-01-01"}\n' * 100_000 + '{"a":"x","b":"?"}\n'
    read = ours("json", content)
    assert read.types == {"a": "extension<arrow.json>", "b": "string"}
    assert (read.rows[0], read.rows[-1]) == ({"a": "1", "b": "2024-01-01"}, {"a": '"x"', "b": "?"})


def test_two_kinds_conflict_where_json_is_not_wanted(ours: Any) -> None:
    with pytest.raises(SchemaConflict, match=r"column 'a.b' holds int64 and string"):
        ours("json", '{"a":{"b":1}}\n{"a":{"b":"x"}}\n', on_mixed_types=None)


def test_a_schema_reads_text_as_it_was_written(write: Any) -> None:
    builder = JsonBuilder()
    (shard,) = builder.shards([write('{"a":"2024-01-01","n":1,"x":0}\n{"a":null,"n":2.5}\n', ".jsonl")])
    types: dict[str, Any] = {"n": pa.string(), "a": pa.string(), "z": pa.int8()}
    schema = pa.schema(types)
    (table,) = builder.read(shard, schema)
    assert table.schema == schema
    assert table.to_pylist() == [{"n": "1", "a": "2024-01-01", "z": None}, {"n": "2.5", "a": None, "z": None}]
