"""Runs: neighbouring rows with equal keys folded into one row, however long they are."""

from __future__ import annotations

import pyarrow as pa

from arrowsets.engine.stages import BLOCK_ROWS, Chunk, Cursor, Stage, State, joined
from arrowsets.engine.stages_apply import Binding
from arrowsets.features import Features
from arrowsets.transforms.base import Batch

__all__ = ["RunsStage"]


class RunsStage(Stage):
    """Folds runs of rows; the last run of a block waits for the next block, unless it is the end.

    Args:
        binding: Folds the runs of all rows that it is given, a row each.
    """

    def __init__(self, upstream: Stage, binding: Binding) -> None:
        self._cursor, self._binding = Cursor(upstream), binding
        # The rows of a run that may go on, and the position before them.
        self._rest: tuple[State, Chunk] | None = None
        self._count = 0

    def __next__(self) -> Chunk:
        state, chunks = (self._cursor.state(), []) if self._rest is None else (self._rest[0], [self._rest[1]])
        rows, ended = BLOCK_ROWS, False
        while True:
            chunks += self._cursor.some(rows)
            if not chunks:
                raise StopIteration
            whole = joined(chunks)
            table, features = self._folded(whole)
            ended = not self._cursor.fill(1)
            if ended or table.num_rows > 1:
                break
            chunks, rows = [whole], 2 * rows
        self._rest = None
        if not ended:
            open_rows = len(table.column(0)[-1].as_py())
            passed = whole.num_rows - open_rows
            table = table.slice(0, table.num_rows - 1)
            self._rest = {"at": state["at"], "row": state["row"] + passed}, whole.slice(passed, open_rows)
        self._count += table.num_rows
        return Chunk(table, features, self._count - table.num_rows)

    def _folded(self, chunk: Chunk) -> tuple[pa.Table, Features]:
        outputs = self._binding.bind(chunk.features).apply(Batch(chunk.table, chunk.offset))
        return outputs.table, outputs.features

    def state(self) -> State:
        return {"up": self._cursor.state() if self._rest is None else self._rest[0], "count": self._count}

    def restore(self, state: State) -> None:
        self._rest, self._count = None, state["count"]
        self._cursor.restore(state["up"])

    def close(self) -> None:
        self._cursor.close()
