"""Parquet files: row groups as they are, with the types of all files' footers unified."""

from __future__ import annotations

import bisect
import contextlib
import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow as pa

from arrowsets.builder import Builder, BuilderOptions
from arrowsets.errors import ArrowsetsError, BadData, ColumnNotFound
from arrowsets.features import Features, unify
from arrowsets.files import DataFile
from arrowsets.record import dataclass

from .storage import bounded, check_names, fitted, may_leave_out, stored

if TYPE_CHECKING:
    import pyarrow.parquet as pq

__all__ = ["ParquetBuilder", "ParquetOptions", "ParquetShard"]

SHARD_BYTES = 16 << 20  # of uncompressed row groups that are one unit of work, about
TABLE_BYTES = 4 << 20  # of rows that are decoded at once, about
SMALL_BYTES = 1 << 20  # the same for streams


@dataclass(frozen=True)
class ParquetOptions(BuilderOptions):
    """How Parquet is read.

    Attributes:
        batch_size: Rows of a table. None: as many as 16 MiB hold.
        columns: Those to read; of a struct, `a.b` is one field.
        filters: Rows to keep: an expression, or tuples as `pyarrow.parquet.read_table` takes them. Row groups whose
            statistics rule them out are not read.
        fragment_scan_options: A `pyarrow.dataset.ParquetFragmentScanOptions`, where `filters` are used.
        on_bad_files: As for all builders, or "warn", which is "skip".
    """

    batch_size: int | None = None
    columns: Sequence[str] | None = None
    filters: Any = None
    fragment_scan_options: Any = None

    def __post_init__(self) -> None:
        if self.on_bad_files == "warn":  # what is left out is always told
            object.__setattr__(self, "on_bad_files", "skip")
        super().__post_init__()


@dataclass(frozen=True)
class ParquetShard:
    """Row groups `start` to `stop` of a file."""

    file: DataFile
    start: int
    stop: int


class ParquetBuilder(Builder[ParquetShard]):
    """Read Parquet files."""

    name = "parquet"
    options = ParquetOptions
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {".parquet": {}, ".geoparquet": {}, ".gpq": {}}
    config: ParquetOptions

    def __init__(self, options: BuilderOptions | None = None) -> None:
        super().__init__(options)
        self._counts: dict[DataFile, Sequence[int]] = {}
        # Of files that are not on this machine: each time it is asked for, a footer comes over the network.
        self._footers: dict[DataFile, Any] = {}

    def shards(self, files: Sequence[DataFile]) -> Sequence[ParquetShard]:
        """Return runs of row groups of about 64 MiB; an empty file is one shard of none."""
        return tuple(shard for file in files for shard in self._cut(file))

    def schema(self, files: Sequence[DataFile]) -> Features | None:
        """Return the features of all files' footers, unified by name."""
        if self.config.features is not None:
            return self.config.features
        merged: Features | None = None
        for file in files:
            footer = self._opened(file)
            if footer is None:
                continue
            with _closing(footer):
                features = Features.from_arrow_schema(self._wanted(footer, file))
            try:
                merged = features if merged is None else unify(merged, features)
            except ArrowsetsError as error:
                raise type(error)(f"{file.url}: {error}") from error
        return merged

    def selects_columns(self) -> bool:
        """Columns lie apart."""
        return True

    def decodes_text(self) -> bool:
        """Types stand in the files."""
        return False

    def read(self, shard: ParquetShard, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the shard's rows, decoded a few MiB at a time."""
        return self._read(shard, schema, TABLE_BYTES)

    def _read(self, shard: ParquetShard, schema: pa.Schema | None, table_bytes: int) -> Iterator[pa.Table]:
        file = self._opened(shard.file)
        if file is None:
            return
        with _closing(file):
            wanted = self._wanted(file, shard.file)
            target = schema or stored(wanted)
            kept = set(target.names)
            names = [name for name in wanted.names if name in kept]
            passed, found = 0, False
            try:
                for batch in self._batches(file, shard, names, wanted, table_bytes):
                    table = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
                    yield from bounded(fitted(self, table, target, shard.file, partial(self._number, shard, passed)))
                    passed, found = passed + table.num_rows, True
            except (pa.ArrowInvalid, OSError) as error:
                raise BadData(f"row groups {shard.start} to {shard.stop}: {error}", file=shard.file.url) from error
            if not found:
                yield target.empty_table()

    def _number(self, shard: ParquetShard, passed: int) -> int | None:
        """Return the number in its file of the row that comes after so many of a shard; filters leave it open."""
        rows = self._row_counts(shard.file) if self.config.filters is None else None
        return None if rows is None else sum(rows[: shard.start]) + passed

    def edges(self, shard: ParquetShard) -> Sequence[int] | None:
        """Return where row groups begin, and the number of rows; filters and bad rows leave it open."""
        if self.config.filters is not None or may_leave_out(self):
            return None
        rows = self._row_counts(shard.file)
        return None if rows is None else [0, *itertools.accumulate(rows[shard.start : shard.stop])]

    def read_placed(
        self, shard: ParquetShard, row: int, place: int | None, schema: pa.Schema | None = None
    ) -> Iterator[tuple[pa.Table, int | None]]:
        """Yield the rows from one on, a small table at a time; row groups that lie before it are not read."""
        del place
        edges = self.edges(shard) if row else None
        if edges is not None:
            passed = bisect.bisect_right(edges, row) - 1
            shard, row = ParquetShard(shard.file, shard.start + passed, shard.stop), row - edges[passed]
        # One group at a time: what is buffered ahead would be lost on readers that stop or jump.
        # A file that is left out has none, and has to be opened to be told.
        groups = (range(shard.start, shard.stop) or [None]) if self.config.filters is None else [None]
        for group in groups:
            part = shard if group is None else ParquetShard(shard.file, group, group + 1)
            for table in self._read(part, schema, SMALL_BYTES):
                if row < table.num_rows:
                    yield table.slice(row) if row else table, None
                row = max(row - table.num_rows, 0)

    def _row_counts(self, file: DataFile) -> Sequence[int] | None:
        """Return the rows of each row group."""
        if file not in self._counts:
            opened = self._opened(file)
            if opened is None:
                return None
            with _closing(opened):
                footer = opened.metadata
            self._counts[file] = [footer.row_group(group).num_rows for group in range(footer.num_row_groups)]
        return self._counts[file]

    def cuts_files_apart(self) -> bool:
        """Each file is cut by itself."""
        return True

    def reads_in_threads(self) -> bool:
        """No code of the user runs."""
        return True

    def _cut(self, file: DataFile) -> Sequence[ParquetShard]:
        opened = self._opened(file)
        if opened is None:
            return (ParquetShard(file, 0, 0),)  # whoever reads it tells that the file was left out
        with _closing(opened):
            footer = opened.metadata
        edges, size = [0], 0
        for group in range(footer.num_row_groups):
            size += footer.row_group(group).total_byte_size
            if size >= SHARD_BYTES and group + 1 < footer.num_row_groups:
                edges.append(group + 1)
                size = 0
        edges.append(footer.num_row_groups)
        return [ParquetShard(file, start, stop) for start, stop in itertools.pairwise(edges)]

    def _opened(self, file: DataFile) -> pq.ParquetFile | None:
        import pyarrow.parquet as pq

        try:
            source = _source(file)
            # Mapped, the bytes are decoded from the system's cache of the file without a copy of them.
            opened = pq.ParquetFile(
                source, metadata=self._footers.get(file), pre_buffer=True, memory_map=isinstance(source, str)
            )
        except (pa.ArrowInvalid, OSError) as error:
            if isinstance(error, ArrowsetsError | FileNotFoundError):
                raise
            if self.config.on_bad_files == "error":
                reason = f"no Parquet ({error}); on_bad_files='skip' leaves such files out"
                raise BadData(reason, file=file.url) from error
            if file.url not in {url for url, _ in self.rejects.files}:
                self.rejects.files.append((file.url, str(error)))
            return None
        if not isinstance(source, str):
            self._footers[file] = opened.metadata
        return opened

    def _wanted(self, opened: pq.ParquetFile, file: DataFile) -> pa.Schema:
        schema = opened.schema_arrow
        metadata: Any = schema.metadata
        check_names(schema, file)
        if self.config.columns is None:
            return schema
        names = list(dict.fromkeys(_root(column, schema.names) for column in self.config.columns))
        for name in names:
            if name not in schema.names:
                raise ColumnNotFound(f"{file.url}: {ColumnNotFound.of(name, schema.names)}")
        if any(column not in schema.names for column in self.config.columns):
            return opened.read_row_groups([], columns=list(self.config.columns)).schema
        return pa.schema([schema.field(name) for name in names], metadata)

    def _batches(
        self, opened: pq.ParquetFile, shard: ParquetShard, names: list[str], wanted: pa.Schema, table_bytes: int
    ) -> Iterator[pa.RecordBatch | pa.Table]:
        rows = self.config.batch_size or _rows(opened.metadata, shard, table_bytes)
        if self.config.filters is not None:
            yield from self._filtered(shard, names, rows)
            return
        columns = list(self.config.columns or names)
        kept = [column for column in columns if _root(column, names) in names]
        if not kept and not wanted.names:
            return
        yield from opened.iter_batches(rows, row_groups=list(range(shard.start, shard.stop)), columns=kept)

    def _filtered(self, shard: ParquetShard, names: list[str], rows: int) -> Iterator[pa.Table]:
        import pyarrow.dataset as ds
        import pyarrow.parquet as pq

        filters = self.config.filters
        if not isinstance(filters, ds.Expression):
            filters = pq.filters_to_expression(filters)
        source = _source(shard.file)
        groups = list(range(shard.start, shard.stop))
        system = pa.fs.LocalFileSystem() if isinstance(source, str) else None
        fragment = ds.ParquetFileFormat().make_fragment(source, filesystem=system, row_groups=groups)
        scanner = fragment.scanner(
            columns=names, filter=filters, batch_size=rows, batch_readahead=2,
            fragment_scan_options=self.config.fragment_scan_options,
        )  # fmt: skip
        for batch in scanner.to_batches():
            if batch.num_rows:
                yield pa.Table.from_batches([batch])


@contextlib.contextmanager
def _closing(opened: pq.ParquetFile) -> Iterator[None]:
    """Close the stream as well that a file is read from: it may be a connection."""
    try:
        yield
    finally:
        opened.close(force=True)


def _root(column: str, names: Sequence[str]) -> str:
    """Return the column of a path such as "struct.field"; a column's own name may have dots as well."""
    return column if column in names else column.partition(".")[0]


def _rows(footer: pq.FileMetaData, shard: ParquetShard, table_bytes: int) -> int:
    groups = [footer.row_group(group) for group in range(shard.start, shard.stop)]
    rows = sum(group.num_rows for group in groups)
    size = sum(group.total_byte_size for group in groups)
    return max(1, min(100_000, rows * table_bytes // max(size, 1))) if rows else 1


def _source(file: DataFile) -> Any:
    path = file.local_path()
    if path is not None:
        return str(path)
    stream = file.open()
    # Decompressed content cannot be read backwards, and a footer stands at the end.
    return stream if stream.seekable() else io.BytesIO(stream.read())
