"""Pages of memory maps: giving back those that a scan has passed, so that reading a file through does not fill memory.

A page of a file's map that is given back stays in the system's cache, and comes back when it is touched. What a process
holds is then what it works on, however large its files: which matters where memory is counted, or limited, by process.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import pyarrow as pa

__all__ = ["can_give_back", "give_back"]

_DONT_NEED = 4  # MADV_DONTNEED as Linux means it: of a file's map nothing is lost
_NEAR = 4096


def can_give_back() -> bool:
    """Tell whether this system lets go of pages as described."""
    return _advise() is not None


def give_back(batch: pa.RecordBatch, low: int, high: int) -> None:
    """Let go of the pages of a batch.

    Args:
        low, high: Addresses of the file's map. What lies outside is ordinary memory, which would be lost.
    """
    advise = _advise()
    if advise is None:
        return
    buffers = (buffer for column in batch.columns for buffer in column.buffers() if buffer is not None)
    ranges = ((buffer.address, buffer.address + buffer.size) for buffer in buffers if buffer.size)
    for start, stop in _joined(sorted(span for span in ranges if low <= span[0] and span[1] <= high)):
        advise(start, stop)


def _joined(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join ranges with less than a page between them."""
    found: list[tuple[int, int]] = []
    for start, stop in ranges:
        if found and start - found[-1][1] < _NEAR:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found


@lru_cache(maxsize=1)
def _advise() -> Callable[[int, int], None] | None:
    if sys.platform != "linux":
        return None
    import ctypes
    import mmap

    libc: Any = ctypes.CDLL(None)
    page = mmap.PAGESIZE

    def advise(start: int, stop: int) -> None:
        # Whole pages inside of the range only: those at its edges may belong to a neighbour.
        first, last = -(-start // page) * page, stop // page * page
        if last > first:
            libc.madvise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), _DONT_NEED)

    return advise
