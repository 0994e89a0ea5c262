"""Streams: rows that are read, transformed and shuffled while one iterates over them."""

from arrowsets.iterable.dataset import IterableDataset
from arrowsets.iterable.splits import IterableDatasetDict

__all__ = ["IterableDataset", "IterableDatasetDict"]
