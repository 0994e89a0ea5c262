"""Stages: the running parts of a plan, and the only place where a read has state.

The contract, on which exact resuming rests; an implementation that breaks it is a bug:

- `next` answers a chunk of one row or more, and StopIteration from the end of the rows on.
- `state` is small JSON: the position before the next chunk. It is new at each call, and nothing changes it later.
- `restore(state)` on a stage of the same plan makes the rows that follow the same as they were. It may be called at any
  time, any number of times. How the rows are cut into chunks may differ.
- `skip(n)` jumps over at most `n` rows if that is cheaper than reading them, and answers how many it jumped over.
- A chunk's offset is the position of its first row among all rows of the plan at that place, or where that cannot be
  known (behind a filter, a shuffle) among those that this reader has seen. Where offsets do not continue, rows between
  belong to other readers or come later.

Whoever needs rows in other portions than chunks holds a `Cursor`: its state is that before its first chunk, and a count.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.engine.parts import Part, conform, lay_out
from arrowsets.engine.plan import Piece, Shard
from arrowsets.errors import BadData, SchemaConflict
from arrowsets.features import Features, Json, unify
from arrowsets.features.buffers import of_numpy
from arrowsets.record import dataclass
from arrowsets.table.pick import is_plain
from arrowsets.table.take import gather

__all__ = ["Chunk", "Cursor", "ReadStage", "Stage", "State", "joined", "picked", "types_of_both"]

State: TypeAlias = "dict[str, Any]"
BLOCK_ROWS = 1000
LARGE_BYTES = 256 << 20  # offsets of 32 bits may overflow above


@dataclass(frozen=True)
class Chunk:
    """Rows that follow each other.

    Attributes:
        offset: The position of the first.
        begins: Batches begin anew here, even if the offset continues that of the rows before.
    """

    table: pa.Table
    features: Features
    offset: int
    begins: bool = False

    @property
    def num_rows(self) -> int:
        """How many rows."""
        return self.table.num_rows

    def slice(self, start: int, length: int) -> Chunk:
        """Return some of the rows."""
        if start == 0 and length >= self.table.num_rows:
            return self
        return Chunk(self.table.slice(start, length), self.features, self.offset + start, self.begins and start == 0)


class Stage(ABC):
    """A position in a stream of rows; see the module's contract."""

    def __iter__(self) -> Iterator[Chunk]:
        return self

    @abstractmethod
    def __next__(self) -> Chunk:
        """Return the next rows."""

    @abstractmethod
    def state(self) -> State:
        """Return the position."""

    @abstractmethod
    def restore(self, state: State) -> None:
        """Go to a position."""

    def skip(self, rows: int) -> int:
        """Jump over rows; return over how many."""
        del rows
        return 0

    def close(self) -> None:  # noqa: B027 - most stages hold nothing
        """Let go of files and workers."""


class Cursor:
    """Reads a stage in any portions; its position is one of rows, not of chunks."""

    __slots__ = ("_at", "_ended", "_held", "_rows", "stage")

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._held: deque[tuple[State, Chunk]] = deque()
        self._at = self._rows = 0
        self._ended = False

    def fill(self, rows: int) -> int:
        """Hold at least so many rows, or all there are; return how many are held."""
        while self._rows < rows and not self._ended:
            state = self.stage.state()
            chunk = next(self.stage, None)
            if chunk is None:
                self._ended = True
            else:
                self._held.append((state, chunk))
                self._rows += chunk.num_rows
        return self._rows

    def at_hand(self) -> int:
        """How many rows of one chunk come next; 0 at the end."""
        return self._held[0][1].num_rows - self._at if self.fill(1) else 0

    def upto(self, rows: int) -> Chunk | None:
        """Return the next rows, at most so many; None at the end."""
        if not self._held and not self.fill(1):
            return None
        chunk = self._held[0][1]
        start = self._at
        taken = chunk.slice(start, min(rows, chunk.num_rows - start))
        self._advance(taken.num_rows)
        return taken

    def exactly(self, rows: int) -> Chunk | None:
        """Return so many rows, fewer only at the end or before rows that do not continue them."""
        first = self.upto(rows)
        if first is None or first.num_rows == rows:
            return first
        chunks, count = [first], first.num_rows
        while count < rows and self.fill(1):
            held = self._held[0][1]
            if held.offset + self._at != first.offset + count or (held.begins and self._at == 0):
                break
            chunk = self.upto(rows - count)
            assert chunk is not None
            chunks.append(chunk)
            count += chunk.num_rows
        return joined(chunks)

    def some(self, rows: int) -> list[Chunk]:
        """Return so many rows, as many chunks as they lie in; fewer only at the end."""
        chunks: list[Chunk] = []
        while rows > 0 and (chunk := self.upto(rows)) is not None:
            chunks.append(chunk)
            rows -= chunk.num_rows
        return chunks

    def offset(self) -> int | None:
        """The position of the next row; None at the end."""
        return self._held[0][1].offset + self._at if self.fill(1) else None

    def skip(self, rows: int) -> int:
        """Pass over rows; return how many there were."""
        left = rows
        while left > 0:
            if not self._held:
                jumped = self.stage.skip(left)
                left -= jumped
                if jumped:
                    continue
                if not self.fill(1):
                    break
            taken = min(left, self._held[0][1].num_rows - self._at)
            self._advance(taken)
            left -= taken
        return rows - left

    def _advance(self, rows: int) -> None:
        self._at += rows
        self._rows -= rows
        if self._at >= self._held[0][1].num_rows:
            self._held.popleft()
            self._at = 0

    def state(self) -> State:
        """Return the position."""
        if not self._held:
            return {"at": self.stage.state(), "row": 0}
        return {"at": self._held[0][0], "row": self._at}

    def restore(self, state: State) -> None:
        """Go to a position."""
        self._held.clear()
        self._at = self._rows = 0
        self._ended = False
        self.stage.restore(state["at"])
        self.skip(state["row"])

    def close(self) -> None:
        """Close the stage."""
        self._held.clear()
        self.stage.close()


def joined(chunks: list[Chunk]) -> Chunk:
    """Join the rows of chunks; where their types differ, they become the types that hold both."""
    first = chunks[0]
    if len(chunks) == 1:
        return first
    if all(chunk.features is first.features or chunk.features == first.features for chunk in chunks):
        return Chunk(pa.concat_tables([chunk.table for chunk in chunks]), first.features, first.offset, first.begins)
    parts = [_part(chunk) for chunk in chunks]
    layout = lay_out(parts, join=types_of_both)
    tables = [table for part in parts for table in conform(part, layout)]
    return Chunk(pa.concat_tables(tables), layout.features, first.offset, first.begins)


def picked(table: pa.Table, rows: npt.NDArray[np.int64]) -> pa.Table:
    """Return rows of a table, in the order given."""
    if not table.num_columns:
        return table.slice(0, len(rows))
    if table.nbytes < LARGE_BYTES and all(map(is_plain, table.schema.types)):
        # Handed over as it is, the array would make pyarrow import pandas.
        return table.take(of_numpy(np.asarray(rows, dtype=np.int64)))
    batches = table.to_batches()
    starts = np.cumsum([0, *(batch.num_rows for batch in batches)])
    return pa.Table.from_batches(gather(starts, batches.__getitem__, table.schema, rows), table.schema)


def types_of_both(first: Features, second: Features) -> Features:
    """Return types that hold the values of both: those that lose nothing, else JSON."""
    if any(isinstance(kind, Json) for types in (first, second) for kind in types.values()):
        return Features(dict.fromkeys(first, Json()))
    try:
        return unify(first, second)
    except SchemaConflict:
        return Features(dict.fromkeys(first, Json()))


def _part(chunk: Chunk) -> Part:
    stop = chunk.offset + chunk.num_rows
    names = frozenset(chunk.features)
    return Part(chunk.offset, stop, chunk.num_rows, 0, chunk.features, names, whole=True, data=chunk.table)


class ReadStage(Stage):
    """Reads pieces of shards, one after the other.

    Args:
        counted: The pieces know the positions of their rows. Else rows are counted as they come.
        features: The types of all rows. None: those of each table.
        block: Rows that readers who share a piece keep in turn.
    """

    def __init__(
        self,
        shards: tuple[Shard, ...],
        pieces: tuple[Piece, ...],
        features: Features | None,
        *,
        counted: bool,
        block: int = 1,
    ) -> None:
        self._shards, self._pieces, self._features = shards, pieces, features
        self._counted, self._block = counted, block
        self._piece, self._row, self._count = 0, self._first(0), 0
        self._tables: Iterator[tuple[pa.Table, int | None]] | None = None
        self._place: int | None = None
        # Where skipping ended last, and how many rows come in one run there: fewer cannot be jumped over.
        self._run: tuple[int, int, int | None, int] | None = None
        self._schema: pa.Schema | None = None
        self._known: tuple[pa.Schema, Features] | None = None

    def _first(self, index: int) -> int:
        return self._pieces[index].start if index < len(self._pieces) else 0

    def __next__(self) -> Chunk:
        while self._piece < len(self._pieces):
            piece = self._pieces[self._piece]
            row = self._row
            table = self._more(piece)
            if table is None:
                self._go_to_piece(self._piece + 1)
                continue
            self._row += table.num_rows
            if piece.parts > 1:
                table = self._part_of(piece, table, row)
            if not table.num_rows:
                continue
            offset = piece.offset + row - piece.start if self._counted else self._count
            self._count += table.num_rows
            return Chunk(table, self._types(table.schema), offset, piece.begins and row == piece.start)
        raise StopIteration

    def _types(self, schema: pa.Schema) -> Features:
        if self._features is not None and (self._schema is schema or schema.equals(self._features.arrow_schema)):
            self._schema = schema
            return self._features
        if self._known is None or not schema.equals(self._known[0]):
            self._known = schema, Features.from_arrow_schema(schema)
        return self._known[1]

    def _more(self, piece: Piece) -> pa.Table | None:
        """Return the next rows of a piece; None at its end."""
        if piece.stop is not None and self._row >= piece.stop:
            return None
        if self._tables is None:
            self._tables = iter(self._shards[piece.shard].read(self._row, piece.stop, self._place))
        table, self._place = next((found for found in self._tables if found[0].num_rows), (None, None))
        if table is None:
            if piece.stop is not None:
                raise BadData(f"{self._shards[piece.shard]} has {self._row} rows where there were {piece.stop} before")
            return None
        return table if piece.stop is None else table.slice(0, piece.stop - self._row)

    def _part_of(self, piece: Piece, table: pa.Table, row: int) -> pa.Table:
        blocks = (np.arange(row, row + table.num_rows) // self._block) % piece.parts
        return picked(table, np.flatnonzero(blocks == piece.part))

    def _go_to_piece(self, index: int) -> None:
        self._piece, self._row = index, self._first(index)
        self._forget()

    def _forget(self) -> None:
        tables, self._tables, self._place = self._tables, None, None
        close = getattr(tables, "close", None)
        if close is not None:
            close()

    def state(self) -> State:
        return {"piece": self._piece, "row": self._row, "place": self._place, "count": self._count}

    def restore(self, state: State) -> None:
        self._forget()
        self._piece, self._row, self._count = state["piece"], state["row"], state["count"]
        self._place = state["place"]

    def skip(self, rows: int) -> int:
        skipped = 0
        while skipped < rows and self._piece < len(self._pieces):
            piece = self._pieces[self._piece]
            if piece.num_rows is None:
                jumped, ended = self._skimmed(piece, rows - skipped)
                skipped += jumped
                if not ended:
                    break
                self._go_to_piece(self._piece + 1)
                continue
            step = min(piece.start + piece.num_rows - self._row, rows - skipped)
            skipped += step
            self._row += step
            if step:
                self._forget()
            if self._row < piece.start + piece.num_rows:
                break
            self._go_to_piece(self._piece + 1)
        self._count += skipped
        return skipped

    def _skimmed(self, piece: Piece, rows: int) -> tuple[int, bool]:
        """Pass over runs of at most so many rows in all; return how many these were, and whether the piece has no more."""
        # The place of a table in the making is not known; nor is it where another reader's rows lie between.
        if piece.parts > 1 or piece.stop is not None or (self._place is None and self._row):
            return 0, False
        if self._run is not None and self._run[:3] == (self._piece, self._row, self._place) and rows < self._run[3]:
            return 0, False
        runs = self._shards[piece.shard].skim(self._place)
        if runs is None:
            return 0, False
        jumped, place, ended = 0, self._place, True
        for more, after in runs:
            if jumped + more > rows:
                self._run = self._piece, self._row + jumped, place, more
                ended = False
                break
            jumped, place = jumped + more, after
        self._forget()
        self._row, self._place = self._row + jumped, place
        return jumped, ended

    def close(self) -> None:
        self._forget()
