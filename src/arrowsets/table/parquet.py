"""Parquet files read in place: a view with one column group per column, so that only shown columns are ever decoded.

A column of a row group is decoded when a row of it is first asked for, and the latest ones are kept, up to a bound. The
beginning of a row group is decoded alone, so that a first page costs a page however large the row group is.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.errors import BadData
from arrowsets.record import dataclass
from arrowsets.table.files import ArrowFiles, Column
from arrowsets.table.group import ColumnGroup
from arrowsets.table.selection import Selection
from arrowsets.table.view import View

if TYPE_CHECKING:
    import pyarrow.parquet as pq

__all__ = ["ParquetFooter", "footer_of", "parquet_paths", "parquet_view", "stored_bytes"]

PIECE_ROWS = 8192
KEPT_BYTES = 256 << 20


@dataclass(frozen=True, eq=False)
class ParquetFooter:
    """What stands at the end of a Parquet file: its columns, and how many rows its row groups have."""

    path: str
    metadata: pq.FileMetaData
    schema: pa.Schema
    edges: npt.NDArray[np.int64]
    """Where pieces of row groups begin, then the number of rows."""
    pieces: tuple[tuple[int, int], ...]
    """Of each piece, the row group and the row in it."""

    @property
    def num_rows(self) -> int:
        """The number of rows."""
        return int(self.edges[-1])

    def opened(self) -> pq.ParquetFile:
        """Open the file; readers are not for several threads at once, so each read has its own."""
        import pyarrow.parquet as pq

        return pq.ParquetFile(self.path, metadata=self.metadata, memory_map=True, pre_buffer=False)


def footer_of(path: str | os.PathLike[str]) -> ParquetFooter:
    """Read the footer of a file.

    Raises:
        BadData: for what is no Parquet file.
    """
    text = os.fspath(path)
    status = Path(text).stat()
    return _footer(text, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=1024)
def _footer(path: str, size: int, time: int) -> ParquetFooter:
    del size, time
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, memory_map=True) as file:
            metadata, schema = file.metadata, file.schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise BadData(f"no Parquet: {error}", file=path) from error
    edges, pieces, base = [], [], 0
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group).num_rows
        for start in range(0, rows, PIECE_ROWS):
            edges.append(base + start)
            pieces.append((group, start))
        base += rows
    array = np.asarray([*edges, base], dtype=np.int64)
    array.setflags(write=False)
    return ParquetFooter(path, metadata, schema, array, tuple(pieces))


def parquet_view(footers: Sequence[ParquetFooter], schema: pa.Schema) -> View:
    """Show the rows of files, one file after the other; a column that a file lacks is null there."""
    total = sum(footer.num_rows for footer in footers)
    groups = []
    for field in schema:
        files = ArrowFiles.of_sources([_source(footer, field) for footer in footers], pa.schema([field]))
        groups.append(ColumnGroup(files, (Column(field.name, (field.name,)),), Selection(range(total))))
    return View(tuple(groups), tuple(schema.names), total, schema)


def parquet_paths(view: View) -> list[str] | None:
    """Return the files that a view shows all rows of, in their order; None for any other view."""
    selections = [(group.rows.rows, group.files.num_rows) for group in view.groups]
    if not selections or not all(isinstance(rows, range) and rows == range(total) for rows, total in selections):
        return None
    paths = [
        [
            source.path
            for part in group.files.parts
            if _is_whole(part) and isinstance(source := part.source, ParquetColumn)
        ]
        for group in view.groups
    ]
    if any(len(found) != len(group.files.parts) for found, group in zip(paths, view.groups, strict=True)):
        return None
    named = all(column.path == (column.name,) for group in view.groups for column in group.columns)
    return paths[0] if named and all(found == paths[0] for found in paths) else None


def _is_whole(part: Any) -> bool:
    return isinstance(part.source, ParquetColumn) and (part.start, part.stop) == (0, part.source.footer.num_rows)


def stored_bytes(view: View) -> int | None:
    """Return the decoded bytes of a view on Parquet files, as their footers tell; None for a view on anything else."""
    sources = [part.source for group in view.groups for part in group.files.parts]
    if not sources or not all(isinstance(source, ParquetColumn) for source in sources):
        return None
    footers = {source.path: source.footer for source in sources if isinstance(source, ParquetColumn)}
    return sum(
        footer.metadata.row_group(group).total_byte_size
        for footer in footers.values()
        for group in range(footer.metadata.num_row_groups)
    )


def _source(footer: ParquetFooter, field: pa.Field[Any]) -> ParquetColumn:
    return ParquetColumn(footer.path, field, footer)


class ParquetColumn:
    """A column of a Parquet file, as record batches of a few thousand rows."""

    __slots__ = ("_footer", "field", "path", "schema")

    mapped = False

    def __init__(self, path: str, field: pa.Field[Any], footer: ParquetFooter | None = None) -> None:
        self.path, self.field, self._footer = path, field, footer
        self.schema = pa.schema([field])

    def __reduce__(self) -> tuple[object, ...]:
        return ParquetColumn, (self.path, self.field)

    @property
    def footer(self) -> ParquetFooter:
        """The footer of the file."""
        if self._footer is None:
            self._footer = footer_of(self.path)
        return self._footer

    @property
    def name(self) -> str | None:
        """The path of the file."""
        return self.path

    @property
    def edges(self) -> npt.NDArray[np.int64]:
        """The first row of each piece, then the number of rows."""
        return self.footer.edges

    def batch(self, index: int) -> pa.RecordBatch:
        """Return a piece."""
        footer = self.footer
        group, start = footer.pieces[index]
        rows = int(footer.edges[index + 1] - footer.edges[index])
        array: Any = pa.nulls(rows, self.field.type) if self._is_absent() else self._values(group, start, rows)
        return pa.RecordBatch.from_arrays([array], schema=self.schema)

    def stays(self, index: int) -> bool:  # noqa: ARG002 - a Source
        """Keeping a decoded piece costs memory."""
        return False

    def release(self, index: int) -> int:  # noqa: ARG002 - a Source
        """Nothing is held for a piece but what the bounded cache holds."""
        return 0

    def _is_absent(self) -> bool:
        return self.field.name not in self.footer.schema.names

    def _values(self, group: int, start: int, rows: int) -> pa.Array[Any]:
        footer, key = self.footer, self._key(group)
        known = DECODED.get(key)
        # Whoever has read the group before is reading all of them, and would have the first piece decoded twice.
        larger = known is None and start == 0 and footer.metadata.row_group(group).num_rows > rows
        if larger and DECODED.get(self._key(group - 1)) is None:
            return _joined(self._read(group, first=True), self.field)
        if known is None:
            known = self._read(group)
            DECODED.put(key, known)
        return _joined(known.slice(start, rows), self.field)

    def _key(self, group: int) -> tuple[object, ...]:
        return self.path, id(self.footer), group, self.field.name, str(self.field.type)

    def _read(self, group: int, *, first: bool = False) -> pa.ChunkedArray[Any]:
        name = self.field.name
        try:
            with self.footer.opened() as file:
                batches: Iterator[pa.RecordBatch] = file.iter_batches(PIECE_ROWS, row_groups=[group], columns=[name])
                if first:
                    found = [next(batches).column(name)]
                    return pa.chunked_array(found)
                column = file.read_row_group(group, columns=[name], use_threads=False).column(name)
        except (pa.ArrowException, OSError) as error:
            raise BadData(f"row group {group}: {error}", file=self.path, column=name) from error
        return column


def _joined(values: pa.ChunkedArray[Any], field: pa.Field[Any]) -> pa.Array[Any]:
    array: Any = values.combine_chunks() if values.num_chunks != 1 else values.chunk(0)
    if isinstance(array, pa.ChunkedArray):  # more than one array of this type can hold
        array = pa.concat_arrays(array.chunks)
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    stored: pa.Array[Any] = array if array.type == field.type else array.cast(field.type)
    return stored


class _Kept:
    """The latest decoded columns, up to a number of bytes. Threads may share it."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size = limit, 0
        self._items: OrderedDict[object, tuple[pa.ChunkedArray[Any], int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object) -> pa.ChunkedArray[Any] | None:
        with self._lock:
            if key not in self._items:
                return None
            self._items.move_to_end(key)
            return self._items[key][0]

    def put(self, key: object, values: pa.ChunkedArray[Any]) -> None:
        size = values.nbytes
        with self._lock:
            if key in self._items:
                return
            self._items[key] = values, size
            self._size += size
            # What was put last stays, however large: it is about to be read.
            while self._size > self._limit and len(self._items) > 1:
                _, (_, dropped) = self._items.popitem(last=False)
                self._size -= dropped


DECODED = _Kept(KEPT_BYTES)
