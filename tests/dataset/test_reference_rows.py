"""Rows are chosen and ordered as the reference does it, seed for seed."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import arrowsets

ROWS = {
    "x": [3, 1, None, 2, 1, 3, 5, 4, 0, 7],
    "t": ["b", "a", None, "é", "", "b", "z", "B", "a", "c"],
    "f": [1.5, float("nan"), None, -0.0, 0.0, 2.5, float("inf"), -1.0, 3.0, 3.0],
}

CHOICES: dict[str, Callable[[Any], Any]] = {
    "shuffle": lambda d: d.shuffle(seed=42),
    "shuffle twice": lambda d: d.shuffle(seed=1).shuffle(seed=2),
    "shuffle with a generator": lambda d: d.shuffle(generator=np.random.default_rng(3)),
    "select": lambda d: d.select([4, 0, 4]),
    "select a range": lambda d: d.select(range(2, 9, 3)),
    "select an iterator": lambda d: d.select(iter([1, 2])),
    "take": lambda d: d.take(3),
    "take too many": lambda d: d.take(30),
    "skip": lambda d: d.skip(8),
    "repeat": lambda d: d.repeat(2),
    "repeat none": lambda d: d.repeat(0),
    "shard": lambda d: d.shard(3, 1),
    "shard apart": lambda d: d.shard(3, 2, contiguous=False),
    "shard first": lambda d: d.shard(num_shards=4, index=0),
    "sort": lambda d: d.sort("x"),
    "sort down": lambda d: d.sort("x", reverse=True),
    "sort nulls first": lambda d: d.sort("x", null_placement="at_start"),
    "sort texts": lambda d: d.sort("t"),
    "sort floats": lambda d: d.sort("f"),
    "sort floats down": lambda d: d.sort("f", reverse=True),
    "sort by two": lambda d: d.sort(["x", "t"]),
    "sort by two ways": lambda d: d.sort(["x", "t"], reverse=[True, False]),
    "sort a shuffle": lambda d: d.shuffle(seed=0).sort("t", reverse=True),
    "batch": lambda d: d.batch(3),
    "batch without the rest": lambda d: d.batch(3, drop_last_batch=True),
    "batch one": lambda d: d.batch(1),
    "flatten": lambda d: d.flatten(),
    "filter": lambda d: d.filter(lambda row: (row["x"] or 0) > 1),
    "filter batched": lambda d: d.filter(lambda b: [x == 3 for x in b["x"]], batched=True, batch_size=4),
    "filter by index": lambda d: d.filter(lambda row, i: i % 2 == 1, with_indices=True),
    "filter a column": lambda d: d.filter(lambda t: t == "a", input_columns="t"),
    "filter nothing": lambda d: d.filter(lambda row: None),
    "remove": lambda d: d.remove_columns("x"),
    "rename": lambda d: d.rename_column("x", "y"),
    "add": lambda d: d.add_column("n", list(range(10))),
    "add item": lambda d: d.add_item({"x": 9, "t": "new"}),
}


def texts(rows: Any) -> Any:
    # NaN equals nothing, and -0.0 equals 0.0.
    return repr(rows)


@pytest.mark.parametrize("name", CHOICES)
def test_rows_are_those_of_the_reference(name: str, make: Any, reference: ModuleType) -> None:
    choose = CHOICES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = choose(reference.Dataset.from_dict(ROWS))
    ours = choose(make(ROWS))
    assert texts(ours.to_dict()) == texts(theirs.to_dict())
    assert ours.column_names == theirs.column_names


def test_shuffle_without_a_seed_follows_numpys_global_state(make: Any, reference: ModuleType) -> None:
    answers = []
    for dataset in (make(ROWS), reference.Dataset.from_dict(ROWS)):
        np.random.seed(7)
        answers.append([texts(dataset.shuffle().to_dict()), texts(dataset.shuffle().to_dict())])
    assert answers[0] == answers[1]
    assert answers[0][0] != answers[0][1]


SPLITS: list[dict[str, Any]] = [
    {"seed": 0},
    {"test_size": 0.3, "seed": 1},
    {"test_size": 4, "seed": 2},
    {"train_size": 0.45, "seed": 3},
    {"train_size": 3, "test_size": 2, "seed": 4},
    {"test_size": 0.2, "shuffle": False},
    {"train_size": 7, "shuffle": False},
    {"test_size": 0.21, "train_size": 0.33, "seed": 5},
]


@pytest.mark.parametrize("options", SPLITS, ids=str)
def test_train_test_split_agrees(options: dict[str, Any], make: Any, reference: ModuleType) -> None:
    theirs = reference.Dataset.from_dict({"x": list(range(23))}).train_test_split(**options)
    ours = make({"x": list(range(23))}).train_test_split(**options)
    assert {k: v["x"][:] for k, v in ours.items()} == {k: v["x"][:] for k, v in theirs.items()}


@pytest.mark.parametrize("seed", range(5))
def test_stratified_split_agrees(seed: int, make: Any, reference: ModuleType) -> None:
    rows = {"x": list(range(30)), "y": [0, 1, 2, 0, 1] * 6}
    answers = []
    for library, dataset in ((arrowsets, make(rows)), (reference, reference.Dataset.from_dict(rows))):
        labelled = dataset.cast_column("y", library.ClassLabel(names=["a", "b", "c"]))
        parts = labelled.train_test_split(test_size=7, stratify_by_column="y", seed=seed)
        answers.append({name: part["x"][:] for name, part in parts.items()})
    assert answers[0] == answers[1]


def test_train_test_split_without_a_seed_follows_numpys_global_state(make: Any, reference: ModuleType) -> None:
    answers = []
    for dataset in (make({"x": list(range(9))}), reference.Dataset.from_dict({"x": list(range(9))})):
        np.random.seed(11)
        answers.append(dataset.train_test_split()["test"]["x"][:])
    assert answers[0] == answers[1]


@pytest.mark.parametrize("values", [[1, 1, 2, 2, 1, 3], [1.0, 1.0, 1.5, 2.0, 2.0, 2.0], ["a", "a", "", "", "b", "a"]])
def test_batches_by_column_agree(values: list[Any], make: Any, reference: ModuleType) -> None:
    rows = {"x": values, "n": list(range(6))}
    ours = make(rows).batch(by_column="x")
    assert ours.to_dict() == reference.Dataset.from_dict(rows).batch(by_column="x").to_dict()


def test_nulls_are_a_group_of_their_own(make: Any) -> None:
    assert make({"x": [1, None, None, 2]}).batch(by_column="x").to_dict() == {"x": [[1], [None, None], [2]]}


@pytest.mark.parametrize(
    "values", [["b", "a", None, "b"], [2, 10, 1, 2], [True, False, True, None], [1.5, -2.0, 1.5, 0.0]]
)
@pytest.mark.parametrize("nulls", [False, True])
def test_class_encoding_agrees(values: list[Any], nulls: bool, make: Any, reference: ModuleType) -> None:
    theirs = reference.Dataset.from_dict({"y": values}).class_encode_column("y", include_nulls=nulls)
    ours = make({"y": values}).class_encode_column("y", include_nulls=nulls)
    assert ours.features["y"].names == theirs.features["y"].names
    assert ours.to_dict() == theirs.to_dict()


@pytest.mark.parametrize("column", ["x", "t"])
def test_unique_agrees(column: str, make: Any, reference: ModuleType) -> None:
    assert make(ROWS).unique(column) == reference.Dataset.from_dict(ROWS).unique(column)


ACCESS: dict[str, Callable[[Any], Any]] = {
    "first": lambda d: d[0],
    "last": lambda d: d[-1],
    "numpy int": lambda d: d[np.int64(2)],
    "slice": lambda d: d[1:3],
    "slice back": lambda d: d[::-1],
    "slice past the end": lambda d: d[8:20],
    "slice of nothing": lambda d: d[20:30],
    "list": lambda d: d[[0, -1, 2, 2]],
    "tuple": lambda d: d[(0, 1)],
    "range": lambda d: d[range(3)],
    "array": lambda d: d[np.array([5, 1])],
    "empty list": lambda d: d[[]],
    "column": lambda d: d["x"][:],
    "column item": lambda d: d["x"][0],
    "column last": lambda d: d["x"][-1],
    "column slice": lambda d: d["x"][2:4],
    "column list": lambda d: d["x"][[0, 2]],
    "rows": list,
    "getitems": lambda d: d.__getitems__([3, 1]),
    "iter": lambda d: list(d.iter(4)),
    "iter whole": lambda d: list(d.iter(4, drop_last_batch=True)),
    "pandas": lambda d: d.to_pandas().to_dict("list"),
    "list of rows": lambda d: d.to_list(),
    "length": len,
    "shape": lambda d: d.shape,
}


@pytest.mark.parametrize("name", ACCESS)
@pytest.mark.parametrize("seed", [None, 0])
def test_access_agrees(name: str, seed: int | None, make: Any, reference: ModuleType) -> None:
    theirs, ours = reference.Dataset.from_dict(ROWS), make(ROWS)
    if seed is not None:
        # A list with negative positions fails on a shuffled dataset of the reference.
        theirs, ours = reference.Dataset.from_dict(theirs.shuffle(seed=seed).to_dict()), ours.shuffle(seed=seed)
    assert texts(ACCESS[name](ours)) == texts(ACCESS[name](theirs))


@pytest.mark.parametrize("index", [10, -11, np.int64(10)])
def test_a_row_out_of_range_is_an_index_error(index: int, make: Any) -> None:
    with pytest.raises(IndexError, match="10 rows"):
        make(ROWS)[index]


@pytest.mark.parametrize("key", [True, np.True_, None, iter([1]), 1.5])
def test_other_keys_are_type_errors(key: Any, make: Any) -> None:
    with pytest.raises(TypeError):
        make(ROWS)[key]
