"""What a DataLoader makes of a dataset's rows is what it makes of the same rows as dicts."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from arrowsets import Dataset

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
    rows = dataset.__getitems__([3, 0, 2])
    expected = torch.utils.data.default_collate([dict(row) for row in dataset.__getitems__([3, 0, 2])])
    assert described(torch.utils.data.default_collate(rows)) == described(expected)
    assert described(expected) == described(torch.utils.data.default_collate([dict(dataset[i]) for i in (3, 0, 2)]))


def test_rows_that_were_looked_at_or_changed_are_collated_as_they_are() -> None:
    rows = Dataset.from_dict({"x": [1, 2], "l": [[1], [2]]}).with_format("torch").__getitems__([1, 0])
    rows[0]["x"] = torch.tensor(9)
    rows[1]["l"] += 5
    assert described(torch.utils.data.default_collate(rows)) == {
        "x": ("torch.int64", (2,), [9, 1]),
        "l": ("torch.int64", (2, 1), [[2], [6]]),
    }


def test_columns_stay_in_order_after_a_map() -> None:
    dataset = Dataset.from_dict({"a": [1, 2], "b": [3, 4]}).shuffle(seed=0).map(lambda row: {"a": row["a"] * 2})
    collated = torch.utils.data.default_collate(dataset.with_format("torch").__getitems__([0, 1]))
    assert list(collated) == ["a", "b"]
    assert sorted(collated["a"].tolist()) == [2, 4]


def test_rows_are_checked_when_they_are_asked_for() -> None:
    dataset = Dataset.from_dict({"x": [1, 2]}).with_format("torch")
    with pytest.raises(IndexError, match="2"):
        dataset.__getitems__([0, 2])
    assert [row["x"].item() for row in dataset.__getitems__([-1, 0])] == [2, 1]
    assert dataset.__getitems__([]) == []


def test_rows_can_be_pickled() -> None:
    rows = Dataset.from_dict({"x": [1, 2]}).__getitems__([1, 0])
    assert pickle.loads(pickle.dumps(rows)) == [{"x": 2}, {"x": 1}]
