"""Reading the local files that media cells name into the cells, so that what is saved needs no other file."""

from __future__ import annotations

from typing import Any, cast

import pyarrow as pa

from arrowsets.features import Features, FeatureType
from arrowsets.features.media import Media, has_media
from arrowsets.table import View

__all__ = ["embedded", "embedded_bytes", "has_media"]


SAMPLED = 32


def embedded(table: pa.Table, features: Features) -> pa.Table:
    """Return the table with the bytes of all local files that its media columns name."""
    for position, name in enumerate(table.column_names):
        feature = features[name]
        if has_media(feature):
            chunks: Any = [_embedded(chunk, feature) for chunk in table.column(position).chunks]
            column: Any = pa.chunked_array(chunks, type=cast("Any", feature.storage))
            table = table.set_column(position, table.schema.field(position), column)
    return table


def embedded_bytes(view: View, features: Features) -> int:
    """Return about how many bytes all rows have with their files in them, by a sample of rows."""
    if not view.num_rows or not any(map(has_media, features.values())):
        return view.nbytes
    step = max(1, view.num_rows // SAMPLED)
    table = view.read(list(range(0, view.num_rows, step))[:SAMPLED])
    added = embedded(table, features).nbytes - table.nbytes
    return view.nbytes + max(0, added) * view.num_rows // table.num_rows


def _embedded(array: Any, feature: FeatureType) -> Any:
    if isinstance(feature, Media):
        return feature.embed(array)
    children = feature.children()
    dtype, types = array.type, pa.types
    mask = array.is_null() if array.null_count else None
    if types.is_struct(dtype):
        parts = [
            _embedded(array.field(at), children[inner.name]) if has_media(children[inner.name]) else array.field(at)
            for at, inner in enumerate(dtype)
        ]
        return pa.StructArray.from_arrays(parts, fields=list(dtype), mask=mask)
    (child,) = children.values()
    if types.is_fixed_size_list(dtype):
        size = dtype.list_size
        values = array.values.slice(array.offset * size, len(array) * size)
        fixed: Any = pa.FixedSizeListArray
        return fixed.from_arrays(_embedded(values, child), type=dtype, mask=mask)
    low, high = array.offsets[0].as_py(), array.offsets[-1].as_py()
    values = _embedded(array.values.slice(low, high - low), child)
    offsets = pa.compute.subtract(array.offsets, pa.scalar(low, array.offsets.type))
    return type(array).from_arrays(offsets, values, type=dtype, mask=mask)
