"""Bad files: an error names the place and leaves nothing behind, or what is left out is counted; streams alike."""

from __future__ import annotations

import gzip
import json
import logging
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrowsets import load_dataset
from arrowsets.derive import default_store
from arrowsets.errors import BadData

CSV = "".join(["a,b\n", *(f"{i},v{i}\n" for i in range(2000))])
JSONL = "".join(json.dumps({"a": i, "b": f"v{i}"}) + "\n" for i in range(2000))
TEXT = "".join(f"line {i}\n" for i in range(2000))


def parquet() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"a": range(100)}), sink)
    return sink.getvalue().to_pybytes()


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


# Of each: builder, name, the bad content, the good one, the row that the error names, and the rows that can be read.
BAD: dict[str, tuple[str, str, bytes, bytes, int | None, int | None]] = {
    "cut gzip": ("csv", "a.csv.gz", cut(gzip.compress(CSV.encode())), gzip.compress(CSV.encode()), None, None),
    "broken footer": ("parquet", "a.parquet", parquet()[:-200] + b"\1" * 192 + parquet()[-8:], parquet(), None, None),
    "cut parquet": ("parquet", "b.parquet", cut(parquet()), parquet(), None, None),
    "empty parquet": ("parquet", "c.parquet", b"", parquet(), None, None),
    "ragged row": ("csv", "b.csv", CSV.replace("\n1500,", "\n1500,x,").encode(), CSV.encode(), 1500, 1999),
    "bytes in csv": ("csv", "c.csv", CSV.encode().replace(b"v1500", b"\xff"), CSV.encode(), 1500, 1999),
    "bytes in json": ("json", "a.jsonl", JSONL.encode().replace(b"v1500", b"\xff"), JSONL.encode(), 1500, 1999),
    "bytes in text": ("text", "a.txt", TEXT.encode().replace(b"line 1500", b"\xff"), TEXT.encode(), 1500, 1999),
    "json cut in the middle": ("json", "b.jsonl", JSONL[:-12].encode(), JSONL.encode(), 1999, 1999),
    "array cut in the middle": ("json", "c.json", b'[{"a": 1}, {"a"', b'[{"a": 1}]', None, None),
    "empty csv": ("csv", "d.csv", b"", CSV.encode(), None, None),
    "empty json": ("json", "d.jsonl", b"", JSONL.encode(), None, None),
    "empty text": ("text", "b.txt", b"", TEXT.encode(), None, None),
    "no arrow": ("arrow", "a.arrow", b"ARROW1\0\0 and no more", b"", None, None),
}


def load(bad: str, path: Path, **options: Any) -> Any:
    return load_dataset(BAD[bad][0], data_files=str(path), split="train", **options)


def written(bad: str, folder: Path) -> Path:
    path = folder / BAD[bad][1]
    path.write_bytes(BAD[bad][2])
    return path


def rest(cache: Path) -> list[Path]:
    return [path for path in (cache / "store").rglob("*") if path.is_file() and "leases" not in path.parts]


@pytest.mark.parametrize("how", [{}, {"num_proc": 2}, {"streaming": True}], ids=str)
@pytest.mark.parametrize("bad", BAD)
def test_the_error_names_its_place_and_nothing_is_left(
    bad: str, how: dict[str, Any], tmp_path: Path, cache: Path
) -> None:
    path = written(bad, tmp_path)
    with pytest.raises(BadData) as caught:
        list(load(bad, path, **how))
    assert (caught.value.file, caught.value.row) == (str(path), BAD[bad][4])
    assert rest(cache) == []
    assert list(default_store().drafts()) == []
    if good := BAD[bad][3]:
        path.write_bytes(good)
        assert len(list(load(bad, path, **how))) > 0


@pytest.mark.parametrize("how", [{}, {"num_proc": 2}], ids=str)
@pytest.mark.parametrize("bad", [name for name in BAD if BAD[name][5] is not None])
def test_bad_rows_are_left_out_and_counted(
    bad: str, how: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = written(bad, tmp_path)
    kept = load(bad, path, on_bad_rows="quarantine", **how)
    assert len(kept) == BAD[bad][5]
    ((file, row, reason, text),) = kept.rejects
    assert (file, row, bool(reason), bool(text)) == (str(path), BAD[bad][4], True, True)
    assert "left out 1 row" in caplog.text


@pytest.mark.parametrize("bad", [name for name in BAD if BAD[name][5] is not None])
def test_a_stream_reports_the_rows_it_leaves_out(bad: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = written(bad, tmp_path)
    with caplog.at_level(logging.WARNING, "arrowsets"):
        assert len(list(load(bad, path, on_bad_rows="skip", streaming=True))) == BAD[bad][5]
    assert f"left out 1 row that could not be read; first {path}, row {BAD[bad][4]}:" in caplog.text


@pytest.mark.parametrize("how", [{}, {"num_proc": 2}, {"streaming": True}], ids=str)
@pytest.mark.parametrize("bad", [name for name in BAD if BAD[name][4] is None and not name.startswith("empty ")])
def test_bad_files_are_left_out_and_counted(
    bad: str, how: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = written(bad, tmp_path)
    with caplog.at_level(logging.WARNING, "arrowsets"):
        kept = load(bad, path, on_bad_files="skip", **how)
        assert list(kept) == []
    assert "1 file that could not be read" in caplog.text
    if not how.get("streaming"):
        assert [(file, row) for file, row, _, _ in kept.rejects] == [(str(path), None)]


@pytest.mark.parametrize("num_proc", [None, 2])
def test_files_that_were_read_before_the_bad_one_are_not_left(
    num_proc: int | None, tmp_path: Path, cache: Path
) -> None:
    for index, text in enumerate(["x\n1\n", "x\n2\n", "x\n3\n4,5\n"]):
        (tmp_path / f"{index}.csv").write_text(text)
    with pytest.raises(BadData, match=r"2\.csv, row 1"):
        load_dataset("csv", data_files=str(tmp_path / "*.csv"), num_proc=num_proc)
    assert rest(cache) == []
    assert list(default_store().drafts()) == []


def test_a_column_whose_type_changes_in_the_last_file_is_widened(tmp_path: Path) -> None:
    for index, value in enumerate([1, 2, 2.5]):
        (tmp_path / f"{index}.csv").write_text(f"x\n{value}\n")
    assert load_dataset("csv", data_files=str(tmp_path / "*.csv"), split="train")["x"][:] == [1.0, 2.0, 2.5]


def test_a_type_that_meets_no_other_names_column_and_types(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), tmp_path / "0.parquet")
    pq.write_table(pa.table({"x": ["a"]}), tmp_path / "1.parquet")
    with pytest.raises(Exception, match=r"(?s)'x'.*int64.*string"):
        load_dataset("parquet", data_files=str(tmp_path / "*.parquet"), split="train")


def test_a_file_that_vanished_is_an_error_that_names_it(tmp_path: Path) -> None:
    files = [str(tmp_path / name) for name in ("a.csv", "b.csv")]
    for file in files:
        Path(file).write_text("x\n1\n")
    assert len(load_dataset("csv", data_files=files, split="train")) == 2
    Path(files[1]).unlink()
    with pytest.raises(FileNotFoundError, match=r"b\.csv"):
        load_dataset("csv", data_files=files, split="train")
