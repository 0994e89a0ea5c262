"""Memory that is given back to the system: pages of maps that a scan has passed, and what allocators hold unused.

A page of a file's map that is given back stays in the system's cache, and comes back when it is touched. What a process
holds is then what it works on, however large its files: which matters where memory is counted, or limited, by process.

Allocators let go of what was freed by the clock, a second later. How much that is then depends on how busy the machine is,
and grows with the data; so it is given back by bytes as well. Not before there is much of it: memory that comes back has to
be cleared by the system, which took a tenth of the time that reading a Parquet file takes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import pyarrow as pa

__all__ = ["Work", "can_give_back", "give_back", "worked"]

_DONT_NEED = 4  # MADV_DONTNEED as Linux means it: of a file's map nothing is lost
_NEAR = 4096
_WORKED_BYTES = 32 << 20
_UNUSED_BYTES = 16 << 20


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


def worked(nbytes: int) -> None:
    """Tell that so many bytes were worked on; every 32 MiB, Arrow gives back what it holds unused if that is more than 16."""
    _work.add(nbytes)


class Work:
    """What was worked on since memory was looked at, and how much was held then.

    Args:
        held: Answers how many bytes the process holds besides what Arrow uses; None: nobody knows.
        release: Gives back what is not used.
    """

    def __init__(self, held: Callable[[], int | None], release: Callable[[], None]) -> None:
        self._look, self._release = held, release
        self._worked = 0
        self._held: int | None = None

    def add(self, nbytes: int) -> None:
        """Count bytes; every 32 MiB, look whether 16 MiB more are held than at the least, and give them back."""
        self._worked += nbytes
        if self._worked < _WORKED_BYTES:
            return
        self._worked = 0
        held = self._look()
        if held is None or (self._held is not None and held >= self._held + _UNUSED_BYTES):
            self._release()
            held = self._held = self._look()
        if held is not None and (self._held is None or held < self._held):
            self._held = held


def _held() -> int | None:
    """Return the bytes of the process's own memory that Arrow does not use now; None where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - takes half as long as a Path
            _, resident, shared, *_ = map(int, file.read().split())
    except OSError:
        return None
    return (resident - shared) * os.sysconf("SC_PAGE_SIZE") - pa.total_allocated_bytes()


_work = Work(_held, lambda: pa.default_memory_pool().release_unused())


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
