"""Arrow files: the rows of many memory-mapped files, or of tables in memory, as one table.

Nothing is opened until it is touched. Concatenating, slicing and choosing columns costs as much as there are
parts, never as much as there are rows.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.errors import BadData, ColumnNotFound, RowOutOfRange, SchemaConflict
from arrowsets.features import plain_type
from arrowsets.lazy import pc
from arrowsets.record import dataclass
from arrowsets.table.schemas import nulls, promote, unify_schemas
from arrowsets.table.selection import Rows
from arrowsets.table.sources import BlankSource, FileSource, MemorySource, Source
from arrowsets.table.take import gather, joined

__all__ = ["ArrowFiles", "Column", "FileRef"]

Path: TypeAlias = tuple[str, ...]

_CHUNK_ROWS = 100_000
_CHUNK_BYTES = 32 << 20
_SAMPLED_BATCHES = 256
_KEPT_PROJECTIONS = 64


@dataclass(frozen=True)
class FileRef:
    """A file to read, and the rows of each of its record batches where they are known."""

    path: str
    batches: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Column:
    """A column as it is shown, and where it lies: `("s",)`, or a struct field `("s", "x")`."""

    name: str
    path: Path


@dataclass(frozen=True)
class _Part:
    """Rows of a source. `origins` says for each column where it lies there; None where it is all null."""

    source: Source
    start: int
    stop: int
    origins: tuple[Path | None, ...]


class _Layout:
    """Where the batches of parts begin: made once, shared by all projections."""

    __slots__ = ("begins", "first", "offsets", "parts", "starts")

    starts: npt.NDArray[np.int64]
    begins: list[int]
    parts: list[int]
    first: list[int]
    offsets: list[int]

    def __init__(self, parts: Sequence[_Part]) -> None:
        if len(parts) == 1 and parts[0].start == 0 and parts[0].stop == parts[0].source.edges[-1]:
            # One whole file, or one table: nearly every result of a step. Nothing has to be counted.
            self.starts = parts[0].source.edges
            self.begins = self.starts.tolist()
            self.parts, self.first, self.offsets = [0, len(self.begins) - 1], [0], [0, self.begins[-1]]
            return
        clips = [_clip(part) for part in parts]
        sizes = [len(edges) - 1 for _, edges in clips]
        rows = np.concatenate([[0], np.cumsum([part.stop - part.start for part in parts], dtype=np.int64)])
        self.starts = np.concatenate(
            [edges[:-1] + base for (_, edges), base in zip(clips, rows[:-1].tolist(), strict=True)] + [rows[-1:]]
        ).astype(np.int64, copy=False)
        self.starts.setflags(write=False)
        self.begins = self.starts.tolist()
        # Number of the first batch of each part, here and in its source.
        self.parts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).tolist()
        self.first = [first for first, _ in clips]
        self.offsets = rows.tolist()


def _clip(part: _Part) -> tuple[int, npt.NDArray[np.int64]]:
    edges = part.source.edges
    if part.start == 0 and part.stop == edges[-1]:
        return 0, edges
    first = int(np.searchsorted(edges, part.start, "right")) - 1
    last = max(int(np.searchsorted(edges, part.stop, "left")), first + 1)
    clipped = edges[first : last + 1] - part.start
    clipped[0], clipped[-1] = 0, part.stop - part.start
    return first, clipped


class ArrowFiles:
    """Rows of record batches in files or in memory. Immutable; threads may share it."""

    __slots__ = ("_batches", "_layout", "_nbytes", "_projections", "columns", "num_rows", "parts", "schema")

    def __init__(self, schema: pa.Schema, parts: Iterable[_Part], layout: _Layout | None = None) -> None:
        self.schema = schema
        self.parts = tuple(parts)
        self.num_rows: int = sum(part.stop - part.start for part in self.parts)
        self._layout = layout
        self._nbytes: int | None = None
        # The columns as they lie here: what a projection of everything is given.
        self.columns = tuple(Column(name, (name,)) for name in schema.names)
        self._batches: list[pa.RecordBatch | None] | None = None
        self._projections: dict[tuple[Column, ...], ArrowFiles] = {}

    @classmethod
    def open(cls, refs: Iterable[FileRef | str | os.PathLike[str]], schema: pa.Schema | None = None) -> ArrowFiles:
        """Read files as one table.

        Args:
            refs: Files in Arrow IPC file or stream format. One whose batches are known is opened when read.
            schema: What the files hold, if known; else the first file tells. Columns are found by name.
        """
        sources = [_file_source(ref) for ref in refs]
        if schema is None:
            schema = sources[0].schema if sources else pa.schema([])
        origins = tuple((name,) for name in _unique(schema.names, sources))
        return cls(schema, [_Part(source, 0, int(source.edges[-1]), origins) for source in sources])

    @classmethod
    def of_sources(cls, sources: Sequence[Source], schema: pa.Schema) -> ArrowFiles:
        """Show all rows of sources that have these columns."""
        origins = tuple((name,) for name in schema.names)
        return cls(schema, [_Part(source, 0, int(source.edges[-1]), origins) for source in sources])

    @classmethod
    def from_table(cls, table: pa.Table) -> ArrowFiles:
        """Show a table in memory. Many small chunks are joined; large ones are not copied."""
        origins = tuple((name,) for name in _unique(table.schema.names, ()))
        if not origins:
            return cls.blank(table.num_rows)
        source = MemorySource(tuple(_coalesced(table.to_batches())), table.schema)
        return cls(table.schema, [_Part(source, 0, table.num_rows, origins)])

    @classmethod
    def blank(cls, num_rows: int, schema: pa.Schema | None = None) -> ArrowFiles:
        """Show rows that are null in every column of a schema."""
        schema = pa.schema([]) if schema is None else schema
        return cls(schema, [_Part(BlankSource(num_rows), 0, num_rows, (None,) * len(schema))])

    @classmethod
    def concat(cls, parts: Iterable[ArrowFiles], schema: pa.Schema | None = None) -> ArrowFiles:
        """Join rows, columns by name; null where a part has no such column, or one of null type.

        Args:
            schema: The columns to show, of types that fit all parts; None shows all columns of the parts.
        """
        parts = list(parts)
        if schema is None:
            schema = unify_schemas(files.schema for files in parts)
        joined: list[_Part] = []
        for files in parts:
            if not files.num_rows:
                continue
            if files.schema.names == schema.names:
                joined.extend(files.parts)
                continue
            at = {name: index for index, name in enumerate(files.schema.names)}
            for part in files.parts:
                origins = (part.origins[at[name]] if name in at else None for name in schema.names)
                joined.append(replace(part, origins=tuple(origins)))
        return cls(schema, joined)

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """The first row of each record batch, then the number of rows."""
        return self._laid_out().starts

    @property
    def num_batches(self) -> int:
        """How many record batches there are."""
        return len(self._laid_out().begins) - 1

    @property
    def paths(self) -> tuple[str, ...]:
        """The files read, each once."""
        names = (part.source.name for part in self.parts)
        return tuple(dict.fromkeys(name for name in names if name is not None))

    @property
    def mapped(self) -> bool:
        """Whether any row lies in a file's map, of which pages can be given back."""
        return any(part.source.mapped for part in self.parts)

    @property
    def in_memory(self) -> bool:
        """Whether any row lies in memory instead of in a file."""
        return any(isinstance(part.source, MemorySource) for part in self.parts)

    @property
    def nbytes(self) -> int:
        """Bytes of the values; from a sample of evenly spaced batches where there are many."""
        if self._nbytes is None:
            self._nbytes = self._counted_bytes()
        return self._nbytes

    def _counted_bytes(self) -> int:
        count = self.num_batches
        chosen = range(count) if count <= _SAMPLED_BATCHES else range(0, count, -(-count // _SAMPLED_BATCHES))
        total = rows = 0
        for index in chosen:  # one at a time: some are decoded when they are read
            batch = self.batch(index)
            total, rows = total + batch.nbytes, rows + batch.num_rows
        return total if rows in (0, self.num_rows) else round(total * self.num_rows / rows)

    def slice(self, start: int, stop: int) -> ArrowFiles:
        """Return the rows from start up to stop."""
        if not 0 <= start <= stop <= self.num_rows:
            raise RowOutOfRange(f"rows {start} to {stop} are out of range; there are {self.num_rows} rows")
        if (start, stop) == (0, self.num_rows):
            return self
        kept, base = [], 0
        for part in self.parts:
            size = part.stop - part.start
            low, high = max(start - base, 0), min(stop - base, size)
            if low < high:
                kept.append(replace(part, start=part.start + low, stop=part.start + high))
            base += size
        return ArrowFiles(self.schema, kept)

    def project(self, mapping: Mapping[str, str | Path]) -> ArrowFiles:
        """Show only some columns: name to the column, or to the path of a struct field, that it shows."""
        return self.projection(
            tuple(Column(name, (path,) if isinstance(path, str) else path) for name, path in mapping.items())
        )

    def projection(self, columns: tuple[Column, ...]) -> ArrowFiles:
        """`project` for columns; the answer is remembered, with the batches read through it."""
        if columns is self.columns or columns == self.columns:
            return self
        known = self._projections.get(columns)
        if known is not None:
            return known
        schema = pa.schema([self.field(column) for column in columns])
        at = {name: index for index, name in enumerate(self.schema.names)}
        parts = []
        for part in self.parts:
            bases = [(part.origins[at[column.path[0]]], column.path[1:]) for column in columns]
            parts.append(replace(part, origins=tuple(None if base is None else base + rest for base, rest in bases)))
        projected = ArrowFiles(schema, parts, self._layout)
        if len(self._projections) >= _KEPT_PROJECTIONS:
            self._projections.clear()
        self._projections[columns] = projected
        return projected

    def field(self, column: Column) -> pa.Field[Any]:
        """Return the field that a column shows, under its shown name."""
        name, *rest = column.path
        index = self.schema.get_field_index(name)
        if index < 0:
            raise ColumnNotFound.of(name, self.schema.names)
        field = self.schema.field(index)
        for step in rest:
            dtype = field.type
            if not pa.types.is_struct(dtype) or dtype.get_field_index(step) < 0:
                raise ColumnNotFound.of(step, [inner.name for inner in dtype] if pa.types.is_struct(dtype) else [])
            nullable = field.nullable
            field = dtype.field(step)
            field = field.with_nullable(field.nullable or nullable)
        return field.with_name(column.name)

    def find(self, row: int) -> tuple[int, int]:
        """Return the number of the batch that a row lies in, and its place there."""
        if not 0 <= row < self.num_rows:
            raise RowOutOfRange(f"row {row} is out of range; there are {self.num_rows} rows")
        begins = self._laid_out().begins
        index = bisect_right(begins, row) - 1
        return index, row - begins[index]

    def batch(self, index: int) -> pa.RecordBatch:
        """Return a record batch, zero-copy where the file is not compressed."""
        batches = self._batches
        if batches is None:
            batches = self._batches = [None] * self.num_batches
        batch = batches[index]
        if batch is None:
            batch, stays = self._load(index)
            if stays:
                batches[index] = batch
        return batch

    def keeps(self, index: int) -> bool:
        """Tell whether a batch that was read stays as it is: a view on a file, or in memory anyway."""
        return self._batches is not None and self._batches[index] is not None

    def read(self, rows: Rows, columns: Sequence[str] | None = None) -> pa.Table:
        """Return rows as a table: slices without a copy for a range, else one gather per touched batch."""
        if columns is not None:
            return self.projection(tuple(Column(name, (name,)) for name in columns)).read(rows)
        if len(rows) == 0:
            return self.schema.empty_table()
        if isinstance(rows, range):
            if rows.step == 1 or len(rows) == 1:
                return self.read_range(rows[0], rows[-1] + 1)
            array = np.arange(rows.start, rows.stop, rows.step, dtype=np.int64)
            low, high = min(rows[0], rows[-1]), max(rows[0], rows[-1])
        else:
            array, low, high = rows, int(rows.min()), int(rows.max())
        if low < 0 or high >= self.num_rows:
            raise RowOutOfRange(f"rows {low} to {high} are out of range; there are {self.num_rows} rows")
        try:
            batches = gather(self.starts, self.batch, self.schema, array)
        except pa.ArrowIndexError as error:
            # The positions are right, so offsets within a batch are not.
            raise BadData(f"broken offsets: {error}; write it again", file=", ".join(self.paths[:3])) from error
        return pa.Table.from_batches(batches, schema=self.schema)

    def read_range(self, start: int, stop: int) -> pa.Table:
        """Return the rows from start up to stop, without a copy."""
        if not 0 <= start <= stop <= self.num_rows:
            raise RowOutOfRange(f"rows {start} to {stop} are out of range; there are {self.num_rows} rows")
        return pa.Table.from_batches(self._slices(start, stop), schema=self.schema)

    def _slices(self, start: int, stop: int) -> Iterator[pa.RecordBatch]:
        begins = self._laid_out().begins
        index = bisect_right(begins, start) - 1
        while start < stop:
            end = min(begins[index + 1], stop)
            if start < end:
                batch = self.batch(index)
                size = end - start
                yield batch if size == batch.num_rows else batch.slice(start - begins[index], size)
            start, index = end, index + 1

    def _laid_out(self) -> _Layout:
        layout = self._layout
        if layout is None:
            layout = self._layout = _Layout(self.parts)
        return layout

    def _load(self, index: int) -> tuple[pa.RecordBatch, bool]:
        layout = self._laid_out()
        number = bisect_right(layout.parts, index) - 1
        part = self.parts[number]
        inner = layout.first[number] + index - layout.parts[number]
        batch = part.source.batch(inner)
        stays = part.source.stays(inner)
        offset = max(part.start - int(part.source.edges[inner]), 0)
        size = layout.begins[index + 1] - layout.begins[index]
        if size != batch.num_rows:
            batch = batch.slice(offset, size)
        if batch.schema.equals(self.schema) and part.origins == tuple((name,) for name in self.schema.names):
            return batch, stays
        arrays = [
            _array(batch, origin, field, part.source.name)
            for origin, field in zip(part.origins, self.schema, strict=True)
        ]
        if not arrays:
            return pa.RecordBatch.from_struct_array(pa.nulls(size, pa.struct([]))), stays
        cast_any = any(copied for _, copied in arrays)
        return pa.RecordBatch.from_arrays([array for array, _ in arrays], schema=self.schema), stays and not cast_any

    def release(self, index: int) -> int:
        """Let go of the memory under a record batch until it is read again; return how many bytes it has."""
        layout = self._laid_out()
        number = bisect_right(layout.parts, index) - 1
        return self.parts[number].source.release(layout.first[number] + index - layout.parts[number])

    def __reduce__(self) -> tuple[object, ...]:
        return ArrowFiles, (self.schema, tuple(_portable(part) for part in self.parts))

    def __repr__(self) -> str:
        return f"ArrowFiles({self.num_rows} rows, columns {self.schema.names}, {len(self.parts)} parts)"


def _file_source(ref: FileRef | str | os.PathLike[str]) -> FileSource:
    if isinstance(ref, FileRef):
        return FileSource(os.fspath(ref.path), ref.batches)
    return FileSource(os.fspath(ref))


def _unique(names: Sequence[str], sources: Sequence[Source]) -> Sequence[str]:
    if len(set(names)) < len(names):
        twice = next(name for index, name in enumerate(names) if name in names[:index])
        raise BadData(
            "a column name stands there twice; rename one",
            file=sources[0].name if sources else None,
            column=twice,
        )
    return names


def _array(
    batch: pa.RecordBatch, origin: Path | None, field: pa.Field[Any], file: str | None
) -> tuple[pa.Array[Any], bool]:
    """Return the values of a column in a batch, and whether they had to be copied."""
    if origin is None:
        return nulls(batch.num_rows, field.type), False
    index = batch.schema.get_field_index(origin[0])
    if index < 0:
        raise BadData(f"no such column; the file has {batch.schema.names}", file=file, column=origin[0])
    array = batch.column(index)
    for name in origin[1:]:
        if pa.types.is_null(array.type):
            break
        # Unlike StructArray.field, this is null where the struct is.
        array = pc.struct_field(array, name)
    if array.type == field.type:
        return array, False
    if pa.types.is_null(array.type):
        return nulls(batch.num_rows, field.type), False
    if promote(array.type, field.type) == field.type:
        return array.cast(field.type), True
    if plain_type(array.type) == field.type:
        # The reference is loaded in this process, and registered types that our files name.
        return array.cast(field.type), True
    message = f"the values are {array.type} where {field.type} is expected; cast one of them"
    raise (BadData(message, file=file, column=field.name) if file else SchemaConflict(message, column=field.name))


def _portable(part: _Part) -> _Part:
    """Return a part that pickles no rows and columns that it does not show."""
    source = part.source
    if not isinstance(source, MemorySource):
        return part
    used = {origin[0] for origin in part.origins if origin is not None}
    rows = int(source.edges[-1])
    if (part.start, part.stop) == (0, rows) and len(used) == len(source.schema):
        return part
    names = [name for name in source.schema.names if name in used]
    if not names:
        size = part.stop - part.start
        return replace(part, source=BlankSource(size), start=0, stop=size)
    files = ArrowFiles(source.schema, [replace(part, origins=tuple((name,) for name in source.schema.names))])
    table = files.read(range(files.num_rows), names)
    return replace(part, source=MemorySource(table.to_batches(), table.schema), start=0, stop=files.num_rows)


def _coalesced(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Join neighbours up to the size of a record batch on disk; never split or copy a large one."""
    batches = list(batches)
    if len(batches) == 1 and batches[0].num_rows:
        yield batches[0]
        return
    pending: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        if not batch.num_rows:
            continue
        if pending and (rows + batch.num_rows > _CHUNK_ROWS or size + batch.nbytes > _CHUNK_BYTES):
            yield joined(pending)
            pending, rows, size = [], 0, 0
        pending.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
    if pending:
        yield joined(pending)
