"""Values by position, of any type: those that Arrow 26 cannot gather (views and what holds them) included."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.features.buffers import is_valid, of_numpy, to_numpy
from arrowsets.lazy import pc

__all__ = ["as_buffer", "bitmap", "entries", "is_plain", "is_valid", "pick"]

_Array: TypeAlias = Any
_Int64s = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]


@lru_cache(maxsize=4096)
def is_plain(dtype: pa.DataType) -> bool:
    """Whether Arrow can gather a type."""
    if isinstance(dtype, pa.BaseExtensionType):
        return is_plain(dtype.storage_type)
    if _is_text_view(dtype) or pa.types.is_run_end_encoded(dtype):
        return False
    if pa.types.is_fixed_size_list(dtype) and pa.types.is_fixed_size_list(dtype.value_type):
        return False  # of a slice of such, it gathers other values than it is asked for
    return all(is_plain(dtype.field(index).type) for index in range(dtype.num_fields))


def pick(array: _Array, rows: _Int64s) -> _Array:
    """Return the values at positions; null where a position is -1."""
    dtype = array.type
    types = pa.types
    if is_plain(dtype):
        return array.take(_indices(rows))
    if isinstance(array, pa.ExtensionArray):
        return pa.ExtensionArray.from_storage(dtype, pick(array.storage, rows))
    if types.is_run_end_encoded(dtype):
        compute: Any = pc
        return compute.run_end_encode(pick(compute.run_end_decode(array), rows), run_end_type=dtype.run_end_type)
    if _is_text_view(dtype):
        return _pick_text_views(array, rows)
    shown = rows >= 0
    if array.null_count:
        shown &= is_valid(array)[rows]
    if types.is_struct(dtype):
        children = [pick(array.field(at), rows) for at in range(dtype.num_fields)]
        return pa.Array.from_buffers(dtype, len(rows), [bitmap(shown)], children=children)
    if types.is_fixed_size_list(dtype):
        return _pick_fixed_lists(array, rows, shown)
    if types.is_list_view(dtype) or types.is_large_list_view(dtype):
        return _pick_list_views(array, rows, shown)
    return _pick_lists(array, rows, shown)


def _pick_text_views(array: _Array, rows: _Int64s) -> _Array:
    """Gather the 16 bytes of each view; the text stays where it is."""
    validity, views, *data = array.buffers()
    fixed = pa.Array.from_buffers(pa.binary(16), len(array), [validity, views], offset=array.offset)
    found = fixed.take(_indices(rows))
    return pa.Array.from_buffers(array.type, len(rows), [*found.buffers(), *data], offset=found.offset)


def _pick_fixed_lists(array: _Array, rows: _Int64s, shown: _Bools) -> _Array:
    size = array.type.list_size
    inner = (rows + array.offset)[:, None] * size + np.arange(size, dtype=np.int64)
    inner[~shown] = -1
    values = pick(array.values, inner.reshape(-1))
    return pa.Array.from_buffers(array.type, len(rows), [bitmap(shown)], children=[values])


def _pick_lists(array: _Array, rows: _Int64s, shown: _Bools) -> _Array:
    offsets = to_numpy(array.offsets)
    begins = offsets[:-1][rows].astype(np.int64)
    lengths = np.where(shown, np.diff(offsets)[rows], 0).astype(np.int64)
    ends = np.cumsum(lengths)
    inner = np.repeat(begins - (ends - lengths), lengths) + np.arange(lengths.sum(), dtype=np.int64)
    places = np.concatenate([[0], ends]).astype(offsets.dtype)
    children = [pick(entries(array), inner)]
    return pa.Array.from_buffers(array.type, len(rows), [bitmap(shown), as_buffer(places)], children=children)


def _pick_list_views(array: _Array, rows: _Int64s, shown: _Bools) -> _Array:
    begins = to_numpy(array.offsets)[rows]
    sizes = np.where(shown, to_numpy(array.sizes)[rows], 0).astype(begins.dtype)
    buffers = [bitmap(shown), as_buffer(begins), as_buffer(sizes)]
    return pa.Array.from_buffers(array.type, len(rows), buffers, children=[array.values])


def entries(array: _Array) -> _Array:
    """Return what the offsets of a list or map count."""
    if not pa.types.is_map(array.type):
        return array.values
    dtype = pa.struct([array.type.key_field, array.type.item_field])
    return pa.Array.from_buffers(dtype, len(array.keys), [None], children=[array.keys, array.items])


def bitmap(shown: _Bools) -> pa.Buffer | None:
    """Return a validity bitmap with zeros past its end; None where all is valid."""
    return None if shown.all() else as_buffer(np.packbits(shown, bitorder="little"))


def as_buffer(array: npt.NDArray[Any]) -> pa.Buffer:
    """Return the memory of an array."""
    memory: Any = np.ascontiguousarray(array)
    return pa.py_buffer(memory)


def _indices(rows: _Int64s) -> _Array:
    missing = rows < 0
    if not missing.any():
        return of_numpy(rows)
    data: Any = np.ascontiguousarray(rows)
    return pa.Array.from_buffers(pa.int64(), len(rows), [bitmap(~missing), pa.py_buffer(data)])


def _is_text_view(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_string_view(dtype) or pa.types.is_binary_view(dtype))
