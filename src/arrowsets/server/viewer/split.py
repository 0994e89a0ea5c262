"""One split as it is shown: at once where its files can be read in place, else the first rows until all are there."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pyarrow as pa

from arrowsets.dataset import Dataset
from arrowsets.errors import ArrowsetsError
from arrowsets.features import Features
from arrowsets.server.background import in_background
from arrowsets.server.viewer.errors import ViewerError, not_ready
from arrowsets.table import View

__all__ = ["Opened", "Shown", "Split"]

_LOG = logging.getLogger("arrowsets.server.viewer")
FIRST_ROWS = 1000
# How many splits are prepared at once, however many are looked at.
_PREPARING = threading.BoundedSemaphore(2)
FIRST_BYTES = 32 << 20
_EMPTY_WAIT = 20.0


@dataclass(frozen=True, slots=True)
class Opened:
    """A dataset, and what of it could not be read."""

    dataset: Dataset
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """The rows that can be shown now.

    Attributes:
        complete: These are all rows; else there will be more.
        key: Names the rows: what is computed of them is kept under it.
    """

    view: View
    features: Features
    complete: bool
    key: str
    dataset: Dataset | None = None
    pins: tuple[object, ...] = field(default=(), repr=False)

    @property
    def num_rows(self) -> int:
        """The number of rows that can be read."""
        return self.view.num_rows


class Split:
    """A split that opens when it is first looked at.

    Args:
        opens: Returns all rows; may take long if there is a `stream`.
        stream: Yields the first rows at once, for as long as `opens` is at work.
    """

    def __init__(
        self,
        name: str,
        opens: Callable[[], Opened],
        stream: Callable[[], Iterator[pa.Table]] | None = None,
    ) -> None:
        self.name = name
        self._open, self._stream = opens, stream
        self._lock = threading.Lock()
        self._opened: Opened | None = None
        self._stamps: Mapping[str, object] = {}
        self._error: Exception | None = None
        self._first: pa.Table | None = None
        self._first_error: Exception | None = None
        self._worker: threading.Thread | None = None

    @classmethod
    def of(cls, name: str, dataset: Dataset) -> Split:
        """Show a dataset that is there."""
        return cls(name, lambda: Opened(dataset))

    @property
    def error(self) -> Exception | None:
        """Why the rows cannot be read, if so."""
        return self._error

    @property
    def is_ready(self) -> bool:
        """Whether all rows can be read, without opening anything."""
        return self._opened is not None

    @property
    def warnings(self) -> list[str]:
        """What could not be read, in words."""
        found = [] if self._opened is None else list(self._opened.warnings)
        if self._error is not None:
            found.append(f"{self.name}: {self._error}")
        return found

    def shown(self, rows: int = 0) -> Shown:
        """Return what can be shown now, with as many rows as one can have at once if there are not all.

        Raises:
            ViewerError: if nothing can be read, or not yet.
        """
        opened = self._at_once() if self._stream is None else self._behind()
        first = self._first_rows(rows) if opened is None else None
        if first is None:
            dataset = (opened or self._without_rows()).dataset
            self._check_unchanged()
            return Shown(dataset._view, dataset.features, True, dataset._fingerprint, dataset, dataset._pins)
        return Shown(View.from_table(first), Features.from_arrow_schema(first.schema), False, f"first-{id(self)}")

    def whole(self, wait: float = 0.0) -> Shown:
        """Return all rows.

        Args:
            wait: Seconds to wait for them.

        Raises:
            ViewerError: if they are not there by then.
        """
        shown = self.shown(1)
        if not shown.complete and (worker := self._worker) is not None:
            worker.join(wait)
            shown = self.shown(1)
        if not shown.complete:
            if self._error is not None:
                raise self._failure(self._error)
            raise not_ready("the rows of this split are still being read")
        return shown

    def _at_once(self) -> Opened:
        if self._opened is None:
            with self._lock:
                if self._opened is None and self._error is None:
                    self._run()
        if self._opened is None:
            assert self._error is not None
            raise self._failure(self._error)
        return self._opened

    def _behind(self) -> Opened | None:
        if self._opened is None and self._worker is None:
            with self._lock:
                if self._worker is None:
                    self._worker = in_background(self._run, f"prepare {self.name}")
        return self._opened

    def _run(self) -> None:
        try:
            with _PREPARING if self._stream is not None else nullcontext():
                opened = self._open()
            self._stamps = {path: _stamp(path) for path in opened.dataset._view.paths}
            self._opened = opened
        except Exception as error:  # noqa: BLE001 - shown beside the rows that can be read
            _LOG.info("split %r: %s", self.name, error)
            self._error = error

    def _check_unchanged(self) -> None:
        """Refuse rows of files that were written anew: what is mapped of a file that became shorter takes the process down.

        Those that are gone can still be read, as far as they are open.
        """
        changed = [path for path, stamp in self._stamps.items() if _stamp(path) not in (stamp, None)]
        if changed:
            raise ViewerError(
                500, "StreamingRowsError", f"{Path(changed[0]).name} has changed since it was opened.",
                "Start the viewer anew to see what it holds now.",
            )  # fmt: skip

    def _without_rows(self) -> Opened:
        """Wait for what has no rows, which takes no time; until then nobody knows its columns."""
        if (worker := self._worker) is not None:
            worker.join(_EMPTY_WAIT)
        if self._opened is None:
            raise self._failure(self._error) if self._error is not None else not_ready("this split is still being read")
        return self._opened

    def _first_rows(self, rows: int) -> pa.Table | None:
        """Return the first rows; None if there are none."""
        with self._lock:
            wanted = min(max(rows, 100), FIRST_ROWS)
            if self._first is None or (self._first.num_rows < wanted and self._first_error is None):
                self._fetch()
        if self._first is None and not isinstance(self._first_error, _AllThere):
            raise self._failure(self._error or self._first_error)
        return self._first

    def _fetch(self) -> None:
        assert self._stream is not None
        tables: list[pa.Table] = []
        try:
            for table in islice(self._stream(), FIRST_ROWS):
                tables.append(table)
                if (
                    sum(each.num_rows for each in tables) >= FIRST_ROWS
                    or sum(each.nbytes for each in tables) >= FIRST_BYTES
                ):
                    break
        except Exception as error:  # noqa: BLE001 - shown beside the rows that can be read
            self._first_error = error
        if tables:
            joined = pa.concat_tables(tables, promote_options="permissive")
            self._first = joined.replace_schema_metadata(tables[0].schema.metadata)
        self._first_error = self._first_error or _AllThere()

    def _failure(self, error: Exception | None) -> ViewerError:
        if isinstance(error, ViewerError):
            return error
        told = str(error) if isinstance(error, (ArrowsetsError, OSError, ValueError)) else type(error).__name__
        return ViewerError(500, "StreamingRowsError", f"The split {self.name!r} cannot be read: {told}")

    def close(self) -> None:
        """Let go of what was opened."""
        self._opened, self._first = None, None


def _stamp(path: str) -> object:
    """Return what differs once a file was written to; None for one that is not there."""
    try:
        found = os.stat(path)  # noqa: PTH116 - of each file for each page: pathlib takes three times as long
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


class _AllThere(Exception):
    pass
