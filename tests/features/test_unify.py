"""unify: the least type that holds two."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from arrowsets.errors import SchemaConflict
from arrowsets.features import (
    Array2D,
    ClassLabel,
    Features,
    Image,
    Json,
    LargeList,
    List,
    Value,
    is_lossless_cast,
    unify,
    unify_types,
)

PAIRS = [
    ("int8", "int32", "int32"),
    ("uint8", "int8", "int16"),
    ("uint32", "int8", "int64"),
    ("int64", "float32", "float64"),
    ("float16", "float32", "float32"),
    ("string", "large_string", "large_string"),
    ("string_view", "string", "string_view"),
    ("fixed_size_binary[2]", "fixed_size_binary[3]", "binary"),
    ("date32", "date64", "date64"),
    ("date32", "timestamp[s]", "timestamp[s]"),
    ("timestamp[s]", "timestamp[ns]", "timestamp[ns]"),
    ("timestamp[s, tz=UTC]", "timestamp[ms, tz=Europe/Paris]", "timestamp[ms, tz=UTC]"),
    ("time32[s]", "time64[us]", "time64[us]"),
    ("duration[s]", "duration[ms]", "duration[ms]"),
    ("decimal128(5, 2)", "decimal128(6, 1)", "decimal128(7, 2)"),
    ("decimal128(5, 2)", "int8", "decimal128(5, 2)"),
    ("decimal128(38, 0)", "decimal128(38, 2)", "decimal256(40, 2)"),
]


@pytest.mark.parametrize(("a", "b", "both"), PAIRS)
def test_scalars_meet(a: str, b: str, both: str) -> None:
    assert unify(Value(a), Value(b)) == Value(both)
    assert unify_types(Value(b).storage, Value(a).storage) == Value(both).storage


CONFLICTS = [
    ("bool", "int64"),
    ("bool", "float64"),
    ("int64", "uint64"),
    ("string", "int64"),
    ("string", "binary"),
    ("timestamp[s]", "timestamp[s, tz=UTC]"),
    ("decimal128(5, 2)", "float64"),
    ("time32[s]", "date32"),
]


@pytest.mark.parametrize(("a", "b"), CONFLICTS)
def test_scalars_that_do_not_meet_conflict_or_become_strings(a: str, b: str) -> None:
    with pytest.raises(SchemaConflict, match="no type holds both"):
        unify(Value(a), Value(b))
    assert unify(Value(a), Value(b), allow_string=True) == Value("string")


@pytest.mark.parametrize(
    ("a", "b", "both"),
    [
        (List(Value("int8")), List(Value("null")), List(Value("int8"))),
        (List(Value("int8"), length=2), List(Value("float32"), length=2), List(Value("float64"), length=2)),
        (List(Value("int8"), length=2), List(Value("int8"), length=3), List(Value("int8"))),
        (List(Value("int8")), LargeList(Value("int16")), LargeList(Value("int16"))),
        (Array2D((2, 3), "int8"), Array2D((1, 3), "int16"), Array2D((None, 3), "int16")),
        (ClassLabel(names=["a"]), Value("null"), ClassLabel(names=["a"])),
        (Json(), List(Value("int8")), Json()),
    ],
)
def test_nested_types_meet(a: Any, b: Any, both: Any) -> None:
    assert unify(a, b) == both == unify(b, a)


def test_features_are_the_union_of_columns_in_order() -> None:
    both = unify(
        Features({"b": Value("int8"), "a": {"x": Value("null")}}),
        Features({"c": Value("bool"), "a": {"y": Value("int8"), "x": Value("int8")}}),
    )
    assert isinstance(both, Features)
    assert str(both) == "{'b': Value('int8'), 'a': {'x': Value('int8'), 'y': Value('int8')}, 'c': Value('bool')}"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (ClassLabel(names=["a"]), ClassLabel(names=["b"])),
        (ClassLabel(names=["a"]), Value("int64")),
        (List(Value("int8")), Value("int8")),
        (Image(), Value("string")),
        (Array2D((2, 3), "int8"), Array2D((2, 4), "int8")),
    ],
)
def test_conflict_names_path_and_both_types_even_where_strings_are_allowed(a: Any, b: Any) -> None:
    with pytest.raises(SchemaConflict, match=r"column 'c\.x\[\]'.* and ") as error:
        unify(Features({"c": {"x": [a]}}), Features({"c": {"x": [b]}}), allow_string=True)
    assert error.value.column == "c.x[]"


@pytest.mark.parametrize(
    ("source", "target", "lossless"),
    [
        (pa.null(), pa.list_(pa.int8()), True),
        (pa.int64(), pa.float64(), True),
        (pa.int64(), pa.string(), False),
        (pa.int64(), pa.int32(), False),
        (pa.bool_(), pa.string(), False),
        (pa.string(), pa.large_string(), True),
        (pa.list_(pa.int8()), pa.large_list(pa.int16()), True),
        (pa.list_(pa.int8()), pa.list_(pa.int8(), 2), False),
        (pa.struct([("a", pa.int8())]), pa.struct([("b", pa.int8()), ("a", pa.float64())]), True),
        (pa.struct([("a", pa.int8())]), pa.struct([("b", pa.int8())]), False),
        (pa.int64(), pa.json_(), False),
    ],
)
def test_lossless_casts(source: pa.DataType, target: pa.DataType, lossless: bool) -> None:
    assert is_lossless_cast(source, target) is lossless
