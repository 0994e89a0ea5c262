"""Where a CSV file can be cut: after ends of records, about a step apart.

Whether a line feed ends a record is told by the number of quotes before it, where all quotes open or close whole fields.

`likely_cuts` looks at a few quotes after each place instead: as what stands beside a quote says whether it opens a field or
closes one, they tell as much, but for files that are made to mislead. So a file is read once and not twice, and whoever
reads a range of it checks that it ends where a record does. `record_cuts` counts all quotes. Stretches of the
file are counted side by side; neither the number before a stretch nor whether its first quote opens a field is known then, so
both are answered.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from arrowsets.files import DataFile

from .csv_records import LF, Dialect

__all__ = ["likely_cuts", "record_cuts"]

SCAN_BYTES = 1 << 19  # looked at in one go: what is made of more does not stay in the processor's cache
WINDOW_BYTES = 1 << 16  # in which the end of a record is looked for first


class _Stretch(NamedTuple):
    """The quotes of some bytes: how many, and whether they open and close whole fields, from outside and from within one."""

    quotes: int
    outside: bool
    within: bool


def likely_cuts(file: DataFile, dialect: Dialect, begin: int, size: int, step: int) -> list[int] | None:
    """Return the offsets of `record_cuts` as far as a look at each place tells; None where it tells nothing."""
    cuts = [0]
    for place in range(max(step, begin + 1), size, step):
        if place <= cuts[-1]:
            continue
        within = _seems_within(file, dialect, place, size)
        if within is None:
            return None
        cut = _record_end(file, dialect, place, size, within)
        if cut >= size:
            break
        cuts.append(cut)
    return [*cuts, size]


def _seems_within(file: DataFile, dialect: Dialect, place: int, size: int) -> bool | None:
    """Tell whether a place is within a quoted field; None where the quotes after it fit both or neither."""
    if not dialect.quote:
        return False
    for length in (WINDOW_BYTES, 4 * WINDOW_BYTES):
        stretch = _count(file, dialect, place, min(place + length, size))
        if stretch.quotes:
            return stretch.within if stretch.within != stretch.outside else None
    return False


def record_cuts(file: DataFile, dialect: Dialect, begin: int, size: int, step: int) -> list[int] | None:
    """Return the offsets at which a plain file can be cut, from 0 to its size; None if its quotes hide where records end.

    Args:
        begin: An offset that is outside of quotes; before it, quotes are not looked at.
    """
    places = [begin, *range(max(step, begin + 1), size, step), size]
    counted = _count_all(file, dialect, places)
    cuts = [0]
    within = False
    for place, stretch in zip(places, counted, strict=False):
        if not (stretch.within if within else stretch.outside):
            return None
        if place > begin and place > cuts[-1]:
            cut = _record_end(file, dialect, place, size, within)
            if cut >= size:
                break
            cuts.append(cut)
        within ^= bool(stretch.quotes % 2)
    return [*cuts, size]


def _count_all(file: DataFile, dialect: Dialect, places: list[int]) -> list[_Stretch]:
    if not dialect.quote:
        return [_Stretch(0, True, True)] * (len(places) - 1)
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="arrowsets-scan") as pool:
        return list(pool.map(partial(_count, file, dialect), places, places[1:]))


def _count(file: DataFile, dialect: Dialect, start: int, stop: int) -> _Stretch:
    """Count the quotes of a stretch; the bytes beside it are looked at, too."""
    quotes, outside, within = 0, True, True
    edges = dialect.edges()
    window = np.empty(SCAN_BYTES + 2, np.uint8)
    with file.open_raw() as raw:
        into: Any = raw
        for place in range(start, stop, SCAN_BYTES):
            length = min(SCAN_BYTES, stop - place)
            # A line end stands for what is before the first byte and after the last one.
            window[0] = window[length + 1] = LF
            raw.seek(max(place - 1, 0))
            into.readinto(window.data[0 if place else 1 : length + 2])
            found = np.flatnonzero(window[1 : length + 1] == dialect.quote[0]) + 1
            if not dialect.doublequote and bool((window[found + 1] == dialect.quote[0]).any()):
                return _Stretch(quotes, False, False)
            opens, closes = edges[window[found - 1]], edges[window[found + 1]]
            first = quotes % 2
            outside &= bool(opens[first::2].all() and closes[1 - first :: 2].all())
            within &= bool(opens[1 - first :: 2].all() and closes[first::2].all())
            quotes += len(found)
    return _Stretch(quotes, outside, within)


def _record_end(file: DataFile, dialect: Dialect, place: int, size: int, within: bool) -> int:
    """Return the offset after the first record that ends after a place, or the size."""
    length = WINDOW_BYTES
    with file.open_raw() as raw:
        while True:
            raw.seek(place)
            window = raw.read(length)
            end = dialect.first_end(window, within)
            if end is not None:
                return place + end
            if place + length >= size:
                return size
            length *= 4  # a longer window from the same place: a record may be longer than any guess
