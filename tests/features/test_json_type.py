"""Json: values of any type, one text per cell."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from arrowsets.errors import SchemaConflict
from arrowsets.features import Json, array_of, cast, decoder


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ({"a": [1, None, {"é": "x"}]}, '{"a":[1,null,{"é":"x"}]}'),
        ("1", '"1"'),
        (math.nan, "null"),
        ([1.0, math.inf], "[1.0,null]"),
        (np.arange(2), "[0,1]"),
        ({1: np.float32(0.5)}, '{"1":0.5}'),
        (dt.date(2020, 1, 2), '"2020-01-02"'),
        ({2, 1}, "[1,2]"),
        (2**70, str(2**70)),
        ("\ud800é", '"\\ud800\\u00e9"'),
    ],
)
def test_values_are_stored_as_json(value: Any, stored: str) -> None:
    assert array_of([value, None], Json())[0].to_pylist() == [stored, None]


def test_value_that_json_cannot_spell_names_the_row() -> None:
    with pytest.raises(SchemaConflict, match=r"row 1.*complex"):
        array_of([1, 1j], Json())


def test_text_is_cast_as_the_json_that_it_is() -> None:
    assert cast(pa.array(['{"a":1}', None]), Json()).to_pylist() == ['{"a":1}', None]
    with pytest.raises(SchemaConflict, match=r"row 1.*'{'"):
        cast(pa.array(["1", "{"]), Json())


def test_other_columns_are_cast_value_by_value() -> None:
    assert cast(pa.array([{"a": 1}, None]), Json()).to_pylist() == ['{"a":1}', None]


def test_decoding_can_be_off() -> None:
    assert decoder(Json(decode=False)) is None
    assert Json(decode=False).to_json() == {"decode": False, "_type": "Json"}
