"""The shuffle: windows of rows drawn from several places at once, each put in random order.

Nothing of a window is stored: its rows are read again when a position within it is restored, and its order is a function
of the seed, the epoch and its number.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from arrowsets.engine.stages import Chunk, Cursor, Stage, State, joined, picked

__all__ = ["WindowStage"]


class WindowStage(Stage):
    """Rows of several lanes in windows of random order.

    Args:
        rows: Rows of a window.
    """

    def __init__(self, lanes: Sequence[Stage], rows: int, seeds: Sequence[int]) -> None:
        self._lanes = [Cursor(lane) for lane in lanes]
        self._size, self._seeds = rows, list(seeds)
        self._window = self._count = 0

    def __next__(self) -> Chunk:
        chunks = self._gathered()
        if not chunks:
            raise StopIteration
        whole = joined(chunks)
        order = np.random.default_rng([*self._seeds, 1, self._window]).permutation(whole.num_rows)
        table = picked(whole.table, order)
        self._window += 1
        self._count += table.num_rows
        return Chunk(table, whole.features, self._count - table.num_rows)

    def _gathered(self) -> list[Chunk]:
        """Take equally many rows of each lane, as long as it has some."""
        chunks: list[Chunk] = []
        wanted, alive = self._size, list(self._lanes)
        while wanted > 0 and alive:
            share = -(-wanted // len(alive))
            left = []
            for lane in alive:
                share = min(share, wanted)
                found = lane.some(share)
                taken = sum(chunk.num_rows for chunk in found)
                chunks += found
                wanted -= taken
                if taken == share and share:
                    left.append(lane)
            alive = left
        return chunks

    def state(self) -> State:
        return {"lanes": [lane.state() for lane in self._lanes], "window": self._window, "count": self._count}

    def restore(self, state: State) -> None:
        self._window, self._count = state["window"], state["count"]
        for lane, position in zip(self._lanes, state["lanes"], strict=True):
            lane.restore(position)

    def close(self) -> None:
        for lane in self._lanes:
            lane.close()
