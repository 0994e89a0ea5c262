"""Streams side by side: row i has the columns of row i of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import datasets as reference
import pytest

from arrowsets import Dataset, IterableDataset, concatenate_datasets
from arrowsets.errors import ShapeConflict


def numbers(name: str, rows: int) -> Iterator[dict[str, int]]:
    yield from ({name: x} for x in range(rows))


def stream_of(name: str, rows: int = 2500) -> IterableDataset:
    return Dataset.from_dict({name: range(rows)}).to_iterable_dataset()


def pair() -> IterableDataset:
    """Two sources that come in other chunks."""
    generated = IterableDataset.from_generator(numbers, gen_kwargs={"name": "y", "rows": 2500})
    return concatenate_datasets([stream_of("x"), generated.map(lambda row: {"y": row["y"]})], axis=1)


def test_streams_side_by_side_are_those_of_the_reference() -> None:
    data: list[dict[str, Any]] = [{"x": [1, 2]}, {"y": ["a", None], "z": [[1], []]}]
    theirs = [reference.Dataset.from_dict(part).to_iterable_dataset() for part in data]
    ours = [Dataset.from_dict(part).to_iterable_dataset() for part in data]
    assert list(concatenate_datasets(ours, axis=1)) == list(reference.concatenate_datasets(theirs, axis=1))
    assert concatenate_datasets(ours, axis=1).column_names == ["x", "y", "z"]


CHAINS: dict[str, Callable[[IterableDataset], IterableDataset]] = {
    "plain": lambda s: s,
    "shuffle": lambda s: s.shuffle(seed=1),
    "skip": lambda s: s.skip(1100).take(900),
    "filter": lambda s: s.filter(lambda row: row["x"] % 3 == 0).repeat(2),
    "twice": lambda s: concatenate_datasets([s, s]).shuffle(seed=2),
}


@pytest.mark.parametrize("chain", CHAINS)
def test_rows_stay_together_and_are_gone_on_with(chain: str) -> None:
    stream = CHAINS[chain](pair())
    rows = iter(stream)
    first = list(islice(rows, 523))
    state = json.loads(json.dumps(stream.state_dict()))
    rest = list(rows)
    assert first
    assert all(row["x"] == row["y"] for row in first + rest)
    again = CHAINS[chain](pair())
    again.load_state_dict(state)
    assert list(again) == rest


def test_shares_hold_each_row_once() -> None:
    shares = [list(pair().shard(3, index)) for index in range(3)]
    assert sorted(row["x"] for share in shares for row in share) == list(range(2500))
    assert all(row["x"] == row["y"] for share in shares for row in share)


def test_other_numbers_of_rows_are_refused() -> None:
    with pytest.raises(ShapeConflict, match="as many rows"):
        concatenate_datasets([stream_of("x"), stream_of("y", 3)], axis=1)
    uncounted = IterableDataset.from_generator(numbers, gen_kwargs={"name": "y", "rows": 3})
    with pytest.raises(ShapeConflict, match="ends after 3 rows"):
        list(concatenate_datasets([stream_of("x"), uncounted], axis=1))
    with pytest.raises(ShapeConflict, match="ends after 3 rows"):
        list(concatenate_datasets([stream_of("x"), uncounted], axis=1).skip(1000))


def test_a_column_in_two_streams_is_refused() -> None:
    with pytest.raises(ShapeConflict, match="'x'"):
        concatenate_datasets([stream_of("x"), stream_of("x")], axis=1)
    with pytest.raises(ShapeConflict, match="'x'"):
        list(concatenate_datasets([stream_of("x"), stream_of("x").map(lambda row: row)], axis=1))
