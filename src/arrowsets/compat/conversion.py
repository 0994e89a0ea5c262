"""From the datasets of Hugging Face `datasets` to ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arrowsets.dataset import Dataset, DatasetDict
from arrowsets.iterable import IterableDataset, IterableDatasetDict

__all__ = ["from_hf"]


def from_hf(dataset: Any) -> Any:
    """Return a `Dataset`, `DatasetDict`, `IterableDataset` or `IterableDatasetDict` for one of Hugging Face `datasets`.

    Rows are not copied; types, split, format and fingerprint are carried over. `to_hf()` leads back.
    """
    if isinstance(dataset, (Dataset, IterableDataset, DatasetDict, IterableDatasetDict)):
        return dataset
    if isinstance(dataset, Mapping):
        streams = any(not hasattr(each, "data") for each in dataset.values())
        return (IterableDatasetDict if streams else DatasetDict)(
            {name: from_hf(each) for name, each in dataset.items()}
        )
    if hasattr(dataset, "_ex_iterable"):
        return IterableDataset.from_hf(dataset)
    if hasattr(dataset, "data") and hasattr(dataset, "_indices"):
        return Dataset.from_hf(dataset)
    raise TypeError(
        f"from_hf takes a dataset of Hugging Face datasets, or a dict of them, not {type(dataset).__name__}"
    )
