"""What can be shown: files in place, files while they are read, saved datasets, entries of the store, things in memory."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import ipc

from arrowsets import Dataset, DatasetDict, Features, Value, load_dataset
from arrowsets.errors import BadData, DataFilesNotFound
from arrowsets.server.viewer.catalogue import Config, Source
from arrowsets.server.viewer.sources import open_source
from arrowsets.server.viewer.split import Opened, Split
from arrowsets.table import parquet

if TYPE_CHECKING:
    from tests.server.viewer.conftest import Client, Show


def _until_ready(client: Client, tries: int = 200) -> Any:
    for _ in range(tries):
        rows = client.own("rows")
        if rows["num_rows_total"] is not None:
            return rows
        time.sleep(0.05)
    raise AssertionError("the rows were never prepared")


def test_parquet_is_read_where_it_lies(show: Show, tmp_path: Path, cache: Path) -> None:
    for name, start in (("a", 0), ("b", 30_000)):
        table = pa.table({"x": range(start, start + 30_000), "t": [f"{n}" for n in range(30_000)]})
        pq.write_table(table, tmp_path / f"{name}.parquet", row_group_size=20_000)
    client = show(tmp_path)
    for offset in (0, 19_999, 29_999, 59_998):
        rows = client.own("rows", offset=offset, length=2)["rows"]
        assert [row["row"]["x"] for row in rows] == [offset, offset + 1]
    assert client.own("rows")["num_rows_total"] == 60_000
    assert not list(cache.rglob("*.arrow"))


def test_only_the_columns_that_are_asked_for_are_decoded(show: Show, tmp_path: Path) -> None:
    pq.write_table(pa.table({name: range(100_000) for name in ("a", "b", "c")}), tmp_path / "x.parquet")
    client = show(tmp_path)
    parquet.DECODED._items.clear()
    assert list(client.own("rows", offset=50_000, columns=["b"])["rows"][0]["row"]) == ["b"]
    assert {key[3] for key in parquet.DECODED._items} == {"b"}  # type: ignore[index]


def test_files_of_several_types_are_shown_as_one(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1], "y": ["a"]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"x": [1.5], "z": [True]}), tmp_path / "2.parquet")
    view = open_source(tmp_path).config(None).split(None).whole().view
    assert view.read(range(2)).to_pydict() == {"x": [1.0, 1.5], "y": ["a", None], "z": [None, True]}


def test_a_file_that_cannot_be_read_is_told_beside_the_others(show: Show, tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes(b"no parquet")
    client = show(tmp_path)
    assert client.own("rows")["num_rows_total"] == 1
    assert "b.parquet" in client.own("dataset")["warnings"][0]


def test_one_column_that_cannot_be_shown_costs_no_other(show: Show) -> None:
    broken = pa.array([b"ok", b"\xff"]).view(pa.string())
    client = show(Dataset(pa.table({"x": [1, 2], "broken": broken})))
    answer = client.own("rows")
    assert [row["row"]["x"] for row in answer["rows"]] == [1, 2]
    assert [error["column"] for error in answer["errors"]] == ["broken"]
    assert client.own("errors")["columns"][0]["column"] == "broken"


def test_one_value_that_cannot_be_shown_costs_no_other(show: Show) -> None:
    seconds = pa.array([0, 10**17, None, 86400], pa.timestamp("s"))
    client = show(Dataset(pa.table({"at": seconds})).select([3, 1, 0, 2]))
    answer = client.own("rows")
    shown = [row["row"]["at"] for row in answer["rows"]]
    assert shown == ["1970-01-02T00:00:00", None, "1970-01-01T00:00:00", None]
    assert answer["errors"][0]["error"].startswith("row 1: cannot be shown")
    assert client.get("/rows").json()["rows"][0]["row"] == {"at": "1970-01-02T00:00:00"}


def test_arrow_files_are_read_where_they_lie(show: Show, tmp_path: Path) -> None:
    with ipc.new_file(str(tmp_path / "a.arrow"), pa.schema({"x": pa.int64()})) as writer:
        writer.write_table(pa.table({"x": range(1000)}), max_chunksize=100)
    assert show(tmp_path / "a.arrow").numbers(offset=998) == [998, 999]


@pytest.mark.parametrize("kind", ["arrow", "parquet", "saved"])
def test_files_that_are_written_anew_are_told_and_take_nothing_down(show: Show, tmp_path: Path, kind: str) -> None:
    table = pa.table({"x": range(100_000)})
    path = tmp_path / f"a.{kind}"
    if kind == "saved":
        Dataset(table).save_to_disk(path)
    elif kind == "parquet":
        pq.write_table(table, path)
    else:
        with ipc.new_file(str(path), table.schema) as writer:
            writer.write_table(table, max_chunksize=1000)
    client = show(path)
    assert client.numbers(offset=99_999) == [99_999]
    written = next(path.glob("*.arrow")) if path.is_dir() else path
    with written.open("r+b") as file:
        file.truncate(1000)
    for answer in (client.send("GET", "/api/x/rows", params={"offset": 50_000}), client.get("/rows", offset=90_000)):
        assert answer.status_code == 500
        assert f"{written.name} has changed" in answer.json()["error"]
    assert client.get("/is-valid").json()["preview"] is False


def test_text_is_shown_while_it_is_read(tmp_path: Path, show: Show) -> None:
    may_go_on = threading.Event()

    def prepared() -> Opened:
        assert may_go_on.wait(20)
        return Opened(Dataset.from_dict({"x": list(range(5000))}))

    def streamed() -> Any:
        yield pa.table({"x": range(100)})

    split = Split("train", prepared, streamed)
    client = show(Source("slow", {"default": Config.of("default", {"train": split})}, "1", "slow"))
    first = client.own("rows", length=3)
    assert [row["row"]["x"] for row in first["rows"]] == [0, 1, 2]
    assert (first["num_rows"], first["num_rows_total"]) == (None, None)
    assert client.get("/rows").json()["partial"] is True
    assert client.get("/size").headers["X-Error-Code"] == "ResponseNotReady"
    assert client.get("/size", config=None).json()["pending"] == [{"dataset": "slow", "config": "default"}]
    may_go_on.set()
    assert _until_ready(client)["num_rows_total"] == 5000
    assert client.get("/rows", offset=4999).json()["partial"] is False


def test_csv_is_shown_at_once_and_whole_later(show: Show, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,t\n" + "".join(f"{n},word {n}\n" for n in range(3000)))
    client = show(tmp_path / "a.csv")
    assert client.own("rows")["rows"][1]["row"] == {"x": 1, "t": "word 1"}
    assert _until_ready(client)["num_rows_total"] == 3000
    assert client.numbers(query="2999") == [2999]


@pytest.mark.parametrize(
    ("name", "content", "columns"),
    [("a.csv", "x,y\n", ["x", "y"]), ("a.jsonl", "", []), ("a.txt", "", ["text"])],
)
def test_files_without_rows_are_shown_as_that(
    show: Show, tmp_path: Path, name: str, content: str, columns: list[str]
) -> None:
    (tmp_path / name).write_text(content)
    client = show(tmp_path / name)
    answer = client.get("/first-rows").json()
    assert ([item["name"] for item in answer["features"]], answer["rows"]) == (columns, [])
    assert client.get("/size", config=None).json()["size"]["dataset"]["num_rows"] == 0
    assert client.own("dataset")["datasets"][0]["configs"][0]["splits"][0]["num_columns"] == len(columns)


def test_statistics_of_what_is_still_read_are_pending(show: Show) -> None:
    there = threading.Event()
    rows = Dataset.from_dict({"x": [1, 2], "y": ["a", "b"]})

    def opens() -> Opened:
        there.wait(30)
        return Opened(rows, ("one line was left out",))

    split = Split("train", opens, lambda: iter([rows._view.read(range(1))]))
    client = show(Source("slow", {"default": Config.of("default", {"train": split})}))
    waiting = client.own("statistics", columns=["y"])
    assert [(entry["column_name"], entry["pending"]) for entry in waiting["statistics"]] == [("y", True)]
    there.set()
    _until_ready(client)
    assert client.own("dataset")["warnings"] == ["one line was left out"]
    assert client.own("errors")["warnings"] == ["one line was left out"]


def test_warnings_are_told_with_what_was_opened_for_the_first_time(show: Show) -> None:
    split = Split("train", lambda: Opened(Dataset.from_dict({"x": [1]}), ("a file was left out",)))
    client = show(Source("bad", {"default": Config.of("default", {"train": split})}))
    assert client.own("dataset")["warnings"] == ["a file was left out"]


def test_files_that_turn_out_bad_show_what_was_read_before(show: Show, tmp_path: Path) -> None:
    good = "".join(f'{{"x": {n}}}\n' for n in range(3000))
    (tmp_path / "a.jsonl").write_text(good + "{broken\n")
    client = show(tmp_path / "a.jsonl")
    for _ in range(200):
        if client.own("dataset")["warnings"]:
            break
        time.sleep(0.05)
    assert "a.jsonl" in client.own("dataset")["warnings"][0]
    assert client.numbers(length=2) == [0, 1]


def test_saved_datasets_are_shown(show: Show, tmp_path: Path) -> None:
    DatasetDict({"train": Dataset.from_dict({"x": [1]}), "test": Dataset.from_dict({"x": [2]})}).save_to_disk(
        tmp_path / "d"
    )
    client = show(tmp_path / "d")
    assert client.own("rows", split="test")["rows"][0]["row"] == {"x": 2}


def test_entries_of_the_store_are_shown(tmp_path: Path, show: Show) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n2\n")
    file = load_dataset(str(tmp_path / "a.csv"), split="train").cache_files[0]["filename"]
    client = show(Path(file).parent)
    assert client.numbers() == [0, 1]
    assert client.own("lineage")["text"]


def test_rows_in_memory_are_shown_in_their_order(show: Show) -> None:
    client = show(Dataset.from_dict({"x": [3, 1, 2]}).sort("x").select([2, 0]))
    assert [row["row"]["x"] for row in client.own("rows")["rows"]] == [3, 1]
    assert client.numbers(filters=[{"column": "x", "op": "=", "value": 1}]) == [1]


def test_configurations_of_a_card_are_shown_and_a_bad_one_is_told(show: Show, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(
        "---\nconfigs:\n- config_name: a\n  data_files: a.csv\n- config_name: b\n  data_files: none.csv\n---\n"
    )
    (tmp_path / "a.csv").write_text("x\n1\n")
    client = show(tmp_path)
    listed = client.own("dataset")
    assert [config["config"] for config in listed["datasets"][0]["configs"]] == ["a", "b"]
    assert "none.csv" in listed["warnings"][0]
    failed = client.get("/splits", config=None).json()["failed"]
    assert [each["config"] for each in failed] == ["b"]


def test_types_that_a_card_declares_are_those_of_the_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table({"label": pa.array([0, 1], pa.int64())}), tmp_path / "a.parquet")
    (tmp_path / "README.md").write_text(
        "---\ndataset_info:\n  features:\n  - name: label\n    dtype:\n      class_label:\n        names:\n"
        "          '0': no\n          '1': yes\n---\n"
    )
    features = open_source(tmp_path).config(None).split(None).shown().features
    assert features["label"].to_json()["_type"] == "ClassLabel"


def test_nothing_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataFilesNotFound):
        open_source(tmp_path / "nothing")


@pytest.mark.parametrize(
    "named", ["/etc/passwd", "../a.csv", "http://localhost:1/a.csv", "zip://a.csv::b.zip", "~/a.csv"]
)
def test_a_confined_dataset_names_only_files_of_its_own(tmp_path: Path, named: str) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "README.md").write_text(f"---\nconfigs:\n- config_name: c\n  data_files: '{named}'\n---\n")
    source = open_source(folder, confined=True)
    assert isinstance(source.config("c").error, BadData)


def test_a_confined_dataset_is_not_unpacked(tmp_path: Path) -> None:
    import gzip

    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"x\n1\n"))
    assert isinstance(open_source(tmp_path, confined=True).config(None).error, BadData)


def test_numbers_beyond_doubles_are_texts_on_the_page_and_numbers_elsewhere(show: Show) -> None:
    client = show(Dataset.from_dict({"n": [2**60]}, features=Features({"n": Value("int64")})))
    assert client.own("rows")["rows"][0]["row"] == {"n": str(2**60)}
    assert client.get("/rows").json()["rows"][0]["row"] == {"n": 2**60}
