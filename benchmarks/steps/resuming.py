"""Streams that begin in the middle: rows that are skipped, and states that are gone on from."""

from __future__ import annotations

import json
import mmap
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq
from harness import Step
from steps.streaming import consumed, stream

SKIPPED, PLACES = 0.8, (0.05, 0.75, 0.95)
SMALL_BLOCK = 1 << 16


def rows_in(source: Path) -> int:
    if source.suffix == ".parquet":
        return pq.ParquetFile(source).metadata.num_rows
    with source.open("rb") as file:
        return sum(1 for _ in file)


def rest_of(source: Path, row: int) -> Any:
    """Return the first row from a place on, of the row group that it lies in."""
    file = pq.ParquetFile(source)
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if row < rows:
            return file.read_row_group(group).slice(row, 1).to_pylist()[0]
        row -= rows
    raise IndexError(row)


def line_at(source: Path, row: int) -> int:
    """Return where a line begins, by counting the ends of those before it."""
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        for at in range(0, len(text), 1 << 20):
            ends = np.flatnonzero(np.frombuffer(text[at : at + (1 << 20)], np.uint8) == ord("\n"))
            if row <= len(ends):
                return at + int(ends[row - 1]) + 1
            row -= len(ends)
    raise IndexError(row)


def row_at(source: Path, place: int) -> Any:
    """Return the row at a byte; a small block of lines is parsed."""
    with source.open("rb") as file:
        file.seek(place)
        block = file.read(SMALL_BLOCK)
    lines = pa.BufferReader(block[: block.rfind(b"\n") + 1])
    return pa.json.read_json(lines).slice(0, 1).to_pylist()[0]


def skipping(name: str, data: str, limit: Callable[[Path, int], Any], note: str = "") -> None:
    """Make a step that skips most rows."""
    made = Step(name, data, faster=2, within=2, once=True, note=note)
    made.prepare("arrowsets")(lambda source: (stream("arrowsets", source), int(rows_in(source) * SKIPPED)))
    made.prepare("datasets")(lambda source: (stream("datasets", source), int(rows_in(source) * SKIPPED)))
    made.prepare("limit")(lambda source: (source, int(rows_in(source) * SKIPPED)))
    made.run("arrowsets", "datasets")(lambda given: next(iter(given[0].skip(given[1]))))
    made.run("limit")(lambda given: limit(*given))
    made.module = __name__


def restoring(
    name: str, data: str, share: float, place: Callable[[Path, int], Any], limit: Any, note: str = ""
) -> None:
    """Make a step that goes on from a state; rows are read up to there before the clock starts.

    Args:
        place: What the limit knows of the row, as a state does.
    """
    made = Step(name, data, faster=2, within=2, once=True, note=note)

    def begun(library: str, source: Path) -> Any:
        data = stream(library, source)
        consumed(islice(data, int(rows_in(source) * share)))
        return data

    made.prepare("arrowsets")(lambda source: begun("arrowsets", source))
    made.prepare("datasets")(lambda source: begun("datasets", source))
    made.prepare("limit")(lambda source: (source, place(source, int(rows_in(source) * share))))
    made.run("arrowsets", "datasets")(restored)
    made.run("limit")(lambda given: limit(*given))
    made.module = __name__


def restored(data: Any) -> Any:
    data.load_state_dict(json.loads(json.dumps(data.state_dict())))
    return next(iter(data))


skipping("stream skip 80 %", "rows.parquet", rest_of)
skipping(
    "stream skip 80 % of JSON lines",
    "lines.jsonl",
    lambda source, row: row_at(source, line_at(source, row)),
    note="the limit counts the ends of lines",
)
for share in PLACES:
    restoring(f"stream restore at {share:.0%}", "rows.parquet", share, lambda _, row: row, rest_of)
for share in PLACES:
    restoring(
        f"stream restore at {share:.0%} of JSON lines",
        "lines.jsonl",
        share,
        line_at,
        row_at,
        note="the limit knows the row's byte and parses 64 KiB from there; a state knows a byte up to 1 MiB before"
        if share == PLACES[0]
        else "",
    )
