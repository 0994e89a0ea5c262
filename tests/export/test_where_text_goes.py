"""Targets of exports: paths, URLs, file objects, compressed files."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import fsspec
import pandas as pd
import pytest

from arrowsets import Dataset
from arrowsets.errors import UnknownName

from .conftest import text_of

ROWS = Dataset.from_dict({"a": [1, 2, 3], "b": ["x", "é", None]})
WRITERS = ("to_csv", "to_json", "to_parquet")


@pytest.mark.parametrize("extension", ["gz", "bz2", "xz", "zst"])
@pytest.mark.parametrize("num_proc", [None, 2])
def test_the_extension_says_how_it_is_compressed(tmp_path: Path, extension: str, num_proc: int | None) -> None:
    written = ROWS.to_csv(tmp_path / f"a.csv.{extension}", num_proc=num_proc)
    assert pd.read_csv(tmp_path / f"a.csv.{extension}")["b"].tolist()[:2] == ["x", "é"]
    assert written == len(text_of(ROWS.to_csv).encode())


def test_compression_can_be_given_or_switched_off(tmp_path: Path) -> None:
    ROWS.to_json(tmp_path / "a", compression="gzip")
    ROWS.to_json(tmp_path / "b.gz", compression=None)
    assert pd.read_json(tmp_path / "a", lines=True, compression="gzip")["a"].tolist() == [1, 2, 3]
    assert (tmp_path / "b.gz").read_text() == text_of(ROWS.to_json)


def test_a_compressed_buffer_stays_open() -> None:
    buffer = io.BytesIO()
    ROWS.to_csv(buffer, compression="gzip")
    buffer.seek(0)
    assert len(pd.read_csv(buffer, compression="gzip")) == 3


@pytest.mark.parametrize("compression", ["zip", "rar", 3])
def test_other_compressions_are_refused(tmp_path: Path, compression: Any) -> None:
    with pytest.raises(UnknownName, match="gzip"):
        ROWS.to_csv(tmp_path / "a.csv", compression=compression)


def test_an_archive_extension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"\.zip"):
        ROWS.to_csv(tmp_path / "a.csv.zip")


def test_text_files_take_text(tmp_path: Path) -> None:
    with (tmp_path / "a").open("w", encoding="utf-8", newline="") as file:
        ROWS.to_csv(file)
    assert (tmp_path / "a").read_text(encoding="utf-8") == text_of(ROWS.to_csv)


@pytest.mark.parametrize("writer", WRITERS)
def test_urls_are_written_by_fsspec(writer: str) -> None:
    getattr(ROWS, writer)(f"memory://made/{writer}.x", storage_options={})
    buffer = io.BytesIO()
    getattr(ROWS, writer)(buffer)
    with fsspec.open(f"memory://made/{writer}.x") as file:
        assert file.read() == buffer.getvalue()


@pytest.mark.parametrize("writer", WRITERS)
def test_the_bytes_written_are_returned(tmp_path: Path, writer: str) -> None:
    assert getattr(ROWS, writer)(tmp_path / "sub" / "x") == (tmp_path / "sub" / "x").stat().st_size


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    ROWS.to_csv(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == text_of(ROWS.to_csv)


def test_a_pipe_is_written_through() -> None:
    code = (
        "import arrowsets; arrowsets.disable_progress_bars()\n"
        "arrowsets.Dataset.from_dict({'a': [1]}).to_csv('/dev/stdout')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "a\n1\n"


@pytest.mark.parametrize("writer", ["to_csv", "to_json"])
def test_processes_write_the_same_bytes(tmp_path: Path, writer: str) -> None:
    ds = Dataset.from_dict({"a": list(range(50)), "b": ["é,\n"] * 50}).shuffle(seed=1)
    getattr(ds, writer)(tmp_path / "one")
    getattr(ds, writer)(tmp_path / "two", batch_size=7, num_proc=2)
    assert (tmp_path / "two").read_bytes() == (tmp_path / "one").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"one", "two"}


def test_many_parts_come_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arrowsets.export.texts.PART_ROWS", 5)
    ds = Dataset.from_dict({"a": list(range(103))})
    ds.to_csv(tmp_path / "a", batch_size=5, num_proc=2)
    assert (tmp_path / "a").read_text() == text_of(ds.to_csv)


@pytest.mark.parametrize("writer", [*WRITERS, "to_sql"])
def test_an_unknown_option_names_those_there_are(writer: str) -> None:
    target = ("t", "sqlite://") if writer == "to_sql" else (io.BytesIO(),)
    with pytest.raises(UnknownName, match=r"'colums'.*allowed"):
        getattr(ROWS, writer)(*target, colums=["a"])


@pytest.mark.parametrize("options", [{"num_proc": 0}, {"batch_size": 0}, {"num_proc": -1}], ids=str)
@pytest.mark.parametrize("writer", WRITERS)
def test_counts_below_one_are_refused(writer: str, options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be 1 or more"):
        getattr(ROWS, writer)(io.BytesIO(), **options)


def test_what_is_no_place_is_refused() -> None:
    with pytest.raises(TypeError, match="path, a URL or a file object"):
        ROWS.to_csv(3)
