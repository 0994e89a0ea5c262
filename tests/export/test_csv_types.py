"""CSV of types that have no text of their own."""

from __future__ import annotations

import io
import json

import pandas as pd
import pyarrow as pa

from arrowsets import ClassLabel, Dataset, Features

from .conftest import NESTED, TEMPORAL, both, text_of


def test_moments_read_back_equal() -> None:
    ours, reference = both(TEMPORAL)
    dates = ["t", "z"]
    mine, theirs = (pd.read_csv(io.StringIO(text_of(one.to_csv)), parse_dates=dates) for one in (ours, reference))
    pd.testing.assert_frame_equal(mine, theirs, check_dtype=False)


def test_nested_values_are_json() -> None:
    ours, _ = both(NESTED)
    frame = pd.read_csv(io.StringIO(text_of(ours.to_csv)))
    found = [[None if pd.isna(cell) else json.loads(cell) for cell in frame[name]] for name in ("l", "s", "ll", "f")]
    assert found == [NESTED[name].to_pylist() for name in ("l", "s", "ll", "f")]


def test_bytes_are_written_as_python_spells_them() -> None:
    ours, reference = both(pa.table({"a": [b"\xff,", None], "b": [1, 2]}))
    assert text_of(ours.to_csv) == text_of(reference.to_csv)


def test_labels_are_numbers() -> None:
    ds = Dataset.from_dict({"y": [1, 0]}, features=Features({"y": ClassLabel(names=["no", "yes"])}))
    assert text_of(ds.to_csv) == "y\n1\n0\n"


def test_a_table_without_rows_is_its_header() -> None:
    ours, reference = both(pa.table({"a": pa.array([], pa.int64()), "b": pa.array([], pa.string())}))
    assert text_of(ours.to_csv) == text_of(reference.to_csv) == "a,b\n"


def test_a_table_without_columns_is_a_blank_line() -> None:
    assert text_of(Dataset.from_dict({}).to_csv) == "\n"
