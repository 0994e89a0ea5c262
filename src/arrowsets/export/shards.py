"""How rows are cut into files."""

from __future__ import annotations

import re

from arrowsets.table import View

__all__ = ["parse_size", "shard_ranges"]

DEFAULT_SHARD_BYTES = 500_000_000
_UNITS = {"": 1, "b": 1}
for _power, _letter in enumerate("kmgtp", 1):
    _UNITS[f"{_letter}b"] = _UNITS[_letter] = 1000**_power
    _UNITS[f"{_letter}ib"] = 1024**_power


def parse_size(size: str | int) -> int:
    """Read a number of bytes.

    >>> parse_size("500MB"), parse_size("1GiB"), parse_size(10)
    (500000000, 1073741824, 10)
    """
    if isinstance(size, int):
        return size
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*", size)
    if match is None or match[2].lower() not in _UNITS:
        raise ValueError(f"{size!r} is no size; give a number of bytes or a text such as '500MB' or '1GiB'")
    return int(float(match[1]) * _UNITS[match[2].lower()])


def shard_ranges(view: View, max_shard_size: str | int | None, num_shards: int | None) -> list[tuple[int, int]]:
    """Cut rows into ranges of nearly equal length: `num_shards`, or as many as the size asks for; at least one."""
    if num_shards is not None and max_shard_size is not None:
        raise ValueError("give max_shard_size= or num_shards=, not both")
    if num_shards is None:
        limit = parse_size(max_shard_size) if max_shard_size is not None else DEFAULT_SHARD_BYTES
        num_shards = max(1, min(-(-view.nbytes // max(limit, 1)), view.num_rows))
    if num_shards < 1:
        raise ValueError(f"num_shards must be 1 or more, not {num_shards}")
    size, larger = divmod(view.num_rows, num_shards)
    starts = [size * index + min(index, larger) for index in range(num_shards + 1)]
    return list(zip(starts[:-1], starts[1:], strict=True))
