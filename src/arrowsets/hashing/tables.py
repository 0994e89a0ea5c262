"""Fingerprints of Arrow data, pandas and polars frames: types and values, not chunks or offsets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from xxhash import xxh3_128

from arrowsets.hashing.containers import items
from arrowsets.hashing.tree import Fingerprint, node
from arrowsets.hashing.visiting import Visitor
from arrowsets.lazy import is_expression, pc

__all__ = [
    "arrow_array",
    "arrow_scalar",
    "arrow_table",
    "described",
    "frame",
    "index",
    "polars_frame",
    "series",
]

# Rows looked at together, so that neither chunks nor the size of a column matter.
_WINDOW = 1 << 16


def arrow_array(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint an Arrow array, chunked or not."""
    chunked = value if isinstance(value, pa.ChunkedArray) else pa.chunked_array([value])
    return _column(visitor, chunked, "arrow array")


def arrow_table(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint an Arrow table or record batch."""
    table = value if isinstance(value, pa.Table) else pa.Table.from_batches([value])
    parts = [("schema", visitor.visit(table.schema))]
    parts += [
        (f"[{name!r}]", _column(visitor, column, "column"))
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]
    return node("arrow table", parts, f"table of {table.num_rows} rows", str(table.num_rows).encode())


def _column(visitor: Visitor, column: Any, kind: str) -> Fingerprint:
    digest = xxh3_128(f"{column.type}\0{len(column)}".encode())
    for start in range(0, len(column), _WINDOW):
        window = column.slice(start, _WINDOW)
        _update(visitor, digest, window.chunk(0) if window.num_chunks == 1 else window.combine_chunks())
    return node(kind, (), f"{kind} {column.type} of {len(column)} rows", digest.digest())


def _update(visitor: Visitor, digest: xxh3_128, array: Any) -> None:
    kind = array.type
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    digest.update(b"%d %d;" % (len(array), array.null_count))
    if isinstance(kind, pa.BaseExtensionType):
        _update(visitor, digest, array.storage)
    elif pa.types.is_dictionary(kind):
        _update(visitor, digest, array.dictionary_decode())
    elif pa.types.is_struct(kind):
        _nulls(digest, array)
        for child in array.flatten():
            _update(visitor, digest, child)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        _nulls(digest, array)
        _update(visitor, digest, pc.list_value_length(array).fill_null(0))
        _update(visitor, digest, array.flatten())
    elif _is_text(kind):
        _nulls(digest, array)
        _text(digest, array)
    elif _is_flat(kind):
        _nulls(digest, array)
        digest.update(_fixed(array))
    else:
        # Maps, unions, views, run-end encoding: rare enough for their Python values.
        values = array.to_pylist()
        digest.update(items(visitor, "values", values, len(values), "").digest.encode())


def _is_text(kind: pa.DataType) -> bool:
    return any(
        test(kind)
        for test in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_binary,
            pa.types.is_large_binary,
        )
    )


def _is_flat(kind: pa.DataType) -> bool:
    return pa.types.is_primitive(kind) or pa.types.is_fixed_size_binary(kind) or pa.types.is_decimal(kind)


def _nulls(digest: xxh3_128, array: Any) -> None:
    if array.null_count:
        digest.update(np.packbits(array.is_valid().to_numpy(zero_copy_only=False)).data)


def _fixed(array: Any) -> Any:
    """Return the values of a column of fixed width, zero where they are null."""
    kind = array.type
    if pa.types.is_boolean(kind):
        return np.packbits(array.fill_null(fill_value=False).to_numpy(zero_copy_only=False)).data
    if len(array) == 0:
        return b""
    width = kind.bit_width // 8
    data = np.frombuffer(array.buffers()[1], np.uint8)[array.offset * width : (array.offset + len(array)) * width]
    if array.null_count:
        valid = array.is_valid().to_numpy(zero_copy_only=False)
        data = np.where(valid[:, None], data.reshape(-1, width), np.uint8(0))
    return np.ascontiguousarray(data).reshape(-1).data


def _text(digest: xxh3_128, array: Any) -> None:
    if array.null_count:
        array = array.fill_null(b"" if "binary" in str(array.type) else "")
    if len(array) == 0:
        return
    wide = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int64 if wide else np.int32)[array.offset : array.offset + len(array) + 1]
    digest.update(np.diff(ends).astype(np.int64).data)
    if data is not None:
        digest.update(memoryview(data)[int(ends[0]) : int(ends[-1])])


def arrow_scalar(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint an Arrow scalar by type and value."""
    return node("arrow scalar", [("value", visitor.visit(value.as_py()))], repr(value), str(value.type).encode())


def described(visitor: Visitor, value: Any) -> Fingerprint:  # noqa: ARG001
    """Fingerprint an Arrow type, field, schema or expression by its full text."""
    if isinstance(value, pa.Schema):
        # A schema's own text is cut for people.
        text = repr([(str(field), field.nullable, field.metadata) for field in value]) + repr(value.metadata)
        return node("schema", (), f"schema {', '.join(map(str, value))}", text.encode())
    if isinstance(value, pa.Field):
        return node("field", (), str(value), f"{value}\0{value.nullable}\0{value.metadata!r}".encode())
    if is_expression(value):
        parts: tuple[Any, ...] = value.__reduce__()[1]  # type: ignore[assignment]
        # The text leaves out types (int32 or int64), the pickled form is an IPC message that has them.
        message = b"".join(bytes(part) for part in parts)
        return node("expression", (), str(value), message)
    return node("type", (), str(value), repr(value).encode())


def frame(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint a pandas frame: index, and columns in their order."""
    parts = [("index", visitor.visit(value.index)), ("columns", visitor.visit(value.columns))]
    for position, name in enumerate(value.columns):
        parts.append((f"[{name!r}]", _pandas_values(visitor, value.iloc[:, position])))
    return node("frame", parts, f"DataFrame {value.shape}", type(value).__name__.encode())


def series(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint a pandas series."""
    parts = [("name", visitor.visit(value.name)), ("index", visitor.visit(value.index))]
    return node("series", [*parts, ("values", _pandas_values(visitor, value))], f"Series {value.dtype} {value.shape}")


def index(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint a pandas index; one that counts is its range."""
    summary = f"{type(value).__name__} of {len(value)} rows"
    names = ("names", visitor.visit(list(value.names)))
    if type(value).__name__ == "RangeIndex":
        return node("index", [names, ("range", visitor.visit(range(value.start, value.stop, value.step)))], summary)
    if value.nlevels > 1:
        levels = [(f"[{i}]", _pandas_values(visitor, value.get_level_values(i))) for i in range(value.nlevels)]
        return node("index", [names, *levels], summary)
    return node("index", [names, ("values", _pandas_values(visitor, value))], summary)


def _pandas_values(visitor: Visitor, column: Any) -> Fingerprint:
    dtype = column.dtype
    if isinstance(dtype, np.dtype):
        return visitor.visit(column.to_numpy())
    summary = f"{dtype} of {len(column)} rows"
    if dtype.name == "category":
        holder = getattr(column, "cat", column)
        parts = [
            ("codes", visitor.visit(np.asarray(holder.codes))),
            ("categories", visitor.visit(holder.categories)),
        ]
        return node("values", parts, summary, str(holder.ordered).encode())
    held = column.array
    converted = pa.array(held) if hasattr(held, "__arrow_array__") else None
    part = visitor.visit(converted) if converted is not None else visitor.visit(list(held))
    return node("values", [("values", part)], summary, str(dtype).encode())


def polars_frame(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint a polars frame or series by its Arrow form; a lazy one or an expression by its plan."""
    kind = type(value).__name__
    if kind in ("LazyFrame", "Expr"):
        plan = value.serialize() if kind == "LazyFrame" else value.meta.serialize()
        return node("plan", (), f"polars {kind}", kind.encode() + plan)
    if kind == "Series":
        parts = [("name", visitor.visit(value.name)), ("values", visitor.visit(value.to_arrow()))]
        return node("series", parts, f"polars Series {value.dtype} of {len(value)} rows", str(value.dtype).encode())
    types = _types(value)
    return node(
        "frame",
        [("", visitor.visit(value.to_arrow()))],
        f"polars DataFrame {value.shape}",
        "".join(types).encode(),
    )


def _types(value: Any) -> Iterator[str]:
    return (f"{name!r} {kind!r};" for name, kind in value.schema.items())
