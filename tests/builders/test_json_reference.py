"""JSON reads as the reference reads it."""

from __future__ import annotations

from typing import Any

import pytest

CONTENTS = {
    "lines": '{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n',
    "instants": '{"a":"2024-01-01"}\n{"a":"2024-01-02T03:04:05"}\n',
    "instants in a zone": '{"a":"2024-01-01T00:00:00Z"}\n{"a":"2024-01-01T00:00:00+02:00"}\n',
    "fractions of seconds stay text": '{"a":"2024-01-01T00:00:00.123"}\n',
    "instants and text": '{"a":"2024-01-01"}\n{"a":"x"}\n',
    "instants and null": '{"a":"2024-01-01"}\n{"a":null}\n',
    "instants within": '{"a":["2024-01-01"],"s":{"t":"2024-01-01"}}\n',
    "array": '[{"a":1},{"a":2}]',
    "array on many lines": '[\n {\n  "a": 1\n },\n {"a": 2}\n]\n',
    "one object": '{"a":1,"b":[1,2]}',
    "one object on many lines": '{\n "a":1,\n "b":[1,\nnull]}\n',
    "strings": '["a","b"]',
    "numbers": "[1,2]",
    "lists": "[[1,2],[3]]",
    "scalars of two kinds": '[1,"a"]',
    "two kinds": '{"a":1}\n{"a":"x"}\n',
    "boolean and number": '{"a":true}\n{"a":1}\n',
    "object and number": '{"a":{"b":1}}\n{"a":1}\n',
    "two kinds within an object": '{"a":{"b":1}}\n{"a":{"b":"x"}}\n',
    "two kinds within a list": '{"a":[1,"x"]}\n{"a":[2]}\n',
    "two kinds of content": '{"m":[{"role":"u","content":"x"}]}\n{"m":[{"role":"u","content":[1]}]}\n',
    "integer and float": '{"a":1}\n{"a":1.5}\n',
    "integer beyond 64 bits": '{"a":1}\n{"a":92233720368547758080}\n',
    "infinities": '{"a":Infinity}\n{"a":-Infinity}\n',
    "blank lines": '{"a":1}\n\n   \n{"a":2}\n',
    "carriage returns": '{"a":1}\r\n{"a":2}\r\n',
    "byte order mark": b'\xef\xbb\xbf{"a":1}\n',
    "nulls": '{"a":null}\n{"a":null}\n',
    "null for a row": '{"a":1}\nnull\n',
    "null in an array": '[{"a":1},null]',
    "empty list": '{"a":[]}\n',
    "escapes": '{"a":"\\ud83d\\ude42 \\u0041 x\\u0000y \\" \\\\"}\n',
    "two on a line": '{"a":1}{"a":2} {"a":3}\n',
    "columns in another order": '{"b":1,"a":2}\n{"a":1,"c":2}\n',
    "array of two kinds": '[{"a":1},{"a":"x"}]',
    "no name": '{"":1}\n',
    "null within": '{"a":{"b":null}}\n{"a":null}\n',
    "negative zero": '{"a":-0}\n',
    "brackets in strings": '[{"a":"]},[{"},{"a":"\\"]"}]',
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_content_reads_as_in_the_reference(content: Any, ours: Any, reference: Any) -> None:
    assert ours("json", content) == reference("json", content)


MEMBERS = [
    '{"v":1,"data":[{"a":1},{"a":2}]}',
    '{"data":{"a":[1,2],"b":[3,4]}}',
    '{"data":[1,2]}',
    '{"data":["a","b"]}',
    '{"x":{"data":[1]},"y":"\\"data\\":[2]","z":"data", "data" : [{"a":"]"}], "w":2}',
]


@pytest.mark.parametrize("content", MEMBERS)
def test_a_member_reads_as_in_the_reference(content: Any, ours: Any, reference: Any) -> None:
    assert ours("json", content, field="data") == reference("json", content, field="data")


def test_other_encodings_read_as_in_the_reference(ours: Any, reference: Any) -> None:
    content = '{"a":"café"}\n'.encode("latin-1")
    assert ours("json", content, encoding="latin-1") == reference("json", content, encoding="latin-1")
