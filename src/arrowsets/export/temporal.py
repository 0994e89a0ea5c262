"""The text of dates, times and durations."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa

from arrowsets.lazy import pc

__all__ = ["EPOCH_UNITS", "epoch_numbers", "is_temporal", "iso_texts"]

EPOCH_UNITS = ("s", "ms", "us", "ns")
_PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
_PER_SECOND = {"s": 1, "ms": 1000, "us": 1_000_000, "ns": 1_000_000_000}


def is_temporal(dtype: pa.DataType) -> bool:
    """Tell whether values are dates, times of day, moments or durations."""
    types = pa.types
    return bool(types.is_date(dtype) or types.is_time(dtype) or types.is_timestamp(dtype) or types.is_duration(dtype))


def iso_texts(array: Any, separator: str = " ") -> Any:
    """Return ISO 8601 texts; moments have all digits of their type and, with a time zone, the zone's offset.

    >>> iso_texts(pa.array([90], pa.timestamp("s", "Europe/Berlin")))[0].as_py()
    '1970-01-01 01:01:30+01:00'
    """
    if pa.types.is_duration(array.type):
        return _durations(array)
    texts = array.cast(pa.string())
    if pa.types.is_time(array.type):
        return pc.replace_substring_regex(texts, r"\.0+$", "")
    if not pa.types.is_timestamp(array.type):
        return texts
    if separator != " ":
        texts = pc.replace_substring(texts, " ", separator, max_replacements=1)
    if array.type.tz is not None:
        texts = pc.replace_substring_regex(texts, r"([+-]\d\d)(\d\d)$", r"\1:\2")
    return texts


def epoch_numbers(array: Any, unit: str) -> Any:
    """Return moments, dates and durations as whole numbers of a unit (since 1970, UTC); finer digits are cut off."""
    dtype = array.type
    if pa.types.is_date(dtype):
        array = array.cast(pa.timestamp("s" if pa.types.is_date32(dtype) else "ms"))
    kind: Any = pa.duration if pa.types.is_duration(dtype) else pa.timestamp
    target = kind(unit)
    if getattr(dtype, "tz", None) is not None:
        array = array.cast(kind(dtype.unit))
    return array.cast(target, safe=False).cast(pa.int64())


def _durations(array: Any) -> Any:
    """Spell durations as pandas spells them: "1 days 00:00:01.500000"."""
    unit = array.type.unit
    return pa.array(
        [None if n is None else _duration(n, unit) for n in array.cast(pa.int64()).to_pylist()], pa.string()
    )


def _duration(count: int, unit: str) -> str:
    days, rest = divmod(count, _PER_DAY[unit])
    seconds, fraction = divmod(rest, _PER_SECOND[unit])
    clock = dt.time(seconds // 3600, seconds // 60 % 60, seconds % 60)
    digits = len(str(_PER_SECOND[unit])) - 1
    text = f"{days} days {'+' if days < 0 else ''}{clock}"
    return f"{text}.{fraction:0{digits}d}" if digits else text
