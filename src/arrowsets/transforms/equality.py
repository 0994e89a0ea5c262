"""Whether two columns hold the same values, to the sign of a zero."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.features.buffers import to_numpy

__all__ = ["same_values"]


def same_values(first: pa.ChunkedArray[Any], second: pa.ChunkedArray[Any]) -> bool:
    """Tell whether columns of one type hold the same values; NaN is the same as nothing.

    >>> same_values(pa.chunked_array([[1, None]]), pa.chunked_array([[1], [None]]))
    True
    >>> same_values(pa.chunked_array([[0.0]]), pa.chunked_array([[-0.0]]))
    False
    """
    if not first.equals(second):
        return False
    # To Arrow, and to Python, the two zeros are equal.
    signs = [[np.signbit(values) for values in _floats(column.chunks)] for column in (first, second)]
    return all(np.array_equal(*pair) for pair in zip(*signs, strict=True))


def _floats(chunks: list[Any]) -> Iterator[npt.NDArray[Any]]:
    """Yield the numbers of each place in a type where there are floats."""
    if not chunks:
        return
    chunks = [chunk.storage if isinstance(chunk, pa.ExtensionArray) else chunk for chunk in chunks]
    dtype = chunks[0].type
    if pa.types.is_floating(dtype):
        yield np.concatenate([to_numpy(chunk) for chunk in chunks])
    elif pa.types.is_struct(dtype):
        for index in range(dtype.num_fields):
            yield from _floats([chunk.flatten()[index] for chunk in chunks])
    elif pa.types.is_map(dtype):
        yield from _floats([chunk.items for chunk in chunks])
    elif pa.types.is_nested(dtype) and not pa.types.is_union(dtype):
        yield from _floats([chunk.flatten() for chunk in chunks])
