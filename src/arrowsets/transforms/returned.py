"""What user functions may return: tables of three libraries, and columns of several."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from arrowsets.features import array_of
from arrowsets.transforms.owned import own_column

__all__ = ["as_table", "check_column", "frame_table", "is_table"]

_COLUMN_MODULES = frozenset({"pandas", "polars", "torch", "jax", "jaxlib", "tensorflow"})


def is_table(value: object) -> bool:
    """Tell whether a value is a pyarrow, pandas or polars table, without importing what is not imported yet.

    >>> is_table(pa.table({"a": [1]})), is_table({"a": [1]})
    (True, False)
    """
    if isinstance(value, dict):
        return False
    if isinstance(value, (pa.Table, pa.RecordBatch)):
        return True
    return (
        _is_a(value, "pandas", "DataFrame")
        or _is_a(value, "polars", "DataFrame")
        or _is_a(value, "polars", "LazyFrame")
    )


def as_table(value: Any) -> pa.Table:
    """Convert a pyarrow, pandas or polars table to a pyarrow table."""
    if isinstance(value, pa.Table):
        return value
    if isinstance(value, pa.RecordBatch):
        return pa.Table.from_batches([value])
    if _is_a(value, "pandas", "DataFrame"):
        return frame_table(value, preserve_index=False).replace_schema_metadata(None)
    if _is_a(value, "polars", "LazyFrame"):
        value = value.collect()
    table: pa.Table = value.to_arrow()
    return table


def frame_table(frame: Any, *, preserve_index: bool | None) -> pa.Table:
    """Return a pandas data frame as a table that shares no memory with it; cells may be arrays of any dimension."""
    columns = [frame.iloc[:, position] for position in range(frame.shape[1])]
    deep = [position for position, column in enumerate(columns) if column.dtype == object and _is_deep(column)]
    if not deep:
        return pa.Table.from_pandas(frame.copy(), preserve_index=preserve_index)
    rest = frame.drop(columns=[frame.columns[position] for position in deep])
    table = pa.Table.from_pandas(rest.copy(), preserve_index=preserve_index).replace_schema_metadata(None)
    for position in deep:
        array, kind = array_of(own_column(list(columns[position])))
        table = table.add_column(position, kind.field(str(frame.columns[position])), array)
    return table


def _is_deep(column: Any) -> bool:
    first = next((value for value in column if value is not None), None)
    return isinstance(first, np.ndarray) and first.ndim > 1


def check_column(key: object, values: Any, name: str) -> Any:
    """Return the values of a column of a batch.

    Raises:
        TypeError: if they are no list, array, Series or tensor.
    """
    if not isinstance(key, str):
        raise TypeError(f"{name} returned a column named {key!r}; column names are strings")
    values = own_column(values)
    if isinstance(values, (list, np.ndarray, pa.Array, pa.ChunkedArray)):
        return values
    if type(values).__module__.partition(".")[0] in _COLUMN_MODULES:
        return values
    if isinstance(values, Sequence) and not isinstance(values, (str, bytes, tuple)):
        return values
    raise TypeError(
        f"{name} returned {type(values).__name__} for column {key!r} of a batch; "
        "return a list, an array, a Series or a tensor with one value for each row"
    )


def _is_a(value: object, module: str, name: str) -> bool:
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(value, getattr(loaded, name, ()))
