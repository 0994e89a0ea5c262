"""Names of Arrow's types without children, as they stand in `Value`: "int64", "timestamp[us, tz=UTC]".

dtype    := plain | unit | decimal | binary
plain    := "null" | "bool" | "int8" … | "string" | "large_string" | "string_view" | "binary" | "date32" | …
unit     := ("time32" | "time64" | "timestamp" | "duration") "[" unit-name ("," "tz=" zone)? "]"
decimal  := "decimal" ("32" | "64" | "128" | "256") "(" precision ("," scale)? ")"
binary   := "fixed_size_binary[" width "]"
"""

from __future__ import annotations

import functools
import re
from typing import Any

import pyarrow as pa

from arrowsets.errors import UnknownName
from arrowsets.lazy import pattern

__all__ = ["canonical_name", "dtype_name", "parse_dtype"]

_PLAIN: dict[str, pa.DataType] = {
    "null": pa.null(),
    "bool": pa.bool_(),
    "int8": pa.int8(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "uint8": pa.uint8(),
    "uint16": pa.uint16(),
    "uint32": pa.uint32(),
    "uint64": pa.uint64(),
    "float16": pa.float16(),
    "float32": pa.float32(),
    "float64": pa.float64(),
    "date32": pa.date32(),
    "date64": pa.date64(),
    "string": pa.string(),
    "large_string": pa.large_string(),
    "string_view": pa.string_view(),
    "binary": pa.binary(),
    "large_binary": pa.large_binary(),
    "binary_view": pa.binary_view(),
    "month_day_nano_interval": pa.month_day_nano_interval(),
}
# What the reference accepts and keeps as it was written.
_SYNONYMS = {"utf8": "string", "large_utf8": "large_string", "bool_": "bool"}
# What is rewritten on construction: the reference's two, and what Arrow itself prints.
_REWRITTEN = {
    "double": "float64",
    "float": "float32",
    "halffloat": "float16",
    "date32[day]": "date32",
    "date64[ms]": "date64",
}
_UNITS = {"time32": ("s", "ms"), "time64": ("us", "ns")}
_PATTERN = pattern(
    r"(?P<unit_of>time32|time64|timestamp|duration)\[(?P<unit>s|ms|us|ns)(?:,\s*tz=(?P<tz>[^\]]+))?\]"
    r"|decimal(?P<bits>32|64|128|256)\(\s*(?P<precision>\d+)\s*(?:,\s*(?P<scale>-?\d+)\s*)?\)"
    r"|fixed_size_binary\[(?P<width>\d+)\]"
)
_NAMES = {str(dtype): name for name, dtype in _PLAIN.items()}


def canonical_name(name: str) -> str:
    """Return the name under which `Value` keeps a dtype."""
    return _REWRITTEN.get(name, name)


@functools.lru_cache(maxsize=1024)
def parse_dtype(name: str) -> pa.DataType:
    """Return the Arrow type of a dtype name.

    >>> parse_dtype("timestamp[us, tz=UTC]")
    TimestampType(timestamp[us, tz=UTC])

    Raises:
        UnknownName: for a name outside the grammar above.
    """
    plain = _PLAIN.get(_SYNONYMS.get(name, name))
    if plain is not None:
        return plain
    match = _PATTERN.fullmatch(name)
    dtype = _parametrised(match) if match else None
    if dtype is None:
        raise UnknownName.of("dtype", name, [*_PLAIN, "timestamp[us, tz=UTC]", "decimal128(10, 2)", "time64[us]"])
    return dtype


def _parametrised(match: re.Match[str]) -> pa.DataType | None:
    if width := match["width"]:
        return pa.binary(int(width))
    if bits := match["bits"]:
        make: Any = getattr(pa, f"decimal{bits}")
        decimal: pa.DataType = make(int(match["precision"]), int(match["scale"] or 0))
        return decimal
    kind, unit, zone = match["unit_of"], match["unit"], match["tz"]
    if unit not in _UNITS.get(kind, (unit,)) or (zone and kind != "timestamp"):
        return None
    make = getattr(pa, kind)
    timed: pa.DataType = make(unit, zone) if zone else make(unit)
    return timed


def dtype_name(dtype: pa.DataType) -> str | None:
    """Return the dtype name of an Arrow type; None for a type with children, an extension or a union."""
    text = str(dtype)
    name = _NAMES.get(text, text)
    if name in _PLAIN:
        return name
    return name if _PATTERN.fullmatch(name) else None
