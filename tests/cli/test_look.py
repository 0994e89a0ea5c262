"""`head` and `info` show what a path holds."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from arrowsets import Dataset, DatasetDict

Call = Callable[..., tuple[int, str, str]]


def test_head_shows_rows_as_a_table(arrowsets: Call, csv: Path) -> None:
    assert arrowsets("head", csv, "-n", 2)[1].splitlines() == [
        "text         stars",
        "never again  1",
        "quite good   4",
    ]


def test_head_does_not_touch_the_cache(arrowsets: Call, csv: Path, cache_dir: Path) -> None:
    arrowsets("head", csv)
    assert not (cache_dir / "store").exists()


def test_head_writes_json_lines(arrowsets: Call, csv: Path) -> None:
    rows = [json.loads(line) for line in arrowsets("head", csv, "--json")[1].splitlines()]
    assert rows == [
        {"text": "never again", "stars": 1},
        {"text": "quite good", "stars": 4},
        {"text": "lovely", "stars": 5},
    ]


def test_head_writes_bytes_as_base64_and_dates_as_iso(arrowsets: Call, tmp_path: Path) -> None:
    Dataset.from_dict({"b": [b"\0\xff"], "d": [dt.date(1970, 1, 1)]}).save_to_disk(str(tmp_path / "saved"))
    assert json.loads(arrowsets("head", tmp_path / "saved", "--json")[1]) == {"b": "AP8=", "d": "1970-01-01"}
    assert "<2 B>" in arrowsets("head", tmp_path / "saved")[1]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    splits = {"train": Dataset.from_dict({"x": [1, 2]}), "test": Dataset.from_dict({"x": [3]})}
    DatasetDict(splits).save_to_disk(tmp_path / "saved")
    return tmp_path / "saved"


def test_head_shows_the_split_asked_for(arrowsets: Call, saved: Path) -> None:
    assert arrowsets("head", saved, "--split", "test")[1] == "x\n3\n"


def test_an_unknown_split_is_an_error_that_names_the_splits(arrowsets: Call, saved: Path, csv: Path) -> None:
    assert "the splits are 'train', 'test'" in arrowsets("head", saved, "--split", "dev")[2]
    assert "the splits are 'train'" in arrowsets("head", csv, "--split", "dev")[2]


def test_head_of_no_rows_says_so(arrowsets: Call, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    assert arrowsets("head", tmp_path / "empty.jsonl")[:2] == (0, "(no rows)\n")


def test_info_of_files(arrowsets: Call, csv: Path) -> None:
    facts = json.loads(arrowsets("info", csv, "--json")[1])
    assert facts["format"] == "csv"
    train = facts["splits"]["train"]
    assert (train["rows"], [each["bytes"] for each in train["files"]]) == (3, [csv.stat().st_size])
    assert facts["features"]["stars"] == {"dtype": "int64", "_type": "Value"}


def test_info_of_a_saved_dataset(arrowsets: Call, saved: Path) -> None:
    facts = json.loads(arrowsets("info", saved, "--json")[1])
    assert {name: split["rows"] for name, split in facts["splits"].items()} == {"train": 2, "test": 1}


def test_info_is_readable(arrowsets: Call, csv: Path) -> None:
    out = arrowsets("info", csv)[1]
    assert "train     3" in out
    assert "stars   Value('int64')" in out
