"""What a task can say and ask wherever it runs: how much is done, and which worker this is."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Protocol

__all__ = ["Worker", "rank", "report", "reporting", "serve_as"]

_callback: ContextVar[Callable[[int], object] | None] = ContextVar("arrowsets_report", default=None)


class Worker(Protocol):
    """A worker of a pool, as its tasks see it."""

    rank: int

    def report(self, done: int) -> None: ...


_here: list[Worker] = []


def serve_as(worker: Worker) -> None:
    """Make this process, once and for all, a worker."""
    _here.append(worker)


def rank() -> int | None:
    """Return the number of this worker among the workers of its pool, from 0; None outside a pool."""
    return _here[0].rank if _here else None


def report(done: int) -> None:
    """Tell whoever waits for this task that `done` more units are done; cheap enough for every row."""
    callback = _callback.get()
    if callback is not None:
        callback(done)
    elif _here:
        _here[0].report(done)


@contextlib.contextmanager
def reporting(callback: Callable[[int], object]) -> Iterator[None]:
    """Pass what is reported inside this block, in this thread, to a callback."""
    token = _callback.set(callback)
    try:
        yield
    finally:
        _callback.reset(token)
