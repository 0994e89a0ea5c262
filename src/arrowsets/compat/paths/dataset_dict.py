"""`DatasetDict` and `IterableDatasetDict` under their other path."""

from __future__ import annotations

from arrowsets.dataset import Dataset, DatasetDict
from arrowsets.iterable import IterableDataset, IterableDatasetDict

__all__ = ["Dataset", "DatasetDict", "IterableDataset", "IterableDatasetDict"]
