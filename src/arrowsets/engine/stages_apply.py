"""Stages that compute: transforms over batches of rows, here or by an executor, and changes of columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor

import pyarrow as pa

from arrowsets.engine import executors, worker
from arrowsets.engine.stages import BLOCK_ROWS, Chunk, Cursor, Stage, State, picked
from arrowsets.errors import TransformError
from arrowsets.features import Features
from arrowsets.record import dataclass
from arrowsets.transforms.base import Batch, Outputs, Transform

__all__ = ["ApplyStage", "Binding", "Bound", "Change", "ChangeStage", "Work", "merged"]


class Binding(ABC):
    """A transform of which the types of its input are not known yet; a frozen, picklable value."""

    batch_size: int | None
    """This, and the following, are as of the transform."""
    by_row: bool = False
    block_rows: int = BLOCK_ROWS

    @abstractmethod
    def bind(self, features: Features) -> Transform:
        """Return the transform for rows of these types."""


@dataclass(frozen=True)
class Bound(Binding):
    """A transform that is the same whatever its input."""

    transform: Transform

    @property
    def batch_size(self) -> int | None:  # type: ignore[override]
        return self.transform.batch_size

    @property
    def by_row(self) -> bool:  # type: ignore[override]
        return self.transform.by_row

    @property
    def block_rows(self) -> int:  # type: ignore[override]
        return self.transform.block_rows

    def bind(self, features: Features) -> Transform:
        del features
        return self.transform


@dataclass(frozen=True)
class Work:
    """A transform and how its answers are merged with the rows it was given.

    Attributes:
        label: What errors call it.
        columns: The columns that it reads. None: all.
        removed: Columns that are dropped. None: all that are not returned.
        rowwise: Each row gives one row.
        drop_last: Leave out a last batch that is smaller.
        executor: Who works. None: this process, or `num_proc` others.
    """

    label: str
    binding: Binding
    columns: tuple[str, ...] | None = None
    removed: frozenset[str] | None = frozenset()
    rowwise: bool = False
    drop_last: bool = False
    executor: Executor | None = None
    num_proc: int | None = None

    @property
    def workers(self) -> Executor | None:
        """Who works; None: this process."""
        return executors.process_pool(self.num_proc) if self.executor is None and self.num_proc else self.executor


class ApplyStage(Stage):
    """Applies a transform to batches; those that are in the works are remembered by the positions before them.

    Batches begin at multiples of their size, so that they are the same wherever reading starts.
    """

    def __init__(self, upstream: Stage, work: Work) -> None:
        self._cursor, self._work = Cursor(upstream), work
        binding = work.binding
        self._size = binding.block_rows if binding.by_row else binding.batch_size
        self._pending: deque[tuple[State, Chunk]] = deque()
        # The first batch whose types are not those of the batches in the works.
        self._next: tuple[State, Chunk] | None = None
        self._features: Features | None = None
        self._transform: Transform | None = None
        self._run: Iterator[Outputs] | None = None
        # Rows of the output so far, once their positions are not those of the input any more.
        self._count: int | None = None

    def __next__(self) -> Chunk:
        while True:
            if self._run is None and not self._start():
                raise StopIteration
            assert self._run is not None
            for outputs in self._run:
                _, given = self._pending.popleft()
                chunk = self._chunk(given, outputs)
                if chunk.num_rows:
                    return chunk
            self._run = None

    def _start(self) -> bool:
        """Begin to work on the batches to come, as long as they have the same types."""
        first = self._next if self._next is not None else self._read()
        if first is None:
            return False
        self._next = first
        features = first[1].features
        if self._transform is None or features != self._features:
            self._features, self._transform = features, self._work.binding.bind(features)
        executor = self._work.workers
        if executor is None:
            self._run = self._transform.run(self._batches())
            return True
        tasks = (executors.Task((_Sent(batch),), self._label(batch)) for batch in self._batches())
        self._run = _answers(executors.run(_Applied(self._transform), tasks, executor))
        return True

    def _batches(self) -> Iterator[Batch]:
        columns = self._work.columns
        while True:
            found = self._next if self._next is not None else self._read()
            self._next = found
            if found is None:
                return
            chunk = found[1]
            if chunk.features is not self._features and chunk.features != self._features:
                return
            self._next = None
            self._pending.append(found)
            table = chunk.table if columns is None else chunk.table.select(list(columns))
            yield Batch(table, chunk.offset, others=chunk.table.column)

    def _read(self) -> tuple[State, Chunk] | None:
        state = self._cursor.state()
        chunk = self._batch()
        return None if chunk is None else (state, chunk)

    def _label(self, batch: Batch) -> str:
        return f"rows {batch.offset} to {batch.offset + batch.table.num_rows - 1} of {self._work.label}"

    def _batch(self) -> Chunk | None:
        offset = self._cursor.offset()
        if offset is None:
            return None
        if self._size is None:
            return self._cursor.exactly(1 << 62)
        chunk = self._cursor.exactly(self._size - offset % self._size)
        if chunk is not None and self._work.drop_last and chunk.num_rows < self._size and not self._cursor.fill(1):
            return None
        return chunk

    def _chunk(self, given: Chunk, outputs: Outputs) -> Chunk:
        if outputs.positions:
            if self._count is None:
                self._count = 0
            table, features = _kept(given, outputs), given.features
        else:
            table, features = merged(given, outputs, self._work)
            if self._count is None and table.num_rows != given.num_rows:
                self._count = given.offset
        offset = given.offset
        if self._count is not None:
            offset = self._count
            self._count += table.num_rows
        return Chunk(table, features, offset, given.begins)

    def state(self) -> State:
        waiting = self._pending[0] if self._pending else self._next
        return {"up": self._cursor.state() if waiting is None else waiting[0], "count": self._count}

    def restore(self, state: State) -> None:
        self._stop()
        self._count = state["count"]
        self._cursor.restore(state["up"])

    def skip(self, rows: int) -> int:
        """Jump over whole blocks of rows whose answers nobody wants."""
        if not self._work.rowwise or self._pending or self._next or rows < 2 * BLOCK_ROWS or self._size is None:
            return 0
        offset = self._cursor.offset()
        if offset is None:
            return 0
        lead = -offset % self._size
        whole = (rows - lead) // self._size * self._size
        self._stop()
        return self._cursor.skip(lead + whole) if whole > 0 else 0

    def _stop(self) -> None:
        run, self._run = self._run, None
        close = getattr(run, "close", None)
        if close is not None:
            close()
        self._pending.clear()
        self._next = None

    def close(self) -> None:
        self._stop()
        self._cursor.close()


def _answers(results: Iterator[tuple[executors.Task, Outputs]]) -> Iterator[Outputs]:
    for _, outputs in results:
        yield outputs


@dataclass(frozen=True)
class _Applied:
    """A transform, to be called where an executor runs it."""

    transform: Transform

    def __call__(self, sent: _Sent) -> Outputs:
        batch = sent.batch
        return self.transform.apply(Batch(batch.table, batch.offset, worker.rank()))


class _Sent:
    """A batch that pickles as the bytes of its own rows, not of the buffers that it is a slice of."""

    __slots__ = ("batch",)

    def __init__(self, batch: Batch) -> None:
        self.batch = batch

    def __reduce__(self) -> tuple[object, ...]:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.batch.table.schema) as writer:
            writer.write_table(self.batch.table)
        return _received, (sink.getvalue().to_pybytes(), self.batch.table.num_rows, self.batch.offset)


def _received(data: bytes, num_rows: int, offset: int) -> _Sent:
    table = pa.ipc.open_stream(data).read_all()
    if not table.num_columns:
        table = pa.table({"_": pa.nulls(num_rows)}).select([])
    return _Sent(Batch(table, offset))


def _kept(given: Chunk, outputs: Outputs) -> pa.Table:
    positions = outputs.table.column(0).to_numpy() - given.offset
    count = len(positions)
    if count == given.num_rows:
        return given.table
    if count and positions[-1] - positions[0] == count - 1:
        return given.table.slice(int(positions[0]), count)
    return picked(given.table, positions)


def merged(given: Chunk, outputs: Outputs, work: Work) -> tuple[pa.Table, Features]:
    """Put the columns that were made in their places among those that were given."""
    features = given.features
    removed = frozenset(features) if work.removed is None else work.removed
    if not outputs.touched:
        kept = [name for name in features if name not in removed]
        return given.table.select(kept), Features({name: features[name] for name in kept})
    returned = outputs.features
    gone = (removed - set(returned)) | outputs.deleted
    kept = [] if outputs.whole else [name for name in features if name not in gone and name not in returned]
    if outputs.table.num_rows != given.num_rows and returned:
        if kept:
            raise TransformError(
                f"{work.label} returned {outputs.table.num_rows} rows for {given.num_rows}, so column {kept[0]!r} "
                f"cannot be kept; name it in remove_columns: remove_columns={list(features)!r} removes all"
            )
        return outputs.table, returned
    order = [name for name in features if name in kept or name in returned]
    order += [name for name in returned if name not in features]
    types = Features({name: returned.get(name, features.get(name)) for name in order})
    columns = [(outputs.table if name in returned else given.table).column(name) for name in order]
    if not columns:
        return given.table.select([]), types
    return pa.Table.from_arrays(columns, names=order), types


class Change(ABC):
    """A change of columns that needs no batches: a pure function of some rows."""

    @abstractmethod
    def change(self, table: pa.Table, features: Features, offset: int) -> tuple[pa.Table, Features]:
        """Do it to some rows, the first of which is at `offset`."""


class ChangeStage(Stage):
    """Changes columns chunk by chunk."""

    def __init__(self, upstream: Stage, change: Change) -> None:
        self._upstream, self._change = upstream, change

    def __next__(self) -> Chunk:
        chunk = next(self._upstream)
        table, features = self._change.change(chunk.table, chunk.features, chunk.offset)
        return Chunk(table, features, chunk.offset, chunk.begins)

    def state(self) -> State:
        return self._upstream.state()

    def restore(self, state: State) -> None:
        self._upstream.restore(state)

    def skip(self, rows: int) -> int:
        return self._upstream.skip(rows)

    def close(self) -> None:
        self._upstream.close()
