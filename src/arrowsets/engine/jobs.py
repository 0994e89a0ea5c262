"""What is to be done, cut into units: a transform over the rows of a view, or a builder over its shards.

A job is a value: small, picklable, the same on every machine. How it is cut depends on the data alone, never on who works,
so that results have the same bytes whatever the number of workers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import pyarrow as pa

from arrowsets.engine import worker
from arrowsets.engine.parts import Layout, Part, padded
from arrowsets.features import Features, unify
from arrowsets.features.buffers import to_numpy
from arrowsets.record import dataclass
from arrowsets.table import View
from arrowsets.transforms.base import Batch, Outputs, Transform

__all__ = ["Job", "Piece", "TransformJob"]

MAX_UNITS = 64
MAX_UNIT_BYTES = 256 << 20
BLOCK_ROWS = 1000
BLOCK_BYTES = 8 << 20


@dataclass(frozen=True)
class Piece:
    """Outputs of some rows of one unit."""

    unit: int
    start: int
    stop: int
    outputs: Outputs


class Job(ABC):
    """Work cut into units whose results, in order, are the result."""

    description: str
    """What is done, for progress bars and messages."""

    @abstractmethod
    def __len__(self) -> int:
        """The number of units."""

    @abstractmethod
    def blocks(self, first: int, last: int) -> Iterator[Piece]:
        """Do the units [first, last), in order; a piece may span units. Each unit is in at least one piece."""

    def cut(self, piece: Piece) -> Iterator[Piece]:
        """Cut a piece where units end."""
        yield piece

    @abstractmethod
    def name(self, unit: int) -> str:
        """The name of a unit's file: the rows or the shard that it covers."""

    def label(self, unit: int) -> str:
        """The unit's name in messages."""
        return f"{self.name(unit)} of {self.description}"

    def weight(self, unit: int) -> int | None:
        """Rows of a unit, for progress; None where that is not known before."""
        del unit
        return None

    @property
    def cut_alike(self) -> bool:
        """Whether a unit is made of the same pieces whoever does it, so that its size may decide on files."""
        return False

    @property
    def reads_ahead(self) -> bool:
        """Whether units may be done in several threads of this process: none of the user's code runs in them."""
        return False

    def fill(self, column: str, start: int, stop: int) -> pa.ChunkedArray[Any] | None:
        """Read a column of the input that the unit left unchanged; None where there is none."""
        del column, start, stop
        return None

    @property
    def given(self) -> Features:
        """The features of the input."""
        return Features({})

    @property
    def is_light(self) -> bool:
        """Whether the input lies in memory, so that a small result may stay there too."""
        return False

    def revised(self, parts: Sequence[Part], layout: Layout) -> Job | None:
        """Return the job that does some units again, under other names, now that the types of all are known; or None."""
        del parts, layout
        return None

    @property
    def is_named_by_files(self) -> bool:
        """Whether mending the input's files gives the job another name, so that units of a failed one are never used."""
        return False

    @property
    def infers(self) -> bool:
        """Whether types are those of the values, and were neither given nor stored."""
        return False

    @abstractmethod
    def join(self, first: Features, second: Features) -> Features:
        """Return the types that hold the rows of two parts; raise SchemaConflict where there are none."""


@dataclass(frozen=True)
class TransformJob(Job):
    """A transform over the rows of a view.

    Attributes:
        view: The input.
        features: Its types.
        transform: What is done.
        columns: The columns that the transform reads. None: all.
        description: For progress bars and messages.
        num_rows: How many of the view's first rows are processed.
        on_mixed: "use_json": a column whose values have types that no type holds becomes JSON. None: an error.
        again: Units that are done again, with a transform whose types are settled.
    """

    view: View
    features: Features
    transform: Transform
    columns: tuple[str, ...] | None
    description: str
    num_rows: int
    on_mixed: str | None = "use_json"
    again: frozenset[int] = frozenset()

    @cached_property
    def unit_rows(self) -> int:
        """Rows of a unit but the last; asked for only where there is work to do, since the view's files are opened for it."""
        return _unit_rows(self.view, self.num_rows, self.transform)

    def __len__(self) -> int:
        return (self.num_rows + self.unit_rows - 1) // self.unit_rows

    def bounds(self, unit: int) -> tuple[int, int]:
        """The rows of a unit."""
        start = unit * self.unit_rows
        return start, min(start + self.unit_rows, self.num_rows)

    def name(self, unit: int) -> str:
        """`rows-<first>-<past the last>.arrow`, and whether it was done again."""
        start, stop = self.bounds(unit)
        return f"rows-{start:012d}-{stop:012d}{'-again' if unit in self.again else ''}.arrow"

    def label(self, unit: int) -> str:
        """Rows and description."""
        start, stop = self.bounds(unit)
        return f"rows {start} to {stop - 1} of {self.description}"

    def weight(self, unit: int) -> int:
        """The rows of a unit."""
        start, stop = self.bounds(unit)
        return stop - start

    def fill(self, column: str, start: int, stop: int) -> pa.ChunkedArray[Any] | None:
        """Read a column of the view."""
        if column not in self.features or column in self.transform.removed:
            return None
        return self.view.read(range(start, stop), [column]).column(0)

    @property
    def is_light(self) -> bool:
        """Whether the view lies in memory."""
        return not self.view.paths

    @property
    def given(self) -> Features:
        """The types of columns in rows for which nothing is returned: those of the view, or as they were declared."""
        removed, declared = self.transform.removed, self.transform.declared or {}
        return Features({name: declared.get(name, kind) for name, kind in self.features.items() if name not in removed})

    @property
    def infers(self) -> bool:
        """Whether the transform finds types out."""
        return self.transform.infers and self.on_mixed is not None

    def join(self, first: Features, second: Features) -> Features:
        """Join types as far as no value is lost; then as `on_mixed` says."""
        return unify(first, second, use_json=self.on_mixed is not None)

    def revised(self, parts: Sequence[Part], layout: Layout) -> TransformJob | None:
        """Do again what made structs of dicts that turned out to be JSON: of those, no key must be made up."""
        columns = {unit: padded(part, layout) for unit, part in enumerate(parts) if part.touched}
        again = frozenset(unit for unit, names in columns.items() if names)
        if not again:
            return None
        names = sorted(frozenset[str]().union(*columns.values()))
        transform = self.transform.settled({name: layout.features[name] for name in names})
        return replace(self, transform=transform, again=again)

    def blocks(self, first: int, last: int) -> Iterator[Piece]:
        """Apply the transform; a piece is the outputs of one batch."""
        start, stop = self.bounds(first)[0], self.bounds(last - 1)[1]
        position = start
        for batch_rows, outputs in self._outputs(start, stop):
            yield Piece(position // self.unit_rows, position, position + batch_rows, outputs)
            position += batch_rows

    def _outputs(self, start: int, stop: int) -> Iterator[tuple[int, Outputs]]:
        size = self.transform.batch_size
        together = self._together()
        block = stop - start if size is None else self._block_rows() if self.transform.by_row else size * together
        counts: list[int] = []
        rank = worker.rank()

        def batches() -> Iterator[Batch]:
            offset = start
            for table in self.view.batches(max(block, 1), start, stop, self.columns):
                counts.append(table.num_rows)
                yield Batch(table, offset, rank, partial(self._column, offset, offset + table.num_rows))
                offset += table.num_rows

        if together > 1:
            yield from self.transform.run_together(batches())
            return
        for index, outputs in enumerate(self.transform.run(batches())):
            yield counts[index], outputs

    def _column(self, start: int, stop: int, name: str) -> pa.ChunkedArray[Any]:
        return self.view.read(range(start, stop), [name]).column(0)

    def _bytes_per_row(self) -> int:
        shown = self.view if self.columns is None else self.view.select_columns(self.columns)
        return max(shown.nbytes // max(shown.num_rows, 1), 1)

    def _together(self) -> int:
        """Return how many batches to read at a time: no more than fit into some MB."""
        most, size = self.transform.together, self.transform.batch_size
        return most if most < 2 or not size else max(min(most, BLOCK_BYTES // (size * self._bytes_per_row())), 1)

    def _block_rows(self) -> int:
        """Return how many rows to read at a time where any number will do: no more than fit into some MB."""
        bytes_per_row = self._bytes_per_row()
        rows = self.transform.block_rows
        if self.transform.job_rows is not None:
            rows = max(rows, min(self.transform.job_rows, self.unit_rows))
        return max(min(rows, BLOCK_BYTES // bytes_per_row), 1)

    def cut(self, piece: Piece) -> Iterator[Piece]:
        """Cut a piece where units end; only pieces of row-wise transforms span them, whose rows are the input's."""
        start, stop, outputs = piece.start, piece.stop, piece.outputs
        first, last = piece.unit, (stop - 1) // self.unit_rows
        if first == last:
            yield piece
            return
        for unit in range(first, last + 1):
            low, high = max(start, unit * self.unit_rows), min(stop, (unit + 1) * self.unit_rows)
            yield Piece(unit, low, high, replace(outputs, table=_rows_of(outputs, low, high, start, stop)))


def _rows_of(outputs: Outputs, low: int, high: int, start: int, stop: int) -> pa.Table:
    table = outputs.table
    if table.num_rows == stop - start and not outputs.positions:
        return table.slice(low - start, high - low)
    positions = to_numpy(table.column(0))
    first, last = (int(positions.searchsorted(bound)) for bound in (low, high))
    return table.slice(first, last - first)


def _unit_rows(view: View, num_rows: int, transform: Transform) -> int:
    """Rows of a unit: at most 64 units, more where they would be too large, cut where batches are cut."""
    batch_size = transform.batch_size
    if batch_size is None:
        return max(num_rows, 1)
    rows = -(-num_rows // MAX_UNITS)
    if view.num_rows:
        bytes_per_row = max(view.nbytes // view.num_rows, 1)
        rows = min(rows, max(MAX_UNIT_BYTES // bytes_per_row, 1))
    step = batch_size if batch_size > 1 else BLOCK_ROWS if rows >= BLOCK_ROWS else 1
    return max(-(-rows // step) * step, 1)
