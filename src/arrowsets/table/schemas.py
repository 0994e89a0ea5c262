"""Schemas that differ only in what is missing: absent columns and null types give way to what others hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, cast

import pyarrow as pa

from arrowsets.errors import SchemaConflict

__all__ = ["nulls", "promote", "unify_schemas"]


def unify_schemas(schemas: Iterable[pa.Schema]) -> pa.Schema:
    """Return the columns of all schemas, by name, in the order in which they first appear.

    Types must be equal, or null where others know better; the metadata is that of the first schema.
    """
    schemas = list(schemas)
    if schemas and all(schema.equals(schemas[0]) for schema in schemas):
        return schemas[0]
    fields: dict[str, pa.Field[Any]] = {}
    for schema in schemas:
        for field in schema:
            known = fields.get(field.name)
            fields[field.name] = field if known is None else _unify_fields(known, field)
    missing = {name for name in fields if any(name not in schema.names for schema in schemas)}
    return pa.schema(
        [field.with_nullable(nullable=True) if field.name in missing else field for field in fields.values()],
        metadata=cast("Any", schemas[0].metadata) if schemas else None,
    )


def promote(first: pa.DataType, second: pa.DataType) -> pa.DataType | None:
    """Return the type both spell when null types are taken as unknown, or None.

    >>> promote(pa.list_(pa.null()), pa.list_(pa.int8()))
    ListType(list<item: int8>)
    """
    if first == second or pa.types.is_null(second):
        return first
    if pa.types.is_null(first):
        return second
    if first.id != second.id or not pa.types.is_nested(first):
        return None
    if pa.types.is_struct(first):
        return _promote_structs(first, second)
    return _promote_lists(first, second)


def _unify_fields(known: pa.Field[Any], field: pa.Field[Any]) -> pa.Field[Any]:
    if known.type == field.type:
        return known if known.nullable or not field.nullable else known.with_nullable(nullable=True)
    whole = promote(known.type, field.type)
    if whole is None:
        raise SchemaConflict(
            f"column {field.name!r} is {known.type} in one part and {field.type} in another; cast one",
            column=field.name,
        )
    return known.with_type(whole).with_nullable(nullable=True)


def _promote_structs(first: Any, second: Any) -> pa.DataType | None:
    if [field.name for field in first] != [field.name for field in second]:
        return None
    fields: list[pa.Field[Any]] = []
    for one, other in zip(first, second, strict=True):
        whole = promote(one.type, other.type)
        if whole is None:
            return None
        fields.append(one.with_type(whole))
    return pa.struct(fields)


def _promote_lists(first: Any, second: Any) -> pa.DataType | None:
    if pa.types.is_map(first):
        key, item = promote(first.key_type, second.key_type), promote(first.item_type, second.item_type)
        make: Any = pa.map_
        return None if key is None or item is None else make(key, item, keys_sorted=first.keys_sorted)
    makers: Sequence[tuple[Any, Any]] = (
        (pa.types.is_list, pa.list_),
        (pa.types.is_large_list, pa.large_list),
        (pa.types.is_list_view, pa.list_view),
        (pa.types.is_large_list_view, pa.large_list_view),
    )
    value = promote(first.value_type, second.value_type) if hasattr(first, "value_type") else None
    if value is None:
        return None
    field = first.value_field.with_type(value)
    if pa.types.is_fixed_size_list(first):
        return pa.list_(field, first.list_size) if first.list_size == second.list_size else None
    return next((make(field) for holds, make in makers if holds(first)), None)


def nulls(length: int, dtype: pa.DataType) -> pa.Array[Any]:
    """Return an array of nulls; those of one type share their memory, whatever the number of batches."""
    capacity = 1 << max(10, (length - 1).bit_length())
    shared: pa.Array[Any] = _shared_nulls(dtype, capacity)
    return shared.slice(0, length)


@lru_cache(maxsize=64)
def _shared_nulls(dtype: pa.DataType, capacity: int) -> pa.Array[Any]:
    made: pa.Array[Any] = pa.nulls(capacity, cast("Any", dtype))
    return made
