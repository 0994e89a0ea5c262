"""Where record batches lie: memory-mapped Arrow IPC files, memory, and rows of nothing but nulls.

A source is immutable and shared by all that is made of it. It is read by batch number; `edges` are the rows
at which its batches begin, and its number of rows at the end.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import ipc

from arrowsets.errors import BadData, StoreError
from arrowsets.table.paging import give_back
from arrowsets.table.private import register
from arrowsets.table.soundness import check_batch

__all__ = ["BLANK_ROWS", "BlankSource", "FileSource", "MemorySource", "Source"]

_MAGIC = b"ARROW1"
BLANK_ROWS = 100_000


class Source(Protocol):
    """Record batches of one schema.

    Attributes:
        mapped: Whether batches lie in a file's map, if they lie there as they are read.
    """

    mapped: bool

    @property
    def name(self) -> str | None:
        """The path of a file, for errors."""

    @property
    def schema(self) -> pa.Schema:
        """The columns as they are stored."""

    @property
    def edges(self) -> npt.NDArray[np.int64]:
        """The first row of each batch, then the number of rows."""

    def batch(self, index: int) -> pa.RecordBatch:
        """Return a batch."""

    def stays(self, index: int) -> bool:
        """Whether a batch that was read costs no memory to keep."""

    def release(self, index: int) -> int:
        """Let go of the memory under a batch until it is read again; return how many bytes it has."""


class FileSource:
    """A memory-mapped Arrow IPC file, in file or stream format; opened when it is first read."""

    __slots__ = ("_counts", "_edges", "_lock", "_opened", "path")

    mapped = True

    def __init__(self, path: str, counts: tuple[int, ...] | None = None) -> None:
        self.path = path
        self._counts = counts
        self._edges: npt.NDArray[np.int64] | None = None
        self._opened: _OpenFile | None = None
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[object, ...]:
        return FileSource, (self.path, self._counts)

    @property
    def name(self) -> str | None:
        return self.path

    @property
    def schema(self) -> pa.Schema:
        return self._open().schema

    @property
    def edges(self) -> npt.NDArray[np.int64]:
        if self._edges is None:
            if self._counts is None:
                self._open()
            self._edges = _edges(self._counts or ())
        return self._edges

    def batch(self, index: int) -> pa.RecordBatch:
        opened = self._open()
        batch = opened.batches[index]
        if batch is not None:
            return batch
        with self._lock:
            batch = opened.read(index)
        if self._counts is not None and batch.num_rows != self._counts[index]:
            raise BadData(
                f"record batch {index} has {batch.num_rows} rows where {self._counts[index]} were written",
                file=self.path,
            )
        return batch

    def stays(self, index: int) -> bool:
        opened = self._opened
        return opened is not None and opened.batches[index] is not None

    def release(self, index: int) -> int:
        opened = self._opened
        batch = opened.batches[index] if opened is not None and opened.mapped is not False else None
        if opened is None or batch is None:
            return 0
        give_back(batch, opened.data.address, opened.data.address + opened.data.size)
        return batch.get_total_buffer_size()

    def _open(self) -> _OpenFile:
        if self._opened is None:
            with self._lock:
                if self._opened is None:
                    opened = _OpenFile(self.path)
                    self._counts = opened.check(self._counts)
                    self._opened = opened
        return self._opened


class _OpenFile:
    """An open map of a file, and the batches read from it, which are views on the map.

    The map outlives its file object through the buffer, so that thousands of files need no file descriptors.
    """

    __slots__ = ("batches", "data", "mapped", "path", "reader", "recent", "schema", "streamed")

    def __init__(self, path: str) -> None:
        self.path = path
        self.data = _map(path)
        # Whether batches are views on the map; None until one with values was seen.
        self.mapped: bool | None = None
        self.recent: tuple[int, pa.RecordBatch] | None = None
        self.reader: Any = None
        self.schema: pa.Schema
        # Batches that were read and found sound.
        self.batches: list[pa.RecordBatch | None]
        self.streamed: list[pa.RecordBatch] = []
        try:
            if self.data.slice(0, len(_MAGIC)).to_pybytes() == _MAGIC:
                self.reader = ipc.open_file(pa.BufferReader(self.data))
                self.batches = [None] * self.reader.num_record_batches
                self.schema = self.reader.schema
            else:
                stream = ipc.open_stream(pa.BufferReader(self.data))
                self.schema = stream.schema
                self.streamed = list(stream)
                self.batches = [None] * len(self.streamed)
        except (pa.ArrowException, OSError, EOFError) as error:
            raise self.bad(error) from error

    def bad(self, error: Exception) -> BadData:
        return BadData(f"not a whole Arrow IPC file: {error}; write it again", file=self.path)

    def check(self, counts: tuple[int, ...] | None) -> tuple[int, ...]:
        if counts is None:
            return tuple(self._get(index).num_rows for index in range(len(self.batches)))
        if len(counts) != len(self.batches):
            raise BadData(f"it has {len(self.batches)} record batches where {len(counts)} were written", file=self.path)
        for index, (batch, rows) in enumerate(zip(self.streamed, counts, strict=False)):
            if batch.num_rows != rows:
                raise BadData(
                    f"record batch {index} has {batch.num_rows} rows where {rows} were written", file=self.path
                )
        return counts

    def _get(self, index: int) -> pa.RecordBatch:
        if self.streamed:
            return self.streamed[index]
        try:
            batch: pa.RecordBatch = self.reader.get_batch(index)
        except (pa.ArrowException, OSError) as error:
            raise self.bad(error) from error
        return batch

    def read(self, index: int) -> pa.RecordBatch:
        known = self.batches[index]
        if known is not None:
            return known
        if self.recent is not None and self.recent[0] == index:
            return self.recent[1]
        try:
            batch = self._get(index)
            check_batch(batch)
        except (pa.ArrowException, OSError) as error:
            raise self.bad(error) from error
        if self.mapped is None:
            self.mapped = _lies_in(batch, self.data)
        if self.mapped is not False:
            self.batches[index] = batch
        else:
            # Decompressed: only the latest is kept, or reading a file through would hold all of it.
            self.recent = (index, batch)
        return batch


class MemorySource:
    """Record batches in memory."""

    __slots__ = ("_edges", "batches", "schema")

    mapped = False

    def __init__(self, batches: Sequence[pa.RecordBatch], schema: pa.Schema) -> None:
        self.batches = tuple(batches)
        self.schema = schema
        self._edges = _edges([batch.num_rows for batch in self.batches])

    def __reduce__(self) -> tuple[object, ...]:
        sink = pa.BufferOutputStream()
        with ipc.new_stream(sink, self.schema) as writer:
            for batch in self.batches:
                writer.write_batch(batch)
        return _from_bytes, (sink.getvalue(),)

    @property
    def name(self) -> str | None:
        return None

    @property
    def edges(self) -> npt.NDArray[np.int64]:
        return self._edges

    def batch(self, index: int) -> pa.RecordBatch:
        return self.batches[index]

    def stays(self, index: int) -> bool:  # noqa: ARG002 - a Source
        return True

    def release(self, index: int) -> int:  # noqa: ARG002 - a Source
        return 0


class BlankSource:
    """Rows without a stored column."""

    __slots__ = ("_edges", "num_rows")

    mapped = False

    schema = pa.schema([])

    def __init__(self, num_rows: int) -> None:
        self.num_rows = num_rows
        self._edges = np.append(np.arange(0, num_rows, BLANK_ROWS, dtype=np.int64), num_rows)

    def __reduce__(self) -> tuple[object, ...]:
        return BlankSource, (self.num_rows,)

    @property
    def name(self) -> str | None:
        return None

    @property
    def edges(self) -> npt.NDArray[np.int64]:
        return self._edges

    def batch(self, index: int) -> pa.RecordBatch:
        rows = int(self._edges[index + 1] - self._edges[index])
        return pa.RecordBatch.from_struct_array(pa.nulls(rows, pa.struct([])))

    def stays(self, index: int) -> bool:  # noqa: ARG002 - a Source
        return True

    def release(self, index: int) -> int:  # noqa: ARG002 - a Source
        return 0


def _from_bytes(data: pa.Buffer) -> MemorySource:
    stream = ipc.open_stream(pa.BufferReader(data))
    return MemorySource(list(stream), stream.schema)


def _edges(counts: Sequence[int]) -> npt.NDArray[np.int64]:
    edges = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(np.asarray(counts, dtype=np.int64), out=edges[1:])
    edges.setflags(write=False)
    return edges


def _map(path: str) -> pa.Buffer:
    try:
        found = os.stat(path)  # noqa: PTH116 - a string is what Arrow takes
        if found.st_size:
            with pa.memory_map(path) as file:
                data = file.read_buffer()
            register(data, path, found)
            return data
    except OSError as error:
        raise StoreError(f"cannot open the Arrow file {path!r}: {error}") from error
    raise BadData("the file is empty, not an Arrow IPC file; write it again", file=path)


def _lies_in(batch: pa.RecordBatch, data: pa.Buffer) -> bool | None:
    low, high = data.address, data.address + data.size
    places = [
        buffer.address for column in batch.columns for buffer in column.buffers() if buffer is not None and buffer.size
    ]
    return all(low <= place < high for place in places) if places else None
