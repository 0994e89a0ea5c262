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


_BIG = 2**63 + 1


@pytest.mark.parametrize("name", ["numpy", "torch", "tensorflow"])
def test_integers_that_int64_or_float32_do_not_hold_are_not_changed(name: str) -> None:
    pytest.importorskip(name)
    table = pa.table({"u": pa.array([1, _BIG], pa.uint64()), "n": pa.array([2**24 + 1, None])})
    shown = get_format(name).batch(table)
    assert np.asarray(shown["u"]).tolist() == [1, _BIG]
    assert "uint64" in str(shown["u"].dtype)
    assert float(shown["n"][0]) == 2**24 + 1
    assert "float64" in str(shown["n"].dtype)
    assert "int64" in str(get_format(name).batch(table.slice(0, 1))["u"].dtype)
    assert np.asarray(get_format(name).row(table, 1)["u"]) == _BIG
