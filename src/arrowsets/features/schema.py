"""Features: the columns of a dataset and their types."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pyarrow as pa

from arrowsets.errors import ColumnNotFound
from arrowsets.features.base import FeatureType
from arrowsets.features.casting import is_text
from arrowsets.features.inference import REFERENCE_ARRAY, array_of_extension, feature_of
from arrowsets.features.json_value import Json
from arrowsets.features.nested import UNKNOWN, LargeList, List, Struct
from arrowsets.features.yaml_form import from_yaml_list, to_yaml_list

__all__ = ["Features"]


class Features(Struct):
    """Column names and their types: a dict that only takes types.

    >>> from arrowsets.features import Value
    >>> Features({"text": Value("string"), "scores": [Value("float32")]})
    {'text': Value('string'), 'scores': List(Value('float32'))}
    """

    type_name: ClassVar[str] = "Features"

    @property
    def type(self) -> pa.DataType:
        """The columns as one struct type."""
        return self.storage

    @property
    def arrow_schema(self) -> pa.Schema:
        """The Arrow schema, whose metadata hold these features for any reader."""
        text = json.dumps({"info": {"features": self.to_dict()}})
        return pa.schema([feature.field(name) for name, feature in self.items()], metadata={"huggingface": text})

    @classmethod
    def from_arrow_schema(cls, pa_schema: pa.Schema) -> Features:
        """Build from an Arrow schema: the features in its metadata where they fit, else those of its types.

        >>> Features.from_arrow_schema(pa.schema({"a": pa.int8()}))
        {'a': Value('int8')}
        """
        stored = _stored_features(pa_schema)
        return cls(
            {
                field.name: _fitting(stored[field.name], field.type) if field.name in stored else _of_field(field)
                for field in pa_schema
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, which `dataset_info.json` and Arrow metadata hold."""
        return self.to_json()

    @classmethod
    def from_dict(cls, dic: Mapping[str, Any]) -> Features:
        """Build from the JSON form, of this or an older version.

        >>> Features.from_dict({"a": {"dtype": "int8", "_type": "Value"}})
        {'a': Value('int8')}
        """
        return cls(Struct.from_json(dic))

    def to_yaml(self) -> list[dict[str, Any]]:
        """Return the form of `dataset_info.features` in a README's YAML header.

        >>> from arrowsets.features import Value
        >>> Features({"a": Value("int8"), "b": [Value("string")]}).to_yaml()
        [{'name': 'a', 'dtype': 'int8'}, {'name': 'b', 'list': 'string'}]
        """
        return to_yaml_list(self)

    @classmethod
    def from_yaml(cls, data: Sequence[Mapping[str, Any]]) -> Features:
        """Build from a README's form, of this or an older version.

        >>> Features.from_yaml([{"name": "b", "sequence": "string"}])
        {'b': List(Value('string'))}
        """
        return cls(from_yaml_list(data))

    def copy(self) -> Features:
        """Return an independent copy."""
        return Features(_copied(self).children())

    def encode_example(self, example: Mapping[str, Any]) -> dict[str, Any]:
        """Encode a row; missing columns are null."""
        return self.encode(example)

    def encode_column(self, column: Sequence[Any], column_name: str) -> list[Any]:
        """Encode the values of one column."""
        encode = self._column(column_name).encode_example
        return [encode(value) for value in column]

    def encode_batch(self, batch: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
        """Encode a batch, a dict of columns; it must have exactly these columns."""
        if set(batch) != set(self):
            raise ValueError(f"the batch has the columns {list(batch)!r}, but the features are {list(self)!r}")
        return {name: self.encode_column(column, name) for name, column in batch.items()}

    def decode_example(self, example: Mapping[str, Any], token_per_repo_id: Any = None) -> dict[str, Any]:
        """Decode a row."""
        del token_per_repo_id
        return self.decode_value(example)

    def decode_column(self, column: Sequence[Any], column_name: str, token_per_repo_id: Any = None) -> list[Any]:
        """Decode the values of one column."""
        del token_per_repo_id
        decode = self._column(column_name).decoder()
        return list(column) if decode is None else [decode(value) for value in column]

    def decode_batch(self, batch: Mapping[str, Sequence[Any]], token_per_repo_id: Any = None) -> dict[str, list[Any]]:
        """Decode a batch, a dict of columns."""
        del token_per_repo_id
        return {
            name: self.decode_column(column, name) if name in self else list(column) for name, column in batch.items()
        }

    def flatten(self, max_depth: int = 16) -> Features:
        """Return features with each struct replaced by its fields, named "outer.inner".

        >>> from arrowsets.features import Value
        >>> Features({"s": {"x": Value("int8")}}).flatten()
        {'s.x': Value('int8')}
        """
        flat = self
        for _ in range(1, max_depth):
            level = Features()
            for name, feature in flat.items():
                inner = feature.flatten()
                if isinstance(inner, Mapping):
                    level.update({f"{name}.{key}": item for key, item in inner.items()})
                else:
                    level[name] = feature
            if list(level) == list(flat):
                break
            flat = level
        return flat

    def reorder_fields_as(self, other: Features) -> Features:
        """Return these features with columns and struct fields in the other's order.

        Raises:
            ValueError: if the two do not have the same fields.
        """
        return Features(_reordered(self, as_struct(other), ""))

    def with_children(self, children: Mapping[str, FeatureType]) -> Features:
        """Return features of these columns."""
        return Features(children)

    # The reference's private names for the YAML form, which other libraries call all the same.
    _to_yaml_list = to_yaml
    _from_yaml_list = from_yaml

    def _column(self, name: str) -> FeatureType:
        try:
            return self[name]
        except KeyError:
            raise ColumnNotFound.of(name, self) from None


def _copied(feature: FeatureType) -> FeatureType:
    """Copy structs, which can be changed; other types cannot and are shared."""
    children = feature.children()
    if not children and not isinstance(feature, Struct):
        return feature
    return feature.with_children({name: _copied(child) for name, child in children.items()})


def as_struct(features: Mapping[str, Any]) -> Struct:
    """Return features as a struct type."""
    return features if isinstance(features, Struct) else Struct(features)


def _stored_features(schema: pa.Schema) -> Mapping[str, FeatureType]:
    text = (schema.metadata or {}).get(b"huggingface")
    if text is None:
        return {}
    try:
        features = (json.loads(text).get("info") or {}).get("features")
    except (ValueError, AttributeError):
        return {}
    return Features.from_dict(features) if isinstance(features, Mapping) else {}


def _of_field(field: pa.Field[Any]) -> FeatureType:
    """Return the feature of a field's type, or of the reference's array extension that its metadata name."""
    metadata = field.metadata or {}
    name = metadata.get(b"ARROW:extension:name", b"").decode()
    found = (
        array_of_extension(name, metadata[b"ARROW:extension:metadata"]) if name.startswith(REFERENCE_ARRAY) else None
    )
    return found if found is not None else feature_of(field.type)


def _fitting(feature: FeatureType, dtype: pa.DataType) -> FeatureType:
    """Return the feature if its storage is that type; else the type's own, with the parts that fit."""
    actual = feature_of(dtype)
    plain = actual.storage
    if feature.storage.equals(plain) or (isinstance(feature, Json) and is_text(plain)):
        return feature
    if isinstance(feature, Struct) and isinstance(actual, Struct):
        return Struct({name: _fitting(feature.get(name, UNKNOWN), inner.storage) for name, inner in actual.items()})
    if isinstance(feature, (List, LargeList)) and isinstance(actual, (List, LargeList)):
        return actual.with_children({"item": _fitting(feature.feature, actual.feature.storage)})
    return actual


def _reordered(feature: FeatureType, other: FeatureType, path: str) -> FeatureType:
    ours, theirs = feature.children(), other.children()
    if isinstance(feature, Struct) != isinstance(other, Struct) or (
        ours.keys() != theirs.keys() and isinstance(feature, Struct)
    ):
        raise ValueError(
            f"{f'column {path!r}: ' if path else ''}the fields {list(ours)!r} cannot be ordered as "
            f"{list(theirs)!r}: they are not the same fields"
        )
    if not ours or ours.keys() != theirs.keys():
        return feature
    return feature.with_children(
        {name: _reordered(ours[name], theirs[name], f"{path}.{name}".strip(".")) for name in theirs}
    )
