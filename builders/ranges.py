"""Ranges of text files: where a file can be cut, and its bytes as UTF-8 in blocks of whole records."""

from __future__ import annotations

import codecs
import os
import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.errors import BadData
from arrowsets.files import DataFile
from arrowsets.record import dataclass

__all__ = [
    "MORE_THREADS",
    "FileRange",
    "blocks",
    "is_small",
    "is_utf8",
    "line_cuts",
    "placed_blocks",
    "plain_size",
    "read_range",
    "row_counts",
    "shard_bytes",
    "utf8_stream",
    "valid_utf8",
    "whole_records",
]

# Of text that is one unit of work, about. What is made of 8 MiB at once jemalloc gives back to the system at once, which has to
# clear it again for the next.
SHARD_BYTES = 7 << 20
READERS = 4  # pieces that a small file is cut into, so that all who read have work
SMALL_SHARD = 4 << 20  # but none is smaller
# Whether Arrow is to parse a shard with threads of its own. On few processors those who read other shards use all of
# them, and Arrow's threads beside them take a third more time.
MORE_THREADS = (os.cpu_count() or 1) > READERS
BLOCK_BYTES = 8 << 20  # of text that is parsed at once, about: what is parsed from it stays below twice that
FIRST_BYTES = 1 << 16  # of the first block that a stream reads
SMALL_BYTES = 1 << 20  # of the later ones
SKIMMED_BYTES = 1 << 18  # the same where rows are only counted: what is made of more does not stay in the cache
BOM = codecs.BOM_UTF8


@dataclass(frozen=True)
class FileRange:
    """Bytes of a file that begin and end between records; `stop` None means to the end, however it is stored."""

    file: DataFile
    start: int = 0
    stop: int | None = None


def plain_size(file: DataFile) -> int | None:
    """Return the size of a file whose bytes can be read at any place, else None."""
    path = file.local_path()
    return None if path is None else path.stat().st_size


def is_small(file: DataFile) -> bool:
    """Tell whether a file is not cut, however it is stored: so it need not be opened to find that out."""
    return file.size is not None and file.size <= SMALL_SHARD


def shard_bytes(size: int) -> int:
    """Return of how many bytes the shards of a file are, about: fewer in small files, so that there are some."""
    return min(SHARD_BYTES, max(SMALL_SHARD, size // READERS + 1))


def is_utf8(encoding: str | None) -> bool:
    """Tell whether an encoding is UTF-8 by any of its names."""
    if encoding is None:
        return True
    try:
        return codecs.lookup(encoding).name in {"utf-8", "utf-8-sig", "ascii"}
    except LookupError as error:
        raise BadData(
            f"unknown encoding {encoding!r}; Python's codecs are allowed, such as 'utf-8' or 'latin-1'"
        ) from error


def valid_utf8(block: bytes) -> bool:
    """Tell whether bytes are UTF-8, without a decoded copy of them."""
    offsets = pa.py_buffer(struct.pack("=qq", 0, len(block)))
    whole = pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, pa.py_buffer(block)])
    try:
        whole.cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def line_cuts(file: DataFile, size: int, find: Callable[[bytes], int], step: int) -> list[int]:
    """Return the offsets at which a file can be cut, about `step` bytes apart, from 0 to its size.

    Args:
        find: Answers the offset after the first line of a window at whose end records end, or -1.
    """
    cuts = [0]
    with file.open_raw() as raw:
        target = step
        while target < size:
            place = _next_cut(raw, target - 1, size, find)
            if place >= size:
                break
            cuts.append(place)
            target = max(place + 1, target + step)
    return [*cuts, size]


def _next_cut(raw: BinaryIO, target: int, size: int, find: Callable[[bytes], int]) -> int:
    length = 1 << 16
    while target < size:
        raw.seek(target)
        window = raw.read(length)
        found = find(window)
        if found >= 0:
            return target + found
        if target + len(window) >= size:
            return size
        length *= 4  # a longer window from the same place: a line may be longer than any guess
    return size


def after_newline(window: bytes) -> int:
    """Return the offset after the first line feed, or -1."""
    return window.find(b"\n") + 1 or -1


@dataclass
class utf8_stream:  # noqa: N801  # reads as a function that answers a stream
    """The content of a file as UTF-8, whatever its encoding."""

    raw: BinaryIO
    name: str
    encoding: str | None
    errors: str | None
    keep_bom: bool = False
    taken: int = 0  # bytes of the file so far: more than its text has where a mark stands before it

    def __post_init__(self) -> None:
        self._decoder: codecs.IncrementalDecoder | None = None
        if not is_utf8(self.encoding) or (self.errors or "strict") != "strict":
            self._decoder = codecs.getincrementaldecoder(self.encoding or "utf-8")(self.errors or "strict")
        self._start = not self.keep_bom

    def read(self, size: int) -> bytes:
        """Read about `size` bytes; empty at the end only."""
        while True:
            data = self.raw.read(size)
            self.taken += len(data)
            text = data if self._decoder is None else self._decoded(data)
            if self._start and text:
                self._start = False
                text = text.removeprefix(BOM)
            if text or not data:
                return text

    def _decoded(self, data: bytes) -> bytes:
        assert self._decoder is not None
        try:
            return self._decoder.decode(data, final=not data).encode()
        except UnicodeError as error:
            raise BadData(f"{error}; give encoding= or encoding_errors=", file=self.name) from error


def read_range(shard: FileRange, *, keep_bom: bool = False) -> bytes:
    """Read a bounded range of a plain file."""
    assert shard.stop is not None
    with shard.file.open_raw() as raw:
        raw.seek(shard.start, os.SEEK_SET)
        data = raw.read(shard.stop - shard.start)
    if len(data) != shard.stop - shard.start:
        raise BadData("the file became shorter while it was read", file=shard.file.url)
    return data if shard.start or keep_bom else data.removeprefix(BOM)


def blocks(
    shard: FileRange,
    complete: Callable[[bytes], int],
    encoding: str | None = None,
    errors: str | None = None,
    *,
    keep_bom: bool = False,
) -> Iterator[bytes]:
    """Yield a range as UTF-8 in blocks of whole records.

    Args:
        complete: Answers the length of the part of a block that holds whole records, 0 if none is whole.
    """
    if shard.stop is not None and shard.stop - shard.start <= 2 * BLOCK_BYTES:
        if data := read_range(shard, keep_bom=keep_bom):
            yield data
        return
    with shard.file.open() as raw:
        if shard.start:
            raw.seek(shard.start)
        yield from whole_records(
            # Within a file the mark is text.
            _limited(utf8_stream(raw, shard.file.url, encoding, errors, keep_bom or shard.start > 0), shard),
            complete,
        )


def _limited(stream: utf8_stream, shard: FileRange) -> Iterator[bytes]:
    length = None if shard.stop is None else shard.stop - shard.start
    while length is None or stream.taken < length:
        data = stream.read(BLOCK_BYTES if length is None else min(BLOCK_BYTES, length - stream.taken))
        if not data:
            return
        yield data


def placed_blocks(
    shard: FileRange, complete: Callable[[bytes], int], *, keep_bom: bool = False, skimmed: bool = False
) -> Iterator[tuple[bytes, int]]:
    """Yield a range of UTF-8 in small blocks of whole records, each with the offset after it, where reading can go on.

    Offsets are those of the content, decompressed.

    Args:
        skimmed: Rows are going to be counted, not read.
    """
    place = shard.start
    with shard.file.open() as raw:
        _go_to(raw, place)
        for block in whole_records(_small_pieces(raw, shard, SKIMMED_BYTES if skimmed else SMALL_BYTES), complete):
            content = block if place or keep_bom else block.removeprefix(BOM)
            place += len(block)
            if content:
                yield content, place


def _go_to(raw: BinaryIO, place: int) -> None:
    """Go to an offset; compressed content is read up to there, for it has no other way."""
    if not place:
        return
    if raw.seekable():
        raw.seek(place)
        return
    while place > 0 and (passed := len(raw.read(min(place, SMALL_BYTES)))):
        place -= passed


def row_counts(
    blocks: Iterator[tuple[bytes, int]],
    ends: Callable[[bytes], npt.NDArray[np.int64] | None],
    parse: Callable[[bytes], int],
    *,
    sure: bool = False,
) -> Iterator[tuple[int, int]]:
    """Yield how many rows come next, with the offset after them: a small block of rows at a time, if their ends tell.

    Args:
        ends: Answers where each row of a block ends, by the look of its lines; None where that does not tell.
        parse: Answers how many rows a block has by reading the values. It has the last word on the first block, and so on
            all.
        sure: What `ends` answers needs no such check.
    """
    trusted: bool | None = sure or None
    for block, after in blocks:
        found = None if trusted is False else ends(block)
        if found is not None and trusted is None:
            trusted = parse(block) == len(found)
        if found is None or not trusted:
            yield parse(block), after
            continue
        before, start = 0, after - len(block)
        for edge in range(FIRST_BYTES, len(block), FIRST_BYTES):
            rows = int(np.searchsorted(found, edge, "right"))
            if rows > before:
                yield rows - before, start + int(found[rows - 1])
                before = rows
        if len(found) > before:
            yield len(found) - before, after


def _small_pieces(raw: BinaryIO, shard: FileRange, most: int) -> Iterator[bytes]:
    left = None if shard.stop is None else shard.stop - shard.start
    size = FIRST_BYTES
    while left is None or left > 0:
        data = raw.read(size if left is None else min(size, left))
        if not data:
            return
        yield data
        left = None if left is None else left - len(data)
        size = min(4 * size, most)


def whole_records(pieces: Iterator[bytes], complete: Callable[[bytes], int]) -> Iterator[bytes]:
    """Join and cut pieces of a file so that each ends with a record; see `blocks`."""
    rest: list[bytes] = []
    waiting = wanted = 0
    ahead = next(pieces, b"")
    while ahead:
        piece, ahead = ahead, next(pieces, b"")
        rest.append(piece)
        waiting += len(piece)
        if waiting < wanted or not ahead:
            continue
        block = b"".join(rest) if len(rest) > 1 else piece
        end = complete(block)
        if end:
            yield block[:end] if end < len(block) else block
        rest = [block[end:]]
        waiting = len(rest[0])
        # A record longer than the block: look again when there is twice as much, so that it stays linear.
        wanted = 0 if end else 2 * waiting
    if last := b"".join(rest):
        yield last
