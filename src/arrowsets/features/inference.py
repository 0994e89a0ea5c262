"""The feature of an Arrow type, where nothing else is known about a column."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from arrowsets.errors import SchemaConflict
from arrowsets.features.base import FeatureType, registered
from arrowsets.features.dtypes import dtype_name, parse_dtype
from arrowsets.features.json_value import Json
from arrowsets.features.nested import LargeList, List, Struct
from arrowsets.features.scalar import Value

__all__ = ["array_of_extension", "feature_of", "plain_type"]


# By Arrow's number of the type: of every column that a map makes it is asked, batch by batch.
_PLAIN: dict[int, FeatureType] = {
    parse_dtype(name).id: Value(name)
    for name in (
        *("null", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float16", "float32", "float64", "date32", "date64", "string", "large_string", "binary", "large_binary"),
    )
}


def feature_of(dtype: pa.DataType) -> FeatureType:
    """Return the feature type that holds values of an Arrow type.

    Encodings are taken off: a dictionary of strings is a column of strings. A map is a list of structs.

    >>> feature_of(pa.list_(pa.int32()))
    List(Value('int32'))

    Raises:
        SchemaConflict: for unions, which no feature type holds.
    """
    plain = _PLAIN.get(dtype.id)
    if plain is not None:
        return plain
    if pa.types.is_dictionary(dtype) or pa.types.is_run_end_encoded(dtype):
        return feature_of(dtype.value_type)
    if pa.types.is_struct(dtype):
        return Struct({dtype.field(i).name: feature_of(dtype.field(i).type) for i in range(dtype.num_fields)})
    if pa.types.is_fixed_size_list(dtype):
        return List(feature_of(dtype.value_type), length=dtype.list_size)
    if pa.types.is_list(dtype) or pa.types.is_list_view(dtype):
        return List(feature_of(dtype.value_type))
    if pa.types.is_large_list(dtype) or pa.types.is_large_list_view(dtype):
        return LargeList(feature_of(dtype.value_type))
    if pa.types.is_map(dtype):
        return List(Struct({"key": feature_of(dtype.key_type), "value": feature_of(dtype.item_type)}))
    name = dtype_name(dtype)
    if name is not None:
        return Value(name)
    if isinstance(dtype, pa.BaseExtensionType):
        return _of_extension(dtype)
    raise SchemaConflict(f"no feature type holds Arrow's {dtype}")


def plain_type(dtype: pa.DataType) -> pa.DataType:
    """Return the type below encodings, maps, views and foreign extensions, at every depth.

    >>> plain_type(pa.dictionary(pa.int8(), pa.string()))
    DataType(string)
    """
    return feature_of(dtype).storage


def _of_extension(dtype: pa.BaseExtensionType) -> FeatureType:
    if isinstance(dtype, pa.JsonType):
        return Json()
    if isinstance(dtype, pa.FixedShapeTensorType):
        name = dtype_name(dtype.value_type)
        if name is not None and len(dtype.shape) in DIMENSIONS:
            return _array(len(dtype.shape), dtype.shape, name)
    if dtype.extension_name.startswith(REFERENCE_ARRAY):
        # The reference is loaded in this process and has registered its array types.
        found = array_of_extension(dtype.extension_name, dtype.__arrow_ext_serialize__())  # type: ignore[attr-defined]
        if found is not None:
            return found
    return feature_of(dtype.storage_type)


def array_of_extension(name: str, parameters: bytes) -> FeatureType | None:
    """Return the array type that an extension of the reference names; None if it names another."""
    for dimensions in DIMENSIONS:
        if name == f"{REFERENCE_ARRAY}{dimensions}DExtensionType":
            shape, dtype = json.loads(parameters)
            return _array(dimensions, shape, dtype)
    return None


def _array(dimensions: int, shape: Any, dtype: str) -> FeatureType:
    array: Any = registered()[f"Array{dimensions}D"]
    made: FeatureType = array(shape=tuple(shape), dtype=dtype)
    return made


REFERENCE_ARRAY = "datasets.features.features.Array"
DIMENSIONS = range(2, 6)  # of the array types
