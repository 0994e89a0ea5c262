"""Value: scalars of Arrow's types by name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from arrowsets import Dataset, Features
from arrowsets.errors import BadData, SchemaConflict, UnknownName
from arrowsets.features import Value, array_of, cast, feature_of

run_ends: Any = pa.RunEndEncodedArray.from_arrays


@pytest.mark.parametrize(
    ("dtype", "storage"),
    [
        ("null", pa.null()),
        ("float16", pa.float16()),
        ("string_view", pa.string_view()),
        ("timestamp[ns, tz=Europe/Paris]", pa.timestamp("ns", "Europe/Paris")),
        ("timestamp[us,tz=UTC]", pa.timestamp("us", "UTC")),
        ("time32[ms]", pa.time32("ms")),
        ("duration[s]", pa.duration("s")),
        ("decimal128(10, 2)", pa.decimal128(10, 2)),
        ("decimal256(40,-3)", pa.decimal256(40, -3)),
        ("fixed_size_binary[16]", pa.binary(16)),
        ("utf8", pa.string()),
    ],
)
def test_dtype_names_arrow_types(dtype: str, storage: pa.DataType) -> None:
    assert Value(dtype).storage == storage
    assert Value(dtype).dtype == dtype
    assert feature_of(storage).storage == storage


@pytest.mark.parametrize(("dtype", "kept"), [("double", "float64"), ("float", "float32"), ("date32[day]", "date32")])
def test_synonyms_are_rewritten(dtype: str, kept: str) -> None:
    assert Value(dtype) == Value(kept)


@pytest.mark.parametrize("dtype", ["int", "str", "time32[us]", "timestamp[d]", "list", "duration[s, tz=UTC]", ""])
def test_unknown_dtype_lists_the_known(dtype: str) -> None:
    with pytest.raises(UnknownName, match="int64"):
        Value(dtype)


def test_id_counts_for_equality() -> None:
    assert Value("int8", id="a") != Value("int8")
    assert hash(Value("int8")) == hash(Value("int8"))


@pytest.mark.parametrize(
    ("dtype", "values", "stored"),
    [
        ("int32", ["1", 2, 3.0, None, np.int8(4)], [1, 2, 3, None, 4]),
        ("string", [1, 2.5, True, None, "x"], ["1", "2.5", "True", None, "x"]),
        ("float32", ["1.5", 2], [1.5, 2.0]),
        ("bool", [1, 0, "true", np.False_], [True, False, True, False]),
        ("decimal128(5, 2)", ["1.5", 2], [Decimal("1.50"), Decimal("2.00")]),
        ("binary", [b"a", bytearray(b"b")], [b"a", b"b"]),
    ],
)
def test_values_are_converted_where_nothing_is_lost(dtype: str, values: list[Any], stored: list[Any]) -> None:
    assert array_of(values, Value(dtype))[0].to_pylist() == stored


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("int32", 1.5),
        ("int64", np.float64(1.5)),
        ("int8", 300),
        ("uint8", -1),
        ("int8", "x"),
        ("bool", 2),
        ("float32", 1e300),
        ("decimal128(5, 2)", "1.555"),
        ("date32", __import__("datetime").datetime(2020, 1, 1, 5)),
        ("string", ["x"]),
        ("null", 1),
        ("fixed_size_binary[2]", b"abc"),
    ],
)
def test_value_that_does_not_fit_is_named_with_its_row(dtype: str, value: Any) -> None:
    with pytest.raises(SchemaConflict, match="column 'c', row 1"):
        array_of([None, value], Value(dtype), column="c")


@pytest.mark.parametrize("feature", [None, Value("string")])
def test_lone_surrogate_is_an_error_that_names_the_row(feature: Value | None) -> None:
    with pytest.raises(BadData, match=r"row 1.*Unicode"):
        array_of(["a", "\ud800"], feature)


@pytest.mark.parametrize(
    ("array", "dtype", "stored"),
    [
        (pa.array(["1", None]), "int64", [1, None]),
        (pa.array([1, None]), "string", ["1", None]),
        (pa.array([1.0, 2.0]), "int8", [1, 2]),
        (pa.array([1, 0]), "bool", [True, False]),
        (pa.array([True, None]), "int8", [1, None]),
        (pa.array(["a", "a"]).dictionary_encode(), "string", ["a", "a"]),
        (pa.array(["a"], pa.string_view()), "binary", [b"a"]),
        (run_ends([2, 3], [7, 8]), "int32", [7, 7, 8]),
        (pa.nulls(2), "int8", [None, None]),
    ],
)
def test_arrow_arrays_are_cast(array: pa.Array[Any], dtype: str, stored: list[Any]) -> None:
    result = cast(array, Value(dtype))
    assert (result.type, result.to_pylist()) == (Value(dtype).storage, stored)


@pytest.mark.parametrize(
    ("array", "dtype", "named"),
    [
        (pa.array([1.0, 1.5]), "int64", "1.5"),
        (pa.array(["1", "x"]), "int64", "'x'"),
        (pa.array([1, 300]), "int8", "300"),
        (pa.array([0, 2]), "bool", "2"),
        (pa.array([1.0, 1e300]), "float32", "1e\\+300"),
        (pa.array([0, 2**60 + 1]), "float64", str(2**60 + 1)),
    ],
)
def test_lossy_cast_names_value_and_row(array: pa.Array[Any], dtype: str, named: str) -> None:
    with pytest.raises(SchemaConflict, match=rf"column 'c', row 1: .*{named}"):
        cast(array, Value(dtype), column="c")


def test_row_of_a_chunked_array_counts_from_the_first_chunk() -> None:
    with pytest.raises(SchemaConflict, match="row 3"):
        cast(pa.chunked_array([["1", "2"], ["3", "x"]]), Value("int8"))


@pytest.mark.parametrize("bits", [32, 64, 128, 256])
def test_integers_become_decimals_wherever_their_digits_fit(bits: int) -> None:
    feature = Value(f"decimal{bits}(5, 2)")
    assert feature.cast(pa.array([1, None, -999])).to_pylist() == [Decimal("1.00"), None, Decimal("-999.00")]
    for large in (pa.array([1000]), pa.array([2**63 - 1]), pa.array([Decimal("9223372036854775807.00")])):
        with pytest.raises(SchemaConflict, match="does not fit"):
            feature.cast(large)


def test_what_is_no_decimal_says_so() -> None:
    assert array_of([True, "1.5"], Value("decimal128(5, 2)"))[0].to_pylist() == [Decimal("1.00"), Decimal("1.50")]
    with pytest.raises(ValueError, match="row 1: 'x' is no decimal number"):
        array_of(["1", "x"], Value("decimal128(5, 2)"))


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_nanoseconds_of_pandas_moments_are_kept(zone: str | None) -> None:
    moment = pd.Timestamp(1, tz=zone)
    dtype = pa.timestamp("ns", zone)
    for array in (array_of([None, moment])[0], array_of([None, moment], Value(str(dtype)))[0]):
        assert array.type == dtype
        assert array.cast(pa.int64()).to_pylist() == [None, 1]
    with pytest.raises(SchemaConflict, match=r"does not fit timestamp\[us"):
        array_of([moment], Value(str(pa.timestamp("us", zone))))


def test_nanoseconds_of_pandas_durations_are_kept() -> None:
    assert array_of([pd.Timedelta(1)], Value("duration[ns]"))[0].cast(pa.int64()).to_pylist() == [1]
    with pytest.raises(SchemaConflict, match="does not fit duration"):
        array_of([pd.Timedelta(1)], Value("duration[us]"))


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63)])
def test_digits_that_run_over_in_a_decimal_are_an_error(number: int) -> None:
    numbers = Dataset.from_dict({"x": [number, None]}, features=Features({"x": Value("int64")}))
    with pytest.raises(SchemaConflict, match="decimal128"):
        numbers.cast_column("x", Value("decimal128(38, 30)"))
    assert numbers.cast_column("x", Value("decimal128(38, 19)"))["x"][:] == [Decimal(number), None]
