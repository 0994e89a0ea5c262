"""Text files: a row for each line, paragraph or document, in one column `text`.

Lines end with a line feed, a carriage return or both, and with nothing else (a form feed or U+2028 is text), as Python
reads text files. A byte order mark stays, as it does there.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.builder import Builder, BuilderOptions
from arrowsets.errors import BadData, UnknownName
from arrowsets.features import Features, Value
from arrowsets.features.buffers import texts
from arrowsets.files import DataFile
from arrowsets.record import dataclass

from . import ranges
from .ranges import FileRange

__all__ = ["TextBuilder", "TextOptions"]

SAMPLES = ("line", "paragraph", "document")
_SCHEMA = pa.schema([("text", pa.string())])


@dataclass(frozen=True)
class TextOptions(BuilderOptions):
    """How text is read.

    Attributes:
        chunksize: Accepted for compatibility: no result depends on it.
        keep_linebreaks: Keep the line feed at the end of each line, when sampling by line.
        sample_by: What a row is: "line", "paragraph" (what stands between blank lines) or "document" (a file).
    """

    encoding: str = "utf-8"
    encoding_errors: str | None = None
    chunksize: int = 10 << 20
    keep_linebreaks: bool = False
    sample_by: str = "line"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.sample_by not in SAMPLES:
            raise UnknownName.of("value of sample_by", self.sample_by, SAMPLES)


class TextBuilder(Builder[FileRange]):
    """Read text files."""

    name = "text"
    options = TextOptions
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {".txt": {}}
    config: TextOptions

    def shards(self, files: Sequence[DataFile]) -> Sequence[FileRange]:
        """Cut plain files at line feeds, or whole paragraphs; a document is never cut."""
        return tuple(shard for file in files for shard in self._cut(file))

    def schema(self, files: Sequence[DataFile]) -> Features | None:
        """Return the one column."""
        del files
        return self.config.features or Features({"text": Value("string")})

    def takes(self, given: Features, found: Sequence[str]) -> bool:
        """The one column may have any name."""
        return super().takes(given, found) or len(given) == 1

    def decodes_text(self) -> bool:
        """Text is text."""
        return False

    def read(self, shard: FileRange, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the shard's rows."""
        found = False
        for text in self._samples(shard):
            found = True
            table = pa.Table.from_arrays([text], schema=_SCHEMA)
            yield table if schema is None else _cast(table, schema)
        if not found:
            yield (schema or _SCHEMA).empty_table()

    def read_placed(
        self, shard: FileRange, row: int, place: int | None, schema: pa.Schema | None = None
    ) -> Iterator[tuple[pa.Table, int | None]]:
        """Yield the shard's rows from one on; lines and paragraphs are gone on with at a byte."""
        config = self.config
        plain = ranges.is_utf8(config.encoding) and config.encoding_errors in {None, "strict"}
        if not plain or config.sample_by == "document":
            yield from super().read_placed(shard, row, place, schema)
            return
        skip, passed = (row, 0) if place is None else (0, row)
        rest = FileRange(shard.file, shard.start if place is None else place, shard.stop)
        for block, after in ranges.placed_blocks(rest, self._complete(), keep_bom=True):
            text, left_out = self._decoded(block, shard, passed)
            rows = self._rows(text)
            passed += len(rows) + left_out
            if skip < len(rows):
                table = pa.Table.from_arrays([rows.slice(skip)], schema=_SCHEMA)
                yield table if schema is None else _cast(table, schema), after
            skip = max(skip - len(rows), 0)

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
        if size is None or size <= ranges.shard_bytes(size) or not plain or config.sample_by == "document":
            return (FileRange(file),)
        find = ranges.after_newline if config.sample_by == "line" else _after_blank_line
        cuts = ranges.line_cuts(file, size, find, ranges.shard_bytes(size))
        return tuple(FileRange(file, start, stop) for start, stop in itertools.pairwise(cuts))

    def _samples(self, shard: FileRange) -> Iterator[pa.Array[Any]]:
        config = self.config
        passed = 0
        blocks = ranges.blocks(shard, self._complete(), config.encoding, config.encoding_errors, keep_bom=True)
        if config.sample_by == "document":
            whole, left_out = self._decoded(b"".join(blocks), shard, 0)
            if not left_out:
                yield texts([whole])
            return
        for block in blocks:
            text, left_out = self._decoded(block, shard, passed)
            rows = self._rows(text)
            passed += len(rows) + left_out
            if len(rows):
                yield rows

    def _complete(self) -> Any:
        return {"line": _whole_lines, "paragraph": _whole_paragraphs, "document": _nothing}[self.config.sample_by]

    def _rows(self, text: bytes) -> pa.Array[Any]:
        return self._lines(text) if self.config.sample_by == "line" else _paragraphs(text)

    def _decoded(self, block: bytes, shard: FileRange, passed: int) -> tuple[bytes, int]:
        """Return the rows of a block that are UTF-8, and the number of others; these are an error unless left out.

        Args:
            passed: Rows of the shard before the block.
        """
        text = _universal(block)
        if ranges.valid_utf8(text):
            return text, 0
        good, bad = [], 0
        before = passed + self._before(shard)
        for row, part in enumerate(self._parts(text), before):
            if ranges.valid_utf8(part):
                good.append(part)
                continue
            if self.config.on_bad_rows == "error":
                raise _undecodable(part, shard.file.url, row)
            kept = part.decode(errors="replace").rstrip("\n") if self.config.on_bad_rows == "quarantine" else ""
            self.rejects.rows.append((shard.file.url, row, "bytes that are no UTF-8", kept))
            bad += 1
        return b"".join(good), bad

    def _parts(self, text: bytes) -> list[bytes]:
        """Cut text into its rows, with what stands between them."""
        if self.config.sample_by == "document":
            return [text]
        if self.config.sample_by == "line":
            return _LINE.findall(text)
        return [part + b"\n\n" for part in text.split(b"\n\n") if part]

    def _before(self, shard: FileRange) -> int:
        """Count the rows of the file before a shard: only an error, or a row that is left out, asks."""
        if not shard.start:
            return 0
        head = FileRange(shard.file, 0, shard.start)
        blocks = ranges.blocks(head, self._complete(), keep_bom=True)
        return sum(len(self._parts(_universal(block))) for block in blocks)

    def _lines(self, block: bytes) -> pa.Array[Any]:
        data = np.frombuffer(block, np.uint8)
        ends = np.flatnonzero(data == 10)
        stops = ends + 1
        if not len(stops) or stops[-1] != len(block):
            stops = np.append(stops, len(block))
        offsets = np.concatenate([[0], stops]).astype(np.int32)
        if self.config.keep_linebreaks:
            return _strings(block, offsets)
        # Without their line feeds the lines still lie one after the other: only the offsets move.
        kept = block.replace(b"\n", b"")
        offsets[1:] -= np.minimum(np.arange(1, len(stops) + 1), len(ends)).astype(np.int32)
        return _strings(kept, offsets)


def _strings(data: bytes, offsets: npt.NDArray[np.int32]) -> pa.Array[Any]:
    places: Any = offsets
    return pa.Array.from_buffers(pa.string(), len(offsets) - 1, [None, pa.py_buffer(places), pa.py_buffer(data)])


def _paragraphs(block: bytes) -> pa.Array[Any]:
    return texts([part for part in block.split(b"\n\n") if part])


def _universal(block: bytes) -> bytes:
    if b"\r" not in block:
        return block
    return block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _nothing(block: bytes) -> int:
    del block
    return 0


def _whole_lines(block: bytes) -> int:
    end = block.rfind(b"\n") + 1
    if end:
        return end
    # Old lines end with a carriage return; one at the very end may be half of a line end.
    return block.rfind(b"\r", 0, len(block) - 1) + 1


_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
# Paragraphs are split at each two line ends, from the left: a third belongs to the next one. So only the first two of
# a run are a place to cut at.
_BLANK_LINE = re.compile(rb"[^\r\n]\r?\n\r?\n")
_TWO_ENDS = re.compile(rb"\r?\n\r?\n")


def _after_blank_line(window: bytes) -> int:
    match = _BLANK_LINE.search(window)
    return match.end() if match else -1


def _whole_paragraphs(block: bytes) -> int:
    end = len(block)
    while (end := max(block.rfind(b"\n\n", 0, end), block.rfind(b"\n\r\n", 0, end))) > 0:
        while end and block[end - 1] in b"\r\n":
            end -= 1
        if end and (match := _TWO_ENDS.match(block, end)):
            return match.end()
    return 0


def _undecodable(part: bytes, file: str, row: int) -> BadData:
    try:
        part.decode()
    except UnicodeDecodeError as error:
        reason = f"byte {part[error.start]:#04x} is no UTF-8 ({error.reason})"
        return BadData(f"{reason}; give encoding= or encoding_errors=", file=file, row=row)
    return BadData("no UTF-8", file=file, row=row)


def _cast(table: pa.Table, schema: pa.Schema) -> pa.Table:
    name = schema.names[0] if len(schema) == 1 else "text"
    columns = [
        table.column("text").cast(field.type) if field.name == name else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
