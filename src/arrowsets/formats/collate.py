"""Collating rows for a torch DataLoader: rows that are all the rows of one table become tensors at once.

A `DataLoader` asks a dataset for a list of rows and gives it to a collate function. Where that is PyTorch's own
`default_collate`, the rows are `LazyRow`s, for which it finds a function in its table, where `register` puts it. The
function gives what `default_collate` gives for the same rows as dicts, without a Python object for each value. Any
other collate function is given dicts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from arrowsets.formats.arrays import Arrays, is_list, is_number, join_chunks, plain
from arrowsets.formats.lazy import DeferredColumns, LazyColumns, LazyRow, LazyRows, Run, runs_of
from arrowsets.formats.numpy import NumpyFormat
from arrowsets.formats.python import PythonFormat
from arrowsets.formats.tensor import AnyNumpy
from arrowsets.formats.torch import TorchFormat

__all__ = ["can_look_up", "collate_rows", "is_collating", "register", "registered"]

MAX_RUNS = 4
"""Of so many runs of rows a batch may consist to be collated by columns."""


def is_collating(caller: Any) -> bool:
    """Tell whether a frame is that of a DataLoader which will put the rows it asks for together by `default_collate`.

    This looks at names inside PyTorch because nothing public tells it: `get_worker_info` knows of worker processes only,
    and not of what is done with rows; `__getitems__`, by which a map-style dataset hands out whole batches, is called by
    others too. Only speed hangs on it: where the names are others, rows are dicts as everywhere.
    """
    if (data := sys.modules.get("torch.utils.data")) is None:
        return False
    while caller is not None and caller.f_globals.get("__name__") == "torch.utils.data.dataset":
        caller = caller.f_back  # a Subset passes on what it is asked
    if caller is None or caller.f_globals.get("__name__") != "torch.utils.data._utils.fetch":
        return False
    fetcher = caller.f_locals.get("self")
    collate = getattr(fetcher, "collate_fn", None)
    return bool(getattr(fetcher, "auto_collation", False)) and collate is getattr(data, "default_collate", collate_rows)


@lru_cache(maxsize=1)
def registered() -> bool:
    """Register once in this process; tell whether lazy rows are known to torch."""
    return register()


def register() -> bool:
    """Make torch's `default_collate` know lazy rows; False if this version of torch has no place for that."""
    try:
        from torch.utils.data._utils.collate import default_collate_fn_map
    except ImportError:
        return False
    default_collate_fn_map[LazyRow] = collate_rows
    return True


def collate_rows(
    rows: Sequence[LazyRow], *, collate_fn_map: Mapping[Any, Callable[..., Any]] | None = None
) -> dict[str, Any]:
    """Return what `default_collate` returns for the rows as dicts."""
    if isinstance(rows, LazyRows) and (found := _looked_up(rows.columns)) is not None:
        return found
    from torch.utils.data._utils.collate import collate, default_collate_fn_map

    functions = default_collate_fn_map if collate_fn_map is None else collate_fn_map
    runs = runs_of(rows)
    names = rows[0].keys()
    made = {} if runs is None or len(runs) > MAX_RUNS else _of_runs(runs, names)
    return {
        name: made[name]
        if made.get(name) is not None
        else collate([row[name] for row in rows], collate_fn_map=functions)
        for name in names
    }


def _looked_up(columns: LazyColumns) -> dict[str, Any] | None:
    """Collate rows that nobody has read from arrays of their values; None where there are no such."""
    # What was touched, and so is in `columns`, may have been changed in place.
    if not isinstance(columns, DeferredColumns) or len(columns):
        return None
    found = columns.look_up()
    if found is None:
        return None
    if isinstance(columns.format, TorchFormat):
        return columns.format.stacked_columns(found)
    made = {name: _of_looked_up(columns.format, values) for name, values in found.items()}
    return None if any(tensor is None for tensor in made.values()) else made


def _of_runs(runs: Sequence[Run], names: Iterable[str]) -> Mapping[str, Any]:
    """Collate columns straight from what is stored; those for which that cannot be done are None."""
    columns, start, stop = runs[0]
    if len(runs) == 1 and (start, stop) == (0, columns.num_rows):
        return {name: _collated(columns, name) for name in names}
    if any(run[0].names != columns.names for run in runs):
        return {}
    return {name: _joined([_part(*run, name) for run in runs]) for name in names}


def _part(columns: LazyColumns, start: int, stop: int, name: str) -> Any | None:
    """Collate some rows of a column, which is collated once for all batches that are taken from it."""
    if columns.collated is None:
        columns.collated = {}
    if name not in columns.collated:
        columns.collated[name] = _collated(columns, name)
    whole = columns.collated[name]
    if whole is None or name in columns:
        return None
    if isinstance(whole, list) and not (whole and isinstance(whole[0], str)):
        return [each[start:stop].clone() for each in whole]
    # A tensor of its own: a part of a larger one would be sent between processes with all of that.
    return whole[start:stop] if isinstance(whole, list) else whole[start:stop].clone()


def _joined(parts: list[Any]) -> Any | None:
    import torch

    if any(part is None for part in parts):
        return None
    first = parts[0]
    if len(parts) == 1:
        return first
    if not isinstance(first, list):
        return torch.cat(parts)
    if isinstance(first[0], str):
        return [text for part in parts for text in part]
    # The places of lists of numbers, each a tensor: as long as all lists have as many.
    return [torch.cat(each) for each in zip(*parts, strict=True)] if len({len(part) for part in parts}) == 1 else None


def _collated(columns: LazyColumns, name: str) -> Any | None:
    """Collate a column straight from what is stored; None where that takes the values one by one."""
    shown_by = columns.format
    if name in columns or not isinstance(shown_by, PythonFormat | NumpyFormat | TorchFormat):
        # A value that was touched may have been changed in place.
        return None
    array = plain(join_chunks(columns.table.column(name)))
    if name in shown_by.decoders or array.null_count or shown_by.options:
        return None
    if isinstance(shown_by, TorchFormat):
        return array.to_pylist() if _is_text(array.type) else shown_by.stacked(array)
    if isinstance(shown_by, NumpyFormat):
        return _of_numpy(array)
    return array.to_pylist() if _is_text(array.type) else _of_python(array)


def can_look_up(shown_by: object, types: Iterable[pa.DataType]) -> bool:
    """Tell whether rows in a format are collated from plain arrays of their values, if there are such."""
    if not isinstance(shown_by, PythonFormat | NumpyFormat | TorchFormat) or shown_by.decoders or shown_by.options:
        return False
    # PyTorch refuses the texts of numpy, and is left to say so.
    return not (isinstance(shown_by, NumpyFormat) and any(map(_is_text, types)))


def _of_looked_up(shown_by: object, values: Any) -> Any:
    """Collate a column from an array of its values, or a list of its texts."""
    if isinstance(values, list):
        return values
    if isinstance(shown_by, NumpyFormat):
        return _tensor(values if values.ndim == 1 else Arrays().typed(values))
    wide = values.astype(_wide(values.dtype), copy=False)
    if wide.ndim == 1:
        return _tensor(wide)
    columns: Any = _tensor(np.ascontiguousarray(wide.T))
    return list(columns.unbind(0))


def _wide(dtype: np.dtype[Any]) -> type[np.generic]:
    """Return the type of Python's numbers of a kind."""
    return np.bool_ if dtype.kind == "b" else np.float64 if dtype.kind == "f" else np.int64


def _of_numpy(array: pa.Array[Any]) -> Any | None:
    if is_list(array.type):
        return _tensor(Arrays().regular(array))
    return _tensor(_native(array)) if _is_scalar(array.type) else None


def _of_python(array: pa.Array[Any]) -> Any | None:
    """Collate Python values: numbers have 64 bits, and lists of numbers are transposed."""
    if _is_scalar(array.type):
        return _tensor(Arrays(_python_dtype(array.type)).flat(array))
    if not is_list(array.type) or not _is_scalar(array.type.value_type):
        return None
    lists = Arrays(_python_dtype(array.type.value_type)).regular(array)
    if lists is None:
        return None
    tensor = _tensor(np.ascontiguousarray(lists.T))
    return None if tensor is None else list(tensor.unbind(0))


def _python_dtype(kind: pa.DataType) -> type[np.generic]:
    if pa.types.is_boolean(kind):
        return np.bool_
    return np.float64 if pa.types.is_floating(kind) else np.int64


def _native(array: pa.Array[Any]) -> AnyNumpy:
    values: AnyNumpy = array.to_numpy(zero_copy_only=False)
    return values.copy()


def _tensor(values: AnyNumpy | None) -> Any | None:
    import torch

    return None if values is None or not len(values) else torch.from_numpy(values)


def _is_scalar(kind: pa.DataType) -> bool:
    # What int64 does not hold is left to PyTorch, which says so.
    return (is_number(kind) or pa.types.is_boolean(kind)) and not pa.types.is_uint64(kind)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
