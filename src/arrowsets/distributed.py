"""Sharing a dataset out to the nodes of a training run."""

from __future__ import annotations

from typing import TypeVar

from arrowsets.dataset import Dataset
from arrowsets.engine.plan_pieces import Evenness
from arrowsets.iterable import IterableDataset

__all__ = ["split_dataset_by_node"]

D = TypeVar("D", Dataset, IterableDataset)


def split_dataset_by_node(
    dataset: D, rank: int, world_size: int, strategy: str = "auto", *, even: Evenness | None = None
) -> D:
    """Return the rows that one node of `world_size` reads; together the nodes read each row once.

    Shares are cut by rows, so that none has more than one row (or one batch of a batched `map`) more than another, however
    few files there are. Workers of a DataLoader on each node share its rows in the same way.

    Args:
        strategy: Accepted for compatibility ("auto", "shards" or "examples"): no strategy reads rows it does not keep.
        even: Give all nodes equally many rows, so that none waits for another at the end: "drop" leaves out what is over,
            "pad" fills up from the first rows of all, "repeat" from the first rows of the share.

    >>> dataset = Dataset.from_dict({"x": [1, 2, 3]})
    >>> [split_dataset_by_node(dataset, rank, 2)["x"].tolist() for rank in range(2)]
    [[1, 2], [3]]
    """
    if strategy not in ("auto", "shards", "examples"):
        raise ValueError(f"strategy must be 'auto', 'shards' or 'examples', not {strategy!r}")
    if not 0 <= rank < world_size:
        raise ValueError(f"rank must be in [0, {world_size - 1}], the number of nodes less one, not {rank}")
    if isinstance(dataset, Dataset):
        return _rows(dataset, rank, world_size, even)
    return dataset.shard(world_size, rank, even=even)


def _rows(dataset: Dataset, rank: int, world_size: int, even: Evenness | None) -> Dataset:
    total = len(dataset)
    if even is None:
        return dataset.shard(world_size, rank)
    if even == "drop":
        return dataset.select(range(total // world_size * world_size)).shard(world_size, rank)
    size = -(-total // world_size)
    own = dataset.shard(world_size, rank)
    if len(own) == size or not total:
        return own
    share, larger = divmod(total, world_size)
    start = share * rank + min(rank, larger)
    # The shares that lack a row take the first ones of all, each another.
    more = (rank - larger) % total if even == "pad" or not share else start
    return dataset.select([*range(start, start + share), more])
