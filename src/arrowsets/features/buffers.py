"""Arrow arrays from and to Python and numpy by way of their buffers.

`pa.array`, `pa.scalar` and `Array.to_numpy` do the same, but the first call of any of them imports pandas, which takes
longer than loading a file of 50 MB. So what every process does (loading, writing, gathering rows) goes through these.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.lazy import pc

__all__ = ["bulk_pool", "filled", "is_valid", "null_scalar", "of_list", "of_mask", "of_numpy", "texts", "to_numpy"]


def of_numpy(values: Any) -> pa.Array[Any]:
    """Return an Arrow array of a one-dimensional array of native numbers or booleans, without nulls."""
    if values.dtype.kind == "b":
        bits: Any = np.packbits(values, bitorder="little")
        buffer = pa.py_buffer(bits)
        return pa.Array.from_buffers(pa.bool_(), len(values), [None, buffer])
    packed: Any = np.ascontiguousarray(values)
    dtype = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(dtype, len(values), [None, pa.py_buffer(packed)])


def of_mask(values: Sequence[bool] | npt.NDArray[np.bool_]) -> Any:
    """Return a boolean array."""
    return of_numpy(np.array(values, np.bool_))


def texts(values: Sequence[str | bytes | None], dtype: pa.DataType | None = None) -> pa.Array[Any]:
    """Return an array of strings or bytes (of a type with offsets; by default `string`)."""
    dtype = dtype if dtype is not None else pa.string()
    encoded = [value.encode() if isinstance(value, str) else value or b"" for value in values]
    wide = pa.types.is_large_string(dtype) or pa.types.is_large_binary(dtype)
    # accumulate is faster than numpy here: the lengths are Python's.
    ends = np.fromiter(accumulate(map(len, encoded), initial=0), np.int64, len(encoded) + 1)
    if not wide and ends[-1] > np.iinfo(np.int32).max:
        raise pa.ArrowCapacityError(f"{ends[-1]} bytes do not fit one array of {dtype}")
    offsets: Any = ends if wide else ends.astype(np.int32)
    validity = _validity(values) if None in values else None
    return pa.Array.from_buffers(
        dtype, len(encoded), [validity, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    )


def of_list(values: list[Any]) -> Any:
    """Return an array of Python's own numbers, truth values or texts, all of one class, or of lists of these.

    None for everything else, and where `pa.array` is as good: once pandas is imported, and after a million texts, which
    it reads in a fifth of the time.

    Raises:
        OverflowError: for an integer beyond 64 bits.
    """
    if "pandas" in sys.modules or _spent[0] > _MANY_TEXTS:
        return None
    classes = set(map(type, values))
    missing = _NONE in classes
    if len(classes) - missing != 1:
        return None
    (kind,) = classes - {_NONE}
    if kind is str:
        _spent[0] += len(values)
        return texts(values)
    if kind is list:
        return _of_lists(values, missing=missing)
    if kind not in _DTYPES:
        return None
    dtype, storage = _DTYPES[kind]
    numbers: Any = np.fromiter((0 if v is None else v for v in values) if missing else values, dtype, len(values))
    buffer = of_numpy(numbers).buffers()[1]
    return pa.Array.from_buffers(storage, len(values), [_validity(values) if missing else None, buffer])


_NONE = type(None)
_DTYPES: dict[type, tuple[Any, pa.DataType]] = {
    int: (np.int64, pa.int64()),
    float: (np.float64, pa.float64()),
    bool: (np.bool_, pa.bool_()),
}
_MANY_TEXTS = 1_000_000
_spent = [0]


def _of_lists(values: list[Any], *, missing: bool) -> Any:
    shown = [value or () for value in values] if missing else values
    items = of_list(list(chain.from_iterable(shown)))
    if items is None or len(items) > np.iinfo(np.int32).max:
        return None
    offsets: Any = np.fromiter(accumulate(map(len, shown), initial=0), np.int32, len(shown) + 1)
    buffers = [_validity(values) if missing else None, pa.py_buffer(offsets)]
    return pa.Array.from_buffers(pa.list_(items.type), len(values), buffers, children=[items])


def _validity(values: Sequence[object]) -> pa.Buffer:
    bits: Any = np.packbits(np.array([value is not None for value in values], np.bool_), bitorder="little")
    return pa.py_buffer(bits)


@lru_cache(maxsize=256)
def null_scalar(dtype: pa.DataType) -> pa.Scalar[Any]:
    """Return the null of a type."""
    make: Any = pa.nulls
    null: pa.Scalar[Any] = make(1, dtype)[0]
    return null


def filled(array: Any) -> Any:
    """Return booleans, numbers or text with False, 0 or empty text where they are null."""
    return pc.coalesce(array, _blank(array.type)) if array.null_count else array


@lru_cache(maxsize=256)
def _blank(dtype: Any) -> pa.Scalar[Any]:
    zeros = pa.py_buffer(bytes(16))
    data = [zeros] if pa.types.is_primitive(dtype) else [zeros, pa.py_buffer(b"")]
    blank: pa.Scalar[Any] = pa.Array.from_buffers(dtype, 1, [None, *data])[0]
    return blank


def to_numpy(array: Any) -> npt.NDArray[Any]:
    """Return integers, floats or booleans as numpy, as pyarrow does: floats that are null as not a number, and numbers
    without nulls without a copy, unless they are chunked.
    """
    if isinstance(array, pa.ChunkedArray):
        if array.num_chunks != 1:
            chunks = [to_numpy(chunk) for chunk in array.chunks]
            return np.concatenate(chunks) if chunks else to_numpy(pa.nulls(0, array.type))
        array = array.chunk(0)
    dtype = array.type
    if not array.null_count and pa.types.is_boolean(dtype):
        return _bits(array.buffers()[1], array.offset, len(array))
    floats = pa.types.is_floating(dtype)
    if (array.null_count and not floats) or not (floats or pa.types.is_integer(dtype)):
        other: npt.NDArray[Any] = array.to_numpy(zero_copy_only=False)
        return other
    kind: Any = dtype.to_pandas_dtype()
    data = array.buffers()[1]
    values: npt.NDArray[Any] = np.frombuffer(data, kind) if data is not None else np.empty(0, kind)
    values = values[array.offset : array.offset + len(array)]
    if not array.null_count:
        return values
    shown = values.copy()
    shown[~is_valid(array)] = np.nan
    return shown


def is_valid(array: Any) -> npt.NDArray[np.bool_]:
    """Return where an array is not null."""
    types, dtype = pa.types, array.type
    if types.is_dictionary(dtype) or types.is_union(dtype) or types.is_run_end_encoded(dtype) or types.is_null(dtype):
        # Their nulls are those of their values: they have no bitmap, or it is not all.
        return to_numpy(array.is_valid())
    if not array.null_count:
        return np.ones(len(array), np.bool_)
    return _bits(array.buffers()[0], array.offset, len(array))


def _bits(data: Any, offset: int, length: int) -> npt.NDArray[np.bool_]:
    if not length:
        return np.empty(0, np.bool_)
    first = offset // 8
    packed = np.frombuffer(data, np.uint8)[first : (offset + length + 7) // 8]
    bits = np.unpackbits(packed, bitorder="little")[offset - 8 * first :][:length]
    return bits.view(np.bool_)


@lru_cache(maxsize=1)
def bulk_pool() -> pa.MemoryPool:
    """Return the memory pool to parse, decode and join large data in.

    In a fresh process Arrow's default pool, mimalloc, takes huge pages that the kernel clears: 0.3 s for a CSV file of
    100 MB. jemalloc takes half of that, and less memory in all.
    """
    try:
        return pa.jemalloc_memory_pool()
    except NotImplementedError:
        return pa.default_memory_pool()
