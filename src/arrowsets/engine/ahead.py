"""Reading ahead: threads that read while this one writes, and nobody sees it in the order of what comes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

__all__ = ["ahead"]

T = TypeVar("T")

READERS = 4
ROOM = 2
# Windows does not interrupt a thread that waits for a lock.
_PATIENCE = 0.2 if os.name == "nt" else None


def ahead(readers: Sequence[Callable[[], Iterable[T]]], threads: int | None = None) -> Iterator[T]:
    """Yield what readers yield, one reader after the other, while a few of them run in threads of their own.

    Each is at most two items ahead, so that what waits is bounded. An error comes in its place. All threads have ended
    when the iterator has.

    >>> list(ahead([lambda: [1, 2], lambda: [3]]))
    [1, 2, 3]

    Args:
        threads: How many read at a time. None: as many as there are processors, at most 4.
    """
    size = min(threads or min(os.cpu_count() or 1, READERS), len(readers))
    crew = _Crew(size)
    running: list[_Reading[T]] = []
    waiting = iter(readers)
    try:
        while True:
            for reader in waiting:
                running.append(_Reading(reader))
                crew.do(running[-1].run)
                if len(running) >= size:
                    break
            if not running:
                return
            yield from running[0].items()
            running.pop(0)
    finally:
        for reading in running:
            reading.stop()
        crew.close()


class _Crew:
    """Threads that stay: an allocator keeps memory for each that ever was, so there must not be one for each reader."""

    def __init__(self, size: int) -> None:
        self._work: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._run, name="arrowsets-reader", daemon=True) for _ in range(size)]
        for thread in self._threads:
            thread.start()

    def do(self, work: Callable[[], object]) -> None:
        """Have the next thread that is free do it; what it raises it must catch itself."""
        self._work.put(work)

    def close(self) -> None:
        """Wait until all is done."""
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()
            del work


class _Reading(Generic[T]):
    """What one reader yields."""

    def __init__(self, reader: Callable[[], Iterable[T]]) -> None:
        self._reader = reader
        self._found: SimpleQueue[tuple[str, T | BaseException | None]] = SimpleQueue()
        self._room = threading.Semaphore(ROOM)
        self._stopped = False

    def stop(self) -> None:
        """Let the reader end at its next item."""
        self._stopped = True
        self._room.release()

    def items(self) -> Iterator[T]:
        """Yield the items as they come."""
        while True:
            kind, item = self._next()
            if kind == "end":
                return
            if isinstance(item, BaseException) and kind == "error":
                raise item
            yield item  # type: ignore[misc]
            del item  # or it would be held until there is another
            self._room.release()

    def _next(self) -> tuple[str, T | BaseException | None]:
        while True:
            try:
                return self._found.get(timeout=_PATIENCE)
            except Empty:
                continue

    def run(self) -> None:
        """Read, in the thread that calls."""
        try:
            for item in self._reader():
                self._room.acquire()
                if self._stopped:
                    return
                self._found.put(("item", item))
                del item
        except BaseException as error:  # noqa: BLE001 - raised where it is read
            self._found.put(("error", error))
        else:
            self._found.put(("end", None))
