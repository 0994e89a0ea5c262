"""Streams of files have the rows and types of the files, and say what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrowsets import Dataset, Features, IterableDataset, IterableDatasetDict, Value, load_dataset
from arrowsets.errors import BadData, SchemaConflict, SplitNotFound


@pytest.fixture
def lines(tmp_path: Path) -> str:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"x": 1}\n{"x": 2}\n')
    return str(path)


def test_all_splits_come_as_a_dictionary(lines: str) -> None:
    splits = load_dataset("json", data_files={"train": lines, "test": lines}, streaming=True)
    assert isinstance(splits, IterableDatasetDict)
    doubled = splits.map(lambda row: {"x": 2 * row["x"]})
    assert {name: list(stream) for name, stream in doubled.items()} == {
        "train": [{"x": 2}, {"x": 4}],
        "test": [{"x": 2}, {"x": 4}],
    }
    with pytest.raises(SplitNotFound, match="train"):
        splits["other"]


@pytest.mark.parametrize(
    ("split", "rows"), [("train", 10), ("train[:30%]", 3), ("train[-2:]", 2), ("train[:2]+test[1:3]", 4), ("all", 20)]
)
def test_splits_are_sliced(tmp_path: Path, split: str, rows: int) -> None:
    pq.write_table(pa.table({"x": range(10)}), tmp_path / "rows.parquet")
    files = {"train": str(tmp_path / "rows.parquet"), "test": str(tmp_path / "rows.parquet")}
    whole = load_dataset("parquet", data_files=files, split=split)
    stream = load_dataset("parquet", data_files=files, split=split, streaming=True)
    assert list(stream) == list(whole)
    assert stream.num_rows == rows


def test_shares_of_rows_that_are_not_counted_are_refused_with_a_hint(lines: str) -> None:
    with pytest.raises(ValueError, match=r"train\[:1000\]"):
        load_dataset("json", data_files=lines, split="train[:10%]", streaming=True)
    assert list(load_dataset("json", data_files=lines, split="train[:1]", streaming=True)) == [{"x": 1}]


def test_a_late_value_of_another_type_is_shown_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("x\n" + "1\n" * 200_000 + "1.5\n")
    stream = IterableDataset.from_csv(str(path))
    assert stream.features == Features({"x": Value("int64")})
    assert list(stream.skip(200_000)) == [{"x": 1.5}]
    given = IterableDataset.from_csv(str(path), features=Features({"x": Value("int64")}))
    with pytest.raises((BadData, SchemaConflict), match="200"):
        list(given)


def test_given_types_must_be_for_the_files(lines: str) -> None:
    with pytest.raises(SchemaConflict, match="'x'"):
        IterableDataset.from_json(lines, features=Features({"y": Value("int64")}))


def test_a_file_that_cannot_be_read_is_named_or_left_out(tmp_path: Path, lines: str) -> None:
    bad = tmp_path / "zz-bad.jsonl"
    bad.write_text('{"x": 3}\n{"x": \n')
    with pytest.raises(BadData, match="zz-bad"):
        list(IterableDataset.from_json([lines, str(bad)]))
    assert list(IterableDataset.from_json([lines, str(bad)], on_bad_files="skip")) == [{"x": 1}, {"x": 2}]


def test_a_generator_is_called_when_rows_are_asked_for() -> None:
    calls: list[int] = []

    def rows() -> Iterator[dict[str, int]]:
        calls.append(1)
        yield {"x": 1}

    stream = IterableDataset.from_generator(rows)
    assert not calls
    assert list(stream) == list(stream) == [{"x": 1}]


def test_a_stream_becomes_a_dataset_that_is_found_again(lines: str, tmp_path: Path) -> None:
    calls: list[int] = []
    stream = IterableDataset.from_json(lines).map(lambda row: {"y": row["x"] + 1})
    made = stream.to_dataset(cache_dir=str(tmp_path / "cache"))
    assert isinstance(made, Dataset)
    assert list(made) == [{"x": 1, "y": 2}, {"x": 2, "y": 3}]
    again = IterableDataset.from_json(lines).map(lambda row: {"y": row["x"] + 1})
    assert again.to_dataset(cache_dir=str(tmp_path / "cache")).cache_files == made.cache_files
    assert not calls


def test_a_stream_is_saved_and_exported(lines: str, tmp_path: Path) -> None:
    stream = IterableDataset.from_json(lines)
    stream.save_to_disk(str(tmp_path / "saved"))
    assert list(Dataset.load_from_disk(str(tmp_path / "saved"))) == list(stream)
    stream.to_csv(str(tmp_path / "rows.csv"))
    assert list(IterableDataset.from_csv(str(tmp_path / "rows.csv"))) == list(stream)
    assert stream.to_pandas()["x"].tolist() == [1, 2]
    assert [batch["x"] for batch in stream.to_dict(batch_size=1, batched=True)] == [[1], [2]]


def test_num_proc_is_refused_with_a_hint(lines: str) -> None:
    with pytest.raises(NotImplementedError, match="DataLoader"):
        load_dataset("json", data_files=lines, streaming=True, num_proc=2)
