"""Scans: reading rows through in order, and letting go of the memory under those that were passed."""

from __future__ import annotations

from arrowsets.table.group import ColumnGroup
from arrowsets.table.paging import can_give_back

__all__ = ["Scan", "release_all"]

_HELD_BYTES = 32 << 20
_LARGE_BYTES = 64 << 20


class Scan:
    """A pass over the contiguous rows of a column group."""

    __slots__ = ("_edges", "_files", "_first", "_held", "_next")

    def __init__(self, group: ColumnGroup, start: int) -> None:
        self._files = group.files
        self._first = group.rows.rows[0]
        self._edges: list[int] = self._files.starts.tolist()
        begin = self._files.starts.searchsorted(self._first + start, side="right")
        self._next = int(begin) - 1
        self._held: list[int] = []

    @classmethod
    def of(cls, group: ColumnGroup, start: int) -> Scan | None:
        """Begin at a position of the view; None where there is nothing to let go of."""
        if not len(group.rows) or not group.files.mapped or not can_give_back():
            return None
        return cls(group, start)

    def passed(self, position: int) -> None:
        """Tell that the rows before a position were used."""
        row = self._first + position
        while self._next + 1 < len(self._edges) and self._edges[self._next + 1] <= row:
            self._held.append(self._next)
            self._next += 1
            # A little is kept, so that small data stays where it is.
            if len(self._held) * self._files.nbytes > _HELD_BYTES * self._files.num_batches:
                for index in self._held:
                    self._files.release(index)
                self._held = []


def release_all(group: ColumnGroup) -> None:
    """Let go of the memory under all rows of a group's files, if they are large."""
    if group.files.mapped and can_give_back() and group.files.nbytes > _LARGE_BYTES:
        for index in range(group.files.num_batches):
            group.files.release(index)
