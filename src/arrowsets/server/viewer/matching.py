"""Which rows a filter, a search or an order leads to: positions, found chunk by chunk, kept for the pages that follow.

DuckDB is given one chunk of the mapped rows at a time, and only the columns that are asked about; so memory is bounded
whatever the size of the data, a search can be stopped at any chunk, and the first matches are shown while it goes on.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from arrowsets.server.viewer.database import QueryStopped, connect, deadline, microseconds, read_as
from arrowsets.server.viewer.errors import ViewerError, invalid
from arrowsets.server.viewer.pool import Pool
from arrowsets.server.viewer.split import Shown
from arrowsets.server.viewer.where import ROW, Condition, SortKey, internal

__all__ = ["Match", "Matches", "Question"]

CHUNK_ROWS = 262_144
CHUNK_BYTES = 64 << 20
FIRST_CHUNK = 16_384
SORTED_BYTES = 256 << 20
SORTED_ROWS = 100_000
KEPT = 64
KEPT_BYTES = 512 << 20


@dataclass(frozen=True, slots=True)
class Question:
    """Which rows, and in which order."""

    condition: Condition
    order: tuple[SortKey, ...] = ()

    @property
    def columns(self) -> frozenset[str]:
        """What must be read to answer it."""
        return self.condition.columns.union(*(key.columns for key in self.order))


class Match:
    """The positions that a question leads to, as far as they are found.

    Attributes:
        total: How many rows match, once it is known.
        cut: Only so many of the ordered rows can be shown.
    """

    def __init__(self, shown: Shown, question: Question, seconds: float) -> None:
        self._shown, self._question, self._seconds = shown, question, seconds
        self._found: list[npt.NDArray[np.int64]] = []
        self._count = 0
        self._error: Exception | None = None
        self._changed = threading.Condition()
        self._unwanted = False
        self._connection: Any = None
        self.total: int | None = None
        self.cut = False

    @property
    def nbytes(self) -> int:
        """Bytes of the positions."""
        return self._count * 8

    @property
    def failed(self) -> bool:
        """Whether it was given up."""
        return self._error is not None

    def stop(self) -> None:
        """Give it up: nobody asks for it any more."""
        self._unwanted = True
        with self._changed:
            if self.total is None and self._error is None:
                self._error = QueryStopped(self._seconds)
                self._changed.notify_all()
        if (connection := self._connection) is not None:
            with contextlib.suppress(Exception):  # it may just have been closed
                connection.interrupt()

    def page(self, offset: int, length: int, wait: float) -> npt.NDArray[np.int64]:
        """Return some of the positions, waiting until they are found or there are no more.

        Args:
            wait: Seconds; then those that are found by then.
        """
        end = time.monotonic() + wait
        with self._changed:
            while self.total is None and self._error is None and self._count < offset + length:
                left = end - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
            if self._error is not None:
                raise self._error
            found = self._joined()
        return found[offset : offset + length]

    def finished(self, wait: float) -> bool:
        """Wait until all are found; return whether they are."""
        end = time.monotonic() + wait
        with self._changed:
            while self.total is None and self._error is None:
                left = end - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
            if self._error is not None:
                raise self._error
        return True

    def _joined(self) -> npt.NDArray[np.int64]:
        if len(self._found) > 1:
            self._found = [np.concatenate(self._found)]
        return self._found[0] if self._found else np.empty(0, np.int64)

    def run(self) -> None:
        """Find them."""
        try:
            with connect() as connection:
                self._connection = connection
                if self._question.order:
                    self._sort(connection)
                else:
                    self._scan(connection)
        except Exception as error:  # noqa: BLE001 - told to everyone who waits
            with self._changed:
                self._error = _told(error)
                self._changed.notify_all()
        finally:
            self._connection = None

    def _scan(self, connection: Any) -> None:
        for table in self._answers(connection, f"SELECT {ROW}"):
            rows = np.sort(table.column(0).to_numpy())
            with self._changed:
                self._found.append(rows)
                self._count += len(rows)
                self._changed.notify_all()
        with self._changed:
            self.total = self._count
            self._changed.notify_all()

    def _sort(self, connection: Any) -> None:
        keys = ", ".join(f"{key.sql} AS k{index}" for index, key in enumerate(self._question.order))
        tables: list[pa.Table] = []
        total = size = 0
        for table in self._answers(connection, f"SELECT {ROW}, {keys}"):
            total += table.num_rows
            tables.append(_comparable(table))
            size += tables[-1].nbytes
            if size > SORTED_BYTES:
                tables = [self._ordered(tables).slice(0, SORTED_ROWS)]
                size, self.cut = tables[0].nbytes, True
        ordered = self._ordered(tables).column(0).to_numpy() if tables else np.empty(0, np.int64)
        with self._changed:
            self._found, self._count = [ordered], len(ordered)
            self.total = total
            self._changed.notify_all()

    def _ordered(self, tables: list[pa.Table]) -> pa.Table:
        table = pa.concat_tables(tables)
        keys: list[tuple[str, Any]] = []
        for index, key in enumerate(self._question.order):
            if key.nulls_first:
                table = table.append_column(f"n{index}", table.column(f"k{index}").is_null())
                keys.append((f"n{index}", "descending"))
            keys.append((f"k{index}", "descending" if key.descending else "ascending"))
        try:
            # Rows of equal keys stay in the order of the data.
            order = pc.sort_indices(table, sort_keys=[*keys, (ROW, "ascending")])
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, TypeError) as error:
            raise invalid(f"rows cannot be ordered by that: {error}") from error
        return table.take(order)

    def _answers(self, connection: Any, select: str) -> Any:
        view, question = self._shown.view, self._question
        names = internal(self._shown.features)
        columns = [name for name in view.columns if name in question.columns]
        chosen = view.select_columns(columns)
        query = f"{select} FROM data WHERE {question.condition.sql}"
        end = time.monotonic() + self._seconds
        start, size = 0, FIRST_CHUNK
        while start < view.num_rows:
            if self._unwanted:
                raise QueryStopped(self._seconds)
            stop = min(start + size, view.num_rows)
            table = chosen.read(range(start, stop)) if columns else pa.table({})
            read: dict[str, Any] = {
                names[name]: table.column(name).cast(read_as(table.schema.field(name).type)) for name in columns
            }
            rows = pa.array(np.arange(start, stop, dtype=np.int64))
            chunk = pa.table({**read, ROW: rows})
            connection.register("data", chunk)
            with deadline(connection, end - time.monotonic()):
                answer = connection.sql(query, params=list(question.condition.values)).to_arrow_table()
            connection.unregister("data")
            if answer.num_rows:
                yield answer
            per_row = max(table.nbytes // max(stop - start, 1), 1)
            start, size = stop, max(min(CHUNK_ROWS, CHUNK_BYTES // per_row), 1)


class Matches:
    """The latest answers, so that turning a page of a search does not search again."""

    def __init__(self, pool: Pool, seconds: float) -> None:
        self._pool, self._seconds = pool, seconds
        self._known: OrderedDict[object, Match] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, shown: Shown, question: Question) -> Match:
        """Return the positions of a question, which may still be looked for."""
        key = (shown.key, question)
        with self._lock:
            match = self._known.get(key)
            if match is not None and not match.failed:
                self._known.move_to_end(key)
                return match
            match = self._known[key] = Match(shown, question, self._seconds)
            self._forget()
        try:
            self._pool.submit(match.run, match.stop)
        except ViewerError:
            with self._lock:
                self._known.pop(key, None)
            raise
        return match

    def _forget(self) -> None:
        while len(self._known) > 1 and (
            len(self._known) > KEPT or sum(match.nbytes for match in self._known.values()) > KEPT_BYTES
        ):
            _, dropped = self._known.popitem(last=False)
            dropped.stop()


def _comparable(table: pa.Table) -> pa.Table:
    """Return a table as Arrow can order it: DuckDB gives durations as intervals, which are ordered by their microseconds."""
    columns = [microseconds(each) if pa.types.is_interval(each.type) else each for each in table.columns]
    return pa.table(columns, names=table.column_names)


def _told(error: Exception) -> Exception:
    if isinstance(error, ViewerError):
        return error
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if type(error).__module__.startswith(("_duckdb", "duckdb")):
        return invalid(f"the rows cannot be asked that: {text}")
    return ViewerError(500, "UnexpectedApiError", f"the rows cannot be searched: {text}")
