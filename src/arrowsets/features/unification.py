"""The least type that holds the values of two types without loss.

    null  <  everything
    int8 < int16 < int32 < int64, uint8 < … < uint64; signed and unsigned meet in the next wider signed type
    any int and any float  ->  float64;  floats widen
    decimals widen; a decimal holds integers
    date < timestamp; units become finer; two time zones meet in UTC, but a zone never meets none
    string < large_string, binary < large_binary
    lists meet by their values, structs in the union of their fields, Json holds everything
    bool meets nothing but null: True is no 1

Where two types do not meet, readers of text may ask for string instead, of which every text is a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pyarrow as pa

from arrowsets.errors import SchemaConflict
from arrowsets.features.base import FeatureType
from arrowsets.features.dtypes import dtype_name
from arrowsets.features.inference import feature_of
from arrowsets.features.json_value import Json
from arrowsets.features.nested import LargeList, List, Struct
from arrowsets.features.scalar import Value
from arrowsets.late import array, label

if TYPE_CHECKING:
    from arrowsets.features.array import ArrayType

__all__ = ["is_lossless_cast", "takes_keys", "unify", "unify_types"]

T = TypeVar("T", bound=FeatureType)


def unify(a: T, b: FeatureType, *, allow_string: bool = False, use_json: bool = False) -> T:
    """Return the features, or the type, that holds the values of both.

    >>> unify(Struct({"x": Value("int8")}), Struct({"x": Value("float32"), "y": Value("string")}))
    {'x': Value('float64'), 'y': Value('string')}

    Args:
        a: Features or a type.
        b: The same.
        allow_string: Let scalars that do not meet become strings.
        use_json: Let what does not meet become `Json`, as deep inside as it can be.

    Raises:
        SchemaConflict: where nothing holds both; names the column's path and both types.
    """
    return cast(T, _Unifier(allow_string, use_json).unify(a, b, ""))


def takes_keys(source: FeatureType, target: FeatureType) -> bool:
    """Tell whether structs of `source` are JSON in `target`: a key that a row lacked is no key there, and null in a struct.

    >>> takes_keys(Struct({"u": Value("int8")}), Json()), takes_keys(Value("int8"), Json())
    (True, False)
    """
    if isinstance(target, Json):
        return _has_struct(source)
    below = target.children()
    return any(name in below and takes_keys(child, below[name]) for name, child in source.children().items())


def _has_struct(feature: FeatureType) -> bool:
    return isinstance(feature, Struct) or any(map(_has_struct, feature.children().values()))


def unify_types(a: pa.DataType, b: pa.DataType, *, allow_string: bool = False) -> pa.DataType:
    """Return the Arrow type that holds the values of both; see `unify`.

    >>> unify_types(pa.int64(), pa.list_(pa.int8()))
    Traceback (most recent call last):
    arrowsets.errors.SchemaConflict: no type holds both int64 and List(Value('int8'))
    """
    if a.equals(b):
        return a
    return unify(feature_of(a), feature_of(b), allow_string=allow_string).storage


def is_lossless_cast(source: pa.DataType, target: pa.DataType) -> bool:
    """Tell whether values read as `source` and cast are those that reading as `target` gives.

    A number is not what the text said ("007", "1e3"), so it does not become a string this way.

    >>> is_lossless_cast(pa.int64(), pa.float64()), is_lossless_cast(pa.int64(), pa.string())
    (True, False)
    """
    if source.equals(target) or pa.types.is_null(source):
        return True
    return _lossless(feature_of(source), feature_of(target))


def _lossless(source: FeatureType, target: FeatureType) -> bool:
    if source == target or source == Value("null"):
        return True
    if isinstance(source, Value) and isinstance(target, Value):
        return _join(source.storage, target.storage) == target.storage
    if isinstance(source, Struct) and isinstance(target, Struct):
        return all(name in target and _lossless(feature, target[name]) for name, feature in source.items())
    if isinstance(source, (List, LargeList)) and isinstance(target, (List, LargeList)):
        return _length(target) in (-1, _length(source)) and _lossless(source.feature, target.feature)
    return False


def _length(feature: List | LargeList) -> int:
    return feature.length if isinstance(feature, List) else -1


class _Unifier:
    def __init__(self, allow_string: bool, use_json: bool) -> None:
        self.allow_string, self.use_json = allow_string, use_json

    def unify(self, a: FeatureType, b: FeatureType, path: str) -> FeatureType:
        if a == b:
            return self._structs(a, b, path) if isinstance(a, Struct) and isinstance(b, Struct) else a
        if _is_null(a) or _is_null(b):
            return b if _is_null(a) else a
        if isinstance(a, Json) or isinstance(b, Json):
            return a if isinstance(a, Json) else b
        joined = self._same_kind(a, b, path)
        if joined is not None:
            return joined
        if self.allow_string and isinstance(a, Value) and isinstance(b, Value):
            return Value("string")
        if self.use_json:
            return Json()
        place = f"column {path!r}: " if path else ""
        raise SchemaConflict(f"{place}no type holds both {_shown(a)} and {_shown(b)}", column=path or None)

    def _same_kind(self, a: FeatureType, b: FeatureType, path: str) -> FeatureType | None:
        if isinstance(a, Struct) and isinstance(b, Struct):
            return self._structs(a, b, path)
        if isinstance(a, (List, LargeList)) and isinstance(b, (List, LargeList)):
            return self._lists(a, b, path)
        if isinstance(a, label.ClassLabel) and isinstance(b, label.ClassLabel):
            return a if a.names == b.names else None
        if isinstance(a, array.ArrayType) and isinstance(b, array.ArrayType):
            return _arrays(a, b)
        if isinstance(a, Value) and isinstance(b, Value):
            dtype = _join(a.storage, b.storage)
            name = dtype_name(dtype) if dtype is not None else None
            return None if name is None else Value(name)
        return None

    def _structs(self, a: Struct, b: Struct, path: str) -> Struct:
        inner = {
            name: self.unify(a[name], b[name], f"{path}.{name}" if path else name) if name in b else a[name]
            for name in a
        }
        fields: Mapping[str, FeatureType] = {**inner, **{name: b[name] for name in b if name not in a}}
        return cast(Struct, a.with_children(fields))

    def _lists(self, a: List | LargeList, b: List | LargeList, path: str) -> FeatureType:
        inner = self.unify(a.feature, b.feature, f"{path}[]")
        if isinstance(a, LargeList) or isinstance(b, LargeList):
            return LargeList(inner)
        return List(inner, length=a.length if a.length == b.length else -1)


def _is_null(feature: FeatureType) -> bool:
    return isinstance(feature, Value) and pa.types.is_null(feature.storage)


def _shown(feature: FeatureType) -> str:
    return feature.dtype if isinstance(feature, Value) else repr(feature)


def _arrays(a: ArrayType, b: ArrayType) -> FeatureType | None:
    if type(a) is not type(b) or a.shape[1:] != b.shape[1:]:
        return None
    dtype = _join(pa.array([], _dtype(a)).type, _dtype(b))
    name = dtype_name(dtype) if dtype is not None else None
    make: Any = type(a)
    result: FeatureType | None = (
        None
        if name is None
        else make(shape=(a.shape[0] if a.shape[0] == b.shape[0] else None, *a.shape[1:]), dtype=name)
    )
    return result


def _dtype(feature: ArrayType) -> pa.DataType:
    return Value(feature.dtype).storage


def _join(a: pa.DataType, b: pa.DataType) -> pa.DataType | None:
    """Return the least type above two scalar types; None if there is none."""
    if a.equals(b):
        return a
    for family in (_numbers, _decimals, _texts, _times):
        joined = family(a, b) or family(b, a)
        if joined is not None:
            return joined
    return None


def _numbers(a: pa.DataType, b: pa.DataType) -> pa.DataType | None:
    if pa.types.is_floating(a):
        if pa.types.is_integer(b):
            return pa.float64()
        return max(a, b, key=lambda dtype: dtype.bit_width) if pa.types.is_floating(b) else None
    if not (pa.types.is_integer(a) and pa.types.is_integer(b)):
        return None
    signed = pa.types.is_signed_integer(a), pa.types.is_signed_integer(b)
    if signed[0] == signed[1]:
        return max(a, b, key=lambda dtype: dtype.bit_width)
    needed = max(dtype.bit_width * (1 if is_signed else 2) for dtype, is_signed in zip((a, b), signed, strict=True))
    return {16: pa.int16(), 32: pa.int32(), 64: pa.int64()}.get(needed)


_DIGITS = {8: 3, 16: 5, 32: 10, 64: 20}


def _decimals(a: pa.DataType, b: pa.DataType) -> pa.DataType | None:
    if not pa.types.is_decimal(a):
        return None
    if pa.types.is_integer(b):
        whole, scale = max(a.precision - a.scale, _DIGITS[b.bit_width]), a.scale
    elif pa.types.is_decimal(b):
        whole, scale = max(a.precision - a.scale, b.precision - b.scale), max(a.scale, b.scale)
    else:
        return None
    precision = whole + scale
    if precision > 76:
        return None
    small = precision <= 38 and not any(dtype.bit_width == 256 for dtype in (a, b))
    return pa.decimal128(precision, scale) if small else pa.decimal256(precision, scale)


def _texts(a: pa.DataType, b: pa.DataType) -> pa.DataType | None:
    strings = (pa.string(), pa.string_view(), pa.large_string())
    if a in strings and b in strings:
        return strings[max(strings.index(a), strings.index(b))]
    binaries = (pa.binary(), pa.binary_view(), pa.large_binary())
    ranks = [
        0 if pa.types.is_fixed_size_binary(dtype) else binaries.index(dtype) if dtype in binaries else -1
        for dtype in (a, b)
    ]
    return binaries[max(ranks)] if min(ranks) >= 0 else None


_UNITS = ("s", "ms", "us", "ns")


def _times(a: pa.DataType, b: pa.DataType) -> pa.DataType | None:
    if pa.types.is_date(a):
        if pa.types.is_date(b):
            return pa.date64()
        return b if pa.types.is_timestamp(b) and b.tz is None else None
    if pa.types.is_timestamp(a) and pa.types.is_timestamp(b):
        if (a.tz is None) != (b.tz is None):
            return None
        return pa.timestamp(_finer(a, b), a.tz if a.tz == b.tz else "UTC")
    if pa.types.is_duration(a) and pa.types.is_duration(b):
        return pa.duration(_finer(a, b))
    if pa.types.is_time(a) and pa.types.is_time(b):
        unit = _finer(a, b)
        return pa.time32(unit) if unit in ("s", "ms") else pa.time64(unit)
    return None


def _finer(a: Any, b: Any) -> Any:
    return _UNITS[max(_UNITS.index(a.unit), _UNITS.index(b.unit))]
