"""How rows are cut into files."""

from __future__ import annotations

import itertools

from arrowsets.config import settings
from arrowsets.sizes import parse_size
from arrowsets.table import View

__all__ = ["shard_ranges"]


def shard_ranges(
    view: View, max_shard_size: str | int | None, num_shards: int | None, nbytes: int | None = None
) -> list[tuple[int, int]]:
    """Cut rows into ranges of nearly equal length: `num_shards`, or as many as the size asks for; at least one.

    Args:
        nbytes: The bytes of all rows, if more is written than the view holds.
    """
    if num_shards is not None and max_shard_size is not None:
        raise ValueError("give max_shard_size= or num_shards=, not both")
    if num_shards is None:
        limit = parse_size(max_shard_size if max_shard_size is not None else settings().max_shard_size)
        num_shards = max(1, min(-(-(view.nbytes if nbytes is None else nbytes) // max(limit, 1)), view.num_rows))
    if num_shards < 1:
        raise ValueError(f"num_shards must be 1 or more, not {num_shards}")
    size, larger = divmod(view.num_rows, num_shards)
    starts = [size * index + min(index, larger) for index in range(num_shards + 1)]
    return list(itertools.pairwise(starts))
