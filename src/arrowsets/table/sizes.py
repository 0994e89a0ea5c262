"""The size of rows: bits that each row of an array takes when written, whatever chunk or slice it came in.

Sums over rows, so that where a batch is cut depends on the rows alone: what lies under a null does not count.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Bits", "logical_nbytes", "row_bits"]

Bits = int | npt.NDArray[np.int64]


def row_bits(array: Any) -> Bits:
    """Return the bits of each row, or one number where all rows take as many."""
    dtype: Any = array.type
    if isinstance(array, pa.ExtensionArray):
        return row_bits(array.storage)
    if pa.types.is_struct(dtype):
        children = (
            array.flatten() if array.null_count else [array.field(at) for at in range(dtype.num_fields)]
        )
        return sum((row_bits(child) for child in children), start=1)
    if pa.types.is_dictionary(dtype):
        return int(dtype.index_type.bit_width)
    if _is_listed(dtype):
        return _list_bits(array)
    if pa.types.is_fixed_size_list(dtype):
        return _fixed_list_bits(array)
    if _is_text(dtype):
        lengths = pc.fill_null(pc.binary_length(_text(array)), 0)
        counts: npt.NDArray[np.int64] = lengths.to_numpy(zero_copy_only=False).astype(np.int64)
        return counts * 8 + 32
    if pa.types.is_null(dtype):
        return 1
    try:
        return int(dtype.bit_width)
    except ValueError:
        # Unions and run-end encoded values: about right is enough.
        return int(array.nbytes * 8 // max(len(array), 1)) + 1


def logical_nbytes(table: pa.Table) -> int:
    """Return the bytes of a table's rows, however they are chunked and wherever they lie."""
    bits = 0
    for column in table.columns:
        for chunk in column.chunks:
            each = row_bits(chunk)
            bits += each * len(chunk) if isinstance(each, int) else int(each.sum())
    return bits // 8


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


def _text(array: Any) -> Any:
    if pa.types.is_string_view(array.type):
        return array.cast(pa.large_string())
    return array.cast(pa.large_binary()) if pa.types.is_binary_view(array.type) else array


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
    offsets = array.offsets.to_numpy().astype(np.int64, copy=False)
    if pa.types.is_list_view(array.type) or pa.types.is_large_list_view(array.type):
        begins, lengths = offsets, array.sizes.to_numpy().astype(np.int64, copy=False)
    else:
        begins, lengths = offsets[:-1], np.diff(offsets)
    if array.null_count:
        lengths = np.where(array.is_valid().to_numpy(zero_copy_only=False), lengths, 0)
    if not lengths.any():
        return 32
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
        bits[~array.is_valid().to_numpy(zero_copy_only=False)] = 1
    return bits
