"""Splits that are loaded together have the same types, whichever of them needs the widest."""

from __future__ import annotations

import logging
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrowsets import Value, load_dataset
from arrowsets.errors import SchemaConflict

FILES = {"train": "train.csv", "test": "test.csv"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def write(train: str, test: str) -> None:
    Path("train.csv").write_text(train)
    Path("test.csv").write_text(test)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("again", [False, True])
def test_text_that_is_a_number_in_one_split_only_is_text_in_all(turned: bool, again: bool) -> None:
    write("x\n007\n2\n", "x\na\n")
    files = dict(reversed(FILES.items())) if turned else FILES
    loaded = [load_dataset("csv", data_files=files) for _ in range(1 + again)][-1]
    assert {name: data["x"][:] for name, data in loaded.items()} == {"train": ["007", "2"], "test": ["a"]}
    assert {str(data.features["x"]) for data in loaded.values()} == {"Value('string')"}


def test_what_was_widened_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    write("x,y\n1,\n", "x,y\n1.5,2\n")
    with caplog.at_level(logging.WARNING, "arrowsets"):
        loaded = load_dataset("csv", data_files=FILES)
    assert loaded["train"].features == loaded["test"].features == {"x": Value("float64"), "y": Value("int64")}
    assert "split 'train': column 'x' is read as Value('float64') instead of Value('int64')" in caplog.text
    assert "'y'" not in caplog.text  # a column without values has nothing to widen


def test_a_column_that_only_one_split_has_stays_there() -> None:
    write("x,label\n1,0\n", "x\n2\n")
    loaded = load_dataset("csv", data_files=FILES)
    assert {name: data.column_names for name, data in loaded.items()} == {"train": ["x", "label"], "test": ["x"]}


def test_splits_that_are_joined_have_the_types_of_both() -> None:
    write("x\n1\n", "x\na\n")
    assert load_dataset("csv", data_files=FILES, split="train+test")["x"][:] == ["1", "a"]


def test_a_split_that_is_loaded_alone_has_its_own_types() -> None:
    write("x\n1\n", "x\na\n")
    assert load_dataset("csv", data_files=FILES, split="train")["x"][:] == [1]
    assert [data["x"][:] for data in load_dataset("csv", data_files=FILES, split=["train", "test"])] == [["1"], ["a"]]


def test_types_that_do_not_meet_are_an_error_that_names_column_and_splits(here: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), here / "a.parquet")
    pq.write_table(pa.table({"x": ["a"]}), here / "b.parquet")
    with pytest.raises(SchemaConflict, match="column 'x' is .*int64.* in split 'train' and .*string.* in split 'test'"):
        load_dataset("parquet", data_files={"train": "a.parquet", "test": "b.parquet"})


def test_parquet_integers_of_two_widths_meet(here: Path) -> None:
    pq.write_table(pa.table({"x": pa.array([1], pa.int32()), "y": ["a"]}), here / "a.parquet")
    pq.write_table(pa.table({"x": [2], "y": ["b"]}), here / "b.parquet")
    loaded = load_dataset("parquet", data_files={"train": "a.parquet", "test": "b.parquet"})
    assert loaded["train"].features == loaded["test"].features
    assert loaded["train"][:] == {"x": [1], "y": ["a"]}
