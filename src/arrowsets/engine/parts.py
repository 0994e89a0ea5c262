"""Parts of a result, and how parts whose types or columns differ become one table.

Each unit of work answers one part. A part holds only columns that the unit changed or added; which columns the whole
result has, and of which types, is known when all parts are: that is its `Layout`. It is the same however the work was cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from arrowsets.errors import SchemaConflict, TransformError
from arrowsets.features import Features, FeatureType, Json, feature_of
from arrowsets.features.casting import is_listlike
from arrowsets.late import chunks, encode, unification
from arrowsets.record import dataclass
from arrowsets.table import ArrowFiles, FileRef

if TYPE_CHECKING:
    from arrowsets.transforms.base import Reject

__all__ = ["Fill", "Join", "Layout", "Part", "conform", "filled", "lay_out", "padded"]

Fill: TypeAlias = "Callable[[str, int, int], pa.ChunkedArray[Any] | None]"
"""Reads the rows [start, stop) of a column of the input; None where the input has no such column."""

Join: TypeAlias = "Callable[[Features, Features], Features]"
"""Finds the types that hold the rows of both; raises SchemaConflict where there are none."""


@dataclass(frozen=True)
class Part:
    """What one unit of work made.

    Attributes:
        start, stop: The input rows that it covers; both 0 where there is no input table.
        num_rows: Rows that it has.
        num_bytes: Their size, counted the same whether they lie in memory or in a file.
        features: Types of all columns that were returned, in order.
        changed: The returned columns that differ from the input; the data holds these.
        deleted: Input columns that were removed.
        whole: The columns replace every input column.
        touched: The function returned something.
        rejects: What a reader left out: (file, row, reason, text).
        padded: Columns of JSON that were structs before, in which a key that a row lacked may have become a null.
        data: The rows, or the file and its record batches that hold them. None: no columns, or no rows.
        checksum: Of that file, where it was taken while writing.
        rows: The first of the file's rows that are the part's, and the one after the last. None: all.
    """

    start: int
    stop: int
    num_rows: int
    num_bytes: int
    features: Features
    changed: frozenset[str]
    deleted: frozenset[str] = frozenset()
    whole: bool = False
    touched: bool = True
    rejects: tuple[Reject, ...] = ()
    padded: frozenset[str] = frozenset()
    data: pa.Table | FileRef | None = None
    checksum: str | None = None
    rows: tuple[int, int] | None = None

    def holds(self, column: str) -> bool:
        """Tell whether the data have a column, as opposed to its being the input's."""
        return self.whole or column in self.changed

    def to_json(self) -> dict[str, Any]:
        """Everything but the data, its checksum and which rows of it."""
        return {
            "start": self.start,
            "stop": self.stop,
            "num_rows": self.num_rows,
            "num_bytes": self.num_bytes,
            "features": self.features.to_dict(),
            "order": list(self.features),
            "changed": sorted(self.changed),
            "deleted": sorted(self.deleted),
            "whole": self.whole,
            "touched": self.touched,
            "rejects": [list(reject) for reject in self.rejects],
            "padded": sorted(self.padded),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], file: FileRef | None) -> Part:
        """Read what `to_json` wrote; the data lie in `file`."""
        features = Features.from_dict(data["features"])
        return cls(
            start=data["start"],
            stop=data["stop"],
            num_rows=data["num_rows"],
            num_bytes=data["num_bytes"],
            features=Features({name: features[name] for name in data["order"]}),
            changed=frozenset(data["changed"]),
            deleted=frozenset(data["deleted"]),
            whole=data["whole"],
            touched=data["touched"],
            rejects=tuple((file_, row, reason, text) for file_, row, reason, text in data["rejects"]),
            padded=frozenset(data.get("padded", ())),
            data=file,
        )

    def tables(self) -> Iterator[pa.Table]:
        """Yield the data as it lies."""
        if isinstance(self.data, pa.Table):
            yield self.data
        elif self.data is not None:
            files = ArrowFiles.open([self.data])
            files = files if self.rows is None else files.slice(*self.rows)
            for index in range(len(files.starts) - 1):
                yield pa.Table.from_batches([files.batch(index)])


@dataclass(frozen=True)
class Layout:
    """The columns of a whole result.

    Attributes:
        features: Types of the columns that are written, in order.
        returned: Names of all columns that were returned, written or equal to the input's.
        deleted: Input columns that are gone.
        whole: The written columns are the result, none of the input's is kept.
        touched: The function returned something for at least one row.
        num_rows: Rows of the result.
    """

    features: Features
    returned: tuple[str, ...] = ()
    deleted: frozenset[str] = frozenset()
    whole: bool = False
    touched: bool = True
    num_rows: int = 0

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the written columns; made once for all tables that are to have it."""
        return self.features.arrow_schema

    def to_json(self) -> dict[str, Any]:
        """A form for the manifest."""
        return {
            "features": self.features.to_dict(),
            "order": list(self.features),
            "returned": list(self.returned),
            "deleted": sorted(self.deleted),
            "whole": self.whole,
            "touched": self.touched,
            "num_rows": self.num_rows,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Layout:
        """Read what `to_json` wrote."""
        features = Features.from_dict(data["features"])
        return cls(
            features=Features({name: features[name] for name in data["order"]}),
            returned=tuple(data["returned"]),
            deleted=frozenset(data["deleted"]),
            whole=data["whole"],
            touched=data["touched"],
            num_rows=data["num_rows"],
        )


def lay_out(
    parts: Sequence[Part], given: Mapping[str, Any] | None = None, *, join: Join, fill: Fill | None = None
) -> Layout:
    """Find the columns and types that hold all parts.

    Args:
        parts: In the order of their rows.
        given: Types of the input's columns, for those that a part left unchanged.
        join: Finds the types that hold the rows of two parts.
        fill: Reads those columns.

    Raises:
        SchemaConflict: names the column, both types and the rows where they meet.
    """
    touched = [part for part in parts if part.touched]
    returned: dict[str, None] = {}
    for part in touched:
        returned.update(dict.fromkeys(part.features))
    changed = frozenset[str]().union(*(part.changed for part in touched)) if touched else frozenset()
    whole = _agreed_whole(touched)
    written = [name for name in returned if whole or name in changed]
    features = {name: _unified(name, parts, given or {}, join, fill) for name in written}
    return Layout(
        features=Features(features),
        returned=tuple(returned),
        deleted=_agreed_deleted(touched),
        whole=whole,
        touched=bool(touched) or not parts,
        num_rows=sum(part.num_rows for part in parts),
    )


def filled(layout: Layout, given: Mapping[str, Any]) -> Layout:
    """Return the layout with JSON in place of structs without a field, which no Parquet file holds, but for the input's."""
    types = {name: kind if kind == given.get(name) else _json_for_empty(kind) for name, kind in layout.features.items()}
    return layout if types == dict(layout.features) else replace(layout, features=Features(types))


def _json_for_empty(feature: FeatureType) -> FeatureType:
    if isinstance(feature, Mapping) and not feature:
        return Json()
    below = feature.children()
    changed = {name: _json_for_empty(child) for name, child in below.items()}
    return feature if changed == dict(below) else feature.with_children(changed)


def padded(part: Part, layout: Layout) -> frozenset[str]:
    """Return the columns whose JSON would have other keys if it were made of the values, and not of the part's structs."""
    held = [name for name in layout.features if name in part.features and part.holds(name)]
    turned = [name for name in held if unification.takes_keys(part.features[name], layout.features[name])]
    return part.padded | {name for name in turned if _has_nulls(part, name)}


def _has_nulls(part: Part, name: str) -> bool:
    return any(_null_field(chunk) for table in part.tables() for chunk in table.column(name).chunks)


def _null_field(array: Any) -> bool:
    """Tell whether a struct, at any depth, has a field that is null."""
    if pa.types.is_struct(array.type):
        rows = array.drop_null() if array.null_count else array
        return any(child.null_count or _null_field(child) for child in rows.flatten())
    return is_listlike(array.type) and _null_field(array.flatten())


def conform(part: Part, layout: Layout, fill: Fill | None = None) -> Iterator[pa.Table]:
    """Yield the rows of a part with exactly the columns and types of the layout."""
    schema = layout.schema
    if part.data is None or not any(part.holds(name) for name in part.features):
        # A file without columns does not know how many rows it has.
        yield _conform_table(pa.table({}), part.num_rows, part.start, layout.features, schema, fill)
        return
    position = part.start
    for table in part.tables():
        rows = table.num_rows
        yield _conform_table(table, rows, position, layout.features, schema, fill)
        position += rows


def _conform_table(
    table: pa.Table, num_rows: int, start: int, features: Features, schema: pa.Schema, fill: Fill | None
) -> pa.Table:
    columns = []
    places = {name: place for place, name in enumerate(table.column_names)}  # asked for once: it lists all columns
    for field in schema:
        if field.name in places:
            column = table.column(places[field.name])
        else:
            # Row-aligned by construction: a part with another number of rows replaces every column.
            found = fill(field.name, start, start + num_rows) if fill else None
            column = found if found is not None else pa.chunked_array([pa.nulls(num_rows, pa.null())])
        columns.append(_converted(column, features[field.name], field))
    if not columns:
        return pa.table({"_": pa.nulls(num_rows)}).select([])
    return pa.Table.from_arrays(columns, schema=schema)


def _converted(column: pa.ChunkedArray[Any], feature: Any, field: pa.Field[Any]) -> pa.ChunkedArray[Any]:
    if column.type == field.type:
        return column
    if column.null_count == len(column):
        return pa.chunked_array([pa.nulls(len(column), field.type)])
    try:
        if _has_json(feature):
            # A text in a column of JSON is a value, not a spelled one: so not by a cast.
            decode = feature_of(column.type).decoder() or (lambda value: value)
            arrays = [encode.array_of(list(map(decode, chunk.to_pylist())), feature)[0] for chunk in column.chunks]
            return pa.chunked_array(arrays, type=field.type)
        return chunks.cast_column(column, feature)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise SchemaConflict(f"column {field.name!r}: {error}", column=field.name) from error


def _has_json(feature: FeatureType) -> bool:
    return isinstance(feature, Json) or any(map(_has_json, feature.children().values()))


def _unified(name: str, parts: Sequence[Part], given: Mapping[str, Any], join: Join, fill: Fill | None) -> Any:
    types = [(part, kind) for part in parts if (kind := _type_of(name, part, given)) is not None]
    # Parts without rows, or without values, have no say where others have: so it does not matter how rows are cut.
    if any(kind != types[0][1] for _, kind in types):
        filled = [(part, kind) for part, kind in types if part.num_rows]
        types = [(part, kind) for part, kind in filled if not _is_null(name, part, fill)] or filled or types
    result = types[0][1]
    for part, kind in types[1:]:
        if kind != result:
            result = _join(name, result, kind, part, join)
    return result


def _type_of(name: str, part: Part, given: Mapping[str, Any]) -> Any:
    # Rows for which nothing was returned are the input's, and so are their types.
    return part.features.get(name, given.get(name)) if part.touched else given.get(name)


def _is_null(name: str, part: Part, fill: Fill | None) -> bool:
    if part.touched and name in part.features and part.holds(name):
        return all(table.column(name).null_count == table.num_rows for table in part.tables())
    column = fill(name, part.start, part.stop) if fill is not None else None
    return column is None or column.null_count == len(column)


def _join(name: str, first: Any, second: Any, part: Part, join: Join) -> Any:
    try:
        return join(Features({name: first}), Features({name: second}))[name]
    except SchemaConflict as error:
        raise SchemaConflict(
            f"column {name!r} has values of type {first} before row {part.start} and {second} after it; "
            "make them of one type, or give features=",
            column=name,
        ) from error


def _agreed_whole(parts: Sequence[Part]) -> bool:
    kinds = {part.whole for part in parts}
    if len(kinds) > 1:
        raise TransformError("the function returned a table for some rows and a dict for others; return one of the two")
    return True in kinds


def _agreed_deleted(parts: Sequence[Part]) -> frozenset[str]:
    if not parts:
        return frozenset()
    deleted = parts[0].deleted
    for part in parts:
        if part.deleted != deleted:
            names = sorted(part.deleted ^ deleted)
            raise TransformError(
                f"the function deleted {names} from some rows but not from rows {part.start} to {part.stop - 1}; "
                "delete a column from every row, or name it in remove_columns"
            )
    return deleted
