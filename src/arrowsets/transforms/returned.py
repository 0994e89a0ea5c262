"""What user functions may return: tables of three libraries, and columns of several."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from arrowsets.transforms.owned import own_column

__all__ = ["as_table", "check_column", "is_table"]

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
        return pa.Table.from_pandas(value.copy(), preserve_index=False).replace_schema_metadata(None)
    if _is_a(value, "polars", "LazyFrame"):
        value = value.collect()
    table: pa.Table = value.to_arrow()
    return table


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
