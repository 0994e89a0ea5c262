"""Normal form of record batches: equal rows have equal buffers.

What Arrow leaves open is settled: values under nulls are zero, null lists and strings are empty, bits past
the end are zero, and a dictionary holds its values in the order in which they first occur.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Normaliser"]

_Path: TypeAlias = tuple[int, ...]
_Array: TypeAlias = Any


class Normaliser:
    """Brings the batches of one file to normal form; dictionaries grow from batch to batch."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._dictionaries: dict[_Path, _Array] = {}

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch in normal form; columns that are in it already are not copied."""
        columns = [self._normal(column, (at,)) for at, column in enumerate(batch.columns)]
        if not columns:
            return batch
        return pa.RecordBatch.from_arrays(columns, schema=self._schema)

    def _normal(self, array: _Array, path: _Path) -> _Array:
        dtype = array.type
        types = pa.types
        if isinstance(array, pa.ExtensionArray):
            return pa.ExtensionArray.from_storage(dtype, self._normal(array.storage, path))
        if types.is_null(dtype) or types.is_union(dtype) or types.is_run_end_encoded(dtype):
            return array
        if types.is_dictionary(dtype):
            return self._dictionary(array, path)
        if types.is_struct(dtype):
            return self._struct(array, path)
        if types.is_fixed_size_list(dtype):
            return self._fixed_list(array, path)
        if types.is_list(dtype) or types.is_large_list(dtype) or types.is_map(dtype):
            return self._list(array, path)
        if types.is_list_view(dtype) or types.is_large_list_view(dtype):
            return self._list_view(array, path)
        if types.is_string_view(dtype) or types.is_binary_view(dtype):
            large = pa.large_string() if types.is_string_view(dtype) else pa.large_binary()
            return _text(array.cast(large)).cast(dtype)
        return _fixed(array) if _is_fixed(dtype) else _text(array)

    def _struct(self, array: _Array, path: _Path) -> _Array:
        count = array.type.num_fields
        children = array.flatten() if array.null_count else [array.field(at) for at in range(count)]
        normal = [self._normal(child, (*path, at)) for at, child in enumerate(children)]
        return pa.Array.from_buffers(array.type, len(array), [_bitmap(array)], children=normal)

    def _list(self, array: _Array, path: _Path) -> _Array:
        array = _without_hidden(array)
        offsets = array.offsets.to_numpy()
        low, high = int(offsets[0]), int(offsets[-1])
        values = _child(array).slice(low, high - low)
        buffers = [_bitmap(array), _buffer(np.ascontiguousarray(offsets - low if low else offsets))]
        return pa.Array.from_buffers(
            array.type, len(array), buffers, children=[self._normal(values, (*path, 0))]
        )

    def _fixed_list(self, array: _Array, path: _Path) -> _Array:
        size = array.type.list_size
        values = array.values.slice(array.offset * size, len(array) * size)
        if array.null_count and size:
            # What a null hides becomes null too, and so has one form.
            shown = np.repeat(_valid(array), size)
            values = pc.if_else(pa.array(shown), values, pa.scalar(None, values.type))
        return pa.Array.from_buffers(
            array.type, len(array), [_bitmap(array)], children=[self._normal(values, (*path, 0))]
        )

    def _list_view(self, array: _Array, path: _Path) -> _Array:
        sizes = array.sizes.to_numpy()
        if array.null_count:
            sizes = np.where(_valid(array), sizes, 0).astype(sizes.dtype)
        values = self._normal(array.flatten(), (*path, 0))
        begins = (np.cumsum(sizes) - sizes).astype(sizes.dtype)
        # A view of nothing begins at zero, wherever it stands.
        begins[sizes == 0] = 0
        buffers = [_bitmap(array), _buffer(begins), _buffer(np.ascontiguousarray(sizes))]
        return pa.Array.from_buffers(array.type, len(array), buffers, children=[values])

    def _dictionary(self, array: _Array, path: _Path) -> _Array:
        values = array.dictionary_decode()
        known = self._dictionaries.get(path)
        fresh = pc.drop_null(pc.unique(values))
        if known is not None:
            fresh = fresh.filter(pc.invert(pc.is_in(fresh, value_set=known)))
        known = fresh if known is None else pa.concat_arrays([known, fresh]) if len(fresh) else known
        self._dictionaries[path] = known
        indices = _fixed(pc.index_in(values, value_set=known).cast(array.type.index_type))
        return pa.DictionaryArray.from_arrays(
            indices, self._normal(known, (*path, 0)), ordered=array.type.ordered
        )


def _is_fixed(dtype: _Array) -> bool:
    try:
        return bool(dtype.bit_width >= 0)
    except ValueError:
        return False


def _valid(array: _Array) -> npt.NDArray[np.bool_]:
    valid: npt.NDArray[np.bool_] = array.is_valid().to_numpy(zero_copy_only=False)
    return valid


def _buffer(array: _Array) -> pa.Buffer:
    return pa.py_buffer(array)


def _bitmap(array: _Array) -> pa.Buffer | None:
    if not array.null_count:
        return None
    return _buffer(np.packbits(_valid(array), bitorder="little"))


def _fixed(array: _Array) -> _Array:
    """Zero what lies under nulls, and the bits past the end."""
    dtype = array.type
    if pa.types.is_boolean(dtype):
        bits = pc.fill_null(array, pa.scalar(value=False)).to_numpy(zero_copy_only=False)
        values = _buffer(np.packbits(bits, bitorder="little"))
        return pa.Array.from_buffers(dtype, len(array), [_bitmap(array), values])
    if not array.null_count:
        return array
    width = dtype.bit_width // 8
    if not width:
        return array
    data = np.frombuffer(array.buffers()[1], dtype=f"V{width}", count=len(array), offset=array.offset * width)
    data = data.copy()
    data[~_valid(array)] = np.zeros((), dtype=data.dtype)
    return pa.Array.from_buffers(dtype, len(array), [_bitmap(array), _buffer(data)])


def _text(array: _Array) -> _Array:
    """Empty what lies under nulls."""
    if not array.null_count:
        return array
    empty = "" if pa.types.is_string(array.type) or pa.types.is_large_string(array.type) else b""
    filled = pc.fill_null(array, empty)
    _, offsets, data = filled.buffers()
    return pa.Array.from_buffers(
        array.type, len(array), [_bitmap(array), offsets, data], offset=filled.offset
    )


def _without_hidden(array: _Array) -> _Array:
    """Drop values that lie under null lists."""
    if not array.null_count:
        return array
    lengths = np.diff(array.offsets.to_numpy())
    if not lengths[~_valid(array)].any():
        return array
    return array.take(pa.array(np.arange(len(array))))


def _child(array: _Array) -> _Array:
    if not pa.types.is_map(array.type):
        return array.values
    entries = pa.Array.from_buffers
    keys, items = array.keys, array.items
    dtype = pa.struct([array.type.key_field, array.type.item_field])
    return entries(dtype, len(keys), [None], children=[keys, items])
