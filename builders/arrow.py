"""Arrow IPC files, of the file format (cut by record batches) and of the stream format."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import pyarrow as pa
from pyarrow import ipc

from arrowsets.builder import Builder, BuilderOptions
from arrowsets.errors import ArrowsetsError, BadData
from arrowsets.features import Features, unify
from arrowsets.files import DataFile
from arrowsets.record import dataclass

from .storage import bounded, check_names, fitted, may_leave_out, stored

__all__ = ["ArrowBuilder", "ArrowShard"]

MAGIC = b"ARROW1"
SHARD_BYTES = 16 << 20  # of record batches that are one unit of work, about


@dataclass(frozen=True)
class ArrowShard:
    """Record batches `start` to `stop` of a file; `stop` None: a stream, read to its end."""

    file: DataFile
    start: int = 0
    stop: int | None = None


class ArrowBuilder(Builder[ArrowShard]):
    """Read Arrow files."""

    name = "arrow"
    options = BuilderOptions
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {".arrow": {}}

    def shards(self, files: Sequence[DataFile]) -> Sequence[ArrowShard]:
        """Return runs of record batches of about 64 MiB."""
        return tuple(shard for file in files for shard in self._cut(file))

    def schema(self, files: Sequence[DataFile]) -> Features | None:
        """Return the features of all files' schemas, unified by name."""
        if self.config.features is not None:
            return self.config.features
        merged: Features | None = None
        for file in files:
            try:
                with _Opened(file) as reader:
                    features = Features.from_arrow_schema(reader.schema)
            except BadData:
                if self.config.on_bad_files == "error":
                    raise
                continue  # it is left out, and reported, when it is read
            try:
                merged = features if merged is None else unify(merged, features)
            except ArrowsetsError as error:
                raise type(error)(f"{file.url}: {error}") from error
        return merged

    def decodes_text(self) -> bool:
        """Types stand in the files."""
        return False

    def read(self, shard: ArrowShard, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the shard's rows; of a local file they stay mapped."""
        with _Opened(shard.file) as reader:
            target = schema or stored(reader.schema)
            passed, found = 0, False
            try:
                for batch in _batches(reader, shard):
                    table = pa.Table.from_batches([batch])
                    yield from bounded(fitted(self, table, target, shard.file, partial(_number, reader, shard, passed)))
                    passed, found = passed + table.num_rows, True
            except (pa.ArrowInvalid, OSError) as error:
                raise BadData(f"the file is cut off or broken: {error}", file=shard.file.url) from error
            if not found:
                yield target.empty_table()

    def edges(self, shard: ArrowShard) -> Sequence[int] | None:
        """Return where record batches begin, and the number of rows; a stream is read to know it."""
        if shard.stop is None or may_leave_out(self):
            return None
        with _Opened(shard.file) as reader:
            rows = [reader.get_batch(index).num_rows for index in range(shard.start, shard.stop)]
        return [0, *itertools.accumulate(rows)]

    def read_from(self, shard: ArrowShard, row: int, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the rows from one on; record batches that lie before it are not read."""
        edges = self.edges(shard) if row else None
        if edges is None:
            return super().read_from(shard, row, schema)
        passed = bisect.bisect_right(edges, row) - 1
        rest = ArrowShard(shard.file, shard.start + passed, shard.stop)
        return super().read_from(rest, row - edges[passed], schema)

    def cuts_files_apart(self) -> bool:
        """Each file is cut by itself."""
        return True

    def reads_in_threads(self) -> bool:
        """No code of the user runs."""
        return True

    def _cut(self, file: DataFile) -> Sequence[ArrowShard]:
        path = file.local_path()
        try:
            with _Opened(file) as reader:
                if path is None or not isinstance(reader, ipc.RecordBatchFileReader):
                    return [ArrowShard(file)]
                count = reader.num_record_batches
        except BadData:
            if self.config.on_bad_files == "error":
                raise
            return [ArrowShard(file)]
        pieces = max(1, min(count, path.stat().st_size // SHARD_BYTES))
        edges = [count * i // pieces for i in range(pieces + 1)]
        return [ArrowShard(file, start, stop) for start, stop in itertools.pairwise(edges)]


class _Opened:
    """A reader of a file, closed with its source."""

    def __init__(self, file: DataFile) -> None:
        path = file.local_path()
        self._file = file
        try:
            self._source = pa.memory_map(str(path)) if path is not None else pa.BufferReader(file.open().read())
        except pa.ArrowInvalid as error:  # an empty file cannot be mapped
            raise BadData(f"no Arrow file: {error}", file=file.url) from error

    def __enter__(self) -> Any:
        magic = self._source.read(len(MAGIC))
        self._source.seek(0)
        try:
            reader: Any = ipc.open_file(self._source) if magic == MAGIC else ipc.open_stream(self._source)
        except (pa.ArrowInvalid, OSError) as error:
            raise BadData(f"no Arrow file of the file or the stream format: {error}", file=self._file.url) from error
        check_names(reader.schema, self._file)
        return reader

    def __exit__(self, *error: object) -> None:
        # Tables that were handed out hold the map themselves.
        del self._source


def _number(reader: Any, shard: ArrowShard, passed: int) -> int:
    """Return the number in its file of the row that comes after so many of a shard."""
    before: list[int] = [reader.get_batch(index).num_rows for index in range(shard.start)]
    return sum(before, passed)


def _batches(reader: Any, shard: ArrowShard) -> Iterator[pa.RecordBatch]:
    if not isinstance(reader, ipc.RecordBatchFileReader):
        yield from reader
        return
    stop = reader.num_record_batches if shard.stop is None else shard.stop
    for index in range(shard.start, stop):
        yield reader.get_batch(index)
