"""What a DataLoader makes of a dataset's rows is what it makes of the same rows as dicts."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from arrowsets import Dataset
from arrowsets.formats.collate import collate_rows
from arrowsets.formats.lazy import LazyRow

torch = pytest.importorskip("torch")

COLUMNS: dict[str, list[Any]] = {
    "int": [1, 2, 3, 4],
    "float": [0.1, 1.5, -2.0, 3.25],
    "flag": [True, False, True, True],
    "text": ["a", "b", "ç", ""],
    "tokens": [[1, 2], [3, 4], [5, 6], [7, 8]],
    "vector": [[0.5], [1.5], [2.5], [3.5]],
}


def described(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return str(value.dtype), tuple(value.shape), value.tolist()
    if isinstance(value, dict):
        return {key: described(item) for key, item in value.items()}
    return [described(item) for item in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize(
    ("format_name", "column"),
    [(f, c) for f in (None, "numpy", "torch") for c in COLUMNS if (f, c) != ("numpy", "text")],
)
def test_batches_are_those_of_dicts(format_name: str | None, column: str) -> None:
    dataset = Dataset.from_dict({"c": COLUMNS[column]}).with_format(format_name).shuffle(seed=1)
    expected = torch.utils.data.default_collate([dict(dataset[i]) for i in (3, 0, 2)])
    assert described(batches(dataset, [[3, 0, 2]])) == described([expected])
    assert described(torch.utils.data.default_collate(dataset.__getitems__([3, 0, 2]))) == described(expected)


def batches(dataset: Any, positions: list[list[int]]) -> list[Any]:
    return list(torch.utils.data.DataLoader(dataset, batch_sampler=positions))


def kinds_collated(monkeypatch: pytest.MonkeyPatch, dataset: Any) -> list[str]:
    """Tell of which class the rows of each batch are that a DataLoader collates."""
    given: list[str] = []

    def noted(rows: list[Any], **options: Any) -> Any:
        given.append(type(rows[0]).__name__)
        return collate_rows(rows, **options)

    monkeypatch.setitem(torch.utils.data._utils.collate.default_collate_fn_map, LazyRow, noted)
    batches(dataset, [[0, 1], [1]])
    return given


def test_a_data_loader_of_this_version_of_torch_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = Dataset.from_dict({"x": [1, 2]})
    assert kinds_collated(monkeypatch, dataset) == ["LazyRow"] * 2
    assert kinds_collated(monkeypatch, torch.utils.data.Subset(dataset, [1, 0])) == ["LazyRow"] * 2


@pytest.mark.parametrize("name", [None, "numpy", "torch"])
def test_a_function_of_the_users_is_given_dicts(name: str | None) -> None:
    dataset = Dataset.from_dict({"x": [1, 2, 3]}).with_format(name)
    loader = torch.utils.data.DataLoader(dataset, 2, collate_fn=lambda rows: rows)
    assert {type(row) for rows in loader for row in rows} == {dict}
    assert {type(row) for row in dataset.__getitems__([0, 2])} == {dict}


def test_columns_stay_in_order_after_a_map() -> None:
    dataset = Dataset.from_dict({"a": [1, 2], "b": [3, 4]}).shuffle(seed=0).map(lambda row: {"a": row["a"] * 2})
    (collated,) = batches(dataset.with_format("torch"), [[0, 1]])
    assert list(collated) == ["a", "b"]
    assert sorted(collated["a"].tolist()) == [2, 4]


def test_rows_are_checked_when_they_are_asked_for() -> None:
    dataset = Dataset.from_dict({"x": [1, 2]}).with_format("torch")
    for ask in (dataset.__getitems__, lambda positions: batches(dataset, [positions])):
        with pytest.raises(IndexError, match="2"):
            ask([0, 2])
    assert [row["x"].item() for row in dataset.__getitems__([-1, 0])] == [2, 1]
    assert dataset.__getitems__([]) == []


def test_rows_can_be_pickled() -> None:
    rows = Dataset.from_dict({"x": [1, 2]}).__getitems__([1, 0])
    assert pickle.loads(pickle.dumps(rows)) == [{"x": 2}, {"x": 1}]
