"""The feature of an Arrow type, where nothing else is known about a column."""

from __future__ import annotations

import pyarrow as pa

from arrowsets.errors import SchemaConflict
from arrowsets.features.base import FeatureType
from arrowsets.features.dtypes import dtype_name
from arrowsets.features.nested import LargeList, List, Struct
from arrowsets.features.scalar import Value

__all__ = ["feature_of"]


def feature_of(dtype: pa.DataType) -> FeatureType:
    """Return the feature type that holds values of an Arrow type.

    Encodings are taken off: a dictionary of strings is a column of strings. A map is a list of key-value structs.

    >>> feature_of(pa.list_(pa.int32()))
    List(Value('int32'))

    Raises:
        SchemaConflict: for unions, which no feature type holds.
    """
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


def _of_extension(dtype: pa.BaseExtensionType) -> FeatureType:
    return feature_of(dtype.storage_type)
