"""Results as small values that can be compared, however a library keeps them.

A table becomes a digest for each column, of the values alone: 32 and 64 bit integers, strings with 32 and 64 bit offsets,
dictionaries and plain columns, one chunk and many are the same. Floats are rounded to six decimals, because CSV parsers
differ in the last bit.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from limits import Picked

__all__ = ["digest", "summarise", "table_of"]


def summarise(result: Any) -> Any:
    """Return what a step made as plain JSON: small values as they are, large ones as digests."""
    table = table_of(result)
    if table is not None:
        columns = {name: digest(table.column(name)) for name in sorted(table.column_names)}
        return {"rows": table.num_rows, "columns": columns}
    if isinstance(result, (pa.ChunkedArray, pa.Array)):
        return digest(result)
    if isinstance(result, Path):
        return str(result)
    if isinstance(result, Mapping):
        return {str(key): summarise(value) for key, value in result.items()}
    if isinstance(result, tuple):
        return [summarise(value) for value in result]
    return _short(_plain(result))


def table_of(result: Any) -> pa.Table | None:
    """Return a dataset of either library as a table; None for what is none."""
    if isinstance(result, pa.Table):
        return result
    if isinstance(result, Picked):
        return _gathered(result.table, result.rows)
    if hasattr(result, "_indices") and hasattr(result, "_data"):
        table = result.data.table
        return table if result._indices is None else _gathered(table, result._indices.column(0).to_numpy())
    data = getattr(result, "data", None)
    return data if isinstance(data, pa.Table) else None


def _gathered(table: pa.Table, rows: Any) -> pa.Table:
    # Chunk after chunk: taking from many chunks at once joins them for each column.
    return table.combine_chunks().take(pa.array(np.asarray(rows)))


def digest(column: pa.ChunkedArray[Any] | pa.Array[Any]) -> str:
    """Return a digest of the values of a column."""
    state = hashlib.blake2b(digest_size=8)
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    _update(state, pa.chunked_array(chunks, type=column.type))
    return state.hexdigest()


def _update(state: Any, column: pa.ChunkedArray[Any]) -> None:
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        storage = [chunk.storage for chunk in column.chunks]  # type: ignore[attr-defined]
        return _update(state, pa.chunked_array(storage, type=kind.storage_type))
    if pa.types.is_dictionary(kind):
        return _update(state, column.cast(kind.value_type))
    state.update(column.is_valid().combine_chunks().cast(pa.uint8()).to_numpy(zero_copy_only=False).tobytes())
    if pa.types.is_null(kind):
        return None
    if pa.types.is_struct(kind):
        for name in sorted(field.name for field in kind):
            state.update(name.encode())
            _update(state, pc.struct_field(column, name))
        return None
    if pa.types.is_nested(kind):
        state.update(pc.list_value_length(column).fill_null(0).cast(pa.int64()).to_numpy().tobytes())
        return _update(state, pc.list_flatten(column))
    for chunk in column.chunks:
        _update_flat(state, chunk)
    return None


def _update_flat(state: Any, array: pa.Array[Any]) -> None:
    kind = array.type
    if pa.types.is_floating(kind):
        values = array.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False)
        state.update((np.round(values, 6) + 0.0).tobytes())
    elif pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        state.update(array.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False).tobytes())
    else:
        text = array.cast(pa.large_string() if "string" in str(kind) else pa.large_binary()).fill_null("")
        for values in text.to_pylist():
            encoded = values.encode() if isinstance(values, str) else values
            state.update(len(encoded).to_bytes(8, "little") + encoded)


def _plain(value: Any) -> Any:
    """Return arrays, tensors and scalars of any library as Python's own, floats rounded."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, str):
        return str(value)
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        # Six digits, which 32 bit floats have.
        return value if not math.isfinite(value) or not value else float(f"{value:.6g}")
    return value if isinstance(value, (int, bool, type(None), str)) else repr(value)


def _short(value: Any) -> Any:
    text = repr(value)
    return value if len(text) <= 200 else hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
