"""JSON files: a value a line, an array, one object, or one member of an object; always in bounded memory.

Lines are read by pyarrow, and the items of an array are rewritten to lines first. What pyarrow does not take
(values of mixed kinds, repeated keys, items that are no objects, anything wrong) is read again value by value.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import pyarrow as pa

from arrowsets.builder import Builder, BuilderOptions, Rejects
from arrowsets.errors import ArrowsetsError, BadData, SchemaConflict, UnknownName
from arrowsets.files import DataFile
from arrowsets.record import dataclass

from . import ranges
from .agent_traces import AgentTracesBuilder, is_trace
from .json_lines import LineReader, between_objects, ends_of_objects, whole_objects
from .json_structure import array_items, member
from .ranges import FileRange, utf8_stream
from .widening import WideningBuilder

__all__ = ["JsonBuilder", "JsonOptions"]

_GAP = re.compile(rb"\n[ \t]*\n")


@dataclass(frozen=True)
class JsonOptions(BuilderOptions):
    """How JSON is read.

    Attributes:
        field: The member of the outermost object whose value holds the rows: an array, or an object of columns.
        chunksize: Accepted for compatibility, as are `use_threads`, `block_size` and `newlines_in_values`: no result
            depends on them.
        on_mixed_types: What becomes of a column that holds values of two kinds: "use_json" stores each as JSON text
            that is decoded when read; None is an error.
        parse_agent_traces: Read traces of coding agents (Claude Code, Codex and others) as a row for each session, with its
            messages: whether files are some is told from how the first begins. None looks at files on this machine only.
    """

    encoding: str = "utf-8"
    encoding_errors: str | None = None
    field: str | None = None
    use_threads: bool = True
    block_size: int | None = None
    chunksize: int = 10 << 20
    newlines_in_values: bool | None = None
    on_mixed_types: str | None = "use_json"
    parse_agent_traces: bool | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.on_mixed_types not in {"use_json", None}:
            raise UnknownName.of("value of on_mixed_types", self.on_mixed_types, ["use_json", None])


class JsonBuilder(WideningBuilder[FileRange]):
    """Read JSON and JSON Lines files."""

    name = "json"
    options = JsonOptions
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {".json": {}, ".jsonl": {}, ".ndjson": {}}
    config: JsonOptions

    def over(self, splits: Mapping[str, Sequence[DataFile]]) -> Builder[Any]:
        """Return the reader of agents' traces where the first file is one."""
        config = self.config
        first = next((file for files in splits.values() for file in files), None)
        if (
            first is None
            or config.parse_agent_traces is False
            or config.features is not None
            or config.field is not None
        ):
            return self
        if first.is_remote and not config.parse_agent_traces:
            return self  # what is in the cache is found without a request
        try:
            found = is_trace(first)
        except ArrowsetsError:
            return self  # reading it says what is wrong
        return AgentTracesBuilder(BuilderOptions(on_bad_files=config.on_bad_files)) if found else self

    def shards(self, files: Sequence[DataFile]) -> Sequence[FileRange]:
        """Cut plain files of lines between their objects."""
        return tuple(shard for file in files for shard in self._cut(file))

    def blocks(self, shard: FileRange, schema: pa.Schema | None) -> Iterator[pa.Table]:
        """Yield the tables of a shard; none where it has no value."""
        reader = self._reader(shard, schema)
        for lines in self._lines(shard):
            if lines and not lines.isspace():
                yield reader.table(lines)

    def _reader(self, shard: FileRange, schema: pa.Schema | None) -> LineReader:
        config = self.config
        return LineReader(
            shard, schema, self.mixed, config.on_bad_rows, self.rejects, given=config.features is not None
        )

    def read_placed(
        self, shard: FileRange, row: int, place: int | None, schema: pa.Schema | None = None
    ) -> Iterator[tuple[pa.Table, int | None]]:
        """Yield the shard's rows from one on; lines are gone on with at a byte."""
        lines = self._placed_lines(shard, place)
        if lines is None:
            yield from super().read_placed(shard, row, place, schema)
            return
        skip = row if place is None else 0
        reader = self._reader(shard, schema)
        for block, after in lines:
            if block.isspace():
                continue
            table = self._fitting(reader, block)
            if skip < table.num_rows:
                yield table.slice(skip) if skip else table, after
            skip = max(skip - table.num_rows, 0)

    def skim(self, shard: FileRange, place: int | None) -> Iterator[tuple[int, int]] | None:
        """Count the lines that are objects."""
        lines = self._placed_lines(shard, place, skimmed=True) if self.config.on_bad_rows == "error" else None
        if lines is None:
            return None
        reader = self._reader(shard, None)
        blocks = ((block, after) for block, after in lines if not block.isspace())
        return ranges.row_counts(blocks, ends_of_objects, lambda block: reader.table(block).num_rows, sure=True)

    def _fitting(self, reader: LineReader, block: bytes) -> pa.Table:
        try:
            return reader.table(block)
        except ArrowsetsError:
            if reader.schema is None or self.config.features is not None:
                raise
            return replace(reader, schema=None).table(block)

    def sample(self, shard: FileRange) -> pa.Table | None:
        """Return the rows of the first lines."""
        lines = self._placed_lines(shard, None)
        if lines is None:
            return super().sample(shard)
        reader = LineReader(shard, None, self.mixed, self.config.on_bad_rows, Rejects())
        return next((reader.table(block) for block, _ in lines if not block.isspace()), None)

    def _placed_lines(
        self, shard: FileRange, place: int | None, *, skimmed: bool = False
    ) -> Iterator[tuple[bytes, int]] | None:
        """Return the lines of a shard from a byte on, with the bytes after them; None where it has none."""
        config = self.config
        plain = ranges.is_utf8(config.encoding) and config.encoding_errors in {None, "strict"}
        if not plain or config.field is not None:
            return None
        rest = FileRange(shard.file, shard.start if place is None else place, shard.stop)
        blocks = ranges.placed_blocks(rest, whole_objects, skimmed=skimmed)
        first = next(blocks, None)
        if first is None:
            return iter(())
        if not first[0].lstrip().startswith(b"{"):
            blocks.close()  # type: ignore[attr-defined]
            return None
        return itertools.chain([first], blocks)

    def mixed(self, path: str, a: pa.DataType, b: pa.DataType) -> pa.DataType:
        """Values of two kinds are JSON, or a conflict."""
        if self.config.on_mixed_types is None:
            raise SchemaConflict(
                f"column {path!r} holds {a} and {b}; on_mixed_types='use_json' stores such values as JSON", column=path
            )
        return pa.json_(pa.string())

    def cuts_files_apart(self) -> bool:
        """Each file is cut by itself."""
        return True

    def reads_in_threads(self) -> bool:
        """No code of the user runs."""
        return True

    def _cut(self, file: DataFile) -> Sequence[FileRange]:
        if ranges.is_small(file):
            return (FileRange(file),)
        config = self.config
        size = ranges.plain_size(file)
        plain = ranges.is_utf8(config.encoding) and config.encoding_errors in {None, "strict"}
        if size is None or size <= ranges.shard_bytes(size) or not plain or config.field is not None:
            return (FileRange(file),)
        with file.open() as raw:
            if not raw.read(1 << 12).removeprefix(ranges.BOM).lstrip().startswith(b"{"):
                return (FileRange(file),)
        cuts = ranges.line_cuts(file, size, between_objects, ranges.shard_bytes(size))
        return tuple(FileRange(file, start, stop) for start, stop in itertools.pairwise(cuts))

    def _lines(self, shard: FileRange) -> Iterator[bytes]:
        config = self.config
        if shard.stop is not None:
            yield from ranges.blocks(shard, whole_objects)
            return
        with shard.file.open() as raw:
            stream = ranges.utf8_stream(raw, shard.file.url, config.encoding, config.encoding_errors)
            if config.field is not None:
                yield from _field_lines(stream, config.field, shard.file.url)
                return
            start = _begin(stream)
            if start.startswith(b"["):
                yield from _array_lines(start[1:], stream, shard.file.url, last=True)
            else:
                yield from ranges.whole_records(_pieces(start, stream), whole_objects)


def _begin(stream: utf8_stream) -> bytes:
    """Return the first bytes of a stream that are not white space, as many as one read gives."""
    while data := stream.read(ranges.BLOCK_BYTES):
        if data := data.lstrip():
            return data
    return b""


def _pieces(first: bytes, stream: utf8_stream) -> Iterator[bytes]:
    while first:
        yield first
        first = stream.read(ranges.BLOCK_BYTES)


def _array_lines(block: bytes, stream: utf8_stream, file: str, *, last: bool) -> Iterator[bytes]:
    """Yield the items of an array, one a line; `block` begins after its bracket.

    Args:
        last: Nothing may follow the array.
    """
    size = ranges.BLOCK_BYTES
    begun = False
    while True:
        items, length, ended = array_items(block)
        # Line feeds stand for commas here.
        last_missing = ended and (items.rstrip(b" \t").endswith(b"\n") or (begun and not items.strip()))
        if last_missing or items.lstrip(b" \t").startswith(b"\n") or _GAP.search(items):
            raise BadData("a comma without an item in the array", file=file)
        if items:
            begun = True
            yield items
        block = block[length:]
        if ended:
            break
        # An item longer than what was read: look again when there is twice as much, so that it stays linear.
        more = stream.read(size if length else max(size, len(block)))
        if not more:
            raise BadData("the file ends within an array: it is cut off", file=file)
        block += more
    if last and (block.strip() or _begin(stream)):
        raise BadData("more text after the array", file=file)


def _field_lines(stream: utf8_stream, field: str, file: str) -> Iterator[bytes]:
    block = _value_of(stream, field, file)
    if block.startswith(b"["):
        yield from _array_lines(block[1:], stream, file, last=False)
    elif block.startswith(b"{"):
        yield _transposed(block + b"".join(_pieces(stream.read(ranges.BLOCK_BYTES), stream)), field, file)
    elif not block.startswith(b"null"):
        raise BadData(f"the member {field!r} holds no rows: an array or an object of arrays does", file=file)


def _value_of(stream: utf8_stream, field: str, file: str) -> bytes:
    block, depth = _begin(stream), 0
    if not block.startswith(b"{"):
        raise BadData(f"no object, so it has no member {field!r}", file=file)
    key = json.dumps(field, ensure_ascii=False).encode()
    while True:
        at, done, depth = member(block, key, depth)
        more = stream.read(ranges.BLOCK_BYTES)
        if at >= 0 and (value := (block[at:] + more).lstrip()):
            return value
        if not more:
            raise BadData(f"no member {field!r} in the outermost object", file=file)
        block = block[done:] + more


def _transposed(block: bytes, field: str, file: str) -> bytes:
    """Return an object of columns as rows, one a line; held in memory: a row ends in the last column."""
    try:
        columns, _ = json.JSONDecoder().raw_decode(block.decode())
    except ValueError as error:
        raise BadData(f"no valid JSON: {error}", file=file) from error
    lengths = {name: len(values) if isinstance(values, list) else None for name, values in columns.items()}
    if None in lengths.values() or len(set(lengths.values())) > 1:
        raise BadData(
            f"the member {field!r} is an object whose values are not arrays of one length: {lengths}", file=file
        )
    rows = zip(*columns.values(), strict=True)
    return "\n".join(json.dumps(dict(zip(columns, row, strict=True))) for row in rows).encode()
