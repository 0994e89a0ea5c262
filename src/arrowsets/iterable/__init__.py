"""Streams: rows that are read, transformed and shuffled while one iterates over them."""

from typing import TYPE_CHECKING

from arrowsets.lazy import lazily

if TYPE_CHECKING:
    from arrowsets.iterable.dataset import IterableDataset
    from arrowsets.iterable.mixing import beside_streams, concatenate_streams, interleave_streams
    from arrowsets.iterable.splits import IterableDatasetDict

__all__ = ["IterableDataset", "IterableDatasetDict", "beside_streams", "concatenate_streams", "interleave_streams"]

__getattr__ = lazily(
    __name__,
    {
        "IterableDataset": "arrowsets.iterable.dataset",
        "IterableDatasetDict": "arrowsets.iterable.splits",
        "beside_streams": "arrowsets.iterable.mixing",
        "concatenate_streams": "arrowsets.iterable.mixing",
        "interleave_streams": "arrowsets.iterable.mixing",
    },
)
