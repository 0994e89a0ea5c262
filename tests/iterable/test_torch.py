"""PyTorch takes streams for iterable datasets, and its workers share the rows."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from arrowsets import Dataset, IterableDataset
from arrowsets.distributed import split_dataset_by_node
from arrowsets.formats.collate import collate_rows
from arrowsets.formats.lazy import LazyRow

torch = pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="This DataLoader will create")
        warnings.filterwarnings("ignore", message="'set_vital' is deprecated")
        yield


def loaded(stream: IterableDataset, **options: Any) -> list[int]:
    loader = torch.utils.data.DataLoader(stream, batch_size=16, **options)
    return [value.item() for batch in loader for value in batch["x"]]


@pytest.fixture
def stream() -> IterableDataset:
    return Dataset.from_dict({"x": range(100)}).with_format("torch").to_iterable_dataset()


def test_a_stream_is_an_iterable_dataset_of_torch(stream: IterableDataset) -> None:
    assert isinstance(stream, torch.utils.data.IterableDataset)
    assert isinstance(stream, IterableDataset)
    assert not isinstance(stream, Dataset)


def test_rows_come_in_order_without_workers(stream: IterableDataset) -> None:
    assert loaded(stream) == list(range(100))


@pytest.mark.parametrize(("workers", "start"), [(1, "fork"), (3, "fork"), (2, "spawn")])
def test_workers_share_the_rows(stream: IterableDataset, workers: int, start: str) -> None:
    found = loaded(stream.map(lambda row: {"x": 2 * row["x"]}), num_workers=workers, multiprocessing_context=start)
    assert sorted(found) == list(range(0, 200, 2))


def test_nodes_and_workers_each_get_rows(stream: IterableDataset) -> None:
    nodes = [split_dataset_by_node(stream, rank, 2) for rank in range(2)]
    found = [loaded(node, num_workers=4, multiprocessing_context="fork") for node in nodes]
    assert [len(rows) for rows in found] == [50, 50]
    assert sorted(found[0] + found[1]) == list(range(100))


def test_workers_that_are_kept_see_a_new_epoch(stream: IterableDataset) -> None:
    loader = torch.utils.data.DataLoader(
        stream.shuffle(seed=1), batch_size=None, num_workers=2, persistent_workers=True, multiprocessing_context="fork"
    )
    first = [row["x"].item() for row in loader]
    loader.dataset.set_epoch(1)
    second = [row["x"].item() for row in loader]
    assert sorted(first) == sorted(second) == list(range(100))
    assert first != second


def test_each_worker_has_a_state_of_its_own(stream: IterableDataset) -> None:
    torchdata = pytest.importorskip("torchdata.stateful_dataloader")
    shuffled = stream.shuffle(seed=1, buffer_size=10)
    options: dict[str, Any] = {"batch_size": 4, "num_workers": 2, "multiprocessing_context": "fork"}
    whole = [batch["x"].tolist() for batch in torchdata.StatefulDataLoader(shuffled, **options)]
    loader = torchdata.StatefulDataLoader(shuffled, **options)
    batches = iter(loader)
    for _ in range(7):
        next(batches)
    restored = torchdata.StatefulDataLoader(shuffled, **options)
    restored.load_state_dict(loader.state_dict())
    assert [batch["x"].tolist() for batch in restored] == whole[7:]


def described(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return str(value.dtype), tuple(value.shape), value.tolist()
    if isinstance(value, dict):
        return {key: described(item) for key, item in value.items()}
    return [described(item) for item in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("format_name", [None, "torch", "numpy"])
@pytest.mark.parametrize("batch_size", [7, 300, 1000, 2500])
def test_batches_are_those_of_rows_that_are_dicts(format_name: str | None, batch_size: int) -> None:
    columns: dict[str, Any] = {
        "number": list(range(2500)),
        "float": [n / 3 for n in range(2500)],
        "list": [[n, 2 * n] for n in range(2500)],
    }
    if format_name != "numpy":
        columns["text"] = [str(n) for n in range(2500)]
    stream = Dataset.from_dict(columns).to_iterable_dataset().with_format(format_name).skip(3)
    collated = list(torch.utils.data.DataLoader(stream, batch_size))
    rows = [dict(row) for row in stream]
    expected = [torch.utils.data.default_collate(rows[at : at + batch_size]) for at in range(0, len(rows), batch_size)]
    assert described(collated) == described(expected)


def test_rows_for_a_function_of_the_users_are_dicts() -> None:
    stream = Dataset.from_dict({"x": [1, 2, 3]}).to_iterable_dataset()
    given = [row for rows in torch.utils.data.DataLoader(stream, 2, collate_fn=list) for row in rows]
    assert given == [{"x": 1}, {"x": 2}, {"x": 3}]
    assert {type(row) for row in given} == {dict}


def test_rows_that_are_not_collated_are_dicts() -> None:
    stream = Dataset.from_dict({"x": [1, 2]}).to_iterable_dataset()
    assert all(type(row) is dict for row in torch.utils.data.DataLoader(stream, batch_size=None))


def test_a_batch_does_not_share_the_memory_of_others() -> None:
    stream = Dataset.from_dict({"x": list(range(100))}).to_iterable_dataset().with_format("torch")
    first = next(iter(torch.utils.data.DataLoader(stream, 10)))
    assert first["x"].untyped_storage().nbytes() == 80


def test_a_data_loader_of_this_version_of_torch_is_noticed(
    stream: IterableDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []

    def noted(rows: list[Any], **options: Any) -> Any:
        given.append(type(rows[0]).__name__)
        return collate_rows(rows, **options)

    monkeypatch.setitem(torch.utils.data._utils.collate.default_collate_fn_map, LazyRow, noted)
    noticed = loaded(stream)
    assert set(given) == {"LazyRow"}
    given.clear()
    monkeypatch.setattr("arrowsets.iterable.core.is_collating", lambda _: False)
    assert loaded(stream) == noticed
    assert not given
