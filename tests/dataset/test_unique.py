"""`unique` lists the different values of a column of any type."""

from __future__ import annotations

import math
from typing import Any

import pytest

from arrowsets import Dataset

COLUMNS: list[tuple[list[Any], list[Any]]] = [
    ([2, 1, None, 2, None], [2, 1, None]),
    ([[1], [], [1], None, [1, 2]], [[1], [], None, [1, 2]]),
    ([{"u": 1}, {"u": None}, {"u": 1}], [{"u": 1}, {"u": None}]),
    ([{"u": [1]}, {"u": [1]}], [{"u": [1]}]),
]


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize(("values", "wanted"), COLUMNS)
def test_each_value_once_in_the_order_of_the_first(values: list[Any], wanted: list[Any], streaming: bool) -> None:
    dataset: Any = Dataset.from_dict({"x": values})
    assert (dataset.to_iterable_dataset() if streaming else dataset).unique("x") == wanted


@pytest.mark.parametrize("nested", [False, True])
def test_nan_is_one_value(nested: bool) -> None:
    values: list[Any] = [[math.nan]] * 2 if nested else [math.nan] * 2
    assert len(Dataset.from_dict({"x": values}).unique("x")) == 1
