"""How stored Arrow becomes what a user sees: Python objects, numpy arrays, tensors, data frames."""

from __future__ import annotations

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
