"""Numbers are spelled as Python spells them, whichever way their text is made."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrowsets import Dataset

FEW_DIGITS = st.integers(-400_000_000, 400_000_000).map(lambda n: n / 10_000)
FLOATS = st.one_of(FEW_DIGITS, st.floats(allow_nan=False, allow_infinity=False), st.none())


def _csv(columns: dict[str, list[Any]]) -> list[list[str]]:
    text = io.StringIO()
    Dataset.from_dict(columns).to_csv(text)
    return [line.split(",") for line in text.getvalue().splitlines()[1:]]


def _json(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    text = io.StringIO()
    Dataset.from_dict(columns).to_json(text)
    return [json.loads(line) for line in text.getvalue().splitlines()]


def _same(values: list[float | None], others: list[Any]) -> bool:
    return all(repr(a) == repr(b) for a, b in zip(values, others, strict=True))


@given(st.lists(FLOATS, min_size=1, max_size=40))
def test_floats_are_the_texts_of_repr(values: list[float | None]) -> None:
    values = [1.5, *values]
    rows = _csv({"x": values, "y": [0] * len(values)})
    assert [row[0] for row in rows] == ["" if value is None else repr(value) for value in values]
    assert _same(values, [row["x"] for row in _json({"x": values})])


@pytest.mark.parametrize(
    "values",
    [
        [0.0, -0.0, 0.1, -0.0001, 32767.9999, -32767.9999, 32768.0, 5.0, 0.5, 0.05],
        [*([0.25] * 20), 0.1 + 0.2, None, 1e300, *([7.0] * 20)],
        [*([0.25] * 20), 1e-5, -1.0],
    ],
)
def test_floats_of_few_and_of_many_digits_stand_side_by_side(values: list[float | None]) -> None:
    rows = _csv({"x": values, "y": [0] * len(values)})
    assert [row[0] for row in rows] == ["" if value is None else repr(value) for value in values]
    assert _same(values, [row["x"] for row in _json({"x": values})])


def test_what_is_no_number_is_null_among_decimals() -> None:
    values = [*([0.25] * 20), float("nan"), float("inf")]
    assert [row["x"] for row in _json({"x": values})][-2:] == [None, None]


@given(st.lists(st.one_of(st.integers(-40_000, 40_000), st.none()), min_size=1, max_size=40))
def test_integers_are_spelled_out(values: list[int | None]) -> None:
    values = [1, *values]
    rows = _csv({"x": values, "y": [True] * len(values)})
    assert rows == [["" if value is None else str(value), "True"] for value in values]
    assert [row["x"] for row in _json({"x": values, "list": [[value] for value in values]})] == values


def test_many_rows_of_all_kinds_are_those_of_json() -> None:
    numbers = np.random.default_rng(0)
    rows = 5000
    columns: dict[str, list[Any]] = {
        "few": numbers.integers(0, 9, rows).tolist(),
        "flag": [None if n % 7 == 0 else n % 2 == 0 for n in range(rows)],
        "price": np.round(numbers.random(rows) * 100, 2).tolist(),
        "text": [None if n % 11 == 0 else f'say "{n}"' for n in range(rows)],
        "inner": [{"a": n / 8, "b": [n, None]} for n in range(rows)],
    }
    assert _json(columns) == [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
