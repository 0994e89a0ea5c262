"""Plain pyarrow and numpy, as somebody writes it by hand who knows the schema: what the limits are made of."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

__all__ = ["Picked", "gather", "open_arrow", "row_maker", "rows_of", "write_arrow"]

BATCH_ROWS = 100_000


@dataclass
class Picked:
    """Rows of a table, in an order: what a selection comes to."""

    table: pa.Table
    rows: Any


def open_arrow(path: str | os.PathLike[str]) -> pa.Table:
    """Map an Arrow file into memory."""
    return pa.ipc.open_file(pa.memory_map(os.fspath(path))).read_all()


def write_arrow(batches: Iterator[pa.RecordBatch] | Sequence[pa.RecordBatch] | pa.Table, path: Path) -> pa.Table:
    """Write an Arrow file and map it."""
    if isinstance(batches, pa.Table):
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, batches.schema) as writer:
            writer.write_table(batches, BATCH_ROWS)
        return open_arrow(path)
    iterator = iter(batches)
    first = next(iterator)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, first.schema) as writer:
        writer.write_batch(first)
        for batch in iterator:
            writer.write_batch(batch)
    return open_arrow(path)


def row_maker(names: Sequence[str]) -> Callable[..., Any]:
    """Compile `lambda columns: ({"a": a, ...} for a, ... in zip(*columns))`: the fastest way from columns to dicts."""
    places = [f"v{index}" for index in range(len(names))]
    made = ", ".join(f"{name!r}: {place}" for name, place in zip(names, places, strict=True))
    maker: Callable[..., Any] = eval(f"lambda columns: [{{{made}}} for {', '.join(places)}, in zip(*columns)]")
    return maker


def rows_of(table: pa.Table, size: int = 1000) -> Iterator[Any]:
    """Yield the rows of a table as dicts, converting so many at a time."""
    make = row_maker(table.column_names)
    for batch in table.to_batches(size):
        yield from make([column.to_pylist() for column in batch.columns])


def gather(table: pa.Table, rows: Any) -> pa.Table:
    """Take rows in any order from a table of many chunks: one take for each chunk that has some, one to put in order."""
    rows = np.asarray(rows)
    batches = table.to_batches()
    starts = np.cumsum([0, *(batch.num_rows for batch in batches)])
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    bounds = np.searchsorted(ordered, starts)
    taken = [
        batch.take(pa.array(ordered[first:last] - start))
        for batch, start, first, last in zip(batches, starts, bounds, bounds[1:], strict=False)
        if last > first
    ]
    inverse = np.empty(len(rows), np.int64)
    inverse[order] = np.arange(len(rows))
    return pa.Table.from_batches(taken).combine_chunks().take(pa.array(inverse))
