"""Where a CSV file is cut: at ends of records only, however its quotes are spread over what is counted side by side."""

from __future__ import annotations

import codecs
import os
import tempfile
from collections.abc import Callable
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import pytest
from arrowsets.builders import csv_cuts, csv_parse, csv_records, ranges
from arrowsets.builders.csv import CsvBuilder
from arrowsets.builders.csv_cuts import likely_cuts, record_cuts
from arrowsets.builders.csv_records import Dialect
from hypothesis import example, given
from hypothesis import strategies as st

from arrowsets import load_dataset
from arrowsets.engine import files, materialise
from arrowsets.errors import BadData, WrongCut
from arrowsets.files import DataFile

WORDS = ["a", ",", "\n", '"', '""', "\r\n", '"a,\nb"', '"x""\n""y",', "\n\n"]


def _cuts(content: bytes, step: int, find: Callable[..., Any] = record_cuts, **dialect: Any) -> list[int] | None:
    handle, name = tempfile.mkstemp(suffix=".csv")
    try:
        os.write(handle, content)
        os.close(handle)
        cuts: list[int] | None = find(DataFile(url=name, local=name), Dialect(**dialect), 0, len(content), step)
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


# Cuts that are guessed


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=40), st.integers(1, 12), st.integers(1, 9))
@example(['"a,\nb"', "\n"] * 6, 5, 3)
@example(['"', "\n\n", "a", "\n\n", "a", "\n\n", "a", "\n", '"', "\n"], 3, 1)
def test_a_guess_that_holds_when_it_is_read_is_right(words: list[str], step: int, scanned: int) -> None:
    content = "".join(words).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_cuts, "SCAN_BYTES", scanned)
        patch.setattr(csv_cuts, "WINDOW_BYTES", scanned)
        patch.setattr(csv_records, "CACHED_BYTES", scanned)
        cuts = _cuts(content, step, likely_cuts)
        if cuts is None:
            return
        quotes = [Dialect().quotes(content[start:stop]) for start, stop in pairwise(cuts)]
        # All quotes of the file are whole fields exactly if they are in each range that begins where a record does.
        right = set(cuts) <= _ends(content)
    if all(places is not None and len(places) % 2 == 0 for places in quotes):
        assert right
        assert cuts == (_cuts(content, step) or cuts)


def test_a_guess_is_what_counting_tells() -> None:
    content = b'"a\n""b""\n",1\n' * 50
    assert _cuts(content, 100, likely_cuts) == _cuts(content, 100)


@pytest.mark.parametrize("content", [b'5" screen,1\n' * 50, b'"",""\n' * 50])
def test_quotes_that_fit_both_or_neither_are_no_guess(content: bytes) -> None:
    assert _cuts(content, 100, likely_cuts) is None


MISLEADING = b"id,text\n" + b'0,"' + b"1,x\n" * 200 + b'"\n' + b'1,"y"\n' * 100


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a window so small that a long quoted field shows no quote in it."""
    monkeypatch.setattr(ranges, "SHARD_BYTES", 100)
    monkeypatch.setattr(ranges, "SMALL_SHARD", 100)
    monkeypatch.setattr(csv_cuts, "WINDOW_BYTES", 16)


@pytest.mark.usefixtures("small")
def test_a_file_that_misleads_is_cut_again(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(MISLEADING)
    builder, file = CsvBuilder(), DataFile(str(tmp_path / "a.csv"), local=str(tmp_path / "a.csv"))
    guessing = builder.guessing()
    assert guessing is not None
    likely = guessing.shards([file])
    assert [shard.range for shard in likely] != [shard.range for shard in builder.shards([file])]
    with pytest.raises(WrongCut):
        list(chain.from_iterable(map(guessing.read, likely)))
    dataset = load_dataset("csv", data_files=str(tmp_path / "a.csv"), split="train", cache_dir=str(tmp_path / "c"))
    assert dataset[:] == {"id": [0] + [1] * 100, "text": ["1,x\n" * 200] + ["y"] * 100}


@pytest.mark.usefixtures("small")
def test_what_is_wrong_with_a_row_is_told_of_the_right_row(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(MISLEADING + b"1,y,z\n")
    with pytest.raises(BadData, match="row 101: 3 fields where 2 columns are expected"):
        load_dataset("csv", data_files=str(tmp_path / "a.csv"), cache_dir=str(tmp_path / "c"))


@pytest.mark.usefixtures("small")
def test_units_of_a_wrong_guess_are_not_taken_for_those_of_right_cuts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As both may be left by a run that was killed."""
    (tmp_path / "a.csv").write_bytes(MISLEADING)
    for module in (materialise, files):
        monkeypatch.setattr(module, "BUFFER_BYTES", 1)  # each unit becomes a file at once
    blocks = CsvBuilder.blocks
    read: list[bool] = []

    def interrupted(self: CsvBuilder, shard: Any, schema: Any) -> Any:
        if not shard.likely and read.count(False) == 3:
            raise KeyboardInterrupt
        read.append(shard.likely)
        return blocks(self, shard, schema)

    given_: dict[str, Any] = {"data_files": str(tmp_path / "a.csv"), "split": "train", "cache_dir": str(tmp_path / "c")}
    with monkeypatch.context() as patch:
        patch.setattr(CsvBuilder, "blocks", interrupted)
        with pytest.raises(KeyboardInterrupt):
            load_dataset("csv", **given_)
    assert set(read) == {True, False}
    assert load_dataset("csv", **given_)["id"][:] == [0] + [1] * 100
