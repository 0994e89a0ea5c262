"""A few threads for what takes long, so that no number of searches takes the machine away from those who turn pages."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from arrowsets.server.background import in_background
from arrowsets.server.viewer.errors import ViewerError

__all__ = ["Pool"]

WAITING = 64


class Pool:
    """Threads that start when there is work, and do not keep the process alive."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._queue: queue.Queue[_Task | None] = queue.Queue(WAITING)
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._current: set[_Task] = set()
        self._closed = False

    def submit(self, work: Callable[[], Any], stop: Callable[[], None] = lambda: None) -> Future[Any]:
        """Do something when its turn comes.

        Args:
            stop: Ends it early; is called when the process ends.

        Raises:
            ViewerError: if too many wait already.
        """
        task = _Task(work, stop)
        try:
            self._queue.put_nowait(task)
        except queue.Full:
            raise ViewerError(503, "TooManyRequests", "Too many searches are waiting; try again in a moment.") from None
        with self._lock:
            if len(self._threads) < self._workers:
                self._threads.append(in_background(self._run, "arrowsets-viewer-work", self.close))
        return task.future

    def close(self) -> None:
        """Stop what is at work, and what waits for it."""
        self._closed = True
        with contextlib.suppress(queue.Empty):
            while True:
                if (waiting := self._queue.get_nowait()) is not None:
                    waiting.stop()
                    waiting.future.cancel()
        for task in list(self._current):
            task.stop()
        for _ in self._threads:
            with contextlib.suppress(queue.Full):
                self._queue.put_nowait(None)

    def _run(self) -> None:
        while not self._closed:
            task = self._queue.get()
            if task is None or not task.future.set_running_or_notify_cancel():
                continue
            self._current.add(task)
            try:
                task.future.set_result(task.work())
            except BaseException as error:  # noqa: BLE001 - belongs to who waits for it
                task.future.set_exception(error)
            self._current.discard(task)
            # The thread waits for long; what it did last must not stay in memory for as long.
            del task


class _Task:
    def __init__(self, work: Callable[[], Any], stop: Callable[[], None]) -> None:
        self.work, self.stop = work, stop
        self.future: Future[Any] = Future()
