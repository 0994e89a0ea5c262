"""Values that are not of the types which were given: their rows are bad rows, named, counted and left out like others."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrowsets import ClassLabel, Features, Value, load_dataset
from arrowsets.derive import default_store
from arrowsets.errors import BadData

ROWS: list[dict[str, Any]] = [{"a": str(i), "b": "x", "c": f"t{i}"} for i in range(3000)]
WRONG = {1500: ("a", "'oops'"), 2100: ("b", "'z'"), 2999: ("a", "'end'")}
for place, (name, value) in WRONG.items():
    ROWS[place] = {**ROWS[place], name: value.strip("'")}
TYPES = Features({"a": Value("int64"), "b": ClassLabel(names=["x", "y"]), "c": Value("string")})


def csv(rows: list[dict[str, Any]]) -> bytes:
    return ("a,b,c\n" + "".join(f"{row['a']},{row['b']},{row['c']}\n" for row in rows)).encode()


def stored(write: Callable[[pa.Table, Any], object]) -> bytes:
    sink = pa.BufferOutputStream()
    write(pa.Table.from_pylist(ROWS), sink)
    return sink.getvalue().to_pybytes()


def ipc(table: pa.Table, sink: Any) -> None:
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=700)


FILES: dict[str, tuple[str, bytes]] = {
    "a.csv": ("csv", csv(ROWS)),
    "a.csv.gz": ("csv", gzip.compress(csv(ROWS))),
    "a.jsonl": ("json", "".join(json.dumps(row) + "\n" for row in ROWS).encode()),
    "a.json": ("json", json.dumps(ROWS).encode()),
    "a.parquet": ("parquet", stored(lambda table, sink: pq.write_table(table, sink, row_group_size=700))),
    "a.arrow": ("arrow", stored(ipc)),
}


@pytest.fixture(params=FILES)
def load(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Any]:
    builder, content = FILES[request.param]
    path = tmp_path / request.param
    path.write_bytes(content)
    return lambda **options: load_dataset(builder, data_files=str(path), split="train", features=TYPES, **options)


@pytest.mark.usefixtures("cache")
def test_the_error_names_file_row_and_column(load: Any) -> None:
    with pytest.raises(BadData, match=r"row 1500, column a: '(\\'|)oops") as caught:
        load()
    assert (caught.value.row, caught.value.column) == (1500, "a")
    assert list(default_store().drafts()) == []


def test_the_rows_are_kept_aside_and_counted(load: Any, caplog: pytest.LogCaptureFixture) -> None:
    dataset = load(on_bad_rows="quarantine")
    assert dataset.features == TYPES
    assert [int(text[1:]) for text in dataset["c"]] == [i for i in range(3000) if i not in WRONG]
    rejects = {row: (why, text) for _, row, why, text in dataset.rejects}
    assert sorted(rejects) == list(WRONG)
    for row, (column, wrong) in WRONG.items():
        why, text = rejects[row]
        assert why.startswith(f"column {column}: {wrong} is no ")
        assert f"t{row}" in text
    assert "left out 3 rows" in caplog.text


def test_a_stream_leaves_them_out_too(load: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "arrowsets"):
        assert len(list(load(on_bad_rows="skip", streaming=True))) == 2997
    assert "left out 3 rows" in caplog.text


def test_a_file_that_is_left_out_says_where_it_failed(load: Any) -> None:
    ((_, row, why, _),) = load(on_bad_files="skip").rejects
    assert row is None
    assert why.startswith("row 1500, column a: 'oops' is no int64")


@pytest.mark.parametrize("compressed", [False, True])
def test_rows_after_bad_ones_keep_their_numbers(compressed: bool, tmp_path: Path) -> None:
    # Of more than one block, so that what is counted on from the first shows.
    lines = [f"{i},{'x' * 5000}" for i in range(4000)]
    for row in (3, 3990):
        lines[row] += ",more"
    text = "\n".join(["a,b", *lines, ""]).encode()
    path = tmp_path / ("a.csv.gz" if compressed else "a.csv")
    path.write_bytes(gzip.compress(text, 1) if compressed else text)
    dataset = load_dataset("csv", data_files=str(path), split="train", on_bad_rows="skip")
    assert [row for _, row, _, _ in dataset.rejects] == [3, 3990]


def test_a_value_among_objects_is_a_bad_row(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": 1}\nbad\n"text"\n{"a": 2}\n')
    dataset = load_dataset("json", data_files=str(tmp_path / "a.jsonl"), split="train", on_bad_rows="quarantine")
    assert dataset["a"][:] == [1, 2]
    assert [(row, text) for _, row, _, text in dataset.rejects] == [(1, "bad"), (2, '"text"')]


@pytest.mark.parametrize(("builder", "name"), [("csv", "csv"), ("json", "jsonl"), ("text", "txt")])
def test_files_that_are_all_empty_are_counted(builder: str, name: str, tmp_path: Path) -> None:
    files = [str(tmp_path / f"{part}.{name}") for part in "ab"]
    for file in files:
        Path(file).touch()
    dataset = load_dataset(builder, data_files=files, split="train", on_bad_files="skip")
    assert [file for file, _, _, _ in dataset.rejects] == files
