"""Exports of all splits."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from arrowsets import Dataset, DatasetDict

SPLITS = DatasetDict({"train": Dataset.from_dict({"a": [1]}), "test": Dataset.from_dict({"a": [2, 3]})})


@pytest.mark.parametrize(("writer", "extension"), [("to_csv", "csv"), ("to_json", "jsonl"), ("to_parquet", "parquet")])
@pytest.mark.parametrize("as_path", [str, Path])
def test_each_split_is_a_file(tmp_path: Path, writer: str, extension: str, as_path: type) -> None:
    written = getattr(SPLITS, writer)(as_path(tmp_path / "d"))
    sizes = {path.name: path.stat().st_size for path in (tmp_path / "d").iterdir()}
    assert sizes == {f"train.{extension}": written["train"], f"test.{extension}": written["test"]}


def test_names_may_have_the_split(tmp_path: Path) -> None:
    SPLITS.to_csv(str(tmp_path / "x-{split}.csv.gz"))
    assert {path.name for path in tmp_path.iterdir()} == {"x-train.csv.gz", "x-test.csv.gz"}


def test_splits_may_be_several_parquet_files(tmp_path: Path) -> None:
    SPLITS.to_parquet(str(tmp_path / "{split}"), num_shards=1)
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.parquet")} == {
        "train/train-00000-of-00001.parquet", "test/train-00000-of-00001.parquet",
    }  # fmt: skip


def test_each_split_is_a_table() -> None:
    con = sqlite3.connect(":memory:")
    assert SPLITS.to_sql("t", con) == {"train": 1, "test": 2}
    assert SPLITS.to_sql("{split}_rows", con) == {"train": 1, "test": 2}
    assert con.execute("select * from t_test").fetchall() == con.execute("select * from test_rows").fetchall()
    con.close()
