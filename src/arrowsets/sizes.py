"""Numbers of bytes as text: "500MB", "1GiB"."""

from __future__ import annotations

import re

__all__ = ["parse_size"]

_UNITS = {"": 1, "b": 1}
for _power, _letter in enumerate("kmgtp", 1):
    _UNITS[f"{_letter}b"] = _UNITS[_letter] = 1000**_power
    _UNITS[f"{_letter}ib"] = 1024**_power


def parse_size(size: str | float) -> int:
    """Read a number of bytes.

    >>> parse_size("500MB"), parse_size("1GiB"), parse_size(10)
    (500000000, 1073741824, 10)
    """
    if isinstance(size, (int, float)):
        return int(size)
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*", size)
    if match is None or match[2].lower() not in _UNITS:
        raise ValueError(f"{size!r} is no size; give a number of bytes or a text such as '500MB' or '1GiB'")
    return int(float(match[1]) * _UNITS[match[2].lower()])
