"""The YAML form of features, as it stands in a README under `dataset_info.features`.

features := [field, …]
field    := {name: NAME, TYPE}
TYPE     := dtype: SCALAR | struct: features | list: ITEM, length: N | large_list: ITEM | sequence: ITEM
ITEM     := SCALAR | features | {TYPE}
SCALAR   := "int64" (a Value) | "image" (a type without parameters) | {class_label: {names: {"0": …}}}
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from arrowsets.features.base import FeatureType, registered
from arrowsets.features.nested import UNKNOWN, LargeList, List, Struct
from arrowsets.features.nested import Sequence as OlderSequence
from arrowsets.features.scalar import Value

__all__ = ["from_yaml_list", "to_yaml_list"]

_LISTS = {"list": List, "large_list": LargeList, "sequence": OlderSequence}


def to_yaml_list(struct: Mapping[str, FeatureType]) -> list[dict[str, Any]]:
    """Return the form of named features."""
    return [{"name": name, **_type(feature)} for name, feature in struct.items()]


def _type(feature: FeatureType) -> dict[str, Any]:
    if isinstance(feature, Struct):
        return {"struct": to_yaml_list(feature)}
    if isinstance(feature, (List, LargeList)):
        data = {key: value for key, value in feature.to_json().items() if key == "length"}
        return {_snake(feature.type_name): _item(feature.feature), **data}
    if isinstance(feature, Value):
        return {"dtype": feature.dtype, **({"id": feature.id} if feature.id is not None else {})}
    return {"dtype": _scalar(feature)}


def _item(feature: FeatureType) -> Any:
    if isinstance(feature, Struct):
        return to_yaml_list(feature)
    if isinstance(feature, (List, LargeList)):
        return _type(feature)
    return feature.dtype if isinstance(feature, Value) else _scalar(feature)


def _scalar(feature: FeatureType) -> Any:
    data = feature.to_json()
    name = _snake(data.pop("_type"))
    if name == "class_label":
        # A mapping keeps its keys as text: YAML would read a list of names such as "no" and 1 as other types.
        data["names"] = {str(code): label for code, label in enumerate(data["names"])}
    return {name: data} if data else name


def from_yaml_list(data: Sequence[Mapping[str, Any]]) -> Struct:
    """Build named features from the form."""
    return Struct({field["name"]: _feature(field) for field in data})


def _feature(field: Mapping[str, Any]) -> Any:
    for key, make in _LISTS.items():
        if key in field:
            rest = {"length": field["length"]} if field.get("length") is not None else {}
            return make(_of_item(field[key]), **rest)
    if "struct" in field:
        return from_yaml_list(field["struct"])
    if "dtype" in field:
        value = _of_scalar(field["dtype"])
        return Value(value.dtype, id=field["id"]) if isinstance(value, Value) and field.get("id") else value
    return _of_scalar({key: value for key, value in field.items() if key != "name"})


def _of_item(item: Any) -> Any:
    if isinstance(item, str):
        return _of_scalar(item)
    if isinstance(item, Mapping):
        return _feature(item)
    return from_yaml_list(item)


def _of_scalar(data: Any) -> FeatureType:
    types = registered()
    known = {_snake(name): name for name in types}
    if isinstance(data, str):
        if data in known and data != "value":
            return types[known[data]].from_json({})
        return Value(data)
    ((name, parameters),) = data.items()
    if name not in known:
        warnings.warn(f"unknown feature type {name!r} is read as its Arrow type", stacklevel=2)
        return UNKNOWN
    parameters = dict(parameters or {})
    if isinstance(parameters.get("names"), Mapping):
        labels = parameters["names"]
        parameters["names"] = [labels[code] for code in sorted(labels, key=int)]
    return types[known[name]].from_json(parameters)


def _snake(name: str) -> str:
    """Return a class's name as YAML spells it: ClassLabel, Array2D -> class_label, array2_d."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
