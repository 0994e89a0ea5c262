"""Which types the answers of a user's function get.

A type depends on the kind of the values, never on which of them come first:

- `features=` given to map decides, where it names the column.
- A column that existed keeps its type if the new values are of its kind: integers of any width, floats (integers too),
  strings, bytes, times of one sort, lists and structs of such. A value that does not fit (1000 in an int8) widens it.
  Another kind replaces it: "1" in an integer column makes a string column.
- A column of images, audio or other media keeps its type if the values are what it takes: arrays, objects, bytes, paths.
- Token ids and masks, which every tokenizer returns under the same names, are stored as int32 and int8 where they fit.
- Otherwise the type is the one that the values have.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pyarrow as pa

from arrowsets.errors import ColumnNotFound, SchemaConflict
from arrowsets.features import (
    ClassLabel,
    Features,
    FeatureType,
    Json,
    LargeList,
    List,
    Value,
    array_of,
    as_feature,
    cast,
    cast_column,
)
from arrowsets.features.media import has_media
from arrowsets.record import dataclass

__all__ = ["Typing", "settle"]

_NARROW = {
    "input_ids": "int32",
    "attention_mask": "int8",
    "token_type_ids": "int8",
    "special_tokens_mask": "int8",
}
_MISFITS = (pa.ArrowInvalid, pa.ArrowTypeError, SchemaConflict, OverflowError)


@dataclass(frozen=True)
class Typing:
    """Types for the columns that a function returns.

    Attributes:
        input: The features of the rows that it was given.
        declared: What the user says the types are.
        keep: A column that existed keeps its type if the values are of its kind.
        on_mixed: "use_json" stores values of several kinds as JSON; None raises.
        settled: Types that hold the values of all rows, where those of some rows do not tell.
    """

    input: Features
    declared: Features | None = None
    keep: bool = True
    on_mixed: Literal["use_json"] | None = "use_json"
    settled: Features | None = None

    def is_immutable(self, key: str) -> bool:
        """Tell whether Python values of an input column cannot be changed in place."""
        return isinstance(self.input[key], (Value, ClassLabel))

    def column(self, key: str, values: Any, offset: int | None) -> tuple[pa.Array[Any], Any]:
        """Make a typed array of the values of column `key`; the feature is its second half.

        Raises:
            SchemaConflict: names the column, and the row counted from `offset`.
        """
        if self.declared is not None:
            if key not in self.declared:
                raise ColumnNotFound(
                    f"the function returned column {key!r}, which features= does not name; "
                    f"it names {', '.join(map(repr, self.declared))}"
                )
            return self._declared(key, values, offset)
        if self.settled is not None and key in self.settled:
            return array_of(values, self.settled[key])
        if (medium := self._medium(key)) is not None:
            try:
                return array_of(values, medium)
            except _MISFITS:
                pass
        try:
            array, feature = array_of(values, on_mixed=self.on_mixed)
        except _MISFITS as error:
            raise _placed(error, key, offset) from error
        return self._settled(key, array, feature)

    def arrow(self, key: str, column: pa.ChunkedArray[Any], schema: pa.Schema) -> tuple[pa.ChunkedArray[Any], Any]:
        """Type a column that was returned as Arrow data."""
        feature = Features.from_arrow_schema(schema)[key]
        if self.declared is not None and key in self.declared:
            wanted = self.declared[key]
            return cast_column(column, wanted), wanted
        old = self.input.get(key)
        if self.keep and old is not None and (wanted := settle(old, feature)) != feature:
            try:
                return cast_column(column, wanted), wanted
            except _MISFITS:
                pass
        return column, feature

    def _medium(self, key: str) -> Any:
        old = self.input.get(key) if self.keep else None
        return old if old is not None and has_media(as_feature(old)) else None

    def _declared(self, key: str, values: Any, offset: int | None) -> tuple[pa.Array[Any], Any]:
        assert self.declared is not None
        wanted = self.declared[key]
        try:
            array, _ = array_of(values, wanted)
        except _MISFITS as error:
            raise _placed(error, key, offset) from error
        return array, wanted

    def _settled(self, key: str, array: pa.Array[Any], feature: Any) -> tuple[pa.Array[Any], Any]:
        wanted = self._wanted(key, feature)
        if wanted != feature:
            try:
                return cast(array, wanted), wanted
            except _MISFITS:
                pass
        return array, feature

    def _wanted(self, key: str, feature: Any) -> Any:
        if key in self.input:
            return settle(self.input[key], feature) if self.keep else feature
        return _narrow(feature, _NARROW[key]) if key in _NARROW else feature

    def is_common(self, key: str, feature: Any) -> bool:
        """Tell whether each of the values would get the type that all got: some got no other because others do not fit that."""
        if self.declared is not None or (self.settled is not None and key in self.settled):
            return True
        medium = self._medium(key)
        return bool(feature == (self._wanted(key, feature) if medium is None else medium))


def settle(old: Any, new: Any) -> Any:
    """Return the type for values of type `new` in a column that was `old`.

    >>> settle(Value("int8"), Value("int64")), settle(Value("int64"), Value("string"))
    (Value('int8'), Value('string'))
    """
    if old == new or _is_null(new) or isinstance(old, Json):
        return old
    if isinstance(old, Value) and isinstance(new, Value):
        kept = _kind(old) == _kind(new) or (_kind(old), _kind(new)) == ("float", "int")
        return old if kept else new
    if isinstance(old, ClassLabel):
        return old if isinstance(new, Value) and _kind(new) == "int" else new
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {
            **old,
            **{name: settle(old[name], item) if name in old else item for name, item in new.items()},
        }
    if isinstance(old, (List, LargeList)) and isinstance(new, (List, LargeList)):
        inner = settle(old.feature, new.feature)
        return old.with_children({"item": inner}) if getattr(old, "length", -1) == -1 else _sized(old, inner)
    if isinstance(old, FeatureType) and not isinstance(old, (Value, List, LargeList)) and type(old) is type(new):
        return old
    if isinstance(old, FeatureType) and not isinstance(old, (Value, List, LargeList, ClassLabel)):
        return old if _same_shape(old, new) else new
    return new


def _sized(old: Any, inner: Any) -> Any:
    return type(old)(inner, old.length)


def _same_shape(old: FeatureType, new: Any) -> bool:
    """Whether a special type (an image, a matrix) is stored as such values are."""
    if isinstance(new, Mapping):
        return pa.types.is_struct(old.storage) and {field.name for field in old.storage} == set(new)
    return isinstance(new, (List, LargeList)) and pa.types.is_list(old.storage)


def _is_null(feature: Any) -> bool:
    return isinstance(feature, Value) and feature.dtype == "null"


def _kind(feature: Value) -> str:
    kind = pa.types
    for name, test in (
        ("bool", kind.is_boolean),
        ("int", kind.is_integer),
        ("float", kind.is_floating),
        ("decimal", kind.is_decimal),
        ("timestamp", kind.is_timestamp),
        ("date", kind.is_date),
        ("time", kind.is_time),
        ("duration", kind.is_duration),
    ):
        if test(feature.storage):
            return name
    return feature.dtype.removeprefix("large_").removesuffix("_view")


def _narrow(feature: Any, dtype: str) -> Any:
    if isinstance(feature, Value):
        return Value(dtype) if _kind(feature) == "int" else feature
    if isinstance(feature, (List, LargeList)):
        return feature.with_children({"item": _narrow(feature.feature, dtype)})
    return feature


def _placed(error: Exception, key: str, offset: int | None) -> SchemaConflict:
    place = "" if offset is None else f" in the batch that starts at row {offset}"
    return SchemaConflict(f"column {key!r}{place}: {error}", column=key)
