"""Where the values of JSON bytes begin and end: brackets and commas outside strings, found by numpy.

A line feed or carriage return is never part of a JSON string, so between the values of an array, or of a file of
pretty-printed objects, lines can be rewritten freely.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from arrowsets.record import dataclass

__all__ = ["Structure", "array_items", "member", "separated", "structure"]

QUOTE, BACKSLASH, COMMA = 34, 92, 44
_DEPTH = np.zeros(256, np.int8)
_DEPTH[[ord("{"), ord("[")]] = 1
_DEPTH[[ord("}"), ord("]")]] = -1
_MARK = _DEPTH != 0
_MARK[[QUOTE, COMMA]] = True


@dataclass(frozen=True)
class Structure:
    """The brackets and commas of a block outside strings, and the depth after each."""

    places: npt.NDArray[np.int64]
    codes: npt.NDArray[np.uint8]
    depths: npt.NDArray[np.int32]
    closed: bool  # False: the block ends within a string


def structure(block: bytes, depth: int = 0) -> Structure:
    """Return the structure of a block that begins outside strings, at `depth`."""
    data = np.frombuffer(block, np.uint8)
    places = np.flatnonzero(_MARK[data])
    codes = data[places]
    quotes = codes == QUOTE
    if b"\\" in block:
        escaped = _escaped(data, places[quotes])
        keep = np.ones(len(places), np.bool_)
        keep[np.flatnonzero(quotes)[escaped]] = False
        places, codes, quotes = places[keep], codes[keep], quotes[keep]
    within = np.cumsum(quotes, dtype=np.uint8) & 1  # it wraps around, which keeps what is odd odd
    outside = (within == 0) & ~quotes
    places, codes = places[outside], codes[outside]
    depths = np.cumsum(_DEPTH[codes], dtype=np.int32) + np.int32(depth)
    return Structure(places, codes, depths, not (len(within) and within[-1]))


def _escaped(data: npt.NDArray[np.uint8], quotes: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Tell which quotes follow an odd number of backslashes."""
    slashes = np.flatnonzero(data == BACKSLASH)
    first = np.ones(len(slashes), np.bool_)
    first[1:] = np.diff(slashes) != 1
    starts = slashes[np.maximum.accumulate(np.where(first, np.arange(len(slashes)), 0))]
    index = np.searchsorted(slashes, quotes) - 1
    before = (index >= 0) & (slashes[index] == quotes - 1)
    result: npt.NDArray[np.bool_] = before & ((quotes - starts[index]) % 2 == 1)
    return result


def array_items(block: bytes) -> tuple[bytes, int, bool]:
    """Return the whole items at the start of a block within an array, one a line, how long they were, and if it ended.

    The block begins between items, after `[` or a comma.
    """
    found = structure(block)
    ends = np.flatnonzero((found.depths < 0) & (_DEPTH[found.codes] < 0))
    ended = bool(len(ends))
    stop = int(ends[0]) if ended else len(found.places)
    commas = found.places[:stop][(found.codes[:stop] == COMMA) & (found.depths[:stop] == 0)]
    if ended:
        length = int(found.places[stop])
    elif len(commas):
        length = int(commas[-1])
    else:
        return b"", 0, False
    items = _one_a_line(block[:length], commas)
    return items, length + 1, ended


def separated(block: bytes) -> bytes:
    """Return values that follow one another, in any layout, one a line."""
    found = structure(block)
    ends = found.places[(found.depths == 0) & (_DEPTH[found.codes] < 0)]
    if not len(ends):
        return block
    data = np.frombuffer(block, np.uint8).copy()
    data[(data == 10) | (data == 13)] = 32
    return bytes(np.insert(data, ends + 1, 10).tobytes())


def _one_a_line(block: bytes, commas: npt.NDArray[np.int64]) -> bytes:
    data: npt.NDArray[Any] = np.frombuffer(block, np.uint8).copy()
    if b"\n" in block or b"\r" in block:
        data[(data == 10) | (data == 13)] = 32
    data[commas[commas < len(data)]] = 10
    return bytes(data.tobytes())


def member(block: bytes, key: bytes, depth: int) -> tuple[int, int, int]:
    """Look for a member of the outermost object.

    Returns:
        Where its value begins, or -1; then how much of the block is done with, and the depth there.
    """
    found = structure(block, depth)
    at = 0
    while (at := block.find(key, at)) >= 0:
        before = int(np.searchsorted(found.places, at)) - 1
        level = int(found.depths[before]) if before >= 0 else depth
        opened = before < 0 or found.codes[before] in (COMMA, ord("{"))
        colon = block[at + len(key) :].lstrip()[:1] if level == 1 and opened else b""
        between = block[(int(found.places[before]) + 1 if before >= 0 else 0) : at]
        if colon == b":" and not between.strip():
            return block.index(b":", at + len(key)) + 1, 0, depth
        at += 1
    commas = np.flatnonzero(found.codes == COMMA)
    if not len(commas):
        return -1, 0, depth
    last = commas[-1]
    return -1, int(found.places[last]) + 1, int(found.depths[last])
