"""Values that belong to rows by their position stay with them, whoever reads the rows and in whatever order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from arrowsets import IterableDataset, concatenate_datasets, interleave_datasets


def generated(parts: list[int]) -> Iterator[dict[str, int]]:
    for part in parts:
        yield from ({"x": part * 5 + row} for row in range(5))


def of_many_parts() -> IterableDataset:
    stream = IterableDataset.from_generator(generated, gen_kwargs={"parts": [0, 1, 2, 3]})
    return stream.add_column("tens", [10 * x for x in range(20)])


def of_one_part() -> IterableDataset:
    stream = IterableDataset.from_generator(lambda: ({"x": x} for x in range(20)))
    return stream.add_column("tens", [10 * x for x in range(20)])


def behind_a_filter() -> IterableDataset:
    even = IterableDataset.from_dict({"x": range(6000)}).filter(lambda row: row["x"] % 2 == 0)
    return even.add_column("tens", [20 * x for x in range(3000)])


def concatenated() -> IterableDataset:
    return concatenate_datasets([of_many_parts(), behind_a_filter(), of_one_part()])


def mixed() -> IterableDataset:
    return interleave_datasets(
        [of_many_parts(), behind_a_filter()], stopping_strategy="all_exhausted_without_replacement"
    )


READERS: dict[str, Callable[[IterableDataset], list[dict[str, Any]]]] = {
    "one": list,
    "shuffled": lambda stream: list(stream.shuffle(seed=1, buffer_size=4)),
    "shares": lambda stream: [row for index in range(3) for row in stream.shard(3, index)],
    "shuffled shares": lambda stream: [row for index in range(3) for row in stream.shuffle(seed=2).shard(3, index)],
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("source", [of_many_parts, of_one_part, behind_a_filter, concatenated, mixed])
def test_an_added_column_stays_with_its_rows(source: Callable[[], IterableDataset], reader: str) -> None:
    rows = READERS[reader](source())
    assert all(row["tens"] == 10 * row["x"] for row in rows)
    assert sorted(row["x"] for row in rows) == sorted(row["x"] for row in source())
