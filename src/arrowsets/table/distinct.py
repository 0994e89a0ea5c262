"""The different values of a column, of any type."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any

import pyarrow as pa

from arrowsets.lazy import pc

__all__ = ["comparable", "distinct", "hashable"]

_NAN = object()


def comparable(column: pa.ChunkedArray[Any]) -> pa.ChunkedArray[Any]:
    """Return a column in a type whose values Arrow compares.

    Of views pyarrow 26.0.1 takes null for the empty text; small floats and decimals it does not sort.
    """
    dtype = column.type
    if pa.types.is_string_view(dtype):
        return column.cast(pa.large_string())
    if pa.types.is_binary_view(dtype):
        return column.cast(pa.large_binary())
    if pa.types.is_float16(dtype):
        return column.cast(pa.float32())
    if pa.types.is_decimal(dtype) and dtype.bit_width < 128:
        return column.cast(pa.decimal128(dtype.precision, dtype.scale))
    return column


def distinct(column: pa.ChunkedArray[Any]) -> list[Any]:
    """List the different values, in the order in which they first occur; NaN is one value.

    >>> distinct(pa.chunked_array([[[1], [2], [1]]]))
    [[1], [2]]
    """
    try:
        values: list[Any] = pc.unique(comparable(column)).to_pylist()
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
