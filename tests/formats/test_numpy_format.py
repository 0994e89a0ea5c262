"""The numpy format."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from arrowsets.errors import UnknownName
from arrowsets.features import Array2D, Features, Json, Value
from arrowsets.formats import get_format


def _column(values: list[Any], kind: Any = None, **options: Any) -> np.ndarray[Any, Any]:
    column: np.ndarray[Any, Any] = get_format("numpy", **options).column(pa.array(values, kind))
    return column


@pytest.mark.parametrize(
    ("values", "kind", "dtype"),
    [
        ([1, 2], pa.int8(), "int64"),
        ([1, 2], pa.uint64(), "int64"),
        ([1.5, 2], pa.float64(), "float32"),
        ([1, None], pa.int64(), "float32"),
        ([True, False], pa.bool_(), "bool"),
        ([True, None], pa.bool_(), "object"),
        (["a", "bc"], pa.string(), "<U2"),
        (["a", None], pa.string(), "object"),
        ([[1, 2], [3, 4]], pa.list_(pa.int16()), "int64"),
        ([[1, 2], [3]], pa.list_(pa.int16()), "object"),
        ([[1.0], None], pa.list_(pa.float64()), "object"),
        ([{"x": 1}], pa.struct([("x", pa.int64())]), "object"),
        ([], pa.int32(), "int64"),
        ([], pa.list_(pa.float64()), "float32"),
    ],
)
def test_types_follow_the_stored_type(values: list[Any], kind: pa.DataType, dtype: str) -> None:
    assert _column(values, kind).dtype == np.dtype(dtype)


@pytest.mark.parametrize("values", [[1, 2], [1.5, 2.5], [True, False], [[1, 2], [3, 4]], [[1], [2, 3]]])
def test_columns_can_be_written_to_without_touching_what_is_stored(values: list[Any]) -> None:
    array = pa.array(values)
    column = get_format("numpy").column(array)
    column[0] = column[1]
    row = next(get_format("numpy").rows(pa.table({"a": array})))["a"]
    if isinstance(row, np.ndarray):
        row[0] = 0
    assert array.to_pylist() == values


def test_lists_of_equal_length_are_stacked() -> None:
    assert _column([[[1, 2], [3, 4]]] * 3).shape == (3, 2, 2)


def test_integers_that_float32_cannot_hold_beside_null_become_float64() -> None:
    assert _column([2**30 + 1, None])[0] == 2**30 + 1


def test_unsigned_integers_beyond_int64_keep_their_value() -> None:
    assert _column([2**63 + 1, 1], pa.uint64()).tolist() == [2**63 + 1, 1]


@pytest.mark.parametrize("values", [["a\0", "b"], [b"a\0", b"b"]])
def test_trailing_zero_characters_are_kept(values: list[Any]) -> None:
    assert _column(values).tolist() == values
    assert [row["a"] for row in get_format("numpy").rows(pa.table({"a": values}))] == values


def test_rows_keep_the_type_of_single_numbers() -> None:
    row = get_format("numpy").row(pa.table({"i": pa.array([1], pa.int8()), "f": [1.5], "s": ["x"]}))
    assert {name: type(value) for name, value in row.items()} == {"i": np.int8, "f": np.float64, "s": np.str_}


def test_a_null_leaves_the_integers_of_other_rows_alone() -> None:
    rows = list(get_format("numpy").rows(pa.table({"l": [[1, None], [2**40, 3]], "i": [None, 2**60 + 1]})))
    assert rows[1]["l"].tolist() == [2**40, 3]
    assert rows[1]["l"].dtype == np.int64
    assert rows[1]["i"] == 2**60 + 1


@pytest.mark.parametrize("values", [[1, 2], [1.5, 2.5], [True, False], [[1, 2], [3, 4]], [[1], [2, 3]]])
def test_a_dtype_holds_for_columns_and_rows(values: list[Any]) -> None:
    shown = get_format("numpy", dtype="float16")
    column = shown.column(pa.array(values))
    row = shown.row(pa.table({"a": values}))["a"]
    assert row.dtype == np.float16
    assert (column[0].dtype if column.dtype == object else column.dtype) == np.float16


def test_a_dtype_that_cannot_hold_null_is_an_error() -> None:
    with pytest.raises(ValueError, match="int32 cannot hold the 1 nulls"):
        _column([1, None], dtype="int32")


def test_null_among_arrays_of_one_shape_is_an_array_of_nan() -> None:
    features = Features({"a": Array2D(shape=(1, 2), dtype="int32"), "b": Value("int64")})
    table = pa.table({"a": pa.array([[[1, 2]], None], features["a"].storage), "b": [1, 2]})
    shown = get_format("numpy", features)
    assert shown.batch(table)["a"].shape == (2, 1, 2)
    assert np.isnan(shown.row(table, 1)["a"]).tolist() == [[True, True]]


def test_decoded_values_become_arrays() -> None:
    features = Features({"j": Json()})
    table = pa.table({"j": ['{"x": [1, 2]}', "[1.5, 2.5]"]})
    rows = list(get_format("numpy", features).rows(table))
    assert rows[0]["j"]["x"].tolist() == [1, 2]
    assert rows[1]["j"].tolist() == [1.5, 2.5]


def test_an_unknown_option_names_the_known() -> None:
    with pytest.raises(UnknownName, match="'dtype'"):
        get_format("numpy", dtpe="float16")


def test_what_lies_below_null_is_not_read() -> None:
    none = pa.array([], pa.string())
    words = pa.DictionaryArray.from_arrays(pa.array([0, 0], pa.int8()), none, safe=False)
    pairs = pa.FixedSizeListArray.from_arrays(words, 2)
    structs = pa.StructArray.from_arrays([pairs], names=["x"], mask=pa.array([True]))
    assert get_format("numpy").column(structs).tolist() == [None]


def test_columns_in_chunks_are_joined() -> None:
    kind = pa.list_(pa.int64())
    column = pa.chunked_array([pa.array(part, kind) for part in ([[1, 2]], [], [[3, 4]])])
    assert get_format("numpy").column(column).tolist() == [[1, 2], [3, 4]]
    assert get_format("numpy").column(pa.chunked_array([], pa.int64())).shape == (0,)
