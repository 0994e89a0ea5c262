"""The size of rows: bits that each row of an array takes when written, whatever chunk or slice it came in.

Sums over rows, so that where a batch is cut depends on the rows alone: what lies under a null does not count.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.features.buffers import is_valid, to_numpy

__all__ = ["Bits", "logical_nbytes", "row_bits", "total_bits"]

Bits = int | npt.NDArray[np.int64]

# Numbers and truth values, asked for before everything else: sizes are taken of every small table that is written.
_PLAIN = frozenset(
    dtype.id
    for dtype in (
        *(pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64()),
        *(pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(), pa.float16(), pa.float32(), pa.float64()),
    )
)


def row_bits(array: Any) -> Bits:
    """Return the bits of each row, or one number where the type alone tells."""
    dtype: Any = array.type
    if dtype.id in _PLAIN:
        return int(dtype.bit_width)
    if isinstance(array, pa.ExtensionArray):
        return row_bits(array.storage)
    if pa.types.is_struct(dtype):
        children = array.flatten() if array.null_count else [array.field(at) for at in range(dtype.num_fields)]
        return sum((row_bits(child) for child in children), start=1)
    if pa.types.is_dictionary(dtype):
        return int(dtype.index_type.bit_width)
    if _is_listed(dtype):
        return _list_bits(array)
    if pa.types.is_fixed_size_list(dtype):
        return _fixed_list_bits(array)
    if _is_text(dtype):
        return _text_lengths(array) * 8 + 32
    if pa.types.is_null(dtype):
        return 1
    try:
        return int(dtype.bit_width)
    except ValueError:
        # Unions and run-end encoded values: about right is enough.
        return int(array.nbytes * 8 // max(len(array), 1)) + 1


def logical_nbytes(table: pa.Table) -> int:
    """Return the bytes of a table's rows, however they are chunked and wherever they lie."""
    return sum(total_bits(chunk) for column in table.columns for chunk in column.chunks) // 8


def total_bits(array: Any) -> int:
    """Return the sum of the bits of all rows: where none is null, without those of each."""
    dtype: Any = array.type
    if dtype.id in _PLAIN:
        return int(dtype.bit_width) * len(array)
    if isinstance(array, pa.ExtensionArray):
        return total_bits(array.storage)
    if len(array) and not array.null_count:
        if _has_offsets(dtype):
            offsets = _text_offsets(array)
            return (int(offsets[-1]) - int(offsets[0])) * 8 + 32 * len(array)
        if pa.types.is_list(dtype) or pa.types.is_large_list(dtype):
            offsets = _offsets(array, wide=pa.types.is_large_list(dtype))
            low, high = int(offsets[0]), int(offsets[-1])
            return total_bits(array.values.slice(low, high - low)) + 32 * len(array)
        if pa.types.is_struct(dtype):
            return sum((total_bits(array.field(at)) for at in range(dtype.num_fields)), start=len(array))
        if pa.types.is_fixed_size_list(dtype) and dtype.list_size:
            return total_bits(array.values.slice(array.offset * dtype.list_size, len(array) * dtype.list_size)) + len(
                array
            )
    each = row_bits(array)
    return each * len(array) if isinstance(each, int) else int(each.sum())


def _is_text(dtype: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_string(dtype)
        or types.is_binary(dtype)
        or types.is_large_string(dtype)
        or types.is_large_binary(dtype)
        or types.is_string_view(dtype)
        or types.is_binary_view(dtype)
    )


def _has_offsets(dtype: pa.DataType) -> bool:
    return _is_text(dtype) and not (pa.types.is_string_view(dtype) or pa.types.is_binary_view(dtype))


def _text_offsets(array: Any) -> npt.NDArray[Any]:
    return _offsets(array, wide=pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type))


def _offsets(array: Any, *, wide: bool) -> npt.NDArray[Any]:
    offsets = np.frombuffer(array.buffers()[1], np.int64 if wide else np.int32)
    return offsets[array.offset : array.offset + len(array) + 1]


def _text_lengths(array: Any) -> npt.NDArray[np.int64]:
    if not len(array):
        return np.empty(0, np.int64)
    if _has_offsets(array.type):
        lengths = np.diff(_text_offsets(array)).astype(np.int64)
    else:
        # The length of a view is its first four bytes.
        views = np.frombuffer(array.buffers()[1], np.int32)[::4]
        lengths = views[array.offset : array.offset + len(array)].astype(np.int64)
    if array.null_count:
        lengths[~is_valid(array)] = 0
    return lengths


def _is_listed(dtype: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_list(dtype)
        or types.is_large_list(dtype)
        or types.is_map(dtype)
        or types.is_list_view(dtype)
        or types.is_large_list_view(dtype)
    )


def _list_bits(array: Any) -> Bits:
    offsets = to_numpy(array.offsets).astype(np.int64, copy=False)
    if pa.types.is_list_view(array.type) or pa.types.is_large_list_view(array.type):
        begins, lengths = offsets, to_numpy(array.sizes).astype(np.int64, copy=False)
    else:
        begins, lengths = offsets[:-1], np.diff(offsets)
    if array.null_count:
        lengths = np.where(is_valid(array), lengths, 0)
    if not lengths.any():
        return np.full(len(array), 32, dtype=np.int64)
    used = lengths > 0
    low, high = int(begins[used].min()), int((begins + lengths)[used].max())
    if pa.types.is_map(array.type):
        values = row_bits(array.keys.slice(low, high - low)) + row_bits(array.items.slice(low, high - low))
    else:
        values = row_bits(array.values.slice(low, high - low))
    if isinstance(values, int):
        return np.asarray(lengths * values + 32, dtype=np.int64)
    sums = np.concatenate([[0], np.cumsum(values)])
    begins = np.where(used, begins, low) - low
    return np.asarray(sums[begins + lengths] - sums[begins] + 32, dtype=np.int64)


def _fixed_list_bits(array: Any) -> Bits:
    size = array.type.list_size
    if size == 0:
        return 1
    values = row_bits(array.values.slice(array.offset * size, len(array) * size))
    if isinstance(values, int):
        return int(values * size + 1)
    bits: npt.NDArray[np.int64] = values.reshape(-1, size).sum(axis=1) + 1
    if array.null_count:
        bits[~is_valid(array)] = 1
    return bits
