"""Values of our own: copies of what a user's function may fill again for its next answer.

Answers are kept until a batch is converted. A function that returns the same list or array each time, filled anew,
would otherwise change the answers that it gave before.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from arrowsets.formats import LazyRow

__all__ = ["own_column", "owned", "share_memory"]


_ATOMS = frozenset({int, float, str, bool, bytes, type(None)})


def owned(value: Any) -> Any:
    """Copy lists, dicts and arrays, however deep; anything else is returned as it is.

    >>> row = {"x": [1]}
    >>> owned(row) == row, owned(row)["x"] is row["x"]
    (True, False)
    """
    if type(value) in _ATOMS:
        return value
    if isinstance(value, dict):
        return {key: owned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [owned(item) for item in value]
    if isinstance(value, LazyRow):
        row = value.copy()
        row.update({key: owned(item) for key, item in value.changed.items()})
        return row
    return own_column(value)


def own_column(values: Any) -> Any:
    """Copy an array, a tensor or a Series; anything else is returned as it is."""
    if isinstance(values, np.ndarray):
        return values.copy()
    if type(values) is list:
        return values
    if _is_torch(values):
        return values.detach().clone()
    if type(values).__module__.partition(".")[0] == "pandas" and hasattr(values, "copy"):
        return values.copy()
    return values


def share_memory(first: Any, second: Any) -> bool:
    """Tell whether two answers hold the same list, dict or memory of an array.

    >>> buffer = [0]
    >>> share_memory({"x": buffer}, {"x": buffer}), share_memory({"x": [0]}, {"x": [0]})
    (True, False)
    """
    return not set(_places(first)).isdisjoint(_places(second))


def _places(value: Any) -> Iterator[int]:
    if type(value) in _ATOMS:
        return
    if isinstance(value, LazyRow):
        # The dict of changes is made for this question: its own place is taken by the next one's.
        for item in value.changed.values():
            yield from _places(item)
    elif isinstance(value, (dict, Mapping)):
        yield id(value)
        for item in value.values():
            yield from _places(item)
    elif isinstance(value, list):
        yield id(value)
        # Long lists hold numbers or their like: the first value tells.
        for item in value if value and isinstance(value[0], (list, dict, np.ndarray)) else ():
            yield from _places(item)
    else:
        yield from _memory(value)


def _memory(value: Any) -> Iterator[int]:
    if isinstance(value, np.ndarray):
        if value.size:
            yield value.__array_interface__["data"][0]
    elif _is_torch(value):
        yield value.data_ptr()


def _is_torch(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, getattr(torch, "Tensor", ()))
