"""What a transform is: a pure function from a batch of rows to the columns it made.

Drivers (the store writer, the iterator, a remote executor) know nothing else of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from arrowsets.features import Features
from arrowsets.record import dataclass

__all__ = ["Batch", "Outputs", "Reject", "Transform"]

Reject = tuple[str, int | None, str, str]
"""A row, or with row None a file, that a reader left out: its file, its row, why, and its text."""


@dataclass(frozen=True)
class Batch:
    """Rows handed to a transform.

    Attributes:
        table: The rows, as stored.
        offset: Position of the first row in the whole dataset.
        rank: Which worker runs; None in the main process.
        others: Reads a column of the same rows that is not in the table, because the transform did not ask for it.
    """

    table: pa.Table
    offset: int
    rank: int | None = None
    others: Callable[[str], pa.ChunkedArray[Any]] | None = None

    def part(self, start: int, rows: int) -> Batch:
        """Return some of the rows as a batch of their own."""
        others = self.others
        read = None if others is None else lambda name: others(name).slice(start, rows)
        return Batch(self.table.slice(start, rows), self.offset + start, self.rank, read)

    def column(self, name: str) -> pa.ChunkedArray[Any] | None:
        """Return a column of the input; None where it is neither in the table nor can be read."""
        place = self.table.schema.get_field_index(name)  # its names are a list that is made for who asks for them
        if place >= 0:
            return self.table.column(place)
        return None if self.others is None else self.others(name)


@dataclass(frozen=True)
class Outputs:
    """What a transform made of a batch.

    Attributes:
        table: The columns that were returned, with the rows that were returned.
        features: Their types.
        unchanged: Returned columns that equal the input's; they need not be written.
        deleted: Input columns that the function removed from its rows.
        whole: The table replaces every input column, it is not merged with them.
        touched: The function returned something for at least one row.
        rejects: What a reader left out.
        positions: The table is one column of positions of kept rows.
    """

    table: pa.Table
    features: Features
    unchanged: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    whole: bool = False
    touched: bool = True
    rejects: tuple[Reject, ...] = ()
    positions: bool = False


class Transform(ABC):
    """A pure, picklable function on batches."""

    batch_size: int | None
    """Rows that a batch must have: boundaries lie at its multiples. None: all rows in one batch."""
    by_row: bool = False
    """What becomes of a row does not depend on those it comes with: any number of rows makes a batch."""
    block_rows: int = 1000
    """Rows that are handed over at a time where any number will do."""
    job_rows: int | None = None
    """More than `block_rows`, where they pass quickly and nobody waits for the first. A unit of work is not exceeded."""
    together: int = 1
    """Batches that are handed over as one to `run_together`, where they pass quickly."""
    removed: frozenset[str] = frozenset()
    """Input columns that are dropped before the outputs are merged."""
    infers: bool = False
    """Types of outputs are those of their values."""
    declared: Mapping[str, Any] | None = None
    """Types that were given for the outputs."""

    def settled(self, types: Mapping[str, Any]) -> Transform:
        """Return the transform that makes columns of these types, where it would find them out from their values."""
        del types
        return self

    @abstractmethod
    def apply(self, batch: Batch) -> Outputs:
        """Compute the outputs of one batch."""

    @abstractmethod
    def run(self, batches: Iterable[Batch]) -> Iterator[Outputs]:
        """Compute the outputs of a run of batches, in order."""

    def run_together(self, batches: Iterable[Batch]) -> Iterator[tuple[int, Outputs]]:
        """Compute outputs, with how many rows they are of, where each batch given is as many batches as `together` says.

        Outputs of several batches have a row for each row.
        """
        for batch in batches:
            yield batch.table.num_rows, self.apply(batch)
