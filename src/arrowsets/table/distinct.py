"""The different values of a column, of any type."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any

import pyarrow as pa

from arrowsets.lazy import pc

__all__ = ["distinct", "hashable"]

_NAN = object()


def distinct(column: pa.ChunkedArray[Any]) -> list[Any]:
    """List the different values, in the order in which they first occur; NaN is one value.

    >>> distinct(pa.chunked_array([[[1], [2], [1]]]))
    [[1], [2]]
    """
    try:
        values: list[Any] = pc.unique(column).to_pylist()
    except pa.ArrowNotImplementedError:  # lists and structs
        found: dict[Hashable, Any] = {}
        for chunk in column.chunks:
            for value in chunk.to_pylist():
                found.setdefault(hashable(value), value)
        return list(found.values())
    return values


def hashable(value: Any) -> Hashable:
    """Return something that is equal for equal values, and can be a key."""
    if isinstance(value, list):
        return ("list", *map(hashable, value))
    if isinstance(value, dict):
        return ("dict", *((name, hashable(item)) for name, item in value.items()))
    return _NAN if isinstance(value, float) and math.isnan(value) else value
