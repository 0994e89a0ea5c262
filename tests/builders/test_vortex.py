"""Vortex files are read as the reference reads them, and what is wrong with one is told in a line."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from arrowsets import load_dataset
from arrowsets.errors import BadData, ColumnNotFound, MissingDependency, UnknownName

ROWS = pa.table(
    {
        "a": pa.array(range(10), pa.int64()),
        "s": [f"x{i}" if i % 3 else None for i in range(10)],
        "l": [[i, i + 1] for i in range(10)],
        "o": [{"u": i * 1.0} for i in range(10)],
        "t": pa.array(range(10), pa.timestamp("us")),
    }
)


@pytest.fixture
def file(tmp_path: Path) -> str:
    vortex = pytest.importorskip("vortex")
    vortex.io.write(ROWS, str(tmp_path / "a.vortex"))
    return str(tmp_path / "a.vortex")


@pytest.mark.parametrize(
    "options", [{}, {"columns": ["s", "a"]}, {"filters": [("a", ">", 5)]}, {"batch_size": 3}], ids=str
)
def test_types_and_rows_are_those_of_the_reference(file: str, options: dict[str, Any], tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    ours = load_dataset("vortex", data_files=file, split="train", **options)
    given = {"split": "train", "cache_dir": str(tmp_path / "theirs"), **options}
    theirs = datasets.load_dataset("vortex", data_files=file, **given)
    assert ours.features.to_dict() == theirs.features.to_dict()
    assert ours.to_list() == theirs.to_list()
    assert list(load_dataset("vortex", data_files=file, split="train", streaming=True, **options)) == ours.to_list()


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([("a", ">=", 3), ("a", "<", 5)], [3, 4]),
        ([[("a", "==", 1)], [("s", "==", "x7")]], [1, 7]),
        ([("a", "in", [2, 4, 99])], [2, 4]),
        ([("a", "not in", list(range(1, 10)))], [0]),
        ([("a", ">", 99)], []),
    ],
)
def test_rows_are_filtered(file: str, filters: Any, expected: list[int]) -> None:
    found = load_dataset("vortex", data_files=file, split="train", filters=filters, columns=["a"])
    assert (found["a"][:], found.column_names) == (expected, ["a"])


def test_a_compressed_file_and_a_directory_are_read(file: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "b.vortex.gz").write_bytes(gzip.compress(Path(file).read_bytes()))
    assert load_dataset(str(tmp_path / "data"), split="train")["a"][:] == list(range(10))


def test_what_is_wrong_is_told(file: str, tmp_path: Path) -> None:
    with pytest.raises(ColumnNotFound, match="no column 'no'; the columns are 'a'"):
        load_dataset("vortex", data_files=file, columns=["no"])
    with pytest.raises(UnknownName, match="operator of a filter"):
        load_dataset("vortex", data_files=file, filters=[("a", "like", 1)])
    (tmp_path / "bad.vortex").write_bytes(b"no vortex")
    with pytest.raises(BadData, match=r"bad\.vortex: no Vortex file, or a damaged one"):
        load_dataset("vortex", data_files=str(tmp_path / "bad.vortex"))
    found = load_dataset("vortex", data_files=[str(tmp_path / "bad.vortex"), file], split="train", on_bad_files="skip")
    assert len(found) == 10


def test_without_the_package_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "vortex", None)
    (tmp_path / "a.vortex").write_bytes(b"x")
    with pytest.raises(MissingDependency, match=r"pip install 'arrowsets\[vortex\]'"):
        load_dataset("vortex", data_files=str(tmp_path / "a.vortex"))
