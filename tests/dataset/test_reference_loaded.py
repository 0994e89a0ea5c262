"""The reference may be loaded in the same process; it registers Arrow types that our files name too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from arrowsets import Array2D, Dataset, Features, Value, load_dataset, load_from_disk

pytest.importorskip("datasets")

ROWS: dict[str, list[Any]] = {"a": [[[1, 2], [3, 4]], None], "s": [{"m": [[5, 6]], "t": "x"}, None]}
FEATURES = Features({"a": Array2D((2, 2), "int32"), "s": {"m": Array2D((None, 2), "int8"), "t": Value("string")}})


@pytest.fixture
def dataset() -> Dataset:
    return Dataset.from_dict(ROWS, features=FEATURES)


def test_arrays_are_read_from_the_store(dataset: Dataset, tmp_path: Path) -> None:
    dataset.to_parquet(tmp_path / "a.parquet")
    read = load_dataset("parquet", data_files=str(tmp_path / "a.parquet"), split="train", cache_dir=tmp_path)
    assert read.features == FEATURES
    assert read[0] == {"a": ROWS["a"][0], "s": ROWS["s"][0]}
    assert read.to_dict() == ROWS


def test_arrays_are_read_from_disk_and_mapped(dataset: Dataset, tmp_path: Path) -> None:
    dataset.save_to_disk(tmp_path / "saved")
    mapped = load_from_disk(tmp_path / "saved").map(
        lambda row: {"b": row["a"]}, features=Features({**FEATURES, "b": FEATURES["a"]})
    )
    assert mapped["b"][:] == ROWS["a"]
    assert mapped.shuffle(seed=0).flatten_indices()["s"][0] in ROWS["s"]
    assert mapped.with_format("numpy")[:1]["a"].shape == (1, 2, 2)
