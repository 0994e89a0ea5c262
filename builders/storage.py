"""Tables that were stored with types: as the storage of their features, and in bounded pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from arrowsets.builder import Builder
from arrowsets.errors import BadData, SchemaConflict, UnknownName
from arrowsets.features import Features, FeatureType, cast_column, has_labels
from arrowsets.features.buffers import of_mask
from arrowsets.files import DataFile

__all__ = ["bounded", "check_names", "conformed", "fitted", "may_leave_out", "selected", "stored"]

MISFITS = (pa.ArrowInvalid, SchemaConflict, UnknownName)
TABLE_BYTES = 32 << 20  # of one table that a builder yields


def check_names(schema: pa.Schema, file: DataFile) -> None:
    """Raise BadData for a file with two columns of one name: one would hide the other."""
    if len(set(schema.names)) < len(schema.names):
        twice = next(name for i, name in enumerate(schema.names) if name in schema.names[:i])
        raise BadData("the column stands there twice; rename one", file=file.url, column=twice)


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
        except MISFITS as error:
            raise SchemaConflict(f"column {field.name!r}: {error}", column=field.name) from error
    return pa.Table.from_arrays(columns, schema=schema)


def selected(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with the columns of `schema`, cast by Arrow's own rules; a column that it lacks is null."""
    columns = [
        table.column(place).cast(field.type)
        if (place := table.schema.get_field_index(field.name)) >= 0
        else pa.chunked_array([pa.nulls(table.num_rows, field.type)])
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def fitted(
    builder: Builder[Any], table: pa.Table, schema: pa.Schema, file: DataFile, before: Callable[[], int | None]
) -> pa.Table:
    """Return a table as `conformed` does; rows that do not fit types which were given are bad rows.

    Args:
        before: Answers how many rows of the file come before the table, None where nobody knows; only a bad row asks.
    """
    try:
        return conformed(table, schema)
    except SchemaConflict as error:
        if builder.config.features is None:
            raise
        leave_out = builder.config.on_bad_rows != "error"
        wrong = dict(sorted(_misfits(table, schema, first_only=not leave_out).items()))
        if not wrong:
            raise
        start = before()
        if not leave_out:
            row, (column, why) = next(iter(wrong.items()))
            place = None if start is None else start + row
            raise BadData(why, file=file.url, row=place, column=column) from error
    for row, (column, why) in wrong.items():
        text = str(table.slice(row, 1).to_pylist()[0]) if builder.config.on_bad_rows == "quarantine" else ""
        place = None if start is None else start + row
        builder.rejects.rows.append((file.url, place, f"column {column}: {why}", text))
    return conformed(table.filter(of_mask([row not in wrong for row in range(table.num_rows)])), schema)


def may_leave_out(builder: Builder[Any]) -> bool:
    """Tell whether `fitted` may answer fewer rows than a file says that it has."""
    return builder.config.features is not None and builder.config.on_bad_rows != "error"


def _misfits(table: pa.Table, schema: pa.Schema, *, first_only: bool) -> dict[int, tuple[str, str]]:
    """Return rows with a value that is not of its column's type, of each column the first or all, and what it is."""
    found: dict[int, tuple[str, str]] = {}
    for name, feature in Features.from_arrow_schema(schema).items():
        if (place := table.schema.get_field_index(name)) < 0:
            continue
        values = table.column(place)
        kind = feature if has_labels(feature) else feature.storage
        spans = [(0, table.num_rows)]
        while spans:
            low, high = spans.pop()
            if _fits(values.slice(low, high - low), feature):
                continue
            if high - low > 1:
                middle = (low + high) // 2
                spans += [(middle, high), (low, middle)]
                continue
            found.setdefault(low, (name, f"{values[low].as_py()!r} is no {kind}"))
            if first_only:
                break
    return found


def _fits(values: pa.ChunkedArray[Any], feature: FeatureType) -> bool:
    try:
        cast_column(values, feature)
    except MISFITS:
        return False
    return True


def bounded(table: pa.Table) -> Iterator[pa.Table]:
    """Yield a table in slices of at most about 32 MiB."""
    if table.nbytes <= TABLE_BYTES or table.num_rows < 2:
        yield table
        return
    rows = max(1, table.num_rows * TABLE_BYTES // table.nbytes)
    for start in range(0, table.num_rows, rows):
        yield table.slice(start, rows)
