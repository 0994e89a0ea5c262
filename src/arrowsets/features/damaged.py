"""Cells that could not be decoded and were handed out as None: counted, and told of now and then, never one by one.

A process tells of the first, then when there are ten, a hundred, a thousand …, and of the whole count when it ends; and of
one that comes a minute after it told of others, which is likely to be of other data.
"""

from __future__ import annotations

import atexit
import errno
import logging
import threading
import time

__all__ = ["DamagedCells", "cells", "is_of_machine"]

logger = logging.getLogger("arrowsets")

QUIET_SECONDS = 60.0
_OF_MACHINE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})


def is_of_machine(error: BaseException | None) -> bool:
    """Tell whether a file could not be read for want of memory or file handles, which is no fault of the file."""
    while error is not None:
        if isinstance(error, MemoryError) or getattr(error, "errno", None) in _OF_MACHINE:
            return True
        error = error.__cause__
    return False


class DamagedCells:
    """The count of one kind of media.

    Args:
        kind: The type's name.
        quiet: For so many seconds after a warning only a tenfold count is another.
    """

    def __init__(self, kind: str, quiet: float = QUIET_SECONDS) -> None:
        self.kind, self.count = kind, 0
        self._quiet, self._told, self._tenfold, self._when = quiet, 0, 1, 0.0
        self._example: BaseException | None = None
        self._lock = threading.Lock()

    def add(self, error: BaseException) -> None:
        """Count a cell, and warn if it is time to."""
        with self._lock:
            self.count += 1
            now = time.monotonic()
            if not self._told or now - self._when >= self._quiet:
                self._example = error.with_traceback(None)  # its frames hold the file's content
            elif self.count < self._tenfold:
                return
            while self._tenfold <= self.count:
                self._tenfold *= 10
            self._told, self._when = self.count, now
            message = self._message()
        logger.warning("%s", message)

    def finish(self) -> None:
        """Tell how many there were, if that was not told yet."""
        with self._lock:
            untold, self._told = self.count > self._told, self.count
            message = self._message()
        if untold:
            logger.warning("%s", message)

    def _message(self) -> str:
        often, example = ("", "") if self.count == 1 else (f"{self.count:,} times ", ", for example")
        return (
            f"{often}a cell of type {self.kind} could not be decoded and was handed out as None, as on_error='null' "
            f"asks{example}: {self._example}"
        )


_of_kind: dict[str, DamagedCells] = {}


def cells(kind: str) -> DamagedCells:
    """Return the count of this process for a kind of media."""
    return _of_kind.get(kind) or _of_kind.setdefault(kind, DamagedCells(kind))


@atexit.register
def _finish() -> None:
    for counted in _of_kind.values():
        counted.finish()
