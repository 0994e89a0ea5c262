"""Datasets pickle as what they show: paths where rows lie in files, rows where they lie in memory."""

from __future__ import annotations

import gc
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arrowsets import Dataset, DatasetDict
from arrowsets.derive import default_store


def upper(batch: dict[str, Any]) -> dict[str, Any]:
    return {"upper": [text.upper() for text in batch["t"]]}


FORMS: dict[str, Callable[[Dataset], Dataset]] = {
    "as it is": lambda data: data,
    "shuffled": lambda data: data.shuffle(seed=0),
    "sliced": lambda data: data.select(range(100, 200)),
    "filtered": lambda data: data.filter(lambda row: row["x"] % 2 == 0),
    "mapped": lambda data: data.map(lambda row: {"y": row["x"]}),
    "numpy": lambda data: data.with_format("numpy", columns=["x"]),
    "transformed": lambda data: data.with_transform(upper),
    "columns": lambda data: data.rename_column("x", "n").remove_columns("t"),
}
ROWS = {"x": list(range(5000)), "t": [f"text {i}" for i in range(5000)]}


@pytest.mark.parametrize("form", FORMS)
def test_a_copy_shows_the_same(form: str, make: Any) -> None:
    dataset = FORMS[form](make(ROWS))
    copy = pickle.loads(pickle.dumps(dataset))
    assert copy.to_dict() == dataset.to_dict()
    assert repr(copy[3]) == repr(dataset[3])
    assert (copy.features, copy.format["type"], copy._fingerprint) == (
        dataset.features,
        dataset.format["type"],
        dataset._fingerprint,
    )


@pytest.mark.parametrize("form", ["as it is", "sliced", "mapped", "numpy", "transformed", "columns"])
def test_what_lies_in_files_pickles_small(form: str, tmp_path: Path) -> None:
    Dataset.from_dict(ROWS).save_to_disk(str(tmp_path / "data"))
    dataset = FORMS[form](Dataset.load_from_disk(str(tmp_path / "data")))
    assert len(pickle.dumps(dataset)) < 8000


def test_a_slice_of_memory_pickles_its_own_rows_only() -> None:
    assert len(pickle.dumps(Dataset.from_dict(ROWS).select(range(10)))) < 8000


def test_a_dict_of_splits_pickles(make: Any) -> None:
    splits = DatasetDict({"train": make({"x": [1]}), "test": make({"x": [2]})})
    copy = pickle.loads(pickle.dumps(splits))
    assert isinstance(copy, DatasetDict)
    assert copy["test"].to_dict() == {"x": [2]}


torch = pytest.importorskip("torch")


@pytest.mark.parametrize("way", [(0, None), (2, "fork"), (1, "spawn")], ids=str)
def test_a_loader_sees_every_row_once(way: tuple[int, str | None], tmp_path: Path) -> None:
    Dataset.from_dict({"x": list(range(100)), "t": ["a"] * 100}).save_to_disk(str(tmp_path / "data"))
    dataset = Dataset.load_from_disk(str(tmp_path / "data")).shuffle(seed=0).with_format("torch", columns=["x"])
    workers, context = way
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fork in a process with threads
        loader = torch.utils.data.DataLoader(
            dataset, batch_size=7, num_workers=workers, multiprocessing_context=context
        )
        seen = torch.cat([batch["x"] for batch in loader]).tolist()
    assert seen == dataset.to_dict()["x"]


def test_a_copy_knows_what_was_left_out_and_how_it_was_made(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n3,4,5\n")
    dataset = Dataset.from_csv(str(tmp_path / "a.csv"), on_bad_rows="skip")
    copy = pickle.loads(pickle.dumps(dataset))
    assert copy.rejects == dataset.rejects != []
    assert copy.explain() == dataset.explain()


def test_a_copy_keeps_its_entry_from_being_pruned(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    dataset = Dataset.from_csv(str(tmp_path / "a.csv"))
    store = dataset._store or default_store()
    copy = pickle.loads(pickle.dumps(dataset))
    del dataset
    gc.collect()
    store.prune(max_bytes=0)
    assert copy["x"][:] == [1]
    assert [entry.key for entry in store.entries()] == [copy.explain().key]
