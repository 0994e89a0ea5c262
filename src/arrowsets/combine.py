"""Combining datasets: one after the other, side by side, or row by row in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import numpy as np
import numpy.typing as npt

from arrowsets import iterable
from arrowsets.dataset import Dataset
from arrowsets.errors import SchemaConflict
from arrowsets.features import Features, unify
from arrowsets.info import DatasetInfo
from arrowsets.lineage import Lineage
from arrowsets.table import View

if TYPE_CHECKING:
    from arrowsets.iterable import IterableDataset

__all__ = ["concatenate_datasets", "interleave_datasets"]

Stopping = Literal["first_exhausted", "all_exhausted", "all_exhausted_without_replacement"]


D = TypeVar("D", Dataset, "IterableDataset")


def concatenate_datasets(
    dsets: Sequence[D], info: DatasetInfo | None = None, split: str | None = None, axis: int = 0
) -> D:
    """Put datasets one after the other, or side by side; no row is copied.

    Args:
        dsets: Of equal types where they share columns. With `axis=0`, a column that one lacks is null in its rows.
        axis: 0 adds rows; 1 adds columns, of datasets with as many rows and other column names.

    Raises:
        SchemaConflict: if a column has types that differ by more than nulls; names both.

    >>> first, second = Dataset.from_dict({"x": [1]}), Dataset.from_dict({"x": [2], "y": ["b"]})
    >>> concatenate_datasets([first, second])[:]
    {'x': [1, 2], 'y': [None, 'b']}
    """
    datasets: Any = _checked(dsets)
    if axis not in (0, 1):
        raise ValueError(f"axis must be 0 (rows) or 1 (columns), not {axis!r}")
    if streams := _streams(datasets):
        if axis == 1:
            beside: D = cast("Any", iterable.beside_streams(streams, info, split))
            return beside
        joined: D = cast("Any", iterable.concatenate_streams(streams, *_known(streams), info, split))
        return joined
    whole: D = cast("Any", _concatenated(datasets, info, split, axis))
    return whole


def _concatenated(datasets: Sequence[Dataset], info: DatasetInfo | None, split: str | None, axis: int) -> Dataset:
    spec = datasets[0]._format
    if any(dataset._format != spec for dataset in datasets):
        spec = type(spec)()
    lineage = Lineage("concatenate", [dataset._lineage for dataset in datasets], {"axis": axis})
    if axis == 1:
        view, features = datasets[0]._view, dict(datasets[0]._features)
        for dataset in datasets[1:]:
            view = view.join(dataset._view)
            features |= dataset._features
        types = Features(features)
    else:
        types = _common(datasets)
        view = View.concat([_as(dataset, types)._view for dataset in datasets]).select_columns(list(types))
    if spec.columns is not None and axis == 1:
        spec = replace(spec, columns=tuple(dict.fromkeys(c for d in datasets for c in d._format.columns or ())))
    made = Dataset._make(
        view,
        types,
        lineage,
        info if info is not None else datasets[0]._info,
        split if split is not None else datasets[0]._split,
        spec,
        tuple(pin for dataset in datasets for pin in dataset._pins),
    )
    made._store = datasets[0]._store
    return made


def interleave_datasets(
    datasets: Sequence[D],
    probabilities: Sequence[float] | None = None,
    seed: int | None = None,
    info: DatasetInfo | None = None,
    split: str | None = None,
    stopping_strategy: Stopping = "first_exhausted",
) -> D:
    """Take rows from datasets in turn, or at random with probabilities.

    Args:
        probabilities: Of each dataset; they add up to 1. None: one row of each in turn.
        seed: For the random choices.
        stopping_strategy: Stop at the end of the first dataset; or of the last, starting shorter ones over
            ("all_exhausted"), or leaving them out once they end ("all_exhausted_without_replacement").

    >>> first, second = Dataset.from_dict({"x": [1, 2]}), Dataset.from_dict({"x": [10, 20, 30]})
    >>> interleave_datasets([first, second])["x"].tolist()
    [1, 10, 2, 20]
    """
    parts = _checked(datasets)
    if stopping_strategy not in Stopping.__args__:  # type: ignore[attr-defined]
        raise ValueError(f"stopping_strategy must be one of {Stopping.__args__}, not {stopping_strategy!r}")  # type: ignore[attr-defined]
    mixed: Any
    if streams := _streams(parts):
        mixed = iterable.interleave_streams(
            streams, *_known(streams), probabilities, seed, info, split, stopping_strategy
        )
    else:
        mixed = _interleaved(parts, probabilities, seed, info, split, stopping_strategy)
    answer: D = mixed
    return answer


def _interleaved(
    parts: Sequence[Dataset],
    probabilities: Sequence[float] | None,
    seed: int | None,
    info: DatasetInfo | None,
    split: str | None,
    stopping_strategy: Stopping,
) -> Dataset:
    lengths = [len(part) for part in parts]
    if stopping_strategy == "all_exhausted" and sum(lengths) > 0 and 0 in lengths:
        raise ValueError(
            f"dataset {lengths.index(0)} is empty, and 'all_exhausted' would start it over again and again; "
            "leave it out, or use another stopping_strategy"
        )
    whole = concatenate_datasets(parts, info, split)
    if probabilities is None:
        return whole.select(_in_turn(lengths, stopping_strategy))
    sources = _at_random(lengths, probabilities, seed, stopping_strategy)
    starts = np.cumsum([0, *lengths[:-1]])
    rows = np.empty(len(sources), dtype=np.int64)
    for index, length in enumerate(lengths):
        (places,) = np.nonzero(sources == index)
        rows[places] = starts[index] + np.arange(len(places)) % max(length, 1)
    return whole.select(rows)


def _in_turn(lengths: Sequence[int], stopping: Stopping) -> npt.NDArray[np.int64]:
    """Return the rows of all datasets, which stand one after the other, taken in turn."""
    turns = min(lengths) if stopping == "first_exhausted" else max(lengths)
    rows = np.empty((turns, len(lengths)), dtype=np.int64)
    start = 0
    for index, length in enumerate(lengths):
        own = np.arange(start, start + length)
        rows[:, index] = own[:turns] if length >= turns else np.resize(own, turns)
        start += length
    if stopping == "all_exhausted_without_replacement":
        return rows[np.arange(turns)[:, None] < np.array(lengths)]
    return rows.ravel()


def _at_random(
    lengths: Sequence[int], probabilities: Sequence[float], seed: int | None, stopping: Stopping
) -> npt.NDArray[np.int64]:
    """Number the dataset of each row, drawn until the stopping strategy is met."""
    if len(probabilities) != len(lengths):
        raise ValueError(f"{len(probabilities)} probabilities for {len(lengths)} datasets; give one for each")
    if stopping != "first_exhausted" and (never := [i for i, p in enumerate(probabilities) if not p and lengths[i]]):
        raise ValueError(f"dataset {never[0]} has probability 0 and would never end; leave it out")
    rng = np.random.default_rng(seed)
    taken = np.zeros(len(lengths), dtype=np.int64)
    ended = np.array([length == 0 for length in lengths])
    chosen: list[int] = []
    enough = np.any if stopping == "first_exhausted" else np.all
    while not enough(ended):
        for source in rng.choice(len(lengths), size=1000, p=probabilities).tolist():
            if stopping == "all_exhausted_without_replacement" and ended[source]:
                continue
            chosen.append(source)
            taken[source] += 1
            ended[source] = ended[source] or taken[source] >= lengths[source]
            if enough(ended):
                break
    return np.array(chosen, dtype=np.int64)


def _checked(datasets: Sequence[Any]) -> list[Any]:
    parts = list(datasets)
    if not parts:
        raise ValueError("give at least one dataset")
    for part in parts:
        if isinstance(part, dict):
            raise ValueError(
                f"expected datasets but one is a dictionary of the splits {list(part)}; choose one: datasets['train']"
            )
        if not isinstance(part, Dataset) and not isinstance(part, iterable.IterableDataset):
            raise ValueError(f"expected datasets, got {type(part).__name__}")
    if len({isinstance(part, Dataset) for part in parts}) > 1:
        raise ValueError(
            "datasets and streams cannot be combined as they are; make all of them streams (dataset.to_iterable_dataset()) "
            "or all of them datasets (stream.to_dataset())"
        )
    return parts


def _streams(parts: Sequence[Any]) -> list[IterableDataset]:
    return [part for part in parts if not isinstance(part, Dataset)]


def _known(streams: Sequence[IterableDataset]) -> tuple[Features, bool]:
    """Return the types of all columns, and whether they are certain; else they are those of the first rows."""
    found = [stream._peek() for stream in streams]
    types = found[0]
    for other in found[1:]:
        types = _widened(types, other)
    return types, all(stream._features is not None for stream in streams)


def _common(datasets: Sequence[Dataset]) -> Features:
    """Return the types of all columns; they may differ only in what is null."""
    types = datasets[0]._features
    for dataset in datasets[1:]:
        if dataset._features != types:
            types = _widened(types, dataset._features)
    return types


def _widened(first: Features, second: Features) -> Features:
    both = unify(first, second)
    for name, kind in both.items():
        for side in (first, second):
            if name in side and side[name] != kind and not _only_nulls_added(side[name], kind):
                raise SchemaConflict(
                    f"column {name!r} is {first[name]} in one dataset and {second[name]} in another; "
                    f"cast one of them: dataset.cast_column({name!r}, ...)",
                    column=name,
                )
    return both


def _only_nulls_added(old: Any, new: Any) -> bool:
    """Tell whether a type differs from another only where it was null, or lacked fields."""
    if old == new or getattr(old, "dtype", None) == "null":
        return True
    if type(old) is not type(new) or not old.children():
        return False
    return all(_only_nulls_added(inner, new.children()[name]) for name, inner in old.children().items())


def _as(dataset: Dataset, types: Features) -> Dataset:
    shared = Features({name: types[name] for name in dataset._features})
    return dataset if shared == dataset._features else dataset.cast(shared)
