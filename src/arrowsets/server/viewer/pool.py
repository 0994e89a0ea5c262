"""A few threads for what takes long, so that no number of searches takes the machine away from those who turn pages."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from arrowsets.server.viewer.errors import ViewerError

__all__ = ["Pool"]

WAITING = 64


class Pool:
    """Threads that start when there is work, and do not keep the process alive."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._queue: queue.Queue[tuple[Callable[[], Any], Future[Any]]] = queue.Queue(WAITING)
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def submit(self, work: Callable[[], Any]) -> Future[Any]:
        """Do something when its turn comes.

        Raises:
            ViewerError: if too many wait already.
        """
        future: Future[Any] = Future()
        try:
            self._queue.put_nowait((work, future))
        except queue.Full:
            raise ViewerError(503, "TooManyRequests", "Too many searches are waiting; try again in a moment.") from None
        with self._lock:
            if len(self._threads) < self._workers:
                thread = threading.Thread(target=self._run, name="arrowsets-viewer-work", daemon=True)
                self._threads.append(thread)
                thread.start()
        return future

    def _run(self) -> None:
        while True:
            work, future = self._queue.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - belongs to who waits for it
                future.set_exception(error)
            # The thread waits for long; what it did last must not stay in memory for as long.
            del work, future
