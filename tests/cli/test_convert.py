"""`convert` writes what it reads, in another format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from arrowsets import Dataset, DatasetDict, load_dataset, load_from_disk

Call = Callable[..., tuple[int, str, str]]
ROWS = {"text": ["never again", "quite good", "lovely"], "stars": [1, 4, 5]}


@pytest.mark.parametrize("extension", ["csv", "json", "jsonl", "parquet", "arrow"])
def test_the_extension_is_the_format(arrowsets: Call, csv: Path, tmp_path: Path, extension: str) -> None:
    target = tmp_path / f"out.{extension}"
    assert arrowsets("convert", csv, target) == (0, f"{target}: 3 rows\n", "")
    assert target.is_file()
    assert load_dataset(str(target), split="train")[:] == ROWS


def test_to_wins_over_the_extension(arrowsets: Call, csv: Path, tmp_path: Path) -> None:
    arrowsets("convert", csv, tmp_path / "saved", "--to", "arrow")
    assert Dataset.load_from_disk(str(tmp_path / "saved"))[:] == ROWS


def test_json_lines_are_lines_and_json_is_an_array(arrowsets: Call, csv: Path, tmp_path: Path) -> None:
    arrowsets("convert", csv, tmp_path / "a.jsonl")
    arrowsets("convert", csv, tmp_path / "a.json")
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 3
    assert (tmp_path / "a.json").read_text().startswith("[")


def test_a_split_specification_chooses_rows(arrowsets: Call, csv: Path, tmp_path: Path) -> None:
    arrowsets("convert", csv, tmp_path / "a.jsonl", "--split", "train[1:]")
    assert load_dataset(str(tmp_path / "a.jsonl"), split="train")["stars"].tolist() == [4, 5]


def test_several_splits_become_a_file_each(arrowsets: Call, tmp_path: Path) -> None:
    splits = DatasetDict({"train": Dataset.from_dict({"x": [1, 2]}), "test": Dataset.from_dict({"x": [3]})})
    splits.save_to_disk(tmp_path / "saved")
    arrowsets("convert", tmp_path / "saved", tmp_path / "out", "--to", "parquet")
    assert load_dataset(str(tmp_path / "out")).num_rows == {"train": 2, "test": 1}
    arrowsets("convert", tmp_path / "out", tmp_path / "again", "--to", "arrow")
    assert load_from_disk(tmp_path / "again").num_rows == {"train": 2, "test": 1}


def test_split_of_a_saved_dataset(arrowsets: Call, tmp_path: Path) -> None:
    splits = DatasetDict({"train": Dataset.from_dict({"x": [1, 2]}), "test": Dataset.from_dict({"x": [3]})})
    splits.save_to_disk(tmp_path / "saved")
    arrowsets("convert", tmp_path / "saved", tmp_path / "a.jsonl", "--split", "test+train[:1]")
    assert load_dataset(str(tmp_path / "a.jsonl"), split="train")["x"].tolist() == [3, 1]


def test_an_unknown_extension_names_those_that_are_known(arrowsets: Call, csv: Path, tmp_path: Path) -> None:
    code, _, err = arrowsets("convert", csv, tmp_path / "out.xls")
    assert (code, "'.parquet'" in err) == (1, True)
