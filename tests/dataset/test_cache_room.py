"""Where results are kept, how the store keeps to its size, and what `cleanup_cache_files` removes."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from arrowsets import Dataset, concatenate_datasets, config, load_dataset
from arrowsets.config import Settings
from arrowsets.derive import default_store
from arrowsets.store import Store


@pytest.fixture(autouse=True)
def user_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(config, "_current", [Settings(cache_dir=tmp_path / "user", progress=False)])
    return default_store()


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    path = tmp_path / "a.csv"
    path.write_text("x\n1\n2\n3\n")
    loaded: Dataset = load_dataset(str(path), split="train", cache_dir=tmp_path / "own")
    return loaded


def labels(store: Store) -> list[str]:
    return sorted(str(entry.manifest.extra["label"]).partition("(")[0] for entry in store.entries())


def double(row: dict[str, int]) -> dict[str, int]:
    return {"y": 2 * row["x"]}


def test_results_lie_beside_the_dataset_they_are_of(dataset: Dataset, tmp_path: Path, user_store: Store) -> None:
    kept = [dataset.map(double), pickle.loads(pickle.dumps(dataset.select([2, 1]))).select([1, 0]).map(double)]
    kept.append(concatenate_datasets([dataset, dataset]).filter(lambda row: row["x"] > 1))
    assert labels(default_store(tmp_path / "own")) == ["filter", "load", "map", "map"]
    assert labels(user_store) == []


def test_a_part_of_a_split_is_pinned_too(dataset: Dataset, tmp_path: Path) -> None:
    del dataset
    part = load_dataset(str(tmp_path / "a.csv"), split="train[:2]", cache_dir=tmp_path / "own")
    default_store(tmp_path / "own").prune(max_bytes=0)
    assert part["x"].tolist() == [1, 2]
    assert labels(default_store(tmp_path / "own")) == ["load"]


def test_the_store_keeps_to_its_size_and_what_is_in_use(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = default_store(tmp_path / "own")
    dataset.map(double, features=None)
    assert labels(store) == ["load", "map"]
    monkeypatch.setattr(config, "_current", [replace(config.settings(), max_cache_bytes=1)])
    kept = dataset.filter(lambda row: row["x"] > 1)
    assert labels(store) == ["filter", "load"]
    assert kept["x"].tolist() == [2, 3]


def test_cleaning_up_removes_results_of_the_same_source_only(dataset: Dataset, tmp_path: Path) -> None:
    store = default_store(tmp_path / "own")
    (tmp_path / "b.csv").write_text("x\n7\n")
    load_dataset(str(tmp_path / "b.csv"), split="train", cache_dir=tmp_path / "own").map(double)
    dataset.shuffle(seed=0).map(double)
    used = dataset.map(double)
    assert labels(store) == ["load", "load", "map", "map", "map"]
    assert dataset.cleanup_cache_files() == 1
    assert labels(store) == ["load", "load", "map", "map"]
    assert used["y"].tolist() == [2, 4, 6]
    del used
    assert dataset.cleanup_cache_files() == 1
