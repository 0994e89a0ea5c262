"""The elastic loader: one global order, whoever reads it, and one number as its state."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arrowsets import Dataset
from arrowsets.engine.permute import permuted
from arrowsets.errors import SchemaConflict
from arrowsets.loader import Loader


@settings(max_examples=60, deadline=None)
@given(count=st.integers(1, 3000), seed=st.integers(0, 1 << 40))
def test_a_computed_order_is_a_permutation(count: int, seed: int) -> None:
    assert sorted(permuted(np.arange(count), count, [seed]).tolist()) == list(range(count))


def test_a_computed_order_of_a_billion_rows_keeps_nothing_in_memory() -> None:
    rows = permuted(np.arange(10**9 - 5, 10**9), 10**9, [1])
    assert len(set(rows.tolist())) == 5
    assert 0 <= rows.min() <= rows.max() < 10**9


def read(
    size: int, ranks: int, start: dict[str, int] | None = None, stop: int | None = None, **options: Any
) -> list[int]:
    dataset = Dataset.from_dict({"x": range(103)}).with_format("numpy")
    loaders = [Loader(dataset, size, rank=rank, world_size=ranks, seed=7, **options) for rank in range(ranks)]
    for loader in loaders:
        if start is not None:
            loader.load_state_dict(start)
    batches = list(zip(*loaders, strict=False))[:stop]
    return [x for parts in batches for part in parts for x in part["x"].tolist()]


@settings(max_examples=25, deadline=None)
@given(size=st.integers(4, 40), ranks=st.integers(1, 4), workers=st.integers(1, 3))
def test_the_order_does_not_depend_on_ranks_and_workers(size: int, ranks: int, workers: int) -> None:
    whole = read(50, 1, epochs=2, drop_last=True)
    found = read(size, ranks, epochs=2, drop_last=True, workers=workers)
    assert found[: len(whole)] == whole[: len(found)]


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_a_state_is_loaded_on_another_number_of_ranks(ranks: int) -> None:
    whole = read(10, 1)
    dataset = Dataset.from_dict({"x": range(103)}).with_format("numpy")
    loader = Loader(dataset, 10, seed=7)
    batches = iter(loader)
    for _ in range(3):
        next(batches)
    state = loader.state_dict()
    assert state["samples"] == 30
    assert read(8, ranks, state, drop_last=True) == whole[30 : 30 + 72]


def test_each_epoch_has_each_row_in_another_order() -> None:
    rows = read(103, 1, epochs=2)
    assert sorted(rows[:103]) == sorted(rows[103:]) == list(range(103))
    assert rows[:103] != rows[103:]


def test_a_mixture_has_the_weights_and_goes_on() -> None:
    first, second = Dataset.from_dict({"x": range(1000)}), Dataset.from_dict({"x": range(5000, 5010)})
    loader = Loader([first, second], 64, weights=[0.75, 0.25], seed=1, epochs=65)
    batches = [batch["x"] for batch in loader]
    rows = np.concatenate(batches)
    assert np.mean(rows >= 5000) == pytest.approx(0.25, abs=0.01)
    loader.load_state_dict({**loader.state_dict(), "samples": 64 * 10})
    assert next(iter(loader))["x"] == batches[10]


def test_packed_sequences_hold_each_token_once() -> None:
    lists = [[row] * (row % 5) for row in range(100)]
    dataset = Dataset.from_dict({"tokens": lists})
    loader = Loader(dataset, 4, pack="tokens", sequence_length=16, seed=1)
    batches = list(loader)
    tokens = np.concatenate([batch["tokens"].ravel() for batch in batches])
    assert batches[0]["tokens"].shape == (4, 16)
    flat = [token for row in lists for token in row]
    assert sorted(tokens.tolist()) == sorted(flat[: len(flat) // 16 * 16])
    assert all((batch["tokens"] == batch["document"]).all() for batch in batches)


def test_states_of_other_rows_and_streams_are_refused() -> None:
    dataset = Dataset.from_dict({"x": range(10)})
    with pytest.raises(ValueError, match="rows"):
        dataset.loader(2).load_state_dict(dataset.take(5).loader(2).state_dict())
    with pytest.raises(TypeError, match="to_dataset"):
        Loader(dataset.to_iterable_dataset(), 2)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="flatten_indices"):
        Dataset.from_dict({"t": [[1], [2], [3]]}).select([2, 0]).loader(1, pack="t", sequence_length=1)


@pytest.mark.parametrize(
    "wrong", [{"epochs": -1}, {"workers": -1}, {"prefetch": -1}, {"pack": "x", "sequence_length": 0}], ids=str
)
def test_numbers_that_mean_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="or more, not"):
        Loader(Dataset.from_dict({"x": [[1]]}), 4, **wrong)


def test_no_rows_are_no_batches_however_often_they_come() -> None:
    assert list(Loader(Dataset.from_dict({"x": [1]}).select([]), 4, epochs=None)) == []


def test_datasets_of_other_columns_are_not_mixed() -> None:
    datasets = [Dataset.from_dict({"x": [1]}), Dataset.from_dict({"y": ["a"]})]
    with pytest.raises(SchemaConflict, match="dataset 1 has"):
        Loader(datasets, 4)


def test_weights_are_numbers() -> None:
    datasets = [Dataset.from_dict({"x": [1]}), Dataset.from_dict({"x": [2]})]
    with pytest.raises(ValueError, match="weights"):
        Loader(datasets, 4, weights=[float("nan"), 1])
