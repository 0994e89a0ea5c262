"""What a user's function is given: rows and batches in the dataset's format, lazy ones in the default format.

Where the function's code tells which columns it reads, only these are converted, whatever the format, and rows are plain
dicts of them, which cost a third of a lazy row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from operator import is_
from typing import Any

import pyarrow as pa

from arrowsets.formats import Format, LazyColumns, LazyRow, PythonFormat
from arrowsets.formats.compiled import iter_row_dicts, row_dicts
from arrowsets.record import dataclass
from arrowsets.transforms.reads import Reads

__all__ = ["JOB_ROWS", "GivenRows", "given_batch", "given_rows", "is_plain", "narrowed", "plain_rows"]

JOB_ROWS = 4000
"""Rows of a block where rows are plain: what is done for a block no longer shows."""


@dataclass(frozen=True)
class GivenRows:
    """Rows for a function, each made when it is asked for.

    Attributes:
        rows: As the function sees them.
        left: Tells by `length_hint` how many rows were not asked for yet.
        columns: Where their values come from, in the default format.
        kept: The rows, where they are dicts of what the function reads and may come back: each then stands for its whole row.
    """

    rows: Iterator[Any]
    left: Iterator[Any]
    columns: LazyColumns | None = None
    kept: list[dict[str, Any]] | None = None

    def came_back(self, answers: list[Any]) -> bool:
        """Tell whether a row that stands for all columns is among the answers."""
        return self.kept is not None and any(map(is_, answers, self.kept))


def given_rows(format: Format, table: pa.Table, reads: Reads | None = None) -> GivenRows:  # noqa: A002 - the field's word
    """Return the rows of a table as a function sees them.

    Args:
        reads: What the function reads of a row. None: that is not known.
    """
    left: Iterator[Any] = iter(range(table.num_rows))
    if not isinstance(format, PythonFormat):
        rows = format.rows(narrowed(format, table, reads))
        return GivenRows((row for _, row in zip(left, rows, strict=False)), left)
    columns = format.lazy(table)
    # What is decoded waits until it is touched: an image takes longer than everything that is saved here.
    if reads is None or not is_plain(format, reads):
        return GivenRows(map(LazyRow, repeat(columns), left), left, columns)
    return plain_rows(columns, reads.of(table.schema.names), reads, 0, table.num_rows)


def plain_rows(columns: LazyColumns, names: Sequence[str], reads: Reads, start: int, stop: int) -> GivenRows:
    """Return some rows of a table as dicts of the columns that a function reads."""
    values = [columns[name][start:stop] for name in names]
    if reads.changed or not names:
        kept = row_dicts(names, values, stop - start)
        left = iter(kept)
        return GivenRows(left, left, columns, kept)
    left = iter(values[0])
    # A dict that is gone before the next one is made costs half of one that stays.
    return GivenRows(iter_row_dicts(names, [left, *values[1:]]), left, columns)


def is_plain(format: Format, reads: Reads | None) -> bool:  # noqa: A002
    """Tell whether a function is given dicts of stored values, in which nothing has to be decoded."""
    if reads is None or not isinstance(format, PythonFormat):
        return False
    return not (format.decoders if reads.whole else format.decoders.keys() & reads.names)


def given_batch(format: Format, table: pa.Table, reads: Reads | None = None) -> Any:  # noqa: A002
    """Return a table as a function that takes batches sees it."""
    if isinstance(format, PythonFormat):
        return format.lazy_batch(table)
    return format.batch(narrowed(format, table, reads))


def narrowed(format: Format, table: pa.Table, reads: Reads | None) -> pa.Table:  # noqa: A002
    """Return a table without what a function does not read, if it cannot tell."""
    if reads is None or reads.changed or not format.columnwise:
        return table
    names = reads.of(table.schema.names)
    # Without a column there would be no rows either.
    return table.select(names) if 0 < len(names) < table.num_columns else table
