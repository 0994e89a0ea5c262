"""array_of and infer: the type comes from all values, whichever comes first."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from itertools import permutations
from pathlib import PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from arrowsets.errors import SchemaConflict
from arrowsets.features import Features, Json, LargeList, List, Value, array_of, as_feature, infer

NOON = dt.datetime(2020, 1, 1, 12)  # noqa: DTZ001
UTC = NOON.replace(tzinfo=dt.UTC)
PARIS = NOON.replace(tzinfo=ZoneInfo("Europe/Paris"))


@pytest.mark.parametrize(
    ("values", "feature"),
    [
        ([None, None], Value("null")),
        ([1, None], Value("int64")),
        ([1, 1.5, None], Value("float64")),
        ([2**63, 1], Value("uint64")),
        ([np.int8(1), np.int8(2)], Value("int8")),
        ([np.int8(1), 2], Value("int64")),
        ([np.float32(1), np.float32(2)], Value("float32")),
        ([np.float32(1), np.int8(2)], Value("float64")),
        ([np.bool_(True), False], Value("bool")),
        (["a", np.str_("b"), None], Value("string")),
        ([b"a", bytearray(b"b")], Value("binary")),
        ([dt.date(2020, 1, 1), NOON], Value("timestamp[us]")),
        ([UTC, PARIS], Value("timestamp[us, tz=UTC]")),
        ([PARIS, None], Value("timestamp[us, tz=Europe/Paris]")),
        ([np.datetime64("2020-01-01"), np.datetime64("2020-01-01T00:00:01")], Value("timestamp[s]")),
        ([dt.timedelta(1), None], Value("duration[us]")),
        ([Decimal("1.5"), 10], Value("decimal128(21, 1)")),
        ([uuid.UUID(int=1), PurePosixPath("a"), "b"], Value("string")),
        ([[1], [1.5], []], List(Value("float64"))),
        ([[], None], List(Value("null"))),
        ([np.ones(2, np.float32), [1]], List(Value("float64"))),
        ([np.ones((1, 2), np.int16), np.ones((2, 1), np.int16)], List(List(Value("int16")))),
        ([{"a": 1}, {"b": "x"}, {"a": 0.5}], {"a": Value("float64"), "b": Value("string")}),
        ([pd.NA, 1], Value("int64")),
    ],
)
def test_type_holds_all_values_in_any_order(values: list[Any], feature: Any) -> None:
    assert all(infer(list(order)) == as_feature(feature) for order in permutations(values))


MIXED = [
    [1, "a"],
    [True, 1],
    [b"a", "a"],
    [[1], 1],
    [{"a": 1}, [1]],
    [NOON, UTC],
    [dt.timedelta(1), 1],
    [Decimal(1), 0.5],
]


@pytest.mark.parametrize("values", MIXED)
def test_mixed_values_are_an_error_in_any_order(values: list[Any]) -> None:
    for order in (values, values[::-1]):
        with pytest.raises(SchemaConflict, match="column 'c', row"):
            array_of(order, column="c")


@pytest.mark.parametrize("values", [[1, "a"], [True, 1], [[1], 1], [{"a": 1}, [1]], [NOON, UTC], [2**70]])
def test_mixed_values_are_json_where_asked(values: list[Any]) -> None:
    assert infer(values, on_mixed="use_json") == infer(values[::-1], on_mixed="use_json") == Json()


def test_json_replaces_the_innermost_mixed_place() -> None:
    assert infer([[1, "a"], [2]], on_mixed="use_json") == List(Json())
    assert infer([{"a": 1, "b": 1}, {"a": "x"}], on_mixed="use_json") == as_feature({"a": Json(), "b": Value("int64")})
    assert infer([{1: 2}], on_mixed="use_json") == Json()


def test_conflict_names_path_row_and_both_types() -> None:
    rows = [{"x": [1]}, {"x": []}, {"x": [2, "b"]}]
    with pytest.raises(
        SchemaConflict, match=r"column 'c\.x\[\]', row 2: 'b' has type str, but 1 before it has type int"
    ):
        array_of(rows, column="c")


@pytest.mark.parametrize("values", [[2**64, 1], [2**63, -1], [1, 1j], [1, object()], [2**53 + 1, 0.5]])
def test_value_that_no_type_holds_names_the_row(values: list[Any]) -> None:
    with pytest.raises(SchemaConflict, match="row"):
        array_of(values)


@pytest.mark.parametrize(
    ("values", "feature", "rows"),
    [
        (np.arange(4, dtype=np.int16).reshape(2, 2), List(Value("int16")), [[0, 1], [2, 3]]),
        (np.ones((2, 1, 1), np.float32), List(List(Value("float32"))), [[[1.0]], [[1.0]]]),
        (np.zeros((2, 0)), List(Value("float64")), [[], []]),
        (np.zeros((0, 2)), List(Value("float64")), []),
        (np.array([True, False]), Value("bool"), [True, False]),
        (np.array([1, 2], ">i4"), Value("int32"), [1, 2]),
        (np.arange(6)[::2], Value("int64"), [0, 2, 4]),
        (np.array(["a", "b"]), Value("string"), ["a", "b"]),
        (np.array(["2020-01-01", "NaT"], "M8[D]"), Value("date32"), [dt.date(2020, 1, 1), None]),
        (np.array([1, None], object), Value("int64"), [1, None]),
        (
            np.array([(1, 0.5)], [("a", "i1"), ("b", "f8")]),
            {"a": Value("int8"), "b": Value("float64")},
            [{"a": 1, "b": 0.5}],
        ),
        (pd.Series([1, None], dtype="Int64"), Value("int64"), [1, None]),
        (pd.Series(["a", "a"], dtype="category"), Value("large_string"), ["a", "a"]),
        (pl.Series([[1], None]), LargeList(Value("int64")), [[1], None]),
        (pa.chunked_array([["a"], ["b"]]), Value("string"), ["a", "b"]),
        (pa.array(["a", None]).dictionary_encode(), Value("string"), ["a", None]),
        ((value for value in (1, 2)), Value("int64"), [1, 2]),
    ],
)
def test_columns_of_other_libraries(values: Any, feature: Any, rows: list[Any]) -> None:
    array, found = array_of(values)
    assert (found, array.type, array.to_pylist()) == (feature, found.storage, rows)


class Tensor:
    """What arrays of any library look like."""

    def __init__(self, array: Any) -> None:
        self.array = np.asarray(array)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.array


def test_tensors_are_read_through_the_array_protocol() -> None:
    assert array_of(Tensor([1.5]))[1] == Value("float64")
    assert array_of([Tensor(1), Tensor(2)])[0].to_pylist() == [1, 2]
    assert array_of([Tensor([[1, 2]]), None], List(List(Value("int8"))))[0].to_pylist() == [[[1, 2]], None]


def test_numpy_memory_is_shared() -> None:
    values = np.arange(6.0).reshape(2, 3)
    array, _ = array_of(values)
    assert array.flatten().buffers()[1].address == values.ctypes.data  # type: ignore[attr-defined]


@pytest.mark.parametrize("values", ["abc", 5, None])
def test_what_is_no_column_is_refused(values: Any) -> None:
    with pytest.raises(TypeError, match="a column is made of"):
        array_of(values)


def test_reference_infers_the_same_types() -> None:
    datasets = pytest.importorskip("datasets")
    columns = {
        "i": [1],
        "f": [0.5],
        "s": ["a"],
        "n": [None],
        "l": [[1]],
        "d": [{"a": [1]}],
        "b": [b"x"],
        "a": np.ones((1, 2)),
    }
    reference = datasets.Dataset.from_dict(columns).features
    assert repr(Features({name: infer(values) for name, values in columns.items()})) == repr(dict(reference))
