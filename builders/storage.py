"""Tables that were stored with types: as the storage of their features, and in bounded pieces."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from arrowsets.errors import SchemaConflict, UnknownName
from arrowsets.features import Features, cast_column

__all__ = ["bounded", "conformed", "stored"]

TABLE_BYTES = 32 << 20  # of one table that a builder yields


def stored(schema: pa.Schema) -> pa.Schema:
    """Return the schema that the features of a stored schema have: dictionaries become their values."""
    return Features.from_arrow_schema(schema).arrow_schema


def conformed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with exactly the columns and types of `schema`; a column that it lacks is null."""
    features = Features.from_arrow_schema(schema)
    columns = []
    for field in schema:
        index = table.schema.get_field_index(field.name)
        if index < 0:
            columns.append(pa.chunked_array([pa.nulls(table.num_rows, field.type)]))
            continue
        try:
            columns.append(cast_column(table.column(index), features[field.name]))
        except (pa.ArrowInvalid, SchemaConflict, UnknownName) as error:
            raise SchemaConflict(f"column {field.name!r}: {error}", column=field.name) from error
    return pa.Table.from_arrays(columns, schema=schema)


def bounded(table: pa.Table) -> Iterator[pa.Table]:
    """Yield a table in slices of at most about 32 MiB."""
    if table.nbytes <= TABLE_BYTES or table.num_rows < 2:
        yield table
        return
    rows = max(1, table.num_rows * TABLE_BYTES // table.nbytes)
    for start in range(0, table.num_rows, rows):
        yield table.slice(start, rows)
