"""Identity: rows as they are; what is left of a transform when only their order is to be written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from arrowsets.features import Features
from arrowsets.record import dataclass
from arrowsets.transforms.base import Batch, Outputs, Transform

__all__ = ["Identity"]


@dataclass(frozen=True)
class Identity(Transform):
    """Return every column as it is, to be written again."""

    features: Features
    batch_size: int | None = 1
    by_row: bool = True
    block_rows: int = 1 << 16

    def apply(self, batch: Batch) -> Outputs:
        """Return the rows."""
        return Outputs(batch.table, self.features, whole=True)

    def run(self, batches: Iterable[Batch]) -> Iterator[Outputs]:
        """Return the rows of each batch."""
        yield from map(self.apply, batches)
