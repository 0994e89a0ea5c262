"""Lines of JSON as tables: by pyarrow, and value by value where pyarrow does not take them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.builder import Rejects
from arrowsets.errors import BadData, SchemaConflict, UnknownName
from arrowsets.features import Features, FeatureType, array_of, cast_column, has_labels
from arrowsets.features.buffers import bulk_pool
from arrowsets.record import dataclass

from . import json_rows, ranges
from .json_structure import separated, structure
from .ranges import FileRange

__all__ = ["LineReader", "between_objects", "ends_of_objects", "whole_objects"]

PARSE_BYTES = 1 << 20  # of a block that one thread parses
CACHED_BYTES = 1 << 19  # looked at in one go, so that what is made of them stays in the processor's cache
TEXT = "text"  # the column of values that are no objects

# pyarrow 26 crashes on a block that begins with null.
_NULL_LINE = re.compile(rb"\n[ \t\r]*null")
# Valid JSON has this only between outermost objects: not in a string, and not within an array or object.
_BETWEEN = re.compile(rb"\}[ \t\r]*\n[ \t\r\n]*(?=\{)")
_FEED, _RETURN, _OPENING, _CLOSING = b"\n\r{}"
_BESIDE = tuple(b"{ \t")
_MISFITS = (
    pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, UnicodeError,
    SchemaConflict, UnknownName, BadData,
)  # fmt: skip
_KNOWN = {"null", "bool", "int64", "double", "string", "timestamp[s]"}


def between_objects(window: bytes) -> int:
    """Return the offset of the first object of a window that follows another on a line of its own, or -1."""
    match = _BETWEEN.search(window)
    return match.end() if match else -1


def whole_objects(block: bytes) -> int:
    """Return the length of the part of a block before its last object that begins a line, 0 if there is none."""
    end = len(block)
    while (end := block.rfind(b"\n{", 0, end)) >= 0:
        if block[max(0, end - 64) : end].rstrip().endswith(b"}"):
            return end + 1
    last = 0
    for match in _BETWEEN.finditer(block):
        last = match.end()
    return last


def ends_of_objects(block: bytes) -> npt.NDArray[np.int64] | None:
    """Return where the objects of a block end, with their lines, if each stands on a line of its own; else None.

    A line that ends with a brace and one that begins with one are two objects: within one there would be a comma.
    """
    if not block.startswith(b"{") or not block[-64:].rstrip(b" \t\r\n").endswith(b"}"):
        return None
    # Searching for pairs of characters takes bytes five times as long.
    codes = np.frombuffer(block, np.uint8)
    feeds = np.flatnonzero(codes[:-1] == _FEED)
    before = codes[feeds - 1]
    if b"\r" in block:
        before = np.where(before == _RETURN, codes[feeds - 2], before)
    if not ((before == _CLOSING) & (codes[feeds + 1] == _OPENING)).all():
        return None
    # Two objects on a line; it may as well be a text that reads like it, but who knows.
    after = codes[np.flatnonzero(codes[:-1] == _CLOSING) + 1]
    return None if np.isin(after, _BESIDE).any() else np.append(feeds + 1, len(block))


@dataclass
class LineReader:
    """Turns the lines of one shard into tables, with the types they have or those of `schema`."""

    shard: FileRange
    schema: pa.Schema | None
    mixed: Callable[[str, pa.DataType, pa.DataType], pa.DataType]
    on_bad_rows: str
    rejects: Rejects
    given: bool = False  # the schema is the user's, not that of a sample
    rows: int = 0  # so far, with those that were left out
    features: Features | None = None

    def __post_init__(self) -> None:
        self.features = None if self.schema is None else Features.from_arrow_schema(self.schema)

    def table(self, lines: bytes) -> pa.Table:
        """Return lines, of which each is a value, as a table."""
        rejected = len(self.rejects.rows)
        table = self._fast(lines)
        if table is None:
            table = self._slow(lines)
        self.rows += table.num_rows + len(self.rejects.rows) - rejected
        return table

    def _fast(self, lines: bytes) -> pa.Table | None:
        if not lines[:4096].lstrip().startswith(b"{"):
            return None
        if not _only_objects(lines) and _NULL_LINE.search(lines):
            lines = separated(lines)
            if _NULL_LINE.search(lines):
                return None
        if self.schema is not None and not all(_known(field.type) for field in self.schema):
            return None
        if not ranges.valid_utf8(lines):
            return None  # pyarrow does not look
        for attempt in (_same, separated):
            try:
                table = self._parse(attempt(lines))
                return table if self.features is None else _labelled(table, self.features)
            except (pa.ArrowInvalid, SchemaConflict):
                continue
        return None

    def _parse(self, lines: bytes) -> pa.Table:
        import pyarrow.json as arrow_json

        options = arrow_json.ParseOptions()
        if self.schema is not None:
            options = arrow_json.ParseOptions(explicit_schema=self.schema, unexpected_field_behavior="ignore")
        size = PARSE_BYTES
        while True:
            try:
                source: Any = pa.BufferReader(lines)
                table = arrow_json.read_json(
                    source,
                    arrow_json.ReadOptions(block_size=size, use_threads=ranges.MORE_THREADS),
                    parse_options=options,
                    memory_pool=bulk_pool(),
                )
            except pa.ArrowInvalid as error:
                if "straddling" not in str(error) or size > len(lines):
                    raise
                size *= 8
            else:
                # Where a list holds null before any value, pyarrow 26 makes items that are fewer than the lists say.
                table.validate()
                return table if self.schema is None else table.select(self.schema.names)

    def _slow(self, lines: bytes) -> pa.Table:
        file = self.shard.file.url
        rejected = len(self.rejects.rows)
        reject = None if self.on_bad_rows == "error" else self._reject
        values = json_rows.decode(lines, file, self.before, reject)
        if any(type(value) is dict for value in values):
            values = self._objects_only(values, rejected)
        rows = [value if type(value) is dict else {} if value is None else {TEXT: value} for value in values]
        dtype: Any = pa.struct(list(self.schema)) if self.schema else json_rows.infer(rows, self.mixed)
        if not dtype.num_fields:
            return pa.Table.from_struct_array(json_rows.build(rows, dtype))
        schema = self.schema or pa.schema(list(dtype))
        features = self.features or Features.from_arrow_schema(schema)
        try:
            columns = [self._column(field, features[field.name], rows) for field in schema]
        except BadData:
            if self.on_bad_rows == "error" or not self.given:
                raise
            rows = self._fitting(rows, schema, features, rejected)
            columns = [self._column(field, features[field.name], rows) for field in schema]
        return pa.Table.from_arrays(columns, schema=schema)

    def _fitting(
        self, rows: list[dict[str, Any]], schema: pa.Schema, features: Features, rejected: int
    ) -> list[dict[str, Any]]:
        """Leave out the rows that have a value which is not of its column's type."""
        wrong: dict[int, str] = {}
        for field in schema:
            for i, row in enumerate(rows):
                if i not in wrong and (why := _misfit(row.get(field.name), field.type, features[field.name])):
                    wrong[i] = f"column {field.name}: {why}"
        return self._without(rows, wrong, rejected)

    def _without(self, values: list[Any], wrong: Mapping[int, str], rejected: int) -> list[Any]:
        """Leave values out; `rejected` were before those of this block, of which some may be gone already."""
        first = self.before()
        gone = {row - first for _, row, _, _ in self.rejects.rows[rejected:] if row is not None}
        numbers = [row for row in range(len(values) + len(gone)) if row not in gone]
        for i, why in sorted(wrong.items()):
            self._reject(first + numbers[i], why, json.dumps(values[i], ensure_ascii=False))
        return [value for i, value in enumerate(values) if i not in wrong]

    def _column(self, field: pa.Field[Any], feature: FeatureType, rows: list[dict[str, Any]]) -> Any:
        values = [row.get(field.name) for row in rows]
        try:
            return _build(values, field.type, feature)
        except _MISFITS as error:
            for i, value in enumerate(values):
                if said := _misfit(value, field.type, feature):
                    row = self.before() + i
                    raise BadData(said, file=self.shard.file.url, row=row, column=field.name) from error
            raise BadData(str(error), file=self.shard.file.url, column=field.name) from error

    def _objects_only(self, values: list[Any], rejected: int) -> list[Any]:
        wrong = {
            i: f"{value!r} among objects"
            for i, value in enumerate(values)
            if value is not None and type(value) is not dict
        }
        if wrong and self.on_bad_rows == "error":
            i, why = next(iter(wrong.items()))
            raise BadData(why, file=self.shard.file.url, row=self.before() + i)
        return self._without(values, wrong, rejected) if wrong else values

    def _reject(self, row: int, reason: str, text: str) -> None:
        kept = text if self.on_bad_rows == "quarantine" else ""
        self.rejects.rows.append((self.shard.file.url, row, reason, kept))

    def before(self) -> int:
        """Return how many values of the file come before the current lines: only an error asks."""
        if not self.shard.start:
            return self.rows
        head = FileRange(self.shard.file, 0, self.shard.start)
        return self.rows + sum(_count(block) for block in ranges.blocks(head, whole_objects))


def _only_objects(lines: bytes) -> bool:
    """Tell whether all lines begin with an object, which is fast to see and rules out the others."""
    data = np.frombuffer(lines, np.uint8)
    for start in range(0, len(data) - 1, CACHED_BYTES):
        piece = data[start : start + CACHED_BYTES + 1]
        if bool(((piece[:-1] == ord("\n")) & (piece[1:] != ord("{"))).any()):
            return False
    return True


def _same(lines: bytes) -> bytes:
    return lines


def _count(block: bytes) -> int:
    found = structure(block)
    return int(((found.depths == 0) & ((found.codes == ord("}")) | (found.codes == ord("]")))).sum())


def _build(values: list[Any], dtype: pa.DataType, feature: FeatureType) -> Any:
    if has_labels(feature):
        return array_of(values, feature)[0]
    try:
        return json_rows.build(values, dtype)
    except _MISFITS:
        try:  # some types are made of other values too: an image of its path, an integer of its digits
            return array_of(values, feature)[0]
        except _MISFITS:
            pass
        raise


def _misfit(value: Any, dtype: pa.DataType, feature: FeatureType) -> str | None:
    """Say why a value is not of a type; None if it is."""
    try:
        _build([value], dtype, feature)
    except _MISFITS as reason:
        why = str(reason).removeprefix("row 0: ")
        return f"{value!r} is no {feature if has_labels(feature) else dtype}: {why}"
    return None


def _labelled(table: pa.Table, features: Features) -> pa.Table:
    columns = [cast_column(table.column(name), feature) for name, feature in features.items()]
    return pa.Table.from_arrays(columns, schema=table.schema)


def _known(dtype: pa.DataType) -> bool:
    if pa.types.is_struct(dtype):
        return all(_known(field.type) for field in dtype)
    if pa.types.is_list(dtype):
        return _known(dtype.value_type)
    return str(dtype) in _KNOWN
