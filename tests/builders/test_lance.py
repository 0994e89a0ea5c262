"""Lance datasets and files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from arrowsets import load_dataset
from arrowsets.errors import BadData, MissingDependency

TABLE = pa.table({"a": [1, 2, 3], "s": ["x", "y", None]})


def test_a_dataset_is_read_by_its_fragments(tmp_path: Path) -> None:
    lance = pytest.importorskip("lance", reason="pip install 'arrowsets[lance]'")
    lance.write_dataset(TABLE, tmp_path / "x.lance", max_rows_per_file=2)
    choices: list[dict[str, Any]] = [{}, {"batch_size": 1}]
    for options in choices:
        dataset = load_dataset(
            "lance", data_dir=str(tmp_path / "x.lance"), split="train", cache_dir=str(tmp_path / "s"), **options
        )
        assert dataset.to_dict() == TABLE.to_pydict()
    assert load_dataset(
        "lance", data_dir=str(tmp_path), columns=["s"], split="train", cache_dir=str(tmp_path / "s")
    ).to_dict() == {"s": ["x", "y", None]}


def test_rows_that_were_deleted_are_not_read(tmp_path: Path) -> None:
    lance = pytest.importorskip("lance", reason="pip install 'arrowsets[lance]'")
    lance.write_dataset(TABLE, tmp_path / "x.lance").delete("a = 2")
    dataset = load_dataset(str(tmp_path), split="train", cache_dir=str(tmp_path / "s"))
    assert dataset["a"][:] == [1, 3]


def test_a_single_file_is_read(tmp_path: Path) -> None:
    files = pytest.importorskip("lance.file", reason="pip install 'arrowsets[lance]'")
    with files.LanceFileWriter(str(tmp_path / "one.lance")) as writer:
        writer.write_batch(TABLE)
    dataset = load_dataset(str(tmp_path / "one.lance"), split="train", cache_dir=str(tmp_path / "s"))
    assert dataset.to_dict() == TABLE.to_pydict()


def test_what_is_no_lance_file_is_named(tmp_path: Path) -> None:
    pytest.importorskip("lance", reason="pip install 'arrowsets[lance]'")
    (tmp_path / "a.lance").write_bytes(b"no")
    with pytest.raises(BadData, match=r"a\.lance: no Lance data"):
        load_dataset(str(tmp_path / "a.lance"), split="train", cache_dir=str(tmp_path / "s"))


def test_a_missing_package_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("lance", "lance.file"):
        monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / "a.lance").write_bytes(b"x")
    with pytest.raises(MissingDependency, match=r"pip install 'arrowsets\[lance\]'"):
        load_dataset(str(tmp_path / "a.lance"), split="train", cache_dir=str(tmp_path / "s"))
