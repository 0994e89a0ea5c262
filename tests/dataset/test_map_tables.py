"""A function that is handed tables says which columns there are to be, by a table or by a dict."""

from __future__ import annotations

from typing import Any

import pytest

from arrowsets import Dataset

ROWS = {"a": [1, 2, 3], "b": ["x", "y", "z"]}


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("name", ["arrow", "pandas", "polars"])
@pytest.mark.parametrize("streaming", [False, True])
def test_a_dict_for_a_table_replaces_all_columns(name: str, batched: bool, streaming: bool) -> None:
    def answer(table: Any) -> dict[str, Any]:
        return {"c": [9] * len(table) if batched else 9}

    dataset: Any = Dataset.from_dict(ROWS)
    dataset = dataset.to_iterable_dataset() if streaming else dataset
    mapped = dataset.with_format(name).map(answer, batched=batched).with_format(None)
    assert list(mapped) == [{"c": 9}] * 3


def test_a_dict_for_numpy_arrays_is_merged() -> None:
    mapped = Dataset.from_dict(ROWS).with_format("numpy").map(lambda row: {"c": 9})
    assert mapped.column_names == ["a", "b", "c"]
