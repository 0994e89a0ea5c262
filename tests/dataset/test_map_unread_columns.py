"""A map that is given some columns may return others: they are overwritten, or kept where it says nothing."""

from __future__ import annotations

from typing import Any

import pytest

from arrowsets import Dataset
from arrowsets.errors import TransformError

ROWS = Dataset.from_dict({"i": [1, 2, 3], "s": ["a", "b", "c"]})


def first_only(text: str) -> dict[str, int]:
    return {"i": 9} if text == "a" else {}


@pytest.fixture(params=["dataset", "shuffled", "stream"])
def rows(request: pytest.FixtureRequest) -> Any:
    if request.param == "shuffled":
        return ROWS.select([2, 0, 1]).select([1, 2, 0])
    return ROWS.to_iterable_dataset() if request.param == "stream" else ROWS


def test_a_column_that_was_not_given_is_overwritten(rows: Any) -> None:
    mapped = rows.map(lambda text: {"i": len(text)}, input_columns=["s"])
    assert [row["i"] for row in mapped] == [1, 1, 1]
    mapped = rows.map(lambda texts: {"i": [0] * len(texts)}, input_columns="s", batched=True)
    assert [row["i"] for row in mapped] == [0, 0, 0]


def test_rows_for_which_nothing_is_returned_keep_theirs(rows: Any) -> None:
    assert [row["i"] for row in rows.map(first_only, input_columns=["s"])] == [9, 2, 3]
    assert [row["i"] for row in rows.map(lambda s: first_only(s) or None, input_columns=["s"])] == [9, 2, 3]


def test_the_columns_of_a_format_are_not_all_that_can_be_returned() -> None:
    shown = ROWS.with_format("numpy", columns=["s"])
    assert shown.map(lambda row: first_only(row["s"])).with_format(None)["i"][:] == [9, 2, 3]


def test_where_rows_are_sent_to_workers_the_error_says_what_to_name() -> None:
    stream = ROWS.to_iterable_dataset().map(first_only, input_columns=["s"], num_proc=2)
    with pytest.raises(TransformError, match="name it in input_columns"):
        list(stream)


def test_a_row_has_the_order_of_the_columns() -> None:
    chosen = ROWS.select_columns(["s", "i"])
    for row in (chosen[0], chosen[-1], next(iter(chosen)), chosen.take(1).to_list()[0]):
        assert list(row) == chosen.column_names == ["s", "i"]
