"""What a path on the command line is: data files, or a directory that `save_to_disk` wrote."""

from __future__ import annotations

from pathlib import Path

from arrowsets.combine import concatenate_datasets
from arrowsets.dataset import Dataset, DatasetDict
from arrowsets.load import load_dataset, load_from_disk
from arrowsets.splits_spec import parse

__all__ = ["is_saved", "open_path", "open_split"]


def is_saved(path: str) -> bool:
    """Tell whether a path is a directory that `save_to_disk` wrote."""
    folder = Path(path)
    return (folder / "state.json").is_file() or DatasetDict.is_saved(path)


def open_path(path: str, num_proc: int | None = None) -> DatasetDict:
    """Open what a path names, as a dictionary of splits."""
    if not is_saved(path):
        loaded: DatasetDict = load_dataset(path, num_proc=num_proc)
        return loaded
    saved = load_from_disk(path)
    return DatasetDict({str(saved.split or "train"): saved}) if isinstance(saved, Dataset) else saved


def open_split(path: str, split: str, num_proc: int | None = None) -> Dataset:
    """Open the rows that a split specification names: "train", "train[:10%]+test"."""
    if not is_saved(path):
        loaded: Dataset = load_dataset(path, split=split, num_proc=num_proc)
        return loaded
    splits = open_path(path)
    rows = parse(split).to_absolute(splits.num_rows)
    return concatenate_datasets([splits[name].select(range(start, stop)) for name, start, stop in rows])
