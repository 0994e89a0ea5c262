"""Where a CSV file is cut: at ends of records only, however its quotes are spread over what is counted side by side."""

from __future__ import annotations

import codecs
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from arrowsets.builders import csv_cuts, csv_parse, ranges
from arrowsets.builders.csv import CsvBuilder
from arrowsets.builders.csv_cuts import record_cuts
from arrowsets.builders.csv_records import Dialect
from hypothesis import example, given
from hypothesis import strategies as st

from arrowsets.errors import BadData
from arrowsets.files import DataFile

WORDS = ["a", ",", "\n", '"', '""', "\r\n", '"a,\nb"', '"x""\n""y",', "\n\n"]


def _cuts(content: bytes, step: int, **dialect: Any) -> list[int] | None:
    handle, name = tempfile.mkstemp(suffix=".csv")
    try:
        os.write(handle, content)
        os.close(handle)
        cuts: list[int] | None = record_cuts(DataFile(url=name, local=name), Dialect(**dialect), 0, len(content), step)
        return cuts
    finally:
        Path(name).unlink()


def _ends(content: bytes, **dialect: Any) -> set[int]:
    """Return where records end with a line feed, walking field by field."""
    stops = [record.stop for record in Dialect(**dialect).records(content) if record.closed]
    after = {stop + (2 if content[stop : stop + 2] == b"\r\n" else 1) for stop in stops}
    return {place for place in after if content[place - 1 : place] == b"\n"} | {0, len(content)}


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=40), st.integers(1, 12), st.integers(1, 9))
@example(['"a,\nb"', "\n"] * 6, 5, 3)
@example(['"x""\n""y",', "a", "\n"] * 5, 4, 2)
def test_a_file_is_cut_where_records_end(words: list[str], step: int, scanned: int) -> None:
    content = "".join(words).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_cuts, "SCAN_BYTES", scanned)
        patch.setattr(csv_cuts, "WINDOW_BYTES", scanned)
        cuts = _cuts(content, step)
    if cuts is not None:
        assert cuts == sorted(set(cuts))
        assert set(cuts) <= _ends(content)


def test_quotes_that_are_whole_fields_hide_nothing() -> None:
    content = b'"a\n""b""\n",1\n' * 50
    assert _cuts(content, 100) == [0, 104, 208, 312, 403, 507, 611, 650]


def test_a_quote_within_a_field_leaves_the_file_whole() -> None:
    assert _cuts(b'5" screen,1\n' * 50, 100) is None


def test_without_quotes_they_are_characters() -> None:
    cuts = _cuts(b'5" screen,1\n' * 50, 100, quote=b"")
    assert cuts is not None
    assert len(cuts) > 5
    assert set(cuts) <= set(range(0, 601, 12))


def test_a_record_longer_than_any_window_is_not_cut() -> None:
    content = b'"' + b"x\n" * 2000 + b'",1\nb,2\n'
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_cuts, "WINDOW_BYTES", 16)
        assert _cuts(content, 64) == [0, 4005, len(content)]


def _cut_and_whole(path: Path, content: bytes, **sizes: int) -> tuple[Any, Any, int]:
    path.write_bytes(content)
    file, builder = DataFile(str(path)), CsvBuilder.from_keywords({})
    whole = [row for shard in builder.shards([file]) for table in builder.read(shard) for row in table.to_pylist()]
    with pytest.MonkeyPatch.context() as patch:
        for name, size in sizes.items():
            patch.setattr(ranges, name, size)
        shards = builder.shards([file])
        cut = [row for shard in shards for table in builder.read(shard) for row in table.to_pylist()]
    return cut, whole, len(shards)


def test_a_mark_before_the_text_is_no_part_of_the_next_range(tmp_path: Path) -> None:
    content = codecs.BOM_UTF8 + b"a,b\n" + b"12345,x\n" * 60
    sizes = {"SHARD_BYTES": 160, "SMALL_SHARD": 1, "BLOCK_BYTES": 40}
    cut, whole, count = _cut_and_whole(tmp_path / "x.csv", content, **sizes)
    assert count > 2
    assert cut == whole
    assert len(whole) == 60


def test_a_mark_within_a_file_is_text(tmp_path: Path) -> None:
    content = b"a,b\n" + "\ufeff345,x\n".encode() * 60
    sizes = {"SHARD_BYTES": 160, "SMALL_SHARD": 1, "BLOCK_BYTES": 40}
    cut, whole, _ = _cut_and_whole(tmp_path / "x.csv", content, **sizes)
    assert cut == whole


def test_a_quoted_header_after_a_mark_is_one_record(tmp_path: Path) -> None:
    content = codecs.BOM_UTF8 + b'"a\n",c\n' + b'"\n",1\n' * 60
    cut, whole, count = _cut_and_whole(tmp_path / "x.csv", content, SHARD_BYTES=100, SMALL_SHARD=1)
    assert count > 2
    assert cut == whole == [{"a\n": "\n", "c": 1}] * 60


def test_rows_of_empty_fields_are_counted_in_errors(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "x.tsv").write_bytes(b"a\tb\n" + b"\t\n" * 30 + b"1\t2\n" * 30 + b"1\t2\t3\n")
    monkeypatch.setattr(ranges, "SHARD_BYTES", 40)
    monkeypatch.setattr(ranges, "SMALL_SHARD", 1)
    builder = CsvBuilder.from_keywords({"sep": "\t"})
    *_, last = builder.shards([DataFile(str(tmp_path / "x.tsv"))])
    with pytest.raises(BadData, match="row 60: 3 fields"):
        list(builder.read(last))


def test_readers_of_other_shards_know_what_the_first_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As each shard is read by a builder of its own: a look at a sample takes longer than some shards do."""
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "1,x\n" * 400)
    looked: list[int] = []
    kind_of = csv_parse.kind_of

    def counted(*given: Any) -> Any:
        looked.append(1)
        return kind_of(*given)

    monkeypatch.setattr(csv_parse, "kind_of", counted)
    monkeypatch.setattr(ranges, "SHARD_BYTES", 256)
    monkeypatch.setattr(ranges, "SMALL_SHARD", 256)
    builder = CsvBuilder()
    shards = builder.shards([DataFile(str(path), local=str(path))])
    tables = [table for shard in shards for table in builder.fresh().read(shard)]
    assert len(shards) > 3
    assert sum(table.num_rows for table in tables) == 400
    assert len(looked) == 2
