"""`IterableDataset`, put together: rows that are read, transformed and shuffled while one iterates over them.

Its methods live in rooms of their own: `core` (iterating, states), `create` (making one), `rows`, `columns`, `mapping` (map,
filter, batch), `formatting` and `exporting`.
"""

from __future__ import annotations

from arrowsets.iterable.columns import ColumnMethods
from arrowsets.iterable.conversion import ConversionMethods
from arrowsets.iterable.core import IterableCore
from arrowsets.iterable.exporting import ExportMethods
from arrowsets.iterable.formatting import FormatMethods
from arrowsets.iterable.mapping import MapMethods
from arrowsets.iterable.rows import RowMethods

__all__ = ["IterableDataset"]


class IterableDataset(
    ConversionMethods, MapMethods, RowMethods, ColumnMethods, FormatMethods, ExportMethods, IterableCore
):
    """Rows to iterate over: what is read, and what is done to them on the way.

    Methods return a new dataset and compute nothing. Where an iteration stands can be asked for at any row
    (`state_dict`) and gone on from (`load_state_dict`), in any process.

    >>> from arrowsets import Dataset
    >>> stream = Dataset.from_dict({"x": [1, 2, 3]}).to_iterable_dataset()
    >>> list(stream.map(lambda row: {"x": 2 * row["x"]}).skip(1))
    [{'x': 4}, {'x': 6}]
    """
