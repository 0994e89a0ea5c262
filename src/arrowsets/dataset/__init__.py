"""`Dataset`, rows of Arrow data, and `DatasetDict`, the splits of one by name.

The methods of `Dataset` live in rooms of their own: `create` and `reading_files` (making one), `core` and `reading` (looking
at rows), `rows`, `columns`, `mapping` (map, filter), `formatting`, `exporting`, `disk` and `caching`.
"""

from __future__ import annotations

from arrowsets.dataset.dataset import Dataset
from arrowsets.dataset.splits import DatasetDict

__all__ = ["Dataset", "DatasetDict"]
