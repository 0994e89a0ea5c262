"""Normal form of record batches: equal rows have equal buffers.

What Arrow leaves open is settled: values under nulls are zero, null lists and strings are empty, bits past
the end are zero, and a dictionary holds its values in the order in which they first occur.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from arrowsets.features.buffers import filled, to_numpy
from arrowsets.lazy import pc
from arrowsets.table.pick import as_buffer, bitmap, entries, is_valid, pick

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
        offsets = to_numpy(array.offsets)
        low, high = int(offsets[0]), int(offsets[-1])
        values = entries(array).slice(low, high - low)
        buffers = [_bitmap(array), as_buffer(offsets - low if low else offsets)]
        return pa.Array.from_buffers(array.type, len(array), buffers, children=[self._normal(values, (*path, 0))])

    def _fixed_list(self, array: _Array, path: _Path) -> _Array:
        size = array.type.list_size
        values = array.values.slice(array.offset * size, len(array) * size)
        if array.null_count and size:
            # What a null hides becomes null too, and so has one form.
            shown = np.repeat(is_valid(array), size)
            values = pick(values, np.where(shown, np.arange(len(values)), -1))
        return pa.Array.from_buffers(
            array.type, len(array), [_bitmap(array)], children=[self._normal(values, (*path, 0))]
        )

    def _list_view(self, array: _Array, path: _Path) -> _Array:
        sizes = to_numpy(array.sizes)
        if array.null_count:
            sizes = np.where(is_valid(array), sizes, 0).astype(sizes.dtype)
        values = self._normal(array.flatten(), (*path, 0))
        begins = (np.cumsum(sizes) - sizes).astype(sizes.dtype)
        # A view of nothing begins at zero, wherever it stands.
        begins[sizes == 0] = 0
        buffers = [_bitmap(array), as_buffer(begins), as_buffer(sizes)]
        return pa.Array.from_buffers(array.type, len(array), buffers, children=[values])

    def _dictionary(self, array: _Array, path: _Path) -> _Array:
        dtype = array.type
        if pa.types.is_nested(dtype.value_type):
            return array
        values = array.dictionary_decode()
        known = self._dictionaries.get(path)
        if known is None:
            # A file's dictionary may grow but not from nothing, which it would be where a batch is all null.
            known = pa.nulls(1, dtype.value_type)
        fresh = pc.drop_null(pc.unique(values))
        fresh = fresh.filter(pc.invert(pc.is_in(fresh, value_set=known)))
        known = self._dictionaries[path] = pa.concat_arrays([known, fresh])
        places = pc.index_in(values, value_set=known, skip_nulls=True)
        return pa.DictionaryArray.from_arrays(
            _fixed(places.cast(dtype.index_type)), self._normal(known, (*path, 0)), ordered=dtype.ordered
        )


def _is_fixed(dtype: _Array) -> bool:
    try:
        return bool(dtype.bit_width >= 0)
    except ValueError:
        return False


def _bitmap(array: _Array) -> pa.Buffer | None:
    return bitmap(is_valid(array)) if array.null_count else None


def _fixed(array: _Array) -> _Array:
    """Zero what lies under nulls, and the bits past the end."""
    dtype = array.type
    if pa.types.is_boolean(dtype):
        bits = to_numpy(filled(array))
        values = as_buffer(np.packbits(bits, bitorder="little"))
        return pa.Array.from_buffers(dtype, len(array), [_bitmap(array), values])
    width = dtype.bit_width // 8
    if not width:
        return array
    # Cut exactly: Arrow writes what a buffer has past its end, if that is little.
    data = array.buffers()[1].slice(array.offset * width, len(array) * width)
    if array.null_count:
        whole = np.frombuffer(data, dtype=f"u{width}" if width in (1, 2, 4, 8) else f"({width},)u1")
        data = as_buffer(np.where(is_valid(array).reshape(-1, *[1] * (whole.ndim - 1)), whole, 0).astype(whole.dtype))
    return pa.Array.from_buffers(dtype, len(array), [_bitmap(array), data])


def _text(array: _Array) -> _Array:
    """Empty what lies under nulls, and cut the bytes to those that are used."""
    dtype = array.type
    if not len(array):
        return pa.nulls(0, dtype)
    wide = pa.types.is_large_string(dtype) or pa.types.is_large_binary(dtype)
    places = _places(array, wide=wide)
    if array.null_count and (places[1:] != places[:-1])[~is_valid(array)].any():
        whole = filled(array)
        places = _places(whole, wide=wide)
    else:
        # What parsers make, and what was written before, hides nothing under its nulls.
        whole = array
    data = whole.buffers()[2]
    low, high = int(places[0]), int(places[-1])
    offsets = as_buffer(places - low if low else places)
    data = pa.py_buffer(b"") if data is None else data.slice(low, high - low)
    return pa.Array.from_buffers(dtype, len(array), [_bitmap(array), offsets, data])


def _places(array: _Array, *, wide: bool) -> Any:
    offsets = array.buffers()[1]
    return np.frombuffer(offsets, dtype=np.int64 if wide else np.int32)[array.offset :][: len(array) + 1]


def _without_hidden(array: _Array) -> _Array:
    """Drop values that lie under null lists."""
    if not array.null_count:
        return array
    lengths = np.diff(to_numpy(array.offsets))
    if not lengths[~is_valid(array)].any():
        return array
    return pick(array, np.where(is_valid(array), np.arange(len(array)), -1))
