"""load_dataset finds files, reads them as one table, and finds the result again."""

from __future__ import annotations

import gzip
import logging
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrowsets import ClassLabel, Dataset, DatasetDict, Features, ReadInstruction, Value, load_dataset, load_from_disk
from arrowsets.errors import BadData, DataFilesNotFound, OfflineError, SchemaConflict, SplitNotFound, UnknownName


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def write(**files: str) -> None:
    for name, text in files.items():
        path = Path(name.replace("__", "/").replace("_csv", ".csv").replace("_jsonl", ".jsonl"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def csv(*values: Any) -> str:
    return "x\n" + "".join(f"{value}\n" for value in values)


DATA_FILES = [
    ("a.csv", {"train": [1, 2]}),
    (["a.csv", "b.csv"], {"train": [1, 2, 3]}),
    (["b.csv", "a.csv"], {"train": [3, 1, 2]}),
    ("*.csv", {"train": [1, 2, 3]}),
    ("**/*.csv", {"train": [1, 2, 3, 4]}),
    ({"train": "a.csv", "test": ["b.csv"]}, {"train": [1, 2], "test": [3]}),
    ({"dev": "*.csv"}, {"dev": [1, 2, 3]}),
    ({"train": Path("a.csv")}, {"train": [1, 2]}),
]


@pytest.mark.parametrize(("data_files", "splits"), DATA_FILES, ids=str)
def test_data_files(data_files: Any, splits: dict[str, list[int]]) -> None:
    write(a_csv=csv(1, 2), b_csv=csv(3), deep__c_csv=csv(4))
    loaded = load_dataset("csv", data_files=data_files)
    assert isinstance(loaded, DatasetDict)
    assert {name: data["x"][:] for name, data in loaded.items()} == splits


def test_a_directory_with_splits_in_its_names() -> None:
    write(d__train_csv=csv(1), d__test_csv=csv(2), d__validation_csv=csv(3))
    loaded = load_dataset("d")
    assert {name: data["x"][:] for name, data in loaded.items()} == {"train": [1], "test": [2], "validation": [3]}


def test_a_data_directory() -> None:
    write(d__sub__train_csv=csv(1), d__other_csv=csv(2))
    assert load_dataset("d", data_dir="sub")["train"]["x"][:] == [1]
    assert load_dataset("csv", data_dir="d/sub")["train"]["x"][:] == [1]


CARD = """---
configs:
- config_name: one
  data_files:
  - split: train
    path: first.csv
  sep: ";"
- config_name: two
  data_files: second.csv
  default: true
---
# A dataset
"""


def test_configurations_of_a_card() -> None:
    write(d__first_csv="x;y\n1;2\n", d__second_csv=csv(5))
    Path("d/README.md").write_text(CARD)
    assert load_dataset("d", "one", split="train").to_dict() == {"x": [1], "y": [2]}
    assert load_dataset("d", split="train").to_dict() == {"x": [5]}
    with pytest.raises(ValueError, match="'one', 'two'"):
        load_dataset("d", "three")


DECLARING = """---
configs:
- config_name: default
  sep: ";"
  data_files:
  - {split: train, path: a.csv}
  - {split: test, path: b.tsv}
dataset_info:
  features:
  - {name: x, dtype: float32}
  - name: y
    dtype: {class_label: {names: {"0": "no", "1": "yes"}}}
---
"""


def test_a_card_declares_types_and_options(here: Path) -> None:
    (here / "README.md").write_text(DECLARING)
    (here / "a.csv").write_text("x;y\n1;yes\n")
    (here / "b.tsv").write_text("x;y\n2;0\n")
    loaded = load_dataset(str(here))
    assert loaded["train"].features == {"x": Value("float32"), "y": ClassLabel(names=["no", "yes"])}
    assert loaded["train"][0] == {"x": 1.0, "y": 1}
    assert loaded["test"][0] == {"x": 2.0, "y": 0}
    given = Features({"x": Value("string"), "y": Value("string")})
    assert load_dataset(str(here), split="test", features=given)[0] == {"x": "2", "y": "0"}


def test_trusting_code_changes_nothing_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    write(a_csv=csv(1))
    with caplog.at_level(logging.WARNING, logger="arrowsets"):
        assert load_dataset("csv", data_files="a.csv", split="train", trust_remote_code=True)["x"][:] == [1]
    assert "trust_remote_code" in caplog.text


SPLITS = [
    ("train", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ("train[:3]", [0, 1, 2]),
    ("train[-2:]", [8, 9]),
    ("train[20%:40%]", [2, 3]),
    ("train[:1]+test[:1]", [0, 100]),
    ("all", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 100, 101]),
    ("train[5:5]", []),
    (ReadInstruction("train", from_=1, to=3, unit="abs"), [1, 2]),
]


@pytest.mark.parametrize(("split", "rows"), SPLITS, ids=str)
def test_split_specifications(split: Any, rows: list[int]) -> None:
    write(train_csv=csv(*range(10)), test_csv=csv(100, 101))
    files = {"train": "train.csv", "test": "test.csv"}
    assert load_dataset("csv", data_files=files, split=split)["x"][:] == rows


def test_a_list_of_splits_is_a_list() -> None:
    write(train_csv=csv(1, 2), test_csv=csv(3))
    files = {"train": "train.csv", "test": "test.csv"}
    first, second = load_dataset("csv", data_files=files, split=["test", "train[:1]"])
    assert (first["x"][:], second["x"][:]) == ([3], [1])


@pytest.mark.parametrize("split", ["dev", "train+dev"])
def test_an_unknown_split_lists_those_there_are(split: str) -> None:
    write(train_csv=csv(1))
    with pytest.raises(SplitNotFound, match="'dev'.*'train'"):
        load_dataset("csv", data_files="train.csv", split=split)


def test_splits_of_other_types_are_not_joined_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    write(train_csv=csv(1), test_csv=csv(0.5))
    joined = load_dataset("csv", data_files={"train": "train.csv", "test": "test.csv"}, split="train+test")
    assert joined["x"][:] == [1.0, 0.5]
    assert "split 'train': column 'x'" in caplog.text
    wanted = Features({"x": Value("float32")})
    files = {"train": "train.csv", "test": "test.csv"}
    assert load_dataset("csv", data_files=files, split="train+test", features=wanted).features == wanted


LATE_TYPES = [
    ([csv(1), csv(2.5)], "float64", [1.0, 2.5]),
    ([csv("007"), csv("a")], "string", ["007", "a"]),
    ([csv(1), csv(1.50), csv("a")], "string", ["1", "1.5", "a"]),
    (["x,y\n,1\n", "x,y\n3,1\n"], "int64", [None, 3]),
    ([csv("true"), csv("maybe")], "string", ["true", "maybe"]),
    ([csv(1), "x\n"], "int64", [1]),
    ([csv(1), "x,y\n2,b\n"], "int64", [1, 2]),
    ([csv(1), "y\nb\n"], "int64", [1, None]),
]


@pytest.mark.parametrize("workers", [None, 2])
@pytest.mark.parametrize(("files", "dtype", "values"), LATE_TYPES, ids=str)
def test_types_hold_all_files(files: list[str], dtype: str, values: list[Any], workers: int | None) -> None:
    for index, text in enumerate(files):
        Path(f"{index}.csv").write_text(text)
    loaded = load_dataset("csv", data_files="*.csv", split="train", num_proc=workers)
    assert loaded.features["x"] == Value(dtype)
    assert loaded["x"][:] == values


def test_an_empty_file_is_named() -> None:
    write(a_csv=csv(1), b_csv="")
    with pytest.raises(BadData, match="b.csv.*empty"):
        load_dataset("csv", data_files="*.csv")
    assert load_dataset("csv", data_files="*.csv", split="train", on_bad_files="skip")["x"][:] == [1]


def test_declared_types_are_read(tmp_path: Path) -> None:
    write(a_csv="x,y\n007,1\n")
    wanted = Features({"x": Value("string"), "y": Value("float32")})
    loaded = load_dataset("csv", data_files="a.csv", split="train", features=wanted)
    assert loaded.features == wanted
    assert loaded.to_dict() == {"x": ["007"], "y": [1.0]}


def test_declared_types_of_other_columns_are_refused() -> None:
    write(a_csv=csv(1))
    with pytest.raises(SchemaConflict, match="'z'"):
        load_dataset("csv", data_files="a.csv", features=Features({"z": Value("string")}))


def test_one_file_is_read_by_many(cache: Path) -> None:
    Path("big.csv").write_text("x,t\n" + "".join(f"{i},text {i}\n" for i in range(60_000)))
    whole = load_dataset("csv", data_files="big.csv", split="train", cache_dir=cache / "a")
    shared = load_dataset("csv", data_files="big.csv", split="train", num_proc=2, cache_dir=cache / "b")
    assert whole.to_arrow().equals(shared.to_arrow())
    files = [[Path(file["filename"]).read_bytes() for file in data.cache_files] for data in (whole, shared)]
    assert files[0] == files[1]


def test_a_result_is_found_again_until_the_file_changes() -> None:
    write(a_csv=csv(1))
    load = partial(load_dataset, "csv", data_files="a.csv", split="train")
    assert load().explain().hit is False
    assert load().explain().hit is True
    assert load(num_proc=2).explain().hit is True
    assert load(sep=";").explain().hit is False
    write(a_csv=csv(12))
    assert load()["x"][:] == [12]


def test_files_are_read_again_if_one_says_so() -> None:
    write(a_csv=csv(1))
    kept = load_dataset("csv", data_files="a.csv", split="train")
    again = load_dataset("csv", data_files="a.csv", split="train", download_mode="force_redownload")
    assert again.explain().hit is False
    assert kept["x"][:] == again["x"][:] == [1]


def test_a_file_that_vanished_is_an_error() -> None:
    write(a_csv=csv(1), b_csv=csv(2))
    load_dataset("csv", data_files=["a.csv", "b.csv"])
    Path("b.csv").unlink()
    with pytest.raises(DataFilesNotFound, match="b.csv"):
        load_dataset("csv", data_files=["a.csv", "b.csv"])


def test_in_memory_needs_no_file_later(cache: Path) -> None:
    write(a_csv=csv(1))
    loaded = load_dataset("csv", data_files="a.csv", split="train", keep_in_memory=True)
    assert loaded.cache_files == []
    assert load_dataset("csv", data_files="a.csv", split="train").cache_files != []


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"download_mode": "again"}, UnknownName, "reuse_dataset_if_exists"),
        ({"verification_mode": "some"}, UnknownName, "basic_checks"),
        ({"seperator": ";"}, UnknownName, "did you mean 'separator'|seperator"),
    ],
)
def test_unknown_options_list_the_known(options: dict[str, str], error: type[Exception], text: str) -> None:
    write(a_csv=csv(1))
    with pytest.raises(error, match=text):
        load_dataset("csv", data_files="a.csv", **options)  # type: ignore[arg-type]


def test_sizes_that_are_declared_are_compared() -> None:
    write(d__train_csv=csv(1))
    Path("d/README.md").write_text("---\ndataset_info:\n  splits:\n  - name: train\n    num_examples: 2\n---\n")
    with pytest.raises(BadData, match="1 rows but the source declares 2"):
        load_dataset("d")
    assert load_dataset("d", verification_mode="no_checks", split="train").num_rows == 1


@pytest.mark.parametrize("mode", ["skip", "quarantine"])
def test_rows_that_cannot_be_read_are_counted(mode: str, caplog: pytest.LogCaptureFixture) -> None:
    Path("a.jsonl").write_text('{"x": 1}\n{"x": oops\n{"x": 3}\n')
    with caplog.at_level(logging.WARNING, logger="arrowsets"):
        loaded = load_dataset("json", data_files="a.jsonl", split="train", on_bad_rows=mode)
    assert loaded["x"][:] == [1, 3]
    assert "left out 1 row that" in caplog.text
    assert [(Path(file).name, row) for file, row, _, _ in loaded.rejects] == [("a.jsonl", 1)]
    again = load_dataset("json", data_files="a.jsonl", split="train", on_bad_rows=mode)
    assert again.rejects == loaded.rejects


def test_what_could_not_be_read_leaves_no_entry(cache: Path) -> None:
    write(a_csv="x\n1\n1,2\n")
    with pytest.raises(BadData):
        load_dataset("csv", data_files="a.csv")
    assert not list((cache / "store" / "entries").glob("*/*"))


@pytest.mark.parametrize("name", ["on_bad_rows", "on_bad_files"])
@pytest.mark.parametrize("builder", ["csv", "json", "text", "parquet", "arrow"])
def test_what_to_do_with_bad_data_is_one_of_three(builder: str, name: str) -> None:
    write(a_csv=csv(1))
    options: dict[str, Any] = {name: "sikp"}
    with pytest.raises(UnknownName, match="'error', 'skip', 'quarantine'"):
        load_dataset(builder, data_files="a.csv", **options)


def test_a_row_that_cannot_be_read_is_named() -> None:
    Path("a.jsonl").write_text('{"x": 1}\n{"x": oops\n')
    with pytest.raises(BadData, match="a.jsonl.*row 1"):
        load_dataset("json", data_files="a.jsonl")


def test_files_that_cannot_be_read_are_left_out() -> None:
    pq.write_table(pa.table({"x": [1]}), "a.parquet")
    Path("b.parquet").write_bytes(b"no parquet")
    with pytest.raises(BadData, match="b.parquet"):
        load_dataset("parquet", data_files="*.parquet")
    loaded = load_dataset("parquet", data_files="*.parquet", split="train", on_bad_files="skip")
    assert loaded["x"][:] == [1]
    assert [Path(file).name for file, *_ in loaded.rejects] == ["b.parquet"]


def test_packed_files() -> None:
    with gzip.open("a.csv.gz", "wt") as file:
        file.write(csv(1))
    with zipfile.ZipFile("b.zip", "w") as archive:
        archive.writestr("b.csv", csv(2))
        archive.writestr("deep/c.csv", csv(3))
    assert load_dataset("csv", data_files="a.csv.gz", split="train")["x"][:] == [1]
    assert load_dataset("csv", data_files="b.zip", split="train")["x"][:] == [2, 3]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None: ...

    served = tmp_path / "served"
    served.mkdir()
    (served / "a.csv").write_text(csv(1, 2))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(served))) as http:
        thread = Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def test_files_behind_a_url(server: str) -> None:
    loaded = load_dataset("csv", data_files=f"{server}/a.csv", split="train")
    assert loaded["x"][:] == [1, 2]
    assert load_dataset("csv", data_files=f"{server}/a.csv", split="train").explain().hit is True
    with pytest.raises(DataFilesNotFound):
        load_dataset("csv", data_files=f"{server}/none.csv")


def test_parts_of_splits_can_be_mapped_and_found_again() -> None:
    write(a_csv=csv(1, 2, 3))

    def mapped() -> Dataset:
        part: Dataset = load_dataset("csv", data_files="a.csv", split="train[1:]")
        return part.map(lambda row: {"y": row["x"]})

    assert mapped()["y"][:] == [2, 3]
    assert mapped().explain().hit is True


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    write(a_csv=csv(1))
    loaded = load_dataset("csv", data_files={"train": "a.csv", "test": "a.csv"})
    loaded.save_to_disk(tmp_path / "saved")
    again = load_from_disk(tmp_path / "saved")
    assert isinstance(again, DatasetDict)
    assert {name: data["x"][:] for name, data in again.items()} == {"train": [1], "test": [1]}
    with pytest.raises(ValueError, match="load_from_disk"):
        load_dataset(str(tmp_path / "saved"))


@pytest.mark.parametrize("path", ["nothing", "./nothing", "csv.py", "/nothing/here"])
def test_what_is_not_there_is_said(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises((DataFilesNotFound, OfflineError, RuntimeError), match="nothing|csv.py"):
        load_dataset(path)
