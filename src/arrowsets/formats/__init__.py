"""How stored Arrow becomes what a user sees: Python objects, numpy arrays, tensors, data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arrowsets.lazy import lazily

if TYPE_CHECKING:
    from arrowsets.formats.base import Format
    from arrowsets.formats.column import Column, positions_of
    from arrowsets.formats.factory import format_name, get_format
    from arrowsets.formats.getter import RowGetter
    from arrowsets.formats.lazy import LazyBatch, LazyColumns, LazyRow, changes
    from arrowsets.formats.partial import PartialFormat
    from arrowsets.formats.python import PythonFormat

__all__ = [
    "Column",
    "Format",
    "LazyBatch",
    "LazyColumns",
    "LazyRow",
    "PartialFormat",
    "PythonFormat",
    "RowGetter",
    "changes",
    "format_name",
    "get_format",
    "positions_of",
]

__getattr__ = lazily(
    __name__,
    {
        "Column": "arrowsets.formats.column",
        "Format": "arrowsets.formats.base",
        "LazyBatch": "arrowsets.formats.lazy",
        "LazyColumns": "arrowsets.formats.lazy",
        "LazyRow": "arrowsets.formats.lazy",
        "PartialFormat": "arrowsets.formats.partial",
        "PythonFormat": "arrowsets.formats.python",
        "RowGetter": "arrowsets.formats.getter",
        "changes": "arrowsets.formats.lazy",
        "format_name": "arrowsets.formats.factory",
        "get_format": "arrowsets.formats.factory",
        "positions_of": "arrowsets.formats.column",
    },
)
