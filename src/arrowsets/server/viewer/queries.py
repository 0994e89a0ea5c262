"""Queries in SQL that people type: run in a process of their own, which is bounded in memory and time and can be ended.

DuckDB's own memory limit is not a hard one. The child is given where the rows lie, not the rows, and answers an Arrow
stream, of which no more is read than may be shown.
"""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import threading
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
from pyarrow import ipc

from arrowsets.server.viewer.children import READY, ended, killed, started
from arrowsets.server.viewer.database import QueryStopped
from arrowsets.server.viewer.errors import ViewerError, invalid, too_big
from arrowsets.server.viewer.settings import ViewerSettings
from arrowsets.table import View

__all__ = ["Queries", "Result"]

LONGEST = 100_000
ANSWER_BYTES = 256 << 20
WAITING = 30.0
STARTING = 60.0


@dataclass(frozen=True, slots=True)
class Result:
    """What a query gave; `truncated` if there is more."""

    table: pa.Table
    truncated: bool


@dataclass(frozen=True, slots=True)
class Order:
    """What a child is told, pickled by its parent."""

    query: str
    views: Mapping[str, View]
    memory: int
    seconds: float
    rows: int


class Queries:
    """Runs queries, a few at once."""

    def __init__(self, settings: ViewerSettings) -> None:
        self._settings = settings
        self._places = threading.BoundedSemaphore(settings.heavy)
        self._spare: subprocess.Popen[bytes] | None = None
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False
        self._lock = threading.Lock()

    def run(self, query: str, views: Mapping[str, View], rows: int) -> Result:
        """Run a query over tables.

        Args:
            views: By the names that the query has for them.
            rows: The most that are returned.

        Raises:
            ViewerError: for a query that is refused, fails, or takes too much.
        """
        if len(query) > LONGEST:
            raise invalid(f"a query may have {LONGEST:,} characters")
        if not self._places.acquire(timeout=WAITING):
            raise ViewerError(503, "TooManyRequests", "Too many queries are running; try again in a moment.")
        try:
            self._check_open()
            return self._answer(Order(query, views, self._settings.sql_memory, self._settings.deadline, rows))
        finally:
            self._places.release()

    def close(self) -> None:
        """End the queries that run, and answer no others."""
        with self._lock:
            self._closed = True
            running, spare, self._spare = list(self._running), self._spare, None
        for child in running:
            killed(child)
        if spare is not None:
            ended(spare)

    def _check_open(self) -> None:
        if self._closed:
            raise ViewerError(503, "UnexpectedApiError", "The viewer ends.")

    def _answer(self, order: Order) -> Result:
        with self._child() as child:
            over = threading.Event()

            def stop() -> None:
                over.set()
                killed(child)

            timer = threading.Timer(STARTING, stop)
            timer.start()
            try:
                assert child.stdout is not None
                child.stdout.read(len(READY))
                # The time of a query begins when there is somebody to answer it.
                timer.cancel()
                timer = threading.Timer(order.seconds, stop)
                timer.start()
                output, told = _talk(child, pickle.dumps(order))
            finally:
                timer.cancel()
            self._check_open()
            if over.is_set():
                raise QueryStopped(order.seconds)
            if child.returncode != 0:
                raise _failure(child.returncode, told)
        return _result(output, order.rows)

    @contextlib.contextmanager
    def _child(self) -> Iterator[subprocess.Popen[bytes]]:
        """Give a process, and have another ready for the next query: starting one takes longer than most queries."""
        with self._lock:
            child, self._spare = self._spare, None
        if child is None or child.poll() is not None:
            child = _started()
        with self._lock:
            self._running.add(child)
        try:
            self._check_open()  # who closes from here on knows of it
            yield child
        finally:
            ended(child)
            with self._lock:
                self._running.discard(child)
                if self._spare is None and not self._closed:
                    self._spare = _started()
                    # It ends by itself when this process does, and its input with it; but tests and notebooks go on.
                    weakref.finalize(self, ended, self._spare)


def _started() -> subprocess.Popen[bytes]:
    # Arrow's own allocator reserves a gigabyte at once, which would have to be allowed.
    return started("arrowsets.server.viewer.query_process", {"ARROW_DEFAULT_MEMORY_POOL": "system"})


def _talk(child: subprocess.Popen[bytes], order: bytes) -> tuple[bytes, bytes]:
    """Send what is to be done and read what comes, up to a bound."""
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    told: list[bytes] = []
    errors = child.stderr
    reader = threading.Thread(target=lambda: told.append(errors.read(1 << 16)), daemon=True)
    reader.start()
    with contextlib.suppress(BrokenPipeError):
        child.stdin.write(order)
        child.stdin.close()
    output = child.stdout.read(ANSWER_BYTES + 1)
    if len(output) > ANSWER_BYTES:
        killed(child)
        raise too_big(f"The result has more than {ANSWER_BYTES:,} bytes. Ask for fewer columns or rows.", 413)
    child.wait()
    reader.join()
    return output, b"".join(told)


def _failure(code: int, told: bytes) -> ViewerError:
    text = told.decode("utf-8", "replace").strip()
    kind, _, message = text.partition("\n")
    if kind == "refused":
        return invalid(message)
    if kind == "memory" or code < 0 or "bad_alloc" in text or "MemoryError" in text:
        return too_big("The query needs more memory than it may have. Ask for fewer columns or rows.", 413)
    return ViewerError(500, "UnexpectedApiError", "The query could not be run.")


def _result(output: bytes, rows: int) -> Result:
    table: pa.Table = ipc.open_stream(pa.py_buffer(output)).read_all()
    return Result(table.slice(0, rows), table.num_rows > rows)
