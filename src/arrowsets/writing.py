"""Writing large files in the time that the machine allows."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator

__all__ = ["create", "pieces"]

SMALL, LARGE = 64 << 10, 1 << 20
TELLING = LARGE // 4  # bytes that tell something
TRIES = 4  # of each
SETTLED = 256 << 20  # bytes that are written before both are tried again


class _Pace:
    """How many bytes are best written at once.

    Larger writes have Linux make large folios for the page cache, for which it has to find memory in one piece. Where that is
    scarce, in some virtual machines above all, 100 MB in writes of 1 MiB take 300 ms instead of 30 ms; elsewhere, writes of
    64 KiB take twice as long as those. So both are tried on the first megabytes, and again from time to time. Threads may
    use it at once: it decides how fast things are, and nothing else.
    """

    def __init__(self) -> None:
        self._tried: dict[int, list[float]] = {SMALL: [], LARGE: []}
        self._best, self._left = SMALL, 0

    def size(self) -> int:
        """Return how many bytes the next write should have."""
        if self._left > 0:
            return self._best
        return min(self._tried, key=lambda size: len(self._tried[size]))

    def note(self, size: int, count: int, seconds: float) -> None:
        """Learn how many seconds of the processor so many bytes have taken in writes of a size."""
        if self._left > 0:
            self._left -= count
            return
        self._tried[size].append(seconds / count)
        if min(map(len, self._tried.values())) >= TRIES:
            self._best = min(self._tried, key=lambda size: sorted(self._tried[size])[TRIES // 2])
            self._tried = {SMALL: [], LARGE: []}
            self._left = SETTLED


_pace = _Pace()


def create(path: str | os.PathLike[str]) -> io.FileIO:
    """Open a file to be written from its start, as `open(path, "wb", buffering=0)` does.

    But an empty file is not truncated: ext4 would take it for the replacement of another one, and write all of it to the
    disk when it is closed.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0), 0o666)
    file = io.FileIO(handle, "w")
    try:
        if os.fstat(handle).st_size:
            file.truncate(0)
    except BaseException:
        file.close()
        raise
    return file


def pieces(view: memoryview) -> Iterator[memoryview]:
    """Cut bytes into those that are to be written at once; the next are asked for when some are written.

    >>> b"".join(pieces(memoryview(b"abc")))
    b'abc'
    """
    for start in range(0, len(view), LARGE):
        span = view[start : start + LARGE]
        size = _pace.size()
        begun = time.thread_time()
        for at in range(0, len(span), size):
            yield span[at : at + size]
        if len(span) >= TELLING:
            _pace.note(size, len(span), time.thread_time() - begun)
