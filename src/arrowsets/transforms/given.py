"""What a user's function is given: rows and batches in the dataset's format, lazy ones in the default format.

Where the function's code tells which columns it reads, only these are converted, whatever the format, and rows are plain
dicts of them, which cost a third of a lazy row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from arrowsets.formats import Format, LazyColumns, PythonFormat
from arrowsets.formats.compiled import row_dicts
from arrowsets.transforms.reads import Reads

__all__ = ["GivenRows", "given_batch", "given_rows"]


@dataclass(frozen=True, slots=True)
class GivenRows:
    """Rows for a function.

    Attributes:
        rows: As the function sees them.
        columns: Where their values come from, in the default format.
        may_return: The rows are dicts of what the function reads, and may come back: each then stands for its whole row.
    """

    rows: Iterable[Any]
    columns: LazyColumns | None = None
    may_return: bool = False


def given_rows(format: Format, table: pa.Table, reads: Reads | None = None) -> GivenRows:  # noqa: A002 - the field's word
    """Return the rows of a table as a function sees them.

    Args:
        reads: What the function reads of a row. None: that is not known.
    """
    if not isinstance(format, PythonFormat):
        return GivenRows(format.rows(_narrowed(format, table, reads)))
    columns = format.lazy(table)
    if reads is not None:
        names = reads.of(table.schema.names)
        # What is decoded waits until it is touched: an image takes longer than everything that is saved here.
        if format.decoders.keys().isdisjoint(names):
            rows = row_dicts(names, [columns[name] for name in names], table.num_rows)
            return GivenRows(rows, columns, may_return=reads.changed)
    return GivenRows(list(columns.rows()), columns)


def given_batch(format: Format, table: pa.Table, reads: Reads | None = None) -> Any:  # noqa: A002
    """Return a table as a function that takes batches sees it."""
    if isinstance(format, PythonFormat):
        return format.lazy_batch(table)
    return format.batch(_narrowed(format, table, reads))


def _narrowed(format: Format, table: pa.Table, reads: Reads | None) -> pa.Table:  # noqa: A002
    """Leave out what the function does not read, if it cannot tell."""
    if reads is None or reads.changed or not format.columnwise:
        return table
    names = reads.of(table.schema.names)
    # Without a column there would be no rows either.
    return table.select(names) if 0 < len(names) < table.num_columns else table
