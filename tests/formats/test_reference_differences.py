"""Where formats show something else than Hugging Face datasets, because that loses or changes values."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from arrowsets.formats import get_format

_DAY = dt.date(2020, 1, 2)


def test_durations_keep_their_unit_in_columns() -> None:
    column = get_format("numpy").column(pa.array([dt.timedelta(seconds=1), None]))
    assert column.dtype == "timedelta64[us]"
    assert np.isnat(column[1])


def test_a_null_struct_does_not_turn_the_integers_of_others_into_floats() -> None:
    column = get_format("numpy").column(pa.array([{"x": 2**60 + 1}, None, {"x": None}]))
    assert column.tolist() == [{"x": 2**60 + 1}, None, {"x": None}]


def test_no_rows_keep_the_type_of_the_column() -> None:
    batch = get_format("numpy").batch(pa.table({"i": pa.array([], pa.int64()), "b": pa.array([], pa.bool_())}))
    assert (batch["i"].dtype, batch["b"].dtype) == (np.int64, np.bool_)


def test_tensors_leave_dates_as_they_are() -> None:
    pytest.importorskip("torch")
    table = pa.table({"d": [_DAY, None], "l": [[_DAY], []], "i": [1, 2]})
    shown = get_format("torch").batch(table)
    assert shown["d"] == [_DAY, None]
    assert shown["l"] == [[_DAY], []]
    assert shown["i"].tolist() == [1, 2]
