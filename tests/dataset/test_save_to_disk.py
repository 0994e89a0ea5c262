"""Saved datasets: what comes back, here and in the reference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest

import arrowsets
from arrowsets import Array2D, ClassLabel, Dataset, DatasetDict, Features, Image, Json, List, Value
from arrowsets.errors import BadData, DataFilesNotFound


def opened(path: Any) -> Any:
    return arrowsets.load_from_disk(path)


@pytest.fixture(autouse=True)
def _quiet() -> None:
    arrowsets.disable_progress_bars()
    datasets.disable_progress_bars()


FEATURES = {
    "i": Value("int8"), "l": ClassLabel(names=["n", "y"]), "j": Json(), "m": Array2D((1, 2), "float32"),
    "v": List({"x": Value("string")}), "t": Value("timestamp[us, tz=UTC]"), "d": Value("decimal128(5, 2)"),
    "b": Value("large_binary"),
}  # fmt: skip
ROWS: dict[str, list[Any]] = {
    "i": [1, None, 3], "l": [0, 1, None], "j": [{"a": 1}, None, "x"], "m": [[[1, 2]], [[3, 4]], [[5, 6]]],
    "v": [[{"x": "é"}], [], None], "t": [None] * 3, "d": [None] * 3, "b": [b"\xff", None, b""],
}  # fmt: skip
TYPED = Dataset.from_dict(ROWS, features=Features(FEATURES))


def _same_types(ours: Any, theirs: Any) -> bool:
    return json.dumps(ours.features.to_dict()) == json.dumps(theirs.features.to_dict())


@pytest.mark.parametrize("num_shards", [1, 2, 3])
@pytest.mark.parametrize("num_proc", [None, 2])
def test_the_reference_reads_what_we_save(tmp_path: Path, num_shards: int, num_proc: int | None) -> None:
    TYPED.save_to_disk(str(tmp_path), num_shards=num_shards, num_proc=num_proc)
    found = datasets.load_from_disk(str(tmp_path))
    assert _same_types(TYPED, found)
    assert found[:] == TYPED[:]


def test_we_read_what_the_reference_saves(tmp_path: Path) -> None:
    TYPED.save_to_disk(str(tmp_path / "a"))
    reference = datasets.load_from_disk(str(tmp_path / "a")).with_format("numpy", columns=["i"])
    reference.save_to_disk(str(tmp_path / "b"), num_shards=2)
    found = opened(tmp_path / "b")
    assert _same_types(found, reference)
    assert (found.format["type"], found.format["columns"]) == ("numpy", ["i"])
    assert found.with_format(None)[:] == TYPED[:]


def test_the_format_is_kept_for_both(tmp_path: Path) -> None:
    TYPED.with_format("numpy", columns=["i"], output_all_columns=True).save_to_disk(str(tmp_path))
    for found in (datasets.load_from_disk(str(tmp_path)), opened(tmp_path)):
        assert found.format["type"] == "numpy"
        assert found.format["columns"] == ["i"]
        assert found.format["output_all_columns"] is True


@pytest.mark.parametrize("writer", ["ours", "theirs"])
def test_splits_are_read_by_both(tmp_path: Path, writer: str) -> None:
    both: Any = DatasetDict({"train": Dataset.from_dict({"a": [1]}), "test": Dataset.from_dict({"a": [2, 3]})})
    both.save_to_disk(tmp_path / "a")
    if writer == "theirs":
        datasets.load_from_disk(str(tmp_path / "a")).save_to_disk(str(tmp_path / "b"))
    target = tmp_path / ("a" if writer == "ours" else "b")
    for found in (opened(target), datasets.load_from_disk(str(target))):
        assert {name: ds["a"][:] for name, ds in found.items()} == {"train": [1], "test": [2, 3]}


@pytest.mark.parametrize("ds", [Dataset.from_dict({}), Dataset.from_dict({"a": []}), TYPED.select([])], ids=str)
def test_nothing_is_saved_as_nothing(tmp_path: Path, ds: Dataset) -> None:
    ds.save_to_disk(str(tmp_path))
    for found in (datasets.load_from_disk(str(tmp_path)), opened(tmp_path)):
        assert (len(found), found.column_names) == (0, ds.column_names)


def test_a_selection_is_saved_in_its_order(tmp_path: Path) -> None:
    shuffled = Dataset.from_dict({"a": np.arange(1000)}).shuffle(seed=3)
    shuffled.save_to_disk(str(tmp_path), max_shard_size="3KB")
    assert len(list(tmp_path.glob("data-*"))) == 3
    assert opened(tmp_path)["a"][:] == datasets.load_from_disk(str(tmp_path))["a"][:] == shuffled["a"][:]


def test_urls_are_saved_to_and_loaded_from() -> None:
    TYPED.save_to_disk("memory://saved/x", num_shards=2)
    assert opened("memory://saved/x")[:] == TYPED[:]
    assert datasets.load_from_disk("memory://saved/x")[:] == TYPED[:]


def test_copies_of_remote_files_go_with_the_dataset() -> None:
    Dataset.from_dict({"a": [1]}).save_to_disk("memory://saved/y")
    found = opened("memory://saved/y")
    copy = Path(found.cache_files[0]["filename"])
    kept = found.select([0])
    del found
    assert copy.exists()
    del kept
    assert not copy.exists()


def test_local_images_are_read_into_the_files(tmp_path: Path) -> None:
    from PIL import Image as Pil

    Pil.new("RGB", (2, 2), "red").save(tmp_path / "red.png")
    cell = str(tmp_path / "red.png")
    features = Features({"i": Image(), "s": {"l": List(Image(decode=False))}})
    ds = Dataset.from_dict({"i": [cell, None], "s": [{"l": [cell, None]}, None]}, features=features)
    ds.save_to_disk(str(tmp_path / "d"), num_shards=2)
    Path(cell).unlink()
    for found in (datasets.load_from_disk(str(tmp_path / "d")), opened(tmp_path / "d")):
        assert found[0]["i"].size == (2, 2)
        assert found[0]["s"]["l"][0]["path"] == "red.png"
        assert found[0]["s"]["l"][0]["bytes"].startswith(b"\x89PNG")
        assert found[1] == {"i": None, "s": found[1]["s"]}


def test_an_image_that_is_gone_is_told_by_its_name(tmp_path: Path) -> None:
    ds = Dataset.from_dict({"i": ["/nowhere/x.png"]}, features=Features({"i": Image()}))
    with pytest.raises(FileNotFoundError, match=r"/nowhere/x\.png"):
        ds.save_to_disk(str(tmp_path / "d"))
    assert list((tmp_path / "d").glob("*")) == []


def test_files_are_opened_when_they_are_read(tmp_path: Path) -> None:
    Dataset.from_dict({"a": range(4)}).save_to_disk(str(tmp_path), num_shards=4)
    found = opened(tmp_path)
    for name in sorted(path.name for path in tmp_path.glob("data-*"))[1:3]:
        (tmp_path / name).unlink()
    assert (len(found), found[0], found[3]) == (4, {"a": 0}, {"a": 3})


def test_a_file_that_is_not_the_one_saved_is_told(tmp_path: Path) -> None:
    Dataset.from_dict({"a": [1, 2]}).save_to_disk(str(tmp_path / "a"))
    Dataset.from_dict({"a": [1]}).save_to_disk(str(tmp_path / "b"))
    name = "data-00000-of-00001.arrow"
    (tmp_path / "b" / name).replace(tmp_path / "a" / name)
    with pytest.raises(BadData, match=name):
        opened(tmp_path / "a")[:]


def test_a_file_outside_of_the_directory_is_not_read(tmp_path: Path) -> None:
    Dataset.from_dict({"a": [1]}).save_to_disk(str(tmp_path))
    state = json.loads((tmp_path / "state.json").read_text())
    state["_data_files"] = [{"filename": "../data.arrow"}]
    (tmp_path / "state.json").write_text(json.dumps(state))
    with pytest.raises(BadData, match=r"'\.\./data\.arrow'"):
        opened(tmp_path)


def test_a_directory_without_a_dataset_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataFilesNotFound, match=r"state\.json"):
        Dataset.load_from_disk(str(tmp_path))


def test_rows_can_be_read_into_memory(tmp_path: Path) -> None:
    TYPED.save_to_disk(str(tmp_path))
    found: Any = arrowsets.load_from_disk(tmp_path, keep_in_memory=True)
    assert found.cache_files == []
    assert found[:] == TYPED[:]


def test_rows_without_columns_are_counted(tmp_path: Path) -> None:
    dataset = Dataset.from_dict({"x": [1, 2, 3]}).remove_columns("x")
    dataset.save_to_disk(str(tmp_path / "none"))
    loaded = Dataset.load_from_disk(str(tmp_path / "none"))
    assert (len(loaded), loaded.column_names, list(loaded)) == (3, [], [{}, {}, {}])
