"""Formats made of a user's function, and formats of some columns."""

from __future__ import annotations

import pickle
from typing import Any

import pyarrow as pa
import pytest

from arrowsets.formats import PartialFormat, get_format


def _lengths(batch: dict[str, list[Any]]) -> dict[str, Any]:
    return {"n": [len(batch["s"])] * len(batch["s"]), "a": batch["a"]}


def test_the_function_sees_a_batch_as_lists(table: pa.Table) -> None:
    assert get_format("custom", transform=_lengths).batch(table) == {"n": [3, 3, 3], "a": [1, None, 3]}


def test_a_row_is_a_batch_of_one(table: pa.Table) -> None:
    shown = get_format("custom", transform=_lengths)
    assert shown.row(table, 2) == {"n": 1, "a": 3}
    assert list(shown.rows(table)) == [{"n": 1, "a": 1}, {"n": 1, "a": None}, {"n": 1, "a": 3}]


def test_a_column_is_what_the_function_returned(table: pa.Table) -> None:
    shown = get_format("custom", transform=_lengths)
    assert shown.column_of(table, "n") == [3, 3, 3]
    with pytest.raises(KeyError, match="returned no column 's'"):
        shown.column_of(table, "s")


@pytest.mark.parametrize("returned", [5, {"a": 5}, {"a": []}, None])
def test_a_row_needs_a_dict_of_sequences(table: pa.Table, returned: Any) -> None:
    with pytest.raises(TypeError, match="dict of sequences"):
        get_format("custom", transform=lambda _: returned).row(table)


def test_the_function_is_required() -> None:
    with pytest.raises(TypeError, match="transform="):
        get_format("custom")


def test_other_columns_are_python_objects(table: pa.Table) -> None:
    shown = PartialFormat(get_format("numpy"), ["a"])
    assert shown.row(table, 0) == {"a": 1, "s": "x", "l": [1, 2]}
    assert type(shown.row(table, 0)["l"]) is list
    assert shown.batch(table)["a"].dtype == "float32"
    assert shown.column_of(table, "l") == [[1, 2], [], [3]]
    assert list(shown.values(table, "s")) == ["x", "yé", None]
    assert pickle.loads(pickle.dumps(shown)) == shown


def test_tables_cannot_be_mixed_with_python_objects() -> None:
    with pytest.raises(TypeError, match="pandas"):
        PartialFormat(get_format("pandas"), ["a"])
