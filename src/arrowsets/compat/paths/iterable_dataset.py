"""`IterableDataset` under its other path."""

from __future__ import annotations

from arrowsets.iterable import IterableDataset
from arrowsets.iterable.column import IterableColumn

__all__ = ["IterableColumn", "IterableDataset"]
