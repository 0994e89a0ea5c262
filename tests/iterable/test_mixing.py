"""Streams and datasets are combined as the reference combines them."""

from __future__ import annotations

from typing import Any

import datasets as reference
import pytest

from arrowsets import Dataset, IterableDataset, concatenate_datasets, interleave_datasets

STRATEGIES = ["first_exhausted", "all_exhausted", "all_exhausted_without_replacement"]
LENGTHS = [[3, 5, 4], [1, 7], [4, 4, 4, 4], [1500, 900]]


def columns(lengths: list[int]) -> list[dict[str, list[int]]]:
    return [{"x": [10_000 * number + row for row in range(length)]} for number, length in enumerate(lengths)]


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
@pytest.mark.parametrize("drawn", [False, True])
@pytest.mark.parametrize("streams", [False, True])
def test_interleaving_gives_the_rows_of_the_reference(
    strategy: Any, lengths: list[int], drawn: bool, streams: bool
) -> None:
    chances = [1 / len(lengths)] * len(lengths) if drawn else None
    theirs = [reference.Dataset.from_dict(values) for values in columns(lengths)]
    ours = [Dataset.from_dict(values) for values in columns(lengths)]
    expected = reference.interleave_datasets(
        [each.to_iterable_dataset() for each in theirs] if streams else theirs, chances, 42, stopping_strategy=strategy
    )
    mixed: Any = [each.to_iterable_dataset() for each in ours] if streams else ours
    found: Any = interleave_datasets(
        mixed,
        chances,
        42,
        stopping_strategy=strategy,
    )
    assert [row["x"] for row in found] == [row["x"] for row in expected]


def test_concatenated_streams_have_null_where_one_lacks_a_column() -> None:
    first, second = IterableDataset.from_dict({"x": [1]}), IterableDataset.from_dict({"x": [2], "y": ["b"]})
    assert list(concatenate_datasets([first, second])) == [{"x": 1, "y": None}, {"x": 2, "y": "b"}]


def test_types_that_do_not_fit_are_refused() -> None:
    first, second = IterableDataset.from_dict({"x": [1]}), IterableDataset.from_dict({"x": ["a"]})
    with pytest.raises(ValueError, match="column 'x'"):
        concatenate_datasets([first, second])


def test_datasets_and_streams_are_not_combined() -> None:
    dataset = Dataset.from_dict({"x": [1]})
    with pytest.raises(ValueError, match="to_iterable_dataset"):
        interleave_datasets([dataset, dataset.to_iterable_dataset()])  # type: ignore[type-var]


def test_streams_of_unknown_types_are_combined_by_their_first_rows() -> None:
    first = IterableDataset.from_dict({"x": [1]}).map(lambda row: {"y": row["x"]})
    second = IterableDataset.from_dict({"x": [2]})
    mixed = concatenate_datasets([first, second])
    assert mixed.features is None
    assert list(mixed) == [{"x": 1, "y": 1}, {"x": 2, "y": None}]
