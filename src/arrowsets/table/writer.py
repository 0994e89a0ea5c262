"""The writer of shards: Arrow IPC files whose bytes depend on the rows alone.

However the rows come in (one table, slices of one, a table per row), they are cut into the same record
batches and written as the same bytes, so that a checksum tells whether two shards hold the same.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, cast

import numpy as np
import pyarrow as pa
import xxhash
from pyarrow import ipc

from arrowsets.errors import SchemaConflict, StoreError
from arrowsets.record import dataclass
from arrowsets.table.normal import Normaliser
from arrowsets.table.paging import worked
from arrowsets.table.sizes import Bits, row_bits, total_bits
from arrowsets.table.take import joined
from arrowsets.writing import create, pieces

__all__ = ["ShardWriter", "WrittenShard"]

Compression = Literal["lz4", "zstd"]
Layout = Literal["file", "stream"]


@dataclass(frozen=True)
class WrittenShard:
    """What was written: `checksum` is the xxh3_128 of the file or "", `batches` the rows of each record batch."""

    num_rows: int
    num_bytes: int
    checksum: str
    batches: tuple[int, ...]


class ShardWriter:
    """Write tables of one schema to an Arrow IPC file, in record batches of bounded rows and bytes.

    As a context manager it closes the file, or deletes it where the block failed.

    Args:
        max_rows: Rows of a record batch, at most.
        max_bytes: Bytes of a record batch, at most, unless a single row has more.
        compression: None keeps the file mappable without a copy.
        layout: "file" has a footer, so that a batch is opened without the others; "stream" is what other tools
            expect in some places.
        metadata: Schema metadata to write; None writes that of the schema.
        as_given: Write a batch that is large as it comes, which copies nothing; then the bytes depend on how the
            rows come, and there is no checksum.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        schema: pa.Schema,
        *,
        max_rows: int = 100_000,
        max_bytes: int = 32 << 20,
        compression: Compression | None = None,
        layout: Layout = "file",
        metadata: Mapping[bytes | str, bytes | str] | None = None,
        as_given: bool = False,
    ) -> None:
        self.path = os.fspath(path)
        self.schema = schema if metadata is None else schema.with_metadata(cast("Any", dict(metadata)))
        self._max_rows, self._max_bits, self._as_given = max_rows, max_bytes * 8, as_given
        self._pending: list[pa.RecordBatch] = []
        self._rows = self._bits = 0
        self._counts: list[int] = []
        self._normaliser = Normaliser(self.schema)
        self._written: WrittenShard | None = None
        options = ipc.IpcWriteOptions(compression=compression, emit_dictionary_deltas=True)
        try:
            self._sink = _Sink(self.path, hashed=not as_given)
        except OSError as error:
            raise self._failed(error) from error
        self._file = pa.PythonFile(cast("Any", self._sink), mode="w")
        begin = ipc.new_file if layout == "file" else ipc.new_stream
        self._writer = begin(self._file, self.schema, options=options)

    def write(self, rows: pa.Table | pa.RecordBatch) -> None:
        """Append rows; they reach the file when a record batch is full."""
        for batch in self._checked(rows):
            self._append(batch)

    def close(self) -> WrittenShard:
        """Write what is pending and the footer, and tell what was written."""
        if self._written is None:
            self._flush()
            try:
                self._writer.close()
                self._sink.close()
            except OSError as error:
                raise self._failed(error) from error
            self._written = WrittenShard(sum(self._counts), self._sink.size, self._sink.checksum, tuple(self._counts))
        return self._written

    def abort(self) -> None:
        """Delete the file."""
        self._pending = []
        self._sink.dropped = True
        self._sink.close()
        Path(self.path).unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None:
            self.abort()
            return
        try:
            self.close()
        except BaseException:
            self.abort()
            raise

    def _checked(self, rows: pa.Table | pa.RecordBatch) -> Sequence[pa.RecordBatch]:
        if not rows.schema.equals(self.schema):
            rows = self._ordered(rows)
        table = rows if isinstance(rows, pa.Table) else pa.Table.from_batches([rows])
        # Row sizes are computed for one batch at a time.
        return [batch for batch in table.to_batches(max_chunksize=self._max_rows) if batch.num_rows]

    def _ordered(self, rows: pa.Table | pa.RecordBatch) -> pa.Table | pa.RecordBatch:
        names = self.schema.names
        if set(rows.schema.names) != set(names) or len(rows.schema.names) != len(names):
            raise SchemaConflict(f"columns {rows.schema.names} for a shard of columns {names}; give exactly these")
        rows = rows.select(names)
        for given, field in zip(rows.schema, self.schema, strict=True):
            if given.type != field.type:
                raise SchemaConflict(
                    f"column {field.name!r} is {given.type} in a shard of {field.type}; cast it first",
                    column=field.name,
                )
        return rows

    def _append(self, batch: pa.RecordBatch) -> None:
        total = sum(total_bits(column) for column in batch.columns)
        if self._as_given and self._fills(batch, total):
            self._flush()
            self._pending, self._rows, self._bits = [batch], batch.num_rows, total
            self._flush()
            return
        # As long as the bytes fit, how many each row has need not be known.
        while self._bits + total <= self._max_bits:
            room = self._max_rows - self._rows
            if batch.num_rows < room:
                self._take(batch, total)
                return
            part, batch = batch.slice(0, room), batch.slice(room)
            bits = sum(total_bits(column) for column in part.columns) if batch.num_rows else total
            self._take(part, bits)
            self._flush()
            total -= bits
            if not batch.num_rows:
                return
        self._cut(batch)

    def _cut(self, batch: pa.RecordBatch) -> None:
        """Append rows, of which so many go into each record batch as their bytes allow."""
        cuts = _Cuts(sum((row_bits(column) for column in batch.columns), start=0))
        start = 0
        while start < batch.num_rows:
            stop = min(
                cuts.fitting(start, self._max_bits - self._bits),
                start + self._max_rows - self._rows,
                batch.num_rows,
            )
            if stop == start and not self._rows:
                stop = start + 1
            if stop > start:
                self._take(batch.slice(start, stop - start), cuts.between(start, stop))
            if stop < batch.num_rows or self._rows == self._max_rows:
                self._flush()
            start = stop

    def _take(self, batch: pa.RecordBatch, bits: int) -> None:
        self._pending.append(batch)
        self._rows += batch.num_rows
        self._bits += bits

    def _fills(self, batch: pa.RecordBatch, bits: int) -> bool:
        """Tell whether a batch is one that may stand in the file by itself."""
        fits = batch.num_rows <= self._max_rows and bits <= self._max_bits
        return fits and (4 * batch.num_rows >= self._max_rows or 4 * bits >= self._max_bits)

    def _flush(self) -> None:
        if not self._rows:
            return
        worked(self._bits // 8)  # before rows are joined, which takes as much again
        normal = self._normaliser.apply(joined(self._pending))
        try:
            self._writer.write_batch(normal)
        except OSError as error:
            raise self._failed(error) from error
        self._counts.append(self._rows)
        self._pending, self._rows, self._bits = [], 0, 0

    def _failed(self, error: OSError) -> StoreError:
        failed = StoreError(f"cannot write {self.path!r}: {error}")
        failed.errno = error.errno
        return failed


class _Cuts:
    """Sizes of runs of rows, from the size of each row."""

    __slots__ = ("_sums", "_width")

    def __init__(self, bits: Bits) -> None:
        self._width = bits if isinstance(bits, int) else 0
        self._sums = None if isinstance(bits, int) else np.concatenate([[0], np.cumsum(bits)])

    def fitting(self, start: int, room: int) -> int:
        """Return where rows from start on stop fitting."""
        if self._sums is None:
            return start + max(room, 0) // max(self._width, 1)
        return max(int(np.searchsorted(self._sums, self._sums[start] + room, "right")) - 1, start)

    def between(self, start: int, stop: int) -> int:
        if self._sums is None:
            return self._width * (stop - start)
        return int(self._sums[stop] - self._sums[start])


class _Sink:
    """A file that counts what is written to it, and hashes it if asked."""

    def __init__(self, path: str, *, hashed: bool) -> None:
        self._file = create(path)
        self._hash = xxhash.xxh3_128() if hashed else None
        self.size = 0
        self.dropped = False

    def write(self, data: Any) -> int:
        view = memoryview(data)
        if self.dropped:
            # Arrow closes its writer when it is collected, with a footer for a file that is gone.
            return len(view)
        for piece in pieces(view):
            if self._hash is not None:
                self._hash.update(piece)
            left = piece
            while len(left):
                left = left[self._file.write(left) or 0 :]
        self.size += len(view)
        return len(view)

    @property
    def checksum(self) -> str:
        return "" if self._hash is None else self._hash.hexdigest()

    @property
    def closed(self) -> bool:
        return self._file.closed

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        self._file.close()
