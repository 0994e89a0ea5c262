"""What is wrong with a CSV file is told with its place."""

from __future__ import annotations

from typing import Any

import pytest
from arrowsets.builders import ranges
from arrowsets.builders.csv import CsvBuilder

from arrowsets.errors import BadData, UnknownName


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n3,4,5\n", r"row 1: 3 fields where 2 columns are expected: '3,4,5'"),
        ("a,b\n1,2,\n", r"row 0: 3 fields where 2"),
        ('a,b\n1,2\n"xy,1\nz,2\n', r"row 1: the file ends within a quoted field"),
        (b"a,b\nx,1\n\xff,1\n", r"row 1: byte 0xff is no UTF-8"),
        (b"a,\xff\n1,2\n", "the header is no UTF-8"),
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
    ],
)
def test_bad_content_names_its_place(content: Any, message: Any, ours: Any) -> None:
    with pytest.raises(BadData, match=message):
        ours("csv", content)


def test_the_row_is_counted_from_the_start_of_the_file(write: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(ranges, "SHARD_BYTES", 16)
    builder = CsvBuilder()
    shards = builder.shards([write("a,b\n" + "1,2\n" * 20 + "3,4,5\n")])
    with pytest.raises(BadData) as caught:
        [list(builder.read(shard)) for shard in shards]
    assert len(shards) > 2
    assert caught.value.row == 20


@pytest.mark.parametrize(("mode", "kept"), [("skip", ""), ("quarantine", "3,4,5")])
def test_bad_rows_can_be_left_out_and_are_told(mode: Any, kept: Any, write: Any) -> None:
    builder = CsvBuilder.from_keywords({"on_bad_rows": mode})
    file = write("a,b\n1,2\n3,4,5\n6\n")
    rows = [row for shard in builder.shards([file]) for table in builder.read(shard) for row in table.to_pylist()]
    assert rows == [{"a": 1, "b": 2}, {"a": 6, "b": None}]
    assert [(url, row, text) for url, row, _, text in builder.rejects.rows] == [(file.url, 1, kept)]


def test_rows_of_bad_bytes_can_be_left_out(write: Any) -> None:
    builder = CsvBuilder.from_keywords({"on_bad_rows": "skip"})
    (shard,) = builder.shards([write(b"a\nx\n\xff\ny\n")])
    assert [row["a"] for table in builder.read(shard) for row in table.to_pylist()] == ["x", "y"]
    assert len(builder.rejects.rows) == 1


@pytest.mark.parametrize("options", [{"sepp": ","}, {"usecols": ["zz"]}, {"on_bad_lines": "ignore"}])
def test_unknown_names_are_told(options: Any, ours: Any) -> None:
    with pytest.raises(UnknownName, match="allowed"):
        ours("csv", "a,b\n1,2\n", **options)


def test_bad_bytes_in_a_row_of_too_many_fields_are_told_once(write: Any, capfd: Any) -> None:
    builder = CsvBuilder.from_keywords({"on_bad_rows": "quarantine"})
    (shard,) = builder.shards([write(b"a,b\n1,2\n\xff,1,2\n3,4\n")])
    assert [row["a"] for table in builder.read(shard) for row in table.to_pylist()] == [1, 3]
    assert [row for _, row, _, _ in builder.rejects.rows] == [1]
    assert capfd.readouterr().err == ""
