"""Pieces: a plan's rows as units of work, cut into even shares, put in random order, and dealt out to lanes.

Everything here is arithmetic on row numbers, the same on every machine: who computes the shares of 24 readers gets 24
lists of pieces that together hold each row once.

Rows that a step looks at together must not be parted. They are cells: a cell begins at each multiple of the grain, counted
in positions, and where a run of pieces that continue each other begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import numpy as np

from arrowsets.engine.plan import Piece
from arrowsets.record import dataclass

__all__ = ["Evenness", "Pieces"]

Evenness = Literal["drop", "pad", "repeat"]
MAX_PIECES = 1 << 16
SMALLEST_PIECE = 1000


@dataclass(frozen=True)
class Pieces:
    """Pieces in the order in which they are read.

    Attributes:
        edges: Of each branch and shard, the rows where reading can begin without reading others. Empty: anywhere.
        grains: Of each branch, how many rows must not be parted.
        zeros: Of each branch, the position from which they are counted.
    """

    pieces: tuple[Piece, ...]
    edges: tuple[tuple[tuple[int, ...], ...], ...]
    grains: tuple[int, ...]
    zeros: tuple[int, ...]

    @property
    def num_rows(self) -> int | None:
        """How many rows there are; None where that is not known."""
        total = 0
        for piece in self.pieces:
            rows = piece.num_rows
            if rows is None:
                return None
            total += rows
        return total

    def slice(self, start: int, stop: int | None = None) -> Pieces:
        """Return the rows from `start` up to `stop` of all."""
        kept, at = [], 0
        for piece in self.pieces:
            rows = piece.num_rows
            assert rows is not None
            low, high = max(start - at, 0), rows if stop is None else min(stop - at, rows)
            if low < high:
                kept.append(piece if (low, high) == (0, rows) else piece.between(low, high))
            at += rows
        return replace(self, pieces=tuple(kept))

    # Shares

    def share(self, count: int, index: int, even: Evenness | None = None) -> Pieces:
        """Return one of `count` shares: contiguous, and none has more than one cell more than another.

        Args:
            even: Give all shares equally many cells: leave out what is over ("drop"), fill up from the beginning of all
                rows ("pad"), or from that of the share ("repeat").
        """
        if self.num_rows is None:
            return replace(self, pieces=_uncounted(self.pieces, count, index))
        cells = _Cells(self)
        total = len(cells)
        if even == "drop":
            total = total // count * count
        size, larger = divmod(total, count)
        if even is None and max(self.grains, default=1) > 1:
            # The last cell may be a part of a batch: whoever has it has a cell more, so that it lacks no two batches.
            behind = index - (count - larger)
            low = size * index + max(behind, 0)
            high = low + size + (behind >= 0)
        else:
            low = size * index + min(index, larger)
            high = low + size + (index < larger)
        own = self._cells(cells, low, high)
        if even in (None, "drop") or not total or not larger or index < larger:
            return own
        # The shares that lack a cell take the first ones of all, each another; or their own first again.
        more = (index - larger) % total if even == "pad" or not size else low
        return replace(self, pieces=own.pieces + self._cells(cells, more, more + 1).pieces)

    def _cells(self, cells: _Cells, low: int, high: int) -> Pieces:
        return self.slice(cells.row(low), cells.row(high)) if low < high else replace(self, pieces=())

    # Random order

    def permuted(self, seeds: Sequence[int]) -> Pieces:
        """Return the pieces cut into units and put in random order."""
        units = list(self._units())
        order = np.random.default_rng([*seeds, 0]).permutation(len(units))
        return replace(self, pieces=tuple(units[index] for index in order.tolist()))

    def _units(self) -> Iterator[Piece]:
        total = sum(piece.num_rows or 0 for piece in self.pieces)
        target = max(SMALLEST_PIECE, -(-total // MAX_PIECES))
        for piece in self.pieces:
            rows = piece.num_rows
            if rows is None:
                yield piece
                continue
            grain = self.grains[piece.branch]
            step = -(-target // grain) * grain
            edges = self.edges[piece.branch][piece.shard]
            if edges:
                cuts = _natural([edge - piece.start for edge in edges], rows, step)
            else:
                cuts = _regular(rows, step, (piece.offset - self.zeros[piece.branch]) % grain)
            for low, high in pairwise(cuts):
                yield replace(piece.between(low, high), begins=True)

    def lanes(self, count: int) -> list[Pieces]:
        """Deal the pieces out to so many readers that are read side by side."""
        count = max(1, min(count, len(self.pieces)))
        return [replace(self, pieces=self.pieces[lane::count]) for lane in range(count)]


class _Cells:
    """Where the cells of pieces begin, by the number of the cell."""

    def __init__(self, pieces: Pieces) -> None:
        self._first: list[int] = [0]
        self._rows: list[int] = [0]
        self._pieces: list[tuple[int, int, bool]] = []
        # The grain of the piece before and the position after it; a batch goes on over branches that are counted together.
        before: tuple[int, int] | None = None
        for piece in pieces.pieces:
            grain = pieces.grains[piece.branch]
            rows = piece.num_rows or 0
            begin = piece.offset - pieces.zeros[piece.branch]
            follows = not piece.begins and before == (grain, begin)
            early = not follows and begin % grain != 0
            count = -(-(begin + rows) // grain) - -(-begin // grain) + early
            self._pieces.append((grain, begin, early))
            self._first.append(self._first[-1] + count)
            self._rows.append(self._rows[-1] + rows)
            before = grain, begin + rows

    def __len__(self) -> int:
        return self._first[-1]

    def row(self, cell: int) -> int:
        """The row, counted over all pieces, that a cell begins with; that past the last for the number of cells."""
        if cell >= len(self):
            return self._rows[-1]
        number = int(np.searchsorted(self._first, cell, side="right")) - 1
        grain, begin, early = self._pieces[number]
        inner = cell - self._first[number]
        if early and inner == 0:
            return self._rows[number]
        start = (-(-begin // grain) + inner - early) * grain
        return self._rows[number] + start - begin


def _regular(rows: int, step: int, phase: int) -> list[int]:
    return [0, *range(step - phase, rows, step), rows]


def _natural(edges: Sequence[int], rows: int, step: int) -> list[int]:
    """Cut where reading can begin, at least `step` rows apart."""
    cuts = [0]
    for edge in edges:
        if cuts[-1] + step <= edge < rows:
            cuts.append(edge)
    return [*cuts, rows]


def _uncounted(pieces: tuple[Piece, ...], count: int, index: int) -> tuple[Piece, ...]:
    """Deal out pieces whose rows are not counted: whole ones, or blocks of their rows in turn if there are too few."""
    if len(pieces) >= count or not pieces:
        return pieces[len(pieces) * index // count : len(pieces) * (index + 1) // count]
    number = len(pieces) * index // count
    readers = [reader for reader in range(count) if len(pieces) * reader // count == number]
    piece = pieces[number]
    return (replace(piece, part=piece.part + piece.parts * readers.index(index), parts=piece.parts * len(readers)),)
