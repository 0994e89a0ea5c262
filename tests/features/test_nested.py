"""Lists and structs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from arrowsets.errors import SchemaConflict
from arrowsets.features import (
    Features,
    FeatureType,
    LargeList,
    List,
    Sequence,
    Value,
    array_of,
    as_feature,
    cast,
)


def test_sequence_is_a_list_and_of_a_dict_a_dict_of_lists() -> None:
    assert Sequence(Value("int8"), length=2) == List(Value("int8"), length=2)
    assert Sequence({"x": Value("int8")}) == {"x": List(Value("int8"))}
    assert isinstance(List(Value("int8")), Sequence)


def test_shorthands_become_types() -> None:
    features = Features({"l": [Value("int8")], "s": {"x": [{"y": Value("bool")}]}})
    assert features["l"] == List(Value("int8"))
    assert features["s"] == as_feature({"x": List({"y": Value("bool")})})
    features["s"] = {"z": [Value("int8")]}
    assert str(features.type) == "struct<l: list<item: int8>, s: struct<z: list<item: int8>>>"


@pytest.mark.parametrize("wrong", ["int8", int, [Value("int8"), Value("int8")], None])
def test_what_is_no_type_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError, match="no feature type"):
        Features({"a": wrong})


def test_missing_keys_are_null_and_unknown_keys_an_error() -> None:
    struct = as_feature({"x": Value("int8"), "y": [Value("string")]})
    assert array_of([{"x": 1}, {}, None], struct)[0].to_pylist() == [
        {"x": 1, "y": None},
        {"x": None, "y": None},
        None,
    ]
    with pytest.raises(SchemaConflict, match=r"row 1.*'z'"):
        array_of([{"x": 1}, {"z": 1}], struct)


@pytest.mark.parametrize(
    ("feature", "values"),
    [
        (List(Value("int8")), [np.array([1, 2]), (3,), range(2), None, {4}]),
        (LargeList(Value("int8")), [[1, 2], [3], [0, 1], None, [4]]),
        (List(Value("string")), [[1, 2], [3], [0, 1], None, [4]]),
    ],
)
def test_lists_are_built_of_any_sequence(feature: FeatureType, values: list[Any]) -> None:
    array, _ = array_of(values, feature)
    assert cast(array, List(Value("int8"))).to_pylist() == [[1, 2], [3], [0, 1], None, [4]]


@pytest.mark.parametrize("value", ["ab", {"a": 1}, 5, b"ab"])
def test_text_and_dicts_are_no_lists(value: object) -> None:
    with pytest.raises(SchemaConflict, match=r"row 0.*a list is needed"):
        array_of([value], List(Value("string")))


def test_nested_error_names_path_and_value() -> None:
    feature = as_feature({"x": [{"y": Value("int8")}]})
    with pytest.raises(SchemaConflict, match=r"column 'c\.x\[\]\.y', row 1.*300") as error:
        array_of([{"x": []}, {"x": [{"y": 300}]}], feature, column="c")
    assert error.value.column == "c.x[].y"


SOURCES = [
    pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int64())),
    pa.array([["1", "2"], None, ["3", "4"]], pa.large_list(pa.string())),
    pa.array([[1, 2], None, [3, 4]], pa.list_(pa.float32(), 2)),
    pa.array([[0], [1, 2], None, [3, 4]], pa.list_(pa.int8())).slice(1),
    pa.array([[1, 2], None, [3, 4]], pa.list_view(pa.int8())),
]


@pytest.mark.parametrize("feature", [List(Value("int8")), LargeList(Value("int8")), List(Value("int8"), length=2)])
@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_every_kind_of_list_becomes_every_other(source: pa.Array[Any], feature: FeatureType) -> None:
    result = cast(source, feature)
    result.validate(full=True)
    assert (result.type, result.to_pylist()) == (feature.storage, [[1, 2], None, [3, 4]])


def test_null_list_that_owns_values_stays_null() -> None:
    array = pa.ListArray.from_arrays([0, 1, 2], [1, 2], mask=pa.array([True, False]))
    for feature in (LargeList(Value("int8")), List(Value("int8"), length=1)):
        assert cast(array, feature).to_pylist() == [None, [2]]


def test_list_of_another_length_is_an_error() -> None:
    for rows in ([[1, 2], [1]], pa.array([[1, 2], [1]])):
        with pytest.raises(SchemaConflict, match=r"row 1"):
            array_of(rows, List(Value("int8"), length=2))


def test_struct_cast_reorders_fills_and_refuses_unknown_fields() -> None:
    array = pa.array([{"b": "1", "a": 2}, None])
    struct = as_feature({"a": Value("int8"), "b": Value("int8"), "c": [Value("string")]})
    assert cast(array, struct).to_pylist() == [{"a": 2, "b": 1, "c": None}, None]
    with pytest.raises(SchemaConflict, match="'b'"):
        cast(array, as_feature({"a": Value("int8")}))


def test_a_map_is_a_list_of_pairs() -> None:
    array = pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int8()))
    built, feature = array_of(array)
    assert feature == List({"key": Value("string"), "value": Value("int8")})
    assert built.to_pylist() == [[{"key": "k", "value": 1}], None]
