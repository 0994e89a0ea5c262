"""`copy=False`: large columns of files are shown where they lie, and writing to them changes nothing else."""

from __future__ import annotations

import hashlib
import mmap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arrowsets import Array2D, Dataset, Features, Value, load_from_disk
from arrowsets.table.private import own

ROWS = 100_000  # of one record batch
TYPES = Features(
    {
        "whole": Value("int64"),
        "part": Value("float32"),
        "small": Value("int16"),
        "pairs": Array2D((1, 2), "int64"),
        "text": Value("string"),
    }
)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    numbers = np.arange(ROWS)
    columns = {"whole": numbers, "part": numbers / 2, "small": numbers % 100, "pairs": numbers.repeat(2)}
    columns["pairs"] = columns["pairs"].reshape(ROWS, 1, 2)
    Dataset.from_dict({**columns, "text": ["x"] * ROWS}, TYPES).save_to_disk(tmp_path / "saved")
    return tmp_path / "saved"


def digests(directory: Path) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(directory.iterdir())]


def is_mapped(array: Any) -> bool:
    while isinstance(array, np.ndarray):
        array = array.base
    return isinstance(array.obj if isinstance(array, memoryview) else array, mmap.mmap)


def test_writing_to_tensors_changes_neither_files_nor_what_others_see(saved: Path) -> None:
    torch = pytest.importorskip("torch")
    before, dataset = digests(saved), load_from_disk(saved)
    first, last = dataset[0], dataset[ROWS - 1]
    shown = dataset.with_format("torch", copy=False)
    for batch in (shown[:], next(shown.iter(ROWS)), shown[1], {"whole": shown["whole"][:], "part": shown["part"][:]}):
        for tensor in batch.values():
            if isinstance(tensor, torch.Tensor):
                tensor.add_(1)
    assert shown[:]["whole"].sum().item() == ROWS * (ROWS - 1) // 2
    assert (dataset[0], dataset[ROWS - 1]) == (first, last)
    assert load_from_disk(saved)[0] == first
    assert digests(saved) == before


@pytest.mark.parametrize("rows", [slice(0, 5), slice(None), slice(7, ROWS, 1), [3, 1, 3], slice(0, 0)])
def test_tensors_are_those_of_a_copy(saved: Path, rows: Any) -> None:
    torch = pytest.importorskip("torch")
    dataset = load_from_disk(saved).remove_columns("text")
    copied, shown = dataset.with_format("torch")[rows], dataset.with_format("torch", copy=False)[rows]
    for name in copied:
        assert shown[name].dtype == copied[name].dtype
        assert torch.equal(shown[name], copied[name])


def test_tensors_are_passed_on_by_dlpack(saved: Path) -> None:
    torch = pytest.importorskip("torch")
    shown = load_from_disk(saved).with_format("torch", copy=False)[:]["whole"]
    assert np.from_dlpack(shown)[-1] == ROWS - 1
    assert torch.from_dlpack(shown)[-1].item() == ROWS - 1


def test_numpy_arrays_are_views_to_be_read_only(saved: Path) -> None:
    dataset = load_from_disk(saved)
    shown = dataset.with_format("numpy", copy=False)[:]
    stored = dataset.data.column("whole").chunk(0).to_numpy()
    assert np.shares_memory(shown["whole"][:100], stored[:100])
    assert shown["pairs"].shape == (ROWS, 1, 2)
    with pytest.raises(ValueError, match="read-only"):
        shown["whole"][0] = 1
    assert np.array_equal(shown["small"], dataset.with_format("numpy")[:]["small"])
    assert dataset.with_format("numpy")[:]["whole"].flags.writeable


def test_what_lies_in_a_file_is_mapped_once_more(saved: Path) -> None:
    dataset = load_from_disk(saved)
    stored = dataset.data.column("whole").chunk(0).to_numpy()
    mine = own(stored)
    assert is_mapped(mine)
    assert not np.shares_memory(mine, stored)
    mine[:] = 0
    assert stored[-1] == len(stored) - 1
    assert np.array_equal(own(stored[11:]), stored[11:])


def test_what_does_not_is_copied(saved: Path) -> None:
    in_memory, dataset = np.arange(ROWS), load_from_disk(saved)
    stored = dataset.data.column("whole").chunk(0).to_numpy()
    for array in (in_memory, stored[:10], stored[::2]):
        mine = own(array)
        assert not is_mapped(mine)
        assert mine.flags.writeable
        assert np.array_equal(mine, array)


def test_a_file_that_took_the_place_of_another_is_not_shown(saved: Path) -> None:
    (path,), dataset = saved.glob("*.arrow"), load_from_disk(saved)
    stored = dataset.data.column("whole").chunk(0).to_numpy()
    other = path.with_suffix(".other")
    other.write_bytes(bytes(path.stat().st_size))
    other.replace(path)
    assert np.array_equal(own(stored), stored)
    path.unlink()
    assert np.array_equal(own(stored), stored)
