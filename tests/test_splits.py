"""A dict of splits does to each split what a dataset does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from arrowsets import Dataset, DatasetDict, IterableDatasetDict, load_dataset
from arrowsets.errors import SplitNotFound

ROWS: dict[str, dict[str, Any]] = {
    "train": {"x": [3, 1, 2], "s": [{"a": 1}, {"a": 2}, {"a": 3}]},
    "test": {"x": [5, 4], "s": [{"a": 4}, {"a": 5}]},
}


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    module: ModuleType = pytest.importorskip("datasets")
    return module


def build(library: Any) -> Any:
    return library.DatasetDict({name: library.Dataset.from_dict(rows) for name, rows in ROWS.items()})


@pytest.fixture
def splits() -> DatasetDict:
    return DatasetDict({name: Dataset.from_dict(rows) for name, rows in ROWS.items()})


AS_THE_REFERENCE: dict[str, Callable[[Any], Any]] = {
    "map": lambda d: d.map(lambda row: {"y": row["x"]}),
    "map with the split": lambda d: d.map(lambda row, split: {"y": split}, with_split=True),
    "map with index and split": lambda d: d.map(
        lambda row, i, split: {"y": f"{split} {i}"}, with_indices=True, with_split=True
    ),
    "filter": lambda d: d.filter(lambda row: row["x"] > 2),
    "filter in place": lambda d: d.filter(lambda row, i: i == 0, True),
    "flatten": lambda d: d.flatten(),
    "flatten to a depth": lambda d: d.flatten(2),
    "shuffle": lambda d: d.shuffle(seed=1),
    "shuffle by splits": lambda d: d.shuffle(seeds={"train": 1, "test": 2}),
    "shuffle with generators": lambda d: d.shuffle(
        generators={name: np.random.default_rng(3) for name in ("train", "test")}
    ),
    "remove": lambda d: d.remove_columns(["s"]),
    "rename": lambda d: d.rename_column("x", "z"),
    "rename several": lambda d: d.rename_columns({"x": "z"}),
    "select columns": lambda d: d.select_columns("x"),
    "class encode": lambda d: d.class_encode_column("x"),
    "flatten indices": lambda d: d.shuffle(seed=0).flatten_indices(),
}


@pytest.mark.parametrize("name", AS_THE_REFERENCE)
def test_each_split_is_as_in_the_reference(name: str, splits: DatasetDict, reference: ModuleType) -> None:
    theirs, ours = AS_THE_REFERENCE[name](build(reference)), AS_THE_REFERENCE[name](splits)
    assert isinstance(ours, DatasetDict)
    assert {key: data.to_dict() for key, data in ours.items()} == {key: data.to_dict() for key, data in theirs.items()}


@pytest.mark.parametrize("what", ["num_rows", "num_columns", "column_names", "shape"])
def test_what_splits_are_is_told_by_split(what: str, splits: DatasetDict, reference: ModuleType) -> None:
    assert getattr(splits, what) == getattr(build(reference), what)


MORE: dict[str, Callable[[DatasetDict], Any]] = {
    "sort": lambda d: d.sort("x"),
    "select": lambda d: d.select([0]),
    "take": lambda d: d.take(1),
    "skip": lambda d: d.skip(1),
    "shard": lambda d: d.shard(2, 0),
    "repeat": lambda d: d.repeat(2),
    "batch": lambda d: d.batch(2),
}


@pytest.mark.parametrize("name", MORE)
def test_methods_of_datasets_are_methods_of_splits(name: str, splits: DatasetDict) -> None:
    one = MORE[name](DatasetDict({"train": splits["train"]}))
    both = MORE[name](splits)
    assert both["train"].to_dict() == one["train"].to_dict()
    assert list(both) == ["train", "test"]


def test_formats_of_all_splits(splits: DatasetDict) -> None:
    with splits.formatted_as("numpy", columns=["x"]):
        assert isinstance(splits["test"][0]["x"], np.integer)
    assert splits["test"][0]["x"] == 5
    assert splits.with_format("numpy")["train"].format["type"] == "numpy"


@pytest.mark.parametrize("key", [0, slice(2), "valid"])
def test_what_is_no_split_says_which_there_are(key: Any, splits: DatasetDict) -> None:
    with pytest.raises(SplitNotFound, match="'train', 'test'"):
        splits[key]
    with pytest.raises(KeyError):
        splits[key]


def test_files_of_splits(splits: DatasetDict, tmp_path: Any) -> None:
    splits.remove_columns("s").to_csv(tmp_path)
    read = DatasetDict.from_csv({name: str(tmp_path / f"{name}.csv") for name in splits})
    assert {name: data["x"][:] for name, data in read.items()} == {"train": [3, 1, 2], "test": [5, 4]}


def test_what_is_no_dataset_is_refused() -> None:
    rows: Any = [1, 2]
    bad = DatasetDict({"train": rows})
    with pytest.raises(TypeError, match="'train' is list"):
        bad.map(lambda row: row)


def test_each_split_gets_its_own_values_of_a_column() -> None:
    splits = DatasetDict({"train": Dataset.from_dict({"x": [1, 2]}), "test": Dataset.from_dict({"x": [3]})})
    added = splits.add_column("y", {"train": ["a", "b"], "test": ["c"]})
    assert {name: data["y"][:] for name, data in added.items()} == {"train": ["a", "b"], "test": ["c"]}
    with pytest.raises(SplitNotFound, match=r"\['train'\], not \['train', 'test'\]"):
        splits.add_column("y", {"train": ["a", "b"]})


def test_splits_become_streams() -> None:
    streams = DatasetDict({"train": Dataset.from_dict({"x": [1, 2]})}).to_iterable_dataset()
    assert isinstance(streams, IterableDatasetDict)
    assert list(streams["train"]) == [{"x": 1}, {"x": 2}]


def test_what_was_left_out_is_told_by_split(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n3,4,5\n")
    splits = load_dataset("csv", data_files=str(tmp_path / "a.csv"), on_bad_rows="skip")
    assert [row for _, row, _, _ in splits.rejects["train"]] == [1]
