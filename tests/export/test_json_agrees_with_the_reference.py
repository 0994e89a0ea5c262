"""JSON: what is read back is what the reference's file gives, or more exact."""

from __future__ import annotations

import io
import json
import warnings
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrowsets import Dataset, Features, Json

from .conftest import NESTED, TABLES, TEMPORAL, both, text_of


def _rows(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


PLAIN = {**{name: table for name, table in TABLES.items() if name != "floats"}, "nested": NESTED}


@pytest.mark.parametrize("name", PLAIN)
def test_lines_hold_the_values_of_the_reference(name: str) -> None:
    ours, reference = both(PLAIN[name])
    assert _rows(text_of(ours.to_json)) == _rows(text_of(reference.to_json))


@pytest.mark.parametrize("name", ["ints", "bools", "nested", "odd names", "nulls"])
def test_lines_are_the_same_bytes_where_there_is_no_slash_and_no_long_float(name: str) -> None:
    ours, reference = both(PLAIN[name])
    assert text_of(ours.to_json) == text_of(reference.to_json)


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"])), min_size=1), st.booleans())
def test_any_text_reads_back(values: list[str | None], ascii_only: bool) -> None:
    text = text_of(Dataset.from_dict({"a": values}).to_json, force_ascii=ascii_only)
    assert [row["a"] for row in map(json.loads, text.split("\n")[:-1])] == values
    assert text.isascii() or not ascii_only


@given(st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_any_float_reads_back_exactly_and_as_a_float(values: list[float | None]) -> None:
    table = pa.table({"a": pa.array(values, pa.float64())})
    found = [row["a"] for row in _rows(text_of(Dataset.from_arrow(table).to_json))]
    assert [(value, type(value)) for value in found] == [(value, type(value)) for value in values]


@given(st.lists(st.none() | st.lists(st.none() | st.lists(st.none() | st.integers(-9, 9))), min_size=1), st.data())
def test_any_slice_of_lists_reads_back(values: list[Any], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(values)))
    table = pa.table({"a": pa.array(values, pa.list_(pa.list_(pa.int8())))}).slice(start)
    assert [row["a"] for row in _rows(text_of(Dataset.from_arrow(table).to_json))] == values[start:]


def test_what_json_has_no_word_for_is_null() -> None:
    ours, reference = both(pa.table({"a": [float("nan"), float("inf"), 1.0]}))
    assert text_of(ours.to_json) == text_of(reference.to_json)


def test_moments_are_iso_texts_with_all_digits() -> None:
    row = _rows(text_of(Dataset.from_arrow(TEMPORAL).to_json))[1]
    assert row["t"] == "1970-01-01T00:00:01.500001"
    assert row["z"] == "1970-01-01T01:00:01.500+01:00"
    assert (row["d"], row["h"], row["n"]) == (None, "23:59:59.000005", "-0.01")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_epoch_numbers_are_those_of_the_reference(unit: str) -> None:
    ours, reference = both(TEMPORAL.drop_columns(["h"]))
    options = {"date_format": "epoch", "date_unit": unit}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = text_of(reference.to_json, **options)
    assert _rows(text_of(ours.to_json, **options)) == _rows(expected)


@pytest.mark.parametrize("orient", ["split", "columns", "index", "values", "records"])
@pytest.mark.parametrize("indent", [None, 2])
def test_other_documents_are_those_of_pandas(orient: str, indent: int | None) -> None:
    ours, reference = both(TABLES["strings"])
    options = {"orient": orient, "lines": False, "indent": indent}
    assert json.loads(text_of(ours.to_json, **options)) == json.loads(text_of(reference.to_json, **options))


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_a_list_of_records_may_be_written_in_batches(rows: int) -> None:
    ds = Dataset.from_dict({"a": list(range(rows))})
    assert json.loads(text_of(ds.to_json, lines=False, batch_size=2)) == [{"a": i} for i in range(rows)]


def test_json_columns_are_written_as_json() -> None:
    values = [{"a": [1, "é"]}, 3, None, "x\ny"]
    ds = Dataset.from_dict({"j": values}, features=Features({"j": Json()}))
    assert [row["j"] for row in _rows(text_of(ds.to_json))] == values
    assert [row["j"] for row in json.loads(text_of(ds.to_json, lines=False, indent=1))] == values


def test_lines_of_another_orient_are_refused() -> None:
    with pytest.raises(ValueError, match="lines=True"):
        Dataset.from_dict({"a": [1]}).to_json(io.BytesIO(), lines=True, orient="split")


def test_pandas_reads_the_lines() -> None:
    ours, _ = both(TABLES["strings"])
    frame = pd.read_json(io.StringIO(text_of(ours.to_json)), lines=True, dtype=False)
    assert frame["c"].tolist() == TABLES["strings"]["c"].to_pylist()
