"""One iteration over a plan: rows and batches in a format, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from operator import length_hint
from typing import Any

import pyarrow as pa

from arrowsets.dataset.reading import FormatSpec, format_of
from arrowsets.engine.plan import Context, Plan
from arrowsets.engine.stages import Chunk, Cursor, State, joined
from arrowsets.engine.steps_lower import open_plan
from arrowsets.features import Features
from arrowsets.formats import Format
from arrowsets.formats.collate import can_look_up, registered

__all__ = ["Run", "Shown"]

ROWS_PER_READ = 1000


class Shown:
    """Chunks shown in a format, which is made once for each kind of types."""

    def __init__(self, spec: FormatSpec) -> None:
        self._spec = spec
        self._features: Features | None = None
        self._format: Format | None = None
        self._columns: list[str] | None = None

    def of(self, chunk: Chunk) -> tuple[Format, pa.Table]:
        """Return the format for a chunk, and the columns that are shown."""
        features = chunk.features
        if self._format is None or (features is not self._features and features != self._features):
            chosen = list(features) if self._spec.columns is None else list(self._spec.columns)
            shown = list(features) if self._spec.others_too else chosen
            partial = len(shown) > len(chosen)
            types = Features({name: features[name] for name in shown})
            self._format = format_of(self._spec, types, chosen, partial=partial)
            self._columns = None if shown == list(features) else shown
        self._features = features
        return self._format, chunk.table if self._columns is None else chunk.table.select(self._columns)


class Run:
    """An iteration. What was handed out is counted without touching each row where rows lie in a list."""

    def __init__(self, plan: Plan, context: Context, spec: FormatSpec, position: State | None) -> None:
        self.epoch = context.epoch
        self._cursor = Cursor(open_plan(plan, context))
        self._shown = Shown(spec)
        self._before: State | None = None
        self._rows: Any = ()
        self._size = 0
        if position is not None:
            self._cursor.restore(position)

    def position(self) -> State:
        """Where the iteration stands, after the row or batch that was handed out last."""
        if self._before is None:
            return self._cursor.state()
        return {"at": self._before["at"], "row": self._before["row"] + self._size - length_hint(self._rows)}

    def blocks(self, *, lazily: bool = False) -> Iterator[Iterator[Any]]:
        """Yield iterators over the rows, to be chained.

        Args:
            lazily: The rows are going to be collated by PyTorch, where that is faster for rows that know their columns.
        """
        try:
            while True:
                before = self._cursor.state()
                chunk = self._cursor.upto(ROWS_PER_READ)
                if chunk is None:
                    break
                shown, table = self._shown.of(chunk)
                columns = lazily and can_look_up(shown, table.schema.types) and registered()
                rows = iter(list(shown.lazy(table).rows())) if columns else shown.rows(table)
                if length_hint(rows, -1) != chunk.num_rows:
                    rows = _Counted(rows, chunk.num_rows)
                self._before, self._rows, self._size = before, rows, chunk.num_rows
                yield rows
            self._before = None
        finally:
            self._cursor.close()

    def batches(self, size: int, *, drop_last_batch: bool) -> Iterator[Any]:
        """Yield batches of so many rows."""
        for chunk in self.portions(size):
            if drop_last_batch and chunk.num_rows < size:
                break
            shown, table = self._shown.of(chunk)
            yield shown.batch(table)

    def portions(self, size: int) -> Iterator[Chunk]:
        """Yield the rows as stored, so many at a time."""
        try:
            while chunks := self._cursor.some(size):
                yield joined(chunks)
        finally:
            self._cursor.close()

    def chunks(self, rows: int) -> Iterator[Chunk]:
        """Yield the rows as stored, at most so many at a time."""
        try:
            while (chunk := self._cursor.upto(rows)) is not None:
                yield chunk
        finally:
            self._cursor.close()


class _Counted:
    """An iterator that knows how many values are left."""

    __slots__ = ("_left", "_values")

    def __init__(self, values: Iterator[Any], count: int) -> None:
        self._values, self._left = values, count

    def __iter__(self) -> _Counted:
        return self

    def __next__(self) -> Any:
        value = next(self._values)
        self._left -= 1
        return value

    def __length_hint__(self) -> int:
        return self._left
