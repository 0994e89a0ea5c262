"""What type checkers know of the public interface; mypy reads this file with all others, pyright where it is installed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypedDict, assert_type

import pyarrow as pa
import pytest

from arrowsets import (
    Column,
    Dataset,
    DatasetDict,
    DatasetInfo,
    Features,
    IterableDataset,
    IterableDatasetDict,
    NamedSplit,
    Value,
    concatenate_datasets,
    interleave_datasets,
)
from arrowsets.distributed import split_dataset_by_node


def test_datasets() -> None:
    dataset = assert_type(Dataset.from_dict({"x": [1, 2, 3]}), Dataset)
    assert_type(dataset.map(lambda row: row), Dataset)
    assert_type(dataset.filter(lambda row: True).shuffle(seed=1).select([0]), Dataset)
    assert_type(dataset["x"], Column)
    assert_type(dataset[0], Any)
    assert_type(iter(dataset), Iterator[Any])
    assert_type(dataset.features, Features)
    assert_type(dataset.column_names, list[str])
    assert_type(dataset.num_rows, int)
    assert_type(dataset.info, DatasetInfo)
    assert_type(dataset.split, NamedSplit | None)
    assert_type(dataset.to_arrow(), pa.Table)
    assert_type(dataset.cast(Features({"x": Value("int8")})), Dataset)
    assert_type(dataset.with_format("numpy"), Dataset)
    assert_type(dataset.train_test_split(test_size=1), DatasetDict)


def test_splits() -> None:
    splits = assert_type(DatasetDict({"train": Dataset.from_dict({"x": [1]})}), DatasetDict)
    assert_type(splits["train"], Dataset)
    assert_type(splits.map(lambda row: row), DatasetDict)
    assert_type(splits.select([0]), DatasetDict)
    assert_type(splits.num_rows, dict[str, int])
    assert_type(splits.column_names, dict[str, list[str]])


@dataclass
class Film:
    x: int


class Row(TypedDict):
    x: int


def test_rows_of_a_class() -> None:
    dataset = Dataset.from_dict({"x": [1, 2]})
    films = dataset.as_rows(Film)
    assert_type(films[0], Film)
    assert_type(films[0].x, int)
    assert_type([film.x for film in films[1:]], list[int])
    assert_type(dataset.as_rows(Row)[0]["x"], int)
    assert_type(next(iter(dataset.to_iterable_dataset().as_rows(Film))), Film)


def test_streams() -> None:
    stream = assert_type(Dataset.from_dict({"x": [1]}).to_iterable_dataset(), IterableDataset)
    assert_type(stream.map(lambda row: row).filter(lambda row: True).take(1), IterableDataset)
    assert_type(stream.features, Features | None)
    assert_type(stream.state_dict(), dict[str, Any])
    assert_type(stream.to_dataset(), Dataset)
    assert_type(IterableDatasetDict({"train": stream}).take(1), IterableDatasetDict)


def test_functions_keep_the_kind_of_what_they_are_given() -> None:
    dataset = Dataset.from_dict({"x": [1]})
    stream = dataset.to_iterable_dataset()
    assert_type(concatenate_datasets([dataset, dataset]), Dataset)
    assert_type(concatenate_datasets([stream, stream]), IterableDataset)
    assert_type(interleave_datasets([dataset, dataset]), Dataset)
    assert_type(split_dataset_by_node(stream, 0, 2), IterableDataset)


def test_pyright_agrees() -> None:
    if find_spec("pyright") is None:
        pytest.skip("pyright is not installed")
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--level", "error", __file__]
    answer = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout
