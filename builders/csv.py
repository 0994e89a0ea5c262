"""CSV and TSV files: pyarrow's reader with the results of pandas' `read_csv`.

Files are cut into ranges of about 16 MiB, at line feeds outside quotes. Options that only pandas knows are read by
pandas itself, as text, so that types are found by the same rules.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.errors import ArrowsetsError, BadData, UnknownName
from arrowsets.features import Features
from arrowsets.files import DataFile
from arrowsets.record import dataclass

from . import ranges
from .csv_cuts import likely_cuts, record_cuts
from .csv_options import CsvOptions
from .csv_pandas import pandas_blocks
from .csv_parse import BlockParser, forced_types
from .ranges import FileRange
from .widening import WideningBuilder

__all__ = ["CsvBuilder", "CsvOptions", "CsvShard"]

HEADER_BYTES = 1 << 16  # in which a header is looked for
INDEX = "__index_level_0__"  # what pandas calls a column without a name in front of the named ones; it comes last


@dataclass(frozen=True)
class CsvShard:
    """A range of a CSV file.

    Attributes:
        names: The columns, None where the range begins with the header.
        closed: Quotes are known to be closed at its end.
        likely: It ends where a record seems to end, which is checked when it is read.
    """

    range: FileRange
    names: tuple[str, ...] | None = None
    closed: bool = False
    likely: bool = False


class CsvBuilder(WideningBuilder[CsvShard]):
    """Read CSV files."""

    name = "csv"
    version = "2"
    options = CsvOptions
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {".csv": {}, ".tsv": {"sep": "\t"}}
    config: CsvOptions

    def __init__(self, options: CsvOptions | None = None) -> None:
        super().__init__(options)
        self._hints: dict[str, dict[str, pa.DataType]] = {}  # of each file, what its first parser guessed
        self._guesses = False

    def fresh(self) -> CsvBuilder:
        """Return a builder that knows what the others guessed."""
        fresh = type(self)(self.config)
        fresh._hints = self._hints
        return fresh

    def guessing(self) -> CsvBuilder | None:
        """Return a builder that cuts files without counting their quotes; None where files are not cut."""
        if not self._is_placed():
            return None
        guessing = self.fresh()
        guessing._guesses = True
        return guessing

    def shards(self, files: Sequence[DataFile]) -> Sequence[CsvShard]:
        """Cut plain files of UTF-8 at ends of rows."""
        return tuple(shard for file in files for shard in self._cut(file))

    def takes(self, given: Features, found: Sequence[str]) -> bool:
        """Some of the columns are enough: the others are left out."""
        return super().takes(given, found) or set(given) <= set(found)

    def blocks(self, shard: CsvShard, schema: pa.Schema | None) -> Iterator[pa.Table]:
        """Yield the tables of a shard, a table without rows where it has none."""
        config = self.config
        if config.needs_pandas():
            yield from pandas_blocks(config, shard.range.file, schema, self.rejects)
            return
        parser: BlockParser | None = None
        found = False
        complete = config.records().complete
        for block in ranges.blocks(shard.range, complete, config.encoding, config.encoding_errors):
            start = 0
            if parser is None:
                names, start = (shard.names, 0) if shard.names else self._header(block, shard.range.file.url)
                parser = self._parser(shard, names)
            # Not cut off: a copy of the block takes as long as a third of parsing it.
            table = parser.table(block, start) if schema is None else parser.typed(block, schema, start)
            if table.num_rows or not found:
                yield table
                found = True
        if parser is None:
            raise BadData("the file is empty; a CSV file has a header at least", file=shard.range.file.url)

    def read_placed(
        self, shard: CsvShard, row: int, place: int | None, schema: pa.Schema | None = None
    ) -> Iterator[tuple[pa.Table, int | None]]:
        """Yield the shard's rows from one on; they are gone on with at a byte."""
        if not self._is_placed():
            yield from super().read_placed(shard, row, place, schema)
            return
        skip = row if place is None else 0
        for table, after in self._placed(shard, place, schema):
            if skip < table.num_rows:
                yield table.slice(skip) if skip else table, after
            skip = max(skip - table.num_rows, 0)

    def sample(self, shard: CsvShard) -> pa.Table | None:
        """Return the first rows."""
        if not self._is_placed():
            return super().sample(shard)
        return next((table for table, _ in self._placed(shard, None, None)), None)

    def _is_placed(self) -> bool:
        config = self.config
        return (
            not config.needs_pandas() and ranges.is_utf8(config.encoding) and config.encoding_errors in {None, "strict"}
        )

    def skim(self, shard: CsvShard, place: int | None) -> Iterator[tuple[int, int]] | None:
        """Count the lines of blocks without quotes."""
        if not self._is_placed() or self.config.on_bad_rows != "error":
            return None
        counting = _Counting(self._placed_rows(shard, place, skimmed=True), self.config.quotechar.encode())
        return ranges.row_counts(counting.blocks(), counting.ends, counting.parsed)

    def _placed(self, shard: CsvShard, place: int | None, schema: pa.Schema | None) -> Iterator[tuple[pa.Table, int]]:
        for parser, rows, after in self._placed_rows(shard, place):
            yield self._fitting(parser, rows, schema), after

    def _placed_rows(
        self, shard: CsvShard, place: int | None, *, skimmed: bool = False
    ) -> Iterator[tuple[BlockParser, bytes, int]]:
        """Yield the rows of a shard from a byte on as text, without the header."""
        names, complete = shard.names, self.config.records().complete
        whole = shard.range
        if names is None and place is not None:
            head = next(ranges.placed_blocks(whole, complete), (b"", 0))[0]
            names, _ = self._header(head, whole.file.url)
        rest = FileRange(whole.file, whole.start if place is None else place, whole.stop)
        parser: BlockParser | None = None
        for block, after in ranges.placed_blocks(rest, complete, skimmed=skimmed):
            rows = block
            if parser is None:
                names, start = (names, 0) if names else self._header(block, whole.file.url)
                rows = block[start:]
                parser = self._parser(shard, names)
            if rows:
                yield parser, rows, after
        if parser is None and place is None:
            raise BadData("the file is empty; a CSV file has a header at least", file=whole.file.url)

    def _fitting(self, parser: BlockParser, rows: bytes, schema: pa.Schema | None) -> pa.Table:
        if schema is None:
            return parser.table(rows)
        before, rejected = parser.rows, len(self.rejects.rows)
        try:
            return parser.typed(rows, schema)
        except ArrowsetsError:
            if self.config.features is not None:
                raise
            parser.rows = before
            del self.rejects.rows[rejected:]
            return parser.table(rows)

    def mixed(self, path: str, a: pa.DataType, b: pa.DataType) -> pa.DataType:
        """Any two kinds of text are text."""
        del path, a, b
        return pa.string()

    def cuts_files_apart(self) -> bool:
        """Each file is cut by itself."""
        return True

    def reads_in_threads(self) -> bool:
        """Not where functions of the user look at columns or cells."""
        return not self.config.needs_pandas() and not callable(self.config.usecols)

    def _cut(self, file: DataFile) -> Sequence[CsvShard]:
        size = ranges.plain_size(file)
        whole = (CsvShard(FileRange(file)),)
        if size is None or not self._is_placed():
            return whole
        if size <= ranges.shard_bytes(size):
            return (CsvShard(FileRange(file, 0, size)),)
        edges, likely = self._edges(file, size)
        if edges is None:
            return whole
        names, _ = self._header(self._head(file, edges[1]), file.url)
        return tuple(
            CsvShard(FileRange(file, start, stop), names if start else None, stop < size and not likely, likely)
            for start, stop in itertools.pairwise(edges)
        )

    def _edges(self, file: DataFile, size: int) -> tuple[list[int] | None, bool]:
        """Return where a file is cut, None if its quotes hide where records end, and whether that is a guess."""
        step, dialect = ranges.shard_bytes(size), self.config.records()
        # Some writers put quotes into a header that are no whole field; what comes after it is looked at by itself.
        raw = ranges.read_range(FileRange(file, 0, min(step, HEADER_BYTES)), keep_bom=True)
        head = raw.removeprefix(ranges.BOM)  # a quote after the mark opens a field
        header = next(dialect.records(head), None)
        inside = header is not None and header.closed and header.stop < len(head)
        begin = header.stop + len(raw) - len(head) if header is not None and inside else 0
        if self._guesses and (cuts := likely_cuts(file, dialect, begin, size, step)) is not None:
            return cuts, True
        return record_cuts(file, dialect, begin, size, step), False

    def _head(self, file: DataFile, stop: int) -> bytes:
        """Return the first records of a file: the two that say what its columns are, or all of the first shard."""
        dialect = self.config.records()
        head = ranges.read_range(FileRange(file, 0, min(stop, HEADER_BYTES)))
        head = head[: dialect.complete(head)]
        filled = (record for record in dialect.records(head) if head[record.start : record.stop].strip(dialect.blank))
        if len(list(itertools.islice(filled, 2))) == 2:
            return head
        return ranges.read_range(FileRange(file, 0, stop))

    def _header(self, block: bytes, file: str) -> tuple[tuple[str, ...], int]:
        """Return the names of a file's columns and where its rows begin; a nameless first field is an index."""
        config = self.config
        dialect = config.records()
        records = dialect.records(block)
        filled = (record for record in records if block[record.start : record.stop].strip(dialect.blank))
        first = next(filled, None)
        if first is None and config.given_names is None:
            raise BadData("the file is empty; a CSV file has a header at least", file=file)
        if first is None:
            return config.given_names or (), 0
        fields = self._fields(block[first.start : first.stop], file)
        row = next(filled, None) if config.has_header else first
        named = _unique(fields) if config.has_header else tuple(str(i) for i in range(len(fields)))
        names = config.given_names or named
        start = first.start
        if config.has_header:
            start = first.stop + (2 if block[first.stop : first.stop + 2] == b"\r\n" else 1)
        indexed = row is not None and config.index_col is not False and row.fields == len(names) + 1
        # With a separator at the end of each row it would be the values that move to the wrong column.
        if row is not None and indexed and self._fields(block[row.start : row.stop], file)[-1]:
            names = (INDEX, *names)
        return names, start

    def _fields(self, record: bytes, file: str) -> list[str]:
        config = self.config
        try:
            text = record.decode()
        except UnicodeDecodeError as error:
            raise BadData(f"the header is no UTF-8: {error}; give encoding=", file=file) from error
        quoting: Any = csv.QUOTE_NONE if config.quoting == csv.QUOTE_NONE else csv.QUOTE_MINIMAL
        csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
        lines = csv.reader(
            text.splitlines(keepends=True) if '"' in text or config.quotechar in text else [text],
            delimiter=config.separator or ",",
            quotechar=config.quotechar,
            quoting=quoting,
            doublequote=config.doublequote,
        )
        return next(lines, [])

    def _parser(self, shard: CsvShard, names: tuple[str, ...]) -> BlockParser:
        config = self.config
        return BlockParser(
            file=shard.range.file.url,
            names=names,
            keep=self._kept(names),
            dialect=config.records(),
            words=config.words(),
            nulls=config.nulls(),
            on_bad_rows=config.bad_rows,
            rejects=self.rejects,
            closed=shard.closed,
            likely=shard.likely,
            before=_Before(self, shard),
            forced=forced_types(config.dtype, names),
            given=config.features is not None,
            hints=self._hints.setdefault(shard.range.file.url, {}),
        )

    def _kept(self, names: tuple[str, ...]) -> tuple[str, ...]:
        columns = [name for name in names if name != INDEX]
        wanted = self.config.usecols
        if wanted is None:
            return (*columns, *(name for name in names if name == INDEX))
        if callable(wanted):
            return tuple(name for name in columns if wanted(name))
        for column in wanted:
            if column not in (range(len(columns)) if isinstance(column, int) else columns):
                raise UnknownName.of("column in usecols", column, columns)
        chosen = {columns[column] if isinstance(column, int) else column for column in wanted}
        return tuple(name for name in columns if name in chosen)


@dataclass(frozen=True)
class _Before:
    """How many rows of the file come before a shard; counted only when an error tells it."""

    builder: CsvBuilder
    shard: CsvShard

    def __call__(self) -> int:
        start = self.shard.range.start
        if not start:
            return 0
        config = self.builder.config
        dialect = config.records()
        head = FileRange(self.shard.range.file, 0, start)
        rows = 0
        for block in ranges.blocks(head, dialect.complete):
            filled = (r for r in dialect.records(block) if block[r.start : r.stop].strip(dialect.blank))
            rows += sum(1 for _ in filled)
        return rows - config.has_header


@dataclass
class _Counting:
    """The rows of a shard as text, and how many are in a block of them."""

    rows: Iterator[tuple[BlockParser, bytes, int]]
    quote: bytes
    parser: BlockParser | None = None

    def blocks(self) -> Iterator[tuple[bytes, int]]:
        for parser, block, after in self.rows:
            self.parser = parser
            yield block, after

    def ends(self, block: bytes) -> npt.NDArray[np.int64] | None:
        """Return where lines end, if each is a row: in quotes there may be others, and blank ones are none."""
        if self.quote in block or b"\r" in block or b"\n\n" in block or block.startswith(b"\n"):
            return None
        feeds = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
        return feeds if block.endswith(b"\n") else np.append(feeds, len(block))

    def parsed(self, block: bytes) -> int:
        assert self.parser is not None
        return self.parser.table(block).num_rows


def _unique(fields: Sequence[str]) -> tuple[str, ...]:
    """Return the names of columns as pandas makes them: "Unnamed: 0" for none, "a.1" for a second "a"."""
    names = [field or f"Unnamed: {i}" for i, field in enumerate(fields)]
    counts: dict[str, int] = {}
    for i in sorted(range(len(fields)), key=lambda i: not fields[i]):
        name = chosen = names[i]
        count = counts.get(name, 0)
        while count:
            counts[name] = count + 1
            chosen = f"{name}.{count}"
            count = count + 1 if chosen in names else counts.get(chosen, 0)
        names[i] = chosen
        counts[chosen] = 1
    return tuple(names)
