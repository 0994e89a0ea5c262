"""Stages that choose rows: the first, all but the first, every n-th, and the same ones again and again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from arrowsets.engine.stages import BLOCK_ROWS, Chunk, Cursor, Stage, State, picked

__all__ = ["ChainStage", "KeepStage", "RepeatStage", "ShiftStage", "SkipStage", "TakeStage"]


class ShiftStage(Stage):
    """Counts the positions of rows from another one on."""

    def __init__(self, upstream: Stage, rows: int) -> None:
        self._upstream, self._rows = upstream, rows

    def __next__(self) -> Chunk:
        chunk = next(self._upstream)
        return Chunk(chunk.table, chunk.features, chunk.offset - self._rows, chunk.begins)

    def state(self) -> State:
        return self._upstream.state()

    def restore(self, state: State) -> None:
        self._upstream.restore(state)

    def skip(self, rows: int) -> int:
        return self._upstream.skip(rows)

    def close(self) -> None:
        self._upstream.close()


class TakeStage(Stage):
    """The first rows."""

    def __init__(self, upstream: Stage, rows: int) -> None:
        self._cursor, self._rows, self._done = Cursor(upstream), rows, 0

    def __next__(self) -> Chunk:
        chunk = self._cursor.upto(self._rows - self._done) if self._done < self._rows else None
        if chunk is None:
            raise StopIteration
        self._done += chunk.num_rows
        return chunk

    def state(self) -> State:
        return {"up": self._cursor.state(), "done": self._done}

    def restore(self, state: State) -> None:
        self._done = state["done"]
        self._cursor.restore(state["up"])

    def skip(self, rows: int) -> int:
        skipped = self._cursor.skip(min(rows, self._rows - self._done))
        self._done += skipped
        return skipped

    def close(self) -> None:
        self._cursor.close()


class SkipStage(Stage):
    """All rows but the first; positions are counted from the first that is left."""

    def __init__(self, upstream: Stage, rows: int) -> None:
        self._cursor, self._rows, self._begun = Cursor(upstream), rows, False

    def __next__(self) -> Chunk:
        self._begin()
        chunk = self._cursor.upto(1 << 62)
        if chunk is None:
            raise StopIteration
        return Chunk(chunk.table, chunk.features, chunk.offset - self._rows, chunk.begins)

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._cursor.skip(self._rows)

    def state(self) -> State:
        return {"up": self._cursor.state(), "begun": self._begun}

    def restore(self, state: State) -> None:
        self._begun = state["begun"]
        self._cursor.restore(state["up"])

    def skip(self, rows: int) -> int:
        self._begin()
        return self._cursor.skip(rows)

    def close(self) -> None:
        self._cursor.close()


class KeepStage(Stage):
    """Every n-th block of rows, for readers that share what cannot be cut before it is computed."""

    def __init__(self, upstream: Stage, count: int, index: int, block: int) -> None:
        self._cursor, self._count, self._index, self._block = Cursor(upstream), count, index, block
        self._seen = self._kept = 0

    def __next__(self) -> Chunk:
        while True:
            chunk = self._cursor.upto(BLOCK_ROWS)
            if chunk is None:
                raise StopIteration
            seen = self._seen
            self._seen += chunk.num_rows
            mask = np.arange(seen, self._seen) // self._block % self._count == self._index
            table = picked(chunk.table, np.flatnonzero(mask))
            if table.num_rows:
                self._kept += table.num_rows
                return Chunk(table, chunk.features, self._kept - table.num_rows)

    def state(self) -> State:
        return {"up": self._cursor.state(), "seen": self._seen, "kept": self._kept}

    def restore(self, state: State) -> None:
        self._seen, self._kept = state["seen"], state["kept"]
        self._cursor.restore(state["up"])

    def close(self) -> None:
        self._cursor.close()


class RepeatStage(Stage):
    """The same rows again and again.

    Args:
        make: Makes the stage of a repetition.
        times: None: without end.
    """

    def __init__(self, make: Callable[[int], Stage], times: int | None) -> None:
        self._make, self._times = make, times
        self._round, self._count, self._any = 0, 0, False
        self._inner = Cursor(make(0)) if times is None or times > 0 else None

    def __next__(self) -> Chunk:
        while self._inner is not None:
            chunk = self._inner.upto(1 << 62)
            if chunk is not None:
                self._any = True
                self._count += chunk.num_rows
                return Chunk(chunk.table, chunk.features, self._count - chunk.num_rows, chunk.begins)
            # What had no rows has none the next time either, and nobody may wait for them without end.
            if not self._any or (self._times is not None and self._round + 1 >= self._times):
                break
            self._enter(self._round + 1)
        raise StopIteration

    def _enter(self, number: int) -> None:
        if self._inner is not None:
            self._inner.close()
        self._round, self._any = number, False
        self._inner = Cursor(self._make(number))

    def state(self) -> State:
        inner = None if self._inner is None else self._inner.state()
        return {"round": self._round, "count": self._count, "any": self._any, "up": inner}

    def restore(self, state: State) -> None:
        if self._inner is None:
            return
        if state["round"] != self._round:
            self._enter(state["round"])
        self._count, self._any = state["count"], state["any"]
        self._inner.restore(state["up"])

    def close(self) -> None:
        if self._inner is not None:
            self._inner.close()


class ChainStage(Stage):
    """Stages one after the other, each made when its turn comes.

    Args:
        makers: Make the stages.
        bases: What is added to the positions of each one's rows. None: rows are counted as they come.
    """

    def __init__(self, makers: list[Callable[[], Stage]], bases: list[int] | None) -> None:
        self._makers, self._bases = makers, bases
        self._number, self._count = 0, 0
        self._inner: Stage | None = None

    def _current(self) -> Stage | None:
        if self._inner is None and self._number < len(self._makers):
            self._inner = self._makers[self._number]()
        return self._inner

    def __next__(self) -> Chunk:
        while (inner := self._current()) is not None:
            chunk = next(inner, None)
            if chunk is not None:
                offset = self._count if self._bases is None else chunk.offset + self._bases[self._number]
                self._count += chunk.num_rows
                return Chunk(chunk.table, chunk.features, offset, chunk.begins)
            self._enter(self._number + 1)
        raise StopIteration

    def _enter(self, number: int) -> None:
        self.close()
        self._number = number

    def state(self) -> State:
        inner = self._current()
        return {"part": self._number, "count": self._count, "up": None if inner is None else inner.state()}

    def restore(self, state: State) -> None:
        self._enter(state["part"])
        self._count = state["count"]
        inner = self._current()
        if inner is not None:
            inner.restore(state["up"])

    def skip(self, rows: int) -> int:
        inner = self._current()
        skipped = 0 if inner is None else inner.skip(rows)
        self._count += skipped
        return skipped

    def close(self) -> None:
        inner, self._inner = self._inner, None
        if inner is not None:
            inner.close()
