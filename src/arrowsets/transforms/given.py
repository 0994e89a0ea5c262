"""What a user's function is given: rows and batches in the dataset's format, lazy ones in the default format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from arrowsets.formats import Format, PythonFormat

__all__ = ["given_batch", "given_rows"]


def given_rows(format: Format, table: pa.Table) -> Iterator[Any]:  # noqa: A002 - the field's word
    """Return the rows of a table as a function sees them."""
    return format.lazy_rows(table) if isinstance(format, PythonFormat) else format.rows(table)


def given_batch(format: Format, table: pa.Table) -> Any:  # noqa: A002
    """Return a table as a function that takes batches sees it."""
    return format.lazy_batch(table) if isinstance(format, PythonFormat) else format.batch(table)
