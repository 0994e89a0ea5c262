"""Types that widen while text is read: their order, and the base of the builders that find types in text.

    null < bool | int64 < uint64 < float64 | timestamp | list | struct < what `mixed` answers (string, JSON text)

Types are those of all rows of a shard, so a block that is parsed early may turn out to need a wider type. Where the
wider type holds the same values (null, integers as floats, a missing column) the parsed block is converted; where it
does not ("007" was read as 7, and the column is text) the shard is read again.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pyarrow as pa

from arrowsets.builder import Builder
from arrowsets.features import Features

__all__ = ["WideningBuilder", "conform", "holds", "widen", "widen_schemas"]

S = TypeVar("S")
Mixed = Callable[[str, pa.DataType, pa.DataType], pa.DataType]

KEPT_BYTES = 64 << 20  # of parsed blocks that wait for the types of the rest of their shard


def widen(a: Any, b: Any, mixed: Mixed, path: str = "") -> Any:
    """Return the narrowest type that holds the values of both; `mixed(path, a, b)` where the order knows none."""
    if a.equals(b) or pa.types.is_null(b):
        return a
    if pa.types.is_null(a):
        return b
    if _is_number(a) and _is_number(b):
        either_float = pa.types.is_floating(a) or pa.types.is_floating(b)
        return pa.float64() if either_float else pa.uint64()
    if pa.types.is_struct(a) and pa.types.is_struct(b):
        return pa.struct(_widen_fields(list(a), list(b), mixed, path))
    if pa.types.is_list(a) and pa.types.is_list(b):
        return pa.list_(widen(a.value_type, b.value_type, mixed, f"{path}[]"))
    if {str(a), str(b)} == {"timestamp[s]", "string"}:
        return pa.string()
    return mixed(path, a, b)


def widen_schemas(a: pa.Schema, b: pa.Schema, mixed: Mixed) -> pa.Schema:
    """Return the union of two schemas by name, each column of the type that holds both."""
    if a.equals(b):
        return a
    return pa.schema(_widen_fields(list(a), list(b), mixed, ""))


def _widen_fields(a: list[Any], b: list[Any], mixed: Mixed, path: str) -> list[Any]:
    others = {field.name: field.type for field in b}
    fields = [
        pa.field(field.name, widen(field.type, others.pop(field.name, pa.null()), mixed, _join(path, field.name)))
        for field in a
    ]
    return fields + [pa.field(name, dtype) for name, dtype in others.items()]


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _is_number(dtype: pa.DataType) -> bool:
    return pa.types.is_integer(dtype) or pa.types.is_floating(dtype)


def holds(wide: Any, narrow: Any) -> bool:
    """Tell whether values parsed as `narrow` are, converted, what parsing as `wide` gives."""
    if wide.equals(narrow) or pa.types.is_null(narrow):
        return True
    if pa.types.is_integer(narrow) and pa.types.is_float64(wide):
        return True
    if pa.types.is_struct(narrow) and pa.types.is_struct(wide):
        fields = {field.name: field.type for field in wide}
        return all(field.name in fields and holds(fields[field.name], field.type) for field in narrow)
    if pa.types.is_list(narrow) and pa.types.is_list(wide):
        return holds(wide.value_type, narrow.value_type)
    return False


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with the columns of `schema`, whose types hold those that the table has."""
    if table.schema.equals(schema):
        return table
    columns = []
    for field in schema:
        index = table.schema.get_field_index(field.name)
        if index < 0:
            columns.append(pa.chunked_array([pa.nulls(table.num_rows, field.type)]))
        else:
            chunks = [_conform(chunk, field.type) for chunk in table.column(index).chunks]
            columns.append(pa.chunked_array(chunks, field.type))
    return pa.Table.from_arrays(columns, schema=schema)


def _conform(array: Any, dtype: Any) -> Any:
    if array.type.equals(dtype):
        return array
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), dtype)
    if pa.types.is_struct(dtype):
        known = {name: _conform(array.field(i), wanted) for i, name, wanted in _shared(array.type, dtype)}
        missing = {field.name: pa.nulls(len(array), field.type) for field in dtype if field.name not in known}
        children = [(known if field.name in known else missing)[field.name] for field in dtype]
        mask = array.is_null() if array.null_count else None
        # A slice's field() is sliced as well, and the validity of the struct is told apart from that of its fields.
        return pa.StructArray.from_arrays(children, fields=list(dtype), mask=mask)
    if pa.types.is_list(dtype):
        if array.offset:
            array = pa.concat_arrays([array])  # offsets that begin within the values take no mask
        values = _conform(array.values, dtype.value_type)
        mask = array.is_null() if array.null_count else None
        return pa.ListArray.from_arrays(array.offsets, values, type=dtype, mask=mask)
    # Integers above 2**53 become the float that their text reads as.
    return array.cast(dtype, safe=False)


def _shared(a: Any, b: Any) -> Iterator[tuple[int, str, Any]]:
    types = {field.name: field.type for field in b}
    for index, field in enumerate(a):
        if field.name in types:
            yield index, field.name, types[field.name]


class WideningBuilder(Builder[S]):
    """A builder that parses blocks of text, each with its own types."""

    @abstractmethod
    def blocks(self, shard: S, schema: pa.Schema | None) -> Iterator[pa.Table]:
        """Yield the shard's rows as they are parsed, with the types of each block or those of `schema`."""

    @abstractmethod
    def mixed(self, path: str, a: pa.DataType, b: pa.DataType) -> pa.DataType:
        """Return the type of a column that holds values of two kinds, or raise SchemaConflict."""

    def unify(self, a: Features, b: Features) -> Features:
        """Return the types that hold the rows of two shards, by the rules for two blocks of one."""
        return Features.from_arrow_schema(widen_schemas(a.arrow_schema, b.arrow_schema, self.mixed))

    def read(self, shard: S, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the shard's rows, all with the same types."""
        if schema is not None:
            yield from self.blocks(shard, schema)
            return
        rejected = len(self.rejects.rows)
        merged, kept = self._scan(shard)
        if merged is None:
            return
        if kept is not None and all(_convertible(table.schema, merged) for table in kept):
            while kept:
                yield conform(kept.pop(0), merged)
            return
        kept = None
        del self.rejects.rows[rejected:]
        yield from self.blocks(shard, merged)

    def _scan(self, shard: S) -> tuple[pa.Schema | None, list[pa.Table] | None]:
        merged: pa.Schema | None = None
        kept: list[pa.Table] | None = []
        size = 0
        for table in self.blocks(shard, None):
            merged = table.schema if merged is None else widen_schemas(merged, table.schema, self.mixed)
            size += table.nbytes
            if kept is not None:
                kept.append(table)
            if size > KEPT_BYTES:
                kept = None
        return merged, kept


def _convertible(narrow: pa.Schema, wide: pa.Schema) -> bool:
    return all(holds(wide.field(field.name).type, field.type) for field in narrow)
