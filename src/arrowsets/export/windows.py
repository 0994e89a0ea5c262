"""Rows in windows: so many at a time that their bytes are bounded, whatever a row weighs."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from arrowsets.table import View

__all__ = ["WINDOW_BYTES", "bounded", "ranges", "window_rows"]

# Small enough that what is made of a window stays in memory that was touched before.
MAX_ROWS = 1 << 14
WINDOW_BYTES = 4 << 20
# A window may be so many times heavier than the average one before it is cut again.
_HEAVIER = 4


def window_rows(view: View, limit: int = WINDOW_BYTES, most: int = MAX_ROWS) -> int:
    """Return how many rows have about so many bytes."""
    each = view.nbytes / max(view.num_rows, 1)
    return int(max(1, min(most, limit / max(each, 1))))


def ranges(start: int, stop: int, step: int) -> Iterator[tuple[int, int]]:
    """Cut rows into runs of `step`."""
    return ((at, min(at + step, stop)) for at in range(start, stop, step))


def bounded(
    view: View, rows: int, start: int = 0, stop: int | None = None, *, limit: int | None = WINDOW_BYTES
) -> Iterator[pa.Table]:
    """Yield the rows from start up to stop as tables of so many rows; those that are far above the limit are cut."""
    for table in view.batches(rows, start, stop):
        if limit is None:
            yield table
        else:
            yield from _lighter(table, _HEAVIER * limit)


def _lighter(table: pa.Table, limit: int) -> Iterator[pa.Table]:
    if table.num_rows <= 1 or table.nbytes <= limit:
        yield table
        return
    half = table.num_rows // 2
    yield from _lighter(table.slice(0, half), limit)
    yield from _lighter(table.slice(half), limit)
