"""Reading ahead: tables of a remote file that a thread fetches while others are worked on, up to so many bytes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import TypeAlias

import pyarrow as pa

__all__ = ["ahead"]

Placed: TypeAlias = "tuple[pa.Table, int | None]"
MAX_BYTES = 16 << 20


def ahead(tables: Iterator[Placed], max_bytes: int = MAX_BYTES) -> Iterator[Placed]:
    """Yield the same tables, read by a thread that is at most `max_bytes` ahead, and one table.

    An error is raised where it occurred: after the tables before it. The thread ends with the iteration.
    """
    reader = _Reader(tables, max_bytes)
    thread = threading.Thread(target=reader.run, name="arrowsets-read-ahead", daemon=True)
    thread.start()
    try:
        while (found := reader.take()) is not None:
            yield found
    finally:
        # The thread may be waiting for the network; it sees this when that answers, and nobody waits for it.
        reader.stop()


class _Reader:
    """What the thread and the iteration share."""

    def __init__(self, tables: Iterator[Placed], max_bytes: int) -> None:
        self._tables, self._max_bytes = tables, max_bytes
        self._changed = threading.Condition()
        self._held: deque[Placed] = deque()
        self._bytes = 0
        self._ended = self._stopped = False
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            for found in self._tables:
                if not self._put(found):
                    return
        except BaseException as error:  # noqa: BLE001 - it is raised again where the rows are read
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()
            close = getattr(self._tables, "close", None)
            if close is not None:
                close()

    def _put(self, found: Placed) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._bytes < self._max_bytes)
            self._held.append(found)
            self._bytes += found[0].nbytes
            self._changed.notify_all()
            return not self._stopped

    def take(self) -> Placed | None:
        """Return the next table; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._held or self._ended)
            if self._held:
                found = self._held.popleft()
                self._bytes -= found[0].nbytes
                self._changed.notify_all()
                return found
            if self._error is not None:
                raise self._error
            return None

    def stop(self) -> None:
        """Let the thread end."""
        with self._changed:
            self._stopped = True
            self._held.clear()
            self._bytes = 0
            self._changed.notify_all()
