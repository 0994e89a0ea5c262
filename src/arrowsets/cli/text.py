"""Numbers and tables as text for people, and back."""

from __future__ import annotations

import argparse
import datetime as dt
import re
from collections.abc import Sequence

from arrowsets.sizes import parse_size

__all__ = ["age", "day", "duration", "num_bytes", "seconds", "size", "table"]

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def size(count: float) -> str:
    """Write a number of bytes.

    >>> size(999), size(1_500_000), size(30_000_000_000)
    ('999 B', '1.5 MB', '30.0 GB')
    """
    if count < 1000:
        return f"{count:.0f} B"
    units = ["kB", "MB", "GB", "TB"]
    count /= 1000
    while count >= 999.95 and len(units) > 1:
        count /= 1000
        del units[0]
    return f"{count:.1f} {units[0]}"


def duration(time: float) -> str:
    """Write a number of seconds.

    >>> duration(0.0042), duration(2.34), duration(75), duration(7300)
    ('4 ms', '2.3 s', '1 min 15 s', '2 h 1 min')
    """
    if time < 1:
        return f"{time * 1000:.0f} ms"
    if time < 60:
        return f"{time:.1f} s"
    if time < 3600:
        return f"{int(time // 60)} min {int(time % 60)} s"
    return f"{int(time // 3600)} h {int(time % 3600 // 60)} min"


def age(time: float) -> str:
    """Write how long ago something was.

    >>> age(3), age(7200), age(3 * 86400)
    ('just now', '2 h ago', '3 d ago')
    """
    for unit in ("d", "h", "m"):
        if time >= _SECONDS[unit]:
            return f"{int(time // _SECONDS[unit])} {'min' if unit == 'm' else unit} ago"
    return "just now"


def day(time: float) -> str:
    """Write a time as a day.

    >>> day(0)
    '1970-01-01'
    """
    return dt.datetime.fromtimestamp(time, dt.UTC).date().isoformat()


def num_bytes(text: str) -> int:
    """Read a number of bytes: "10GB", "512MiB", "1000"."""
    try:
        return parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def seconds(text: str) -> float:
    """Read a time span.

    >>> seconds("30d"), seconds("12h")
    (2592000.0, 43200.0)
    """
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([smhdw])\s*", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time span; give a number and s, m, h, d or w, such as 30d")
    return float(match[1]) * _SECONDS[match[2]]


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Lay out columns of text.

    Args:
        right: Columns that are aligned to the right: numbers.

    >>> print(table(["name", "rows"], [["train", "12"], ["test", "3"]], right=[1]))
    name   rows
    train    12
    test      3
    """
    widths = [max(len(line[i]) for line in (header, *rows)) for i in range(len(header))]
    lines = []
    for line in (header, *rows):
        cells = [
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
