"""Statistics as they become known: computed column by column in the pool, kept by the fingerprint of the rows."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from arrowsets.derive import default_store
from arrowsets.errors import ArrowsetsError
from arrowsets.server.viewer.errors import ViewerError
from arrowsets.server.viewer.pool import Pool
from arrowsets.server.viewer.split import Shown
from arrowsets.statistics import column_statistics, read_kept, write_kept

__all__ = ["Board", "Boards", "unknown"]

KEPT = 32


class Board:
    """What is known of the columns of a split.

    Entries have `column_name`, `column_type`, `column_statistics`, `error` and `pending`.
    """

    def __init__(self, shown: Shown, roots: tuple[Path, ...] | None, pool: Pool) -> None:
        self._shown, self._roots, self._pool = shown, roots, pool
        self._known: dict[str, dict[str, Any]] = {}
        self._asked: set[str] = set()
        self._wanted: list[str] = []
        self._busy = False
        self._closed = False
        self._changed = threading.Condition()
        self._load()

    def entries(self, columns: Sequence[str] | None = None, wait: float = 0.0) -> list[dict[str, Any]]:
        """Return what is known of columns, and see to it that the rest will be.

        Args:
            columns: None: all.
            wait: Seconds to wait for all of them.
        """
        names = list(self._shown.view.columns) if columns is None else list(columns)
        self._ask(names)
        end = time.monotonic() + wait
        with self._changed:
            while any(name not in self._known for name in names):
                left = end - time.monotonic()
                if left <= 0 or self._closed or not self._changed.wait(left):
                    break
            return [self._known.get(name) or unknown(self._shown, name) for name in names]

    def close(self) -> None:
        """Compute no more, and let nobody wait."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _check(self) -> None:
        if self._closed:
            raise ViewerError(503, "UnexpectedApiError", "The viewer ends.")

    def _ask(self, names: Sequence[str]) -> None:
        with self._changed:
            # What is on screen now comes before what was asked for earlier.
            fresh = [name for name in names if name not in self._asked]
            self._asked.update(fresh)
            waiting = [name for name in self._wanted if name not in names]
            first = [name for name in names if name in self._wanted or name in fresh]
            self._wanted = first + waiting
            if self._busy or not self._wanted:
                return
            self._busy = True
        try:
            self._pool.submit(self._work)
        except ArrowsetsError:
            with self._changed:
                self._busy = False
            raise

    def _work(self) -> None:
        """Compute one column, and let others have their turn before the next."""
        with self._changed:
            name = self._wanted.pop(0)
        entry = self._computed(name)
        with self._changed:
            self._known[name] = entry
            more = self._busy = bool(self._wanted)
            self._changed.notify_all()
        if more:
            try:
                self._pool.submit(self._work)
            except ArrowsetsError:
                with self._changed:
                    self._busy = False
        elif len(self._known) == len(self._shown.view.columns):
            self._keep()

    def _computed(self, name: str) -> dict[str, Any]:
        entry = {**unknown(self._shown, name), "pending": False}
        try:
            feature = self._shown.features[name]
            found = column_statistics(self._shown.view, name, feature, roots=self._roots, check=self._check)
        except Exception as error:  # noqa: BLE001 - the other columns are told all the same
            return {**entry, "error": f"{type(error).__name__}: {error}"}
        return entry if found is None else {**entry, **found.to_json()}

    def _load(self) -> None:
        if (lineage := self._lineage()) is not None and (kept := read_kept(default_store(), lineage)) is not None:
            columns = set(self._shown.view.columns)
            self._known = {entry["column_name"]: entry for entry in kept if entry["column_name"] in columns}
            self._asked = set(self._known)

    def _keep(self) -> None:
        lineage = self._lineage()
        if lineage is not None and not any(entry["error"] for entry in self._known.values()):
            write_kept(default_store(), lineage, list(self._known.values()))

    def _lineage(self) -> Any:
        """Return what the rows are named by; None for rows in memory, which are not worth a place on disk."""
        dataset = self._shown.dataset
        return dataset._lineage if dataset is not None and dataset._view.paths else None


def unknown(shown: Shown, name: str) -> dict[str, Any]:
    """Return the entry of a column of which nothing is known yet."""
    kind = str(shown.features[name].storage)
    return {"column_name": name, "column_type": kind, "column_statistics": None, "error": None, "pending": True}


class Boards:
    """The statistics of the splits that were looked at last."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: OrderedDict[str, Board] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, shown: Shown, roots: tuple[Path, ...] | None) -> Board:
        """Return what is known of a split."""
        with self._lock:
            board = self._known.get(shown.key)
            if board is None:
                board = self._known[shown.key] = Board(shown, roots, self._pool)
                while len(self._known) > KEPT:
                    self._known.popitem(last=False)
            self._known.move_to_end(shown.key)
            return board

    def close(self) -> None:
        """Compute no more."""
        with self._lock:
            boards = list(self._known.values())
        for board in boards:
            board.close()
