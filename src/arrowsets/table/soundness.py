"""Checks of record batches that were read from files: what a damaged one says must never lead past its memory.

Arrow's quick validation looks at the sizes of buffers, its full one at every byte of every text. Between the two lie the
offsets, which are all that can make a process read where it must not: some microseconds for a hundred thousand rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from arrowsets.lazy import pc

__all__ = ["check_batch"]


def check_batch(batch: pa.RecordBatch) -> None:
    """Raise `ArrowInvalid`, naming the column, unless all values lie in the batch's memory."""
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            column.validate()
            _check(column)
        except (pa.ArrowException, ValueError) as error:
            raise pa.ArrowInvalid(f"column {name!r}: {error}") from error
    batch.validate()


def _check(array: Any) -> None:
    dtype = array.type
    if isinstance(array, pa.ExtensionArray):
        _check(array.storage)
    elif _is_fixed(dtype) or not len(array):
        return
    elif _is_bytes(dtype):
        data = array.buffers()[2]
        _check_offsets(array, 0 if data is None else data.size, large=_is_large(dtype))
    elif pa.types.is_fixed_size_list(dtype):
        _check(array.values)
    elif pa.types.is_list(dtype) or pa.types.is_map(dtype) or pa.types.is_large_list(dtype):
        _check_offsets(array, len(array.values), large=_is_large(dtype))
        _check(array.values)
    elif pa.types.is_struct(dtype):
        for index in range(dtype.num_fields):
            _check(array.field(index))
    elif pa.types.is_dictionary(dtype):
        _check_indices(array)
    else:  # views, unions, run ends: rare
        array.validate(full=True)


def _is_fixed(dtype: pa.DataType) -> bool:
    kind = pa.types
    return kind.is_primitive(dtype) or kind.is_null(dtype) or kind.is_decimal(dtype) or kind.is_fixed_size_binary(dtype)


def _is_bytes(dtype: pa.DataType) -> bool:
    kind = pa.types
    return kind.is_string(dtype) or kind.is_large_string(dtype) or kind.is_binary(dtype) or kind.is_large_binary(dtype)


def _is_large(dtype: pa.DataType) -> bool:
    kind = pa.types
    return kind.is_large_string(dtype) or kind.is_large_binary(dtype) or kind.is_large_list(dtype)


def _check_offsets(array: Any, end: int, *, large: bool) -> None:
    number: Any = np.int64 if large else np.int32
    buffer = array.buffers()[1]
    width = np.dtype(number).itemsize
    if buffer is None or buffer.size < (array.offset + len(array) + 1) * width:
        raise ValueError("its offsets are cut off")
    offsets = np.frombuffer(buffer, number, len(array) + 1, array.offset * width)
    if offsets[0] < 0 or offsets[-1] > end or not bool((offsets[1:] >= offsets[:-1]).all()):
        raise ValueError("its offsets are damaged")


def _check_indices(array: Any) -> None:
    bounds: Any = pc.min_max(array.indices)
    low, high = bounds["min"].as_py(), bounds["max"].as_py()
    if low is not None and not 0 <= low <= high < len(array.dictionary):
        raise ValueError("its indices are damaged")
    _check(array.dictionary)
