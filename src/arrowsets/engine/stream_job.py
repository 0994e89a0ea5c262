"""A stream as a job: read to its end, in shares where the rows can be cut in order."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from arrowsets.engine.jobs import Job, Piece
from arrowsets.engine.plan import Context, Plan
from arrowsets.engine.stages import types_of_both
from arrowsets.engine.steps import Share
from arrowsets.engine.steps_lower import in_order_shares, open_plan
from arrowsets.features import Features
from arrowsets.record import dataclass
from arrowsets.transforms.base import Outputs

__all__ = ["StreamJob"]

MAX_UNITS = 64


@dataclass(frozen=True)
class StreamJob(Job):
    """The rows of a plan.

    Attributes:
        description: For progress bars.
    """

    plan: Plan
    epoch: int
    description: str

    def __len__(self) -> int:
        return in_order_shares(self.plan, MAX_UNITS)

    def name(self, unit: int) -> str:
        """`share-<number>-of-<number of them>.arrow`."""
        return f"share-{unit:05d}-of-{len(self):05d}.arrow"

    def join(self, first: Features, second: Features) -> Features:
        """Join types as far as no value is lost; then as JSON."""
        return types_of_both(first, second)

    def blocks(self, first: int, last: int) -> Iterator[Piece]:
        """Read shares."""
        count = len(self)
        for unit in range(first, last):
            plan = self.plan.then(Share(count, unit)) if count > 1 else self.plan
            position, empty = 0, True
            for chunk in open_plan(plan, Context(self.epoch)):
                stop = position + chunk.num_rows
                yield Piece(unit, position, stop, Outputs(chunk.table, chunk.features, whole=True))
                position, empty = stop, False
            if empty:
                yield Piece(unit, 0, 0, Outputs(pa.table({}), Features({}), whole=True))
