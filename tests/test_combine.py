"""Combining datasets gives the rows that the reference gives."""

from __future__ import annotations

from itertools import product
from types import ModuleType
from typing import Any

import pytest

from arrowsets import ClassLabel, Dataset, Features, Value, concatenate_datasets, interleave_datasets
from arrowsets.errors import SchemaConflict, ShapeConflict

STRATEGIES = ["first_exhausted", "all_exhausted", "all_exhausted_without_replacement"]
LENGTHS = [(2, 3), (3, 2, 5), (1, 1), (4,)]


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    module: ModuleType = pytest.importorskip("datasets")
    return module


def sources(make: Any, lengths: tuple[int, ...]) -> list[Any]:
    return [make({"x": [100 * part + row for row in range(length)]}) for part, length in enumerate(lengths)]


@pytest.mark.parametrize(("lengths", "strategy"), list(product(LENGTHS, STRATEGIES)))
def test_interleaving_in_turn_agrees(lengths: tuple[int, ...], strategy: Any, reference: ModuleType) -> None:
    theirs = reference.interleave_datasets(sources(reference.Dataset.from_dict, lengths), stopping_strategy=strategy)
    ours = interleave_datasets(sources(Dataset.from_dict, lengths), stopping_strategy=strategy)
    assert ours["x"][:] == theirs["x"][:]


@pytest.mark.parametrize(("strategy", "seed"), list(product(STRATEGIES, [0, 1, 42])))
def test_interleaving_at_random_agrees(strategy: Any, seed: int, reference: ModuleType) -> None:
    shares = [0.2, 0.5, 0.3]
    theirs = reference.interleave_datasets(
        sources(reference.Dataset.from_dict, (4, 6, 5)), shares, seed, stopping_strategy=strategy
    )
    ours = interleave_datasets(sources(Dataset.from_dict, (4, 6, 5)), shares, seed, stopping_strategy=strategy)
    assert ours["x"][:] == theirs["x"][:]


def test_an_empty_dataset_is_not_started_over() -> None:
    with pytest.raises(ValueError, match="dataset 0 is empty"):
        interleave_datasets(sources(Dataset.from_dict, (0, 3)), stopping_strategy="all_exhausted")


def test_a_dataset_that_is_never_drawn_cannot_end() -> None:
    with pytest.raises(ValueError, match="dataset 1 has probability 0"):
        interleave_datasets(sources(Dataset.from_dict, (2, 2)), [1.0, 0.0], stopping_strategy="all_exhausted")


def test_an_empty_dataset_is_left_out_without_replacement() -> None:
    strategy: Any = "all_exhausted_without_replacement"
    assert interleave_datasets(sources(Dataset.from_dict, (0, 2)), stopping_strategy=strategy)["x"][:] == [100, 101]


def test_concatenating_fills_missing_columns_with_null(reference: ModuleType) -> None:
    parts: list[dict[str, Any]] = [{"x": [1, 2]}, {"y": ["a"], "x": [None]}, {"x": [3], "z": [[1]]}]
    theirs = reference.concatenate_datasets([reference.Dataset.from_dict(part) for part in parts])
    ours = concatenate_datasets([Dataset.from_dict(part) for part in parts])
    assert ours.to_dict() == theirs.to_dict()
    assert ours.column_names == theirs.column_names


def test_concatenating_side_by_side(reference: ModuleType) -> None:
    parts: list[dict[str, Any]] = [{"x": [1, 2]}, {"y": ["a", "b"]}]
    theirs = reference.concatenate_datasets([reference.Dataset.from_dict(part) for part in parts], axis=1)
    assert concatenate_datasets([Dataset.from_dict(part) for part in parts], axis=1).to_dict() == theirs.to_dict()


def test_side_by_side_of_other_lengths_is_refused() -> None:
    with pytest.raises(ShapeConflict):
        concatenate_datasets([Dataset.from_dict({"x": [1, 2]}), Dataset.from_dict({"y": [1]})], axis=1)


def test_side_by_side_of_equal_names_is_refused() -> None:
    with pytest.raises(ShapeConflict, match="'x'"):
        concatenate_datasets([Dataset.from_dict({"x": [1]}), Dataset.from_dict({"x": [1]})], axis=1)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Value("int32"), Value("int64")),
        (Value("int64"), Value("string")),
        (ClassLabel(names=["a", "b"]), ClassLabel(names=["b", "a"])),
        (ClassLabel(names=["a", "b"]), Value("int64")),
        (Value("float32"), Value("float64")),
    ],
)
def test_types_that_differ_are_refused(first: Any, second: Any) -> None:
    parts = [Dataset.from_dict({"x": [None]}, features=Features({"x": kind})) for kind in (first, second)]
    with pytest.raises(SchemaConflict, match="'x'"):
        concatenate_datasets(parts)


def test_formats_that_differ_are_reset(reference: ModuleType) -> None:
    first, second = Dataset.from_dict({"x": [1]}), Dataset.from_dict({"x": [2]}).with_format("numpy")
    assert concatenate_datasets([first, second]).format["type"] is None


def test_a_shared_format_is_kept() -> None:
    parts = [Dataset.from_dict({"x": [1]}).with_format("numpy") for _ in range(2)]
    assert concatenate_datasets(parts).format["type"] == "numpy"


def test_mapping_a_concatenation_of_selections() -> None:
    dataset = Dataset.from_dict({"x": [1, 2, 3]})
    both = concatenate_datasets([dataset.select([2, 0]), dataset, dataset.select([])])
    assert both.map(lambda row: {"y": row["x"] * 10})["y"][:] == [30, 10, 10, 20, 30]


@pytest.mark.parametrize("parts", [[], [{"train": Dataset.from_dict({"x": [1]})}], [3]])
def test_what_is_no_dataset_is_refused(parts: Any) -> None:
    with pytest.raises(ValueError, match="dataset"):
        concatenate_datasets(parts)
