"""CSV: the same bytes as pandas, by which the reference writes."""

from __future__ import annotations

import csv
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .conftest import TABLES, both, text_of


@pytest.mark.parametrize("name", TABLES)
def test_plain_tables_are_the_same_bytes(name: str) -> None:
    ours, reference = both(TABLES[name])
    assert text_of(ours.to_csv) == text_of(reference.to_csv)


@pytest.mark.parametrize(
    "options",
    [
        {"sep": "\t"},
        {"sep": ";", "na_rep": "NA"},
        {"header": False},
        {"header": ["p", "q", "r"]},
        {"columns": ["b"]},
        {"quoting": csv.QUOTE_ALL},
        {"quoting": csv.QUOTE_NONNUMERIC},
        {"lineterminator": "\r\n"},
        {"quotechar": "'"},
        {"doublequote": False, "escapechar": "\\"},
        {"index": True},
        {"sep": "1"},
        {"sep": " "},
        {"na_rep": '"'},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["ints", "strings", "floats"])
def test_options_mean_what_they_mean_in_pandas(name: str, options: dict[str, Any]) -> None:
    ours, reference = both(TABLES[name])
    assert text_of(ours.to_csv, **options) == text_of(reference.to_csv, **options)


@given(st.lists(st.floats(), max_size=20), st.sampled_from([np.float64, np.float32, np.float16]))
def test_any_float_is_the_same_text(values: list[float], dtype: type) -> None:
    with np.errstate(over="ignore"):
        array: Any = np.array(values, dtype)
    ours, reference = both(pa.table({"a": array, "b": array}))
    assert text_of(ours.to_csv) == text_of(reference.to_csv)


@given(st.lists(st.none() | st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"])), max_size=20))
def test_any_text_is_the_same_bytes(values: list[str | None]) -> None:
    column = pa.array(values, pa.string())
    ours, reference = both(pa.table({"a": column, "b": column}))
    assert text_of(ours.to_csv) == text_of(reference.to_csv)


@pytest.mark.parametrize("rows", [0, 1, 2500])
def test_batches_leave_no_trace(rows: int) -> None:
    ours, reference = both(pa.table({"a": pa.array(range(rows), pa.int64()), "b": pa.array(["x"] * rows, pa.string())}))
    assert text_of(ours.to_csv, batch_size=7) == text_of(ours.to_csv) == text_of(reference.to_csv)


def test_a_carriage_return_is_quoted_so_that_it_can_be_read(tmp_path: Any) -> None:
    ours, _ = both(pa.table({"a": ["x\ry"], "b": [1]}))
    ours.to_csv(tmp_path / "a.csv")
    assert pd.read_csv(tmp_path / "a.csv")["a"].tolist() == ["x\ry"]


def test_a_selection_is_written_in_its_order() -> None:
    ours, reference = both(TABLES["strings"])
    assert text_of(ours.select([2, 0]).to_csv) == text_of(reference.select([2, 0]).to_csv)


def test_an_index_counts_on_from_batch_to_batch() -> None:
    ours, _ = both(pa.table({"a": ["x", "y", "z"]}))
    assert text_of(ours.to_csv, index=True, batch_size=2) == ",a\n0,x\n1,y\n2,z\n"
