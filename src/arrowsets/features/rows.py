"""Rows to columns, where all rows have the same keys, as they nearly always do."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

__all__ = ["uniform_columns"]


def uniform_columns(rows: Sequence[Any]) -> dict[Any, list[Any]]:
    """Return the values of each key of dicts that all have the same keys; {} where they do not, or are no dicts.

    As many keys as the first has, and each of its keys there: that they are the same need not be looked at, which would
    cost more than the rest.

    >>> uniform_columns([{"a": 1, "b": 2}, {"b": 4, "a": 3}]), uniform_columns([{"a": 1}, {"b": 2}])
    ({'a': [1, 3], 'b': [2, 4]}, {})
    """
    if set(map(type, rows)) != {dict}:
        return {}
    first = rows[0]
    if sum(map(len, rows)) != len(first) * len(rows):
        return {}
    try:
        return {key: list(map(itemgetter(key), rows)) for key in first}
    except KeyError:
        return {}
