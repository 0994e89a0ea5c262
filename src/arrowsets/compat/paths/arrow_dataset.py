"""`Dataset` under its other path."""

from __future__ import annotations

from arrowsets.combine import concatenate_datasets, interleave_datasets
from arrowsets.dataset import Dataset
from arrowsets.formats import Column
from arrowsets.info import DatasetInfo

__all__ = ["Column", "Dataset", "DatasetInfo", "concatenate_datasets", "interleave_datasets"]
