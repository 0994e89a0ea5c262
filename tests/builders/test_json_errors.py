"""What is wrong with a JSON file is told with its place."""

from __future__ import annotations

from typing import Any

import pytest
from arrowsets.builders.json import JsonBuilder

from arrowsets.errors import BadData, UnknownName


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a":1}\n{"a":', r"row 1: no valid JSON .*: '{\"a\":'"),
        ('{"a":1}x\n', "row 1: no valid JSON"),
        ('{"a":1,}\n', "row 0: no valid JSON"),
        ("{'a':1}\n", "row 0: no valid JSON"),
        ('{"a":1}\n2\n', "row 1: 2 among objects"),
        ('[{"a":1},{"a":2', "cut off"),
        ('[{"a":1},]', "a comma without an item"),
        ('[{"a":1},,{"a":1}]', "a comma without an item"),
        ('[{"a":1}] x', "more text after the array"),
        (b'{"a":"x"}\n{"a":"\xff"}\n', "row 1: byte 0xff is no UTF-8"),
        ('{"a":"\\ud83d"}\n', "row 0, column a: .*surrogates"),
    ],
)
def test_bad_content_names_its_place(content: Any, message: Any, ours: Any) -> None:
    with pytest.raises(BadData, match=message):
        ours("json", content)


@pytest.mark.parametrize(
    "content", ['{"data":{"a":1}}', '{"data":"x"}', '{"other":1}', '[{"data":1}]', '{"data":{"a":[1],"b":[]}}', ""]
)
def test_a_member_without_rows_is_an_error(content: Any, ours: Any) -> None:
    with pytest.raises(BadData, match="data"):
        ours("json", content, field="data")


@pytest.mark.parametrize(("mode", "kept"), [("skip", ""), ("quarantine", "{oops")])
def test_bad_lines_can_be_left_out_and_are_told(mode: Any, kept: Any, write: Any) -> None:
    builder = JsonBuilder.from_keywords({"on_bad_rows": mode})
    file = write('{"a":1}\n{oops\n{"a":2}\n', ".jsonl")
    rows = [row for shard in builder.shards([file]) for table in builder.read(shard) for row in table.to_pylist()]
    assert rows == [{"a": 1}, {"a": 2}]
    assert [(url, row, text) for url, row, _, text in builder.rejects.rows] == [(file.url, 1, kept)]


@pytest.mark.parametrize("options", [{"feild": "x"}, {"on_mixed_types": "x"}])
def test_unknown_names_are_told(options: Any, ours: Any) -> None:
    with pytest.raises(UnknownName, match="allowed"):
        ours("json", "[]", **options)
