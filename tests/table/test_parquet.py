"""Parquet files read in place: the rows of the file, and no row group decoded more often than it must be."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrowsets.table import View
from arrowsets.table import parquet as in_place
from arrowsets.table.parquet import PIECE_ROWS, ParquetColumn, footer_of, parquet_view

GROUP_ROWS = 2 * PIECE_ROWS + 100
GROUPS = 5
ROWS = (GROUPS - 1) * GROUP_ROWS + 7


@pytest.fixture
def view(tmp_path: Path) -> View:
    table = pa.table({"id": range(ROWS), "text": [None if at % 11 == 0 else f"é{at}" for at in range(ROWS)]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=GROUP_ROWS)
    return parquet_view([footer_of(tmp_path / "a.parquet")], table.schema)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[int, bool]]:
    """Which row groups were decoded, and whether only their beginning."""
    reads: Counter[tuple[int, bool]] = Counter()
    read = ParquetColumn._read

    def counted(self: ParquetColumn, group: int, *, first: bool = False) -> pa.ChunkedArray[Any]:
        reads[group, first] += 1
        return read(self, group, first=first)

    monkeypatch.setattr(ParquetColumn, "_read", counted)
    return reads


@pytest.mark.parametrize("batch_rows", [1, 1000, PIECE_ROWS, GROUP_ROWS, ROWS])
def test_batches_are_the_rows_of_the_file(view: View, batch_rows: int) -> None:
    start = 0 if batch_rows > 1 else ROWS - 50
    read = pa.concat_tables(view.batches(batch_rows, start))
    assert read["id"].to_pylist() == list(range(start, ROWS))
    assert read["text"].to_pylist() == [None if at % 11 == 0 else f"é{at}" for at in range(start, ROWS)]


def test_a_scan_decodes_each_row_group_once(view: View, decoded: Counter[tuple[int, bool]]) -> None:
    for _ in view.select_columns(["text"]).batches(1000):
        pass
    # The beginning of the first is decoded alone while it is not known that more is wanted.
    assert set(decoded) == {(0, True), *((group, False) for group in range(GROUPS))}
    assert {decoded[group, False] for group in range(GROUPS)} == {1}


def test_the_beginning_of_a_row_group_is_decoded_alone(view: View, decoded: Counter[tuple[int, bool]]) -> None:
    assert view.select_columns(["id"]).read(range(2 * GROUP_ROWS, 2 * GROUP_ROWS + 5))["id"].to_pylist() == list(
        range(2 * GROUP_ROWS, 2 * GROUP_ROWS + 5)
    )
    assert decoded == {(2, True): 1}


def test_sizes_are_counted_without_holding_what_is_decoded(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    small = in_place._Kept(1)
    monkeypatch.setattr(in_place, "DECODED", small)
    held = pa.total_allocated_bytes()
    peaks = []
    read = ParquetColumn._read

    def watched(self: ParquetColumn, group: int, *, first: bool = False) -> pa.ChunkedArray[Any]:
        peaks.append(pa.total_allocated_bytes() - held)
        return read(self, group, first=first)

    monkeypatch.setattr(ParquetColumn, "_read", watched)
    size = view.select_columns(["text"]).nbytes
    assert size > 0
    # A row group of a few is kept, and the batch in hand.
    assert max(peaks) < size * 0.75
