"""Types made of types: structs, lists, and the shorthands `{...}` and `[...]` for them."""

from __future__ import annotations

import warnings
from abc import ABCMeta
from collections.abc import Callable, Mapping
from collections.abc import Sequence as SequenceOf
from dataclasses import field
from itertools import chain
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from arrowsets.errors import SchemaConflict
from arrowsets.features.base import FeatureType, Frozen, register, registered
from arrowsets.features.casting import is_listlike, list_parts, make_list, nulls, storage_of, struct_fields
from arrowsets.features.kinds import in_order, kind_of, quick_array, to_arrow_or_numpy
from arrowsets.features.scalar import Value
from arrowsets.record import dataclass

__all__ = ["LargeList", "List", "Sequence", "Struct", "as_feature", "at_path", "feature_from_json"]


def as_feature(value: object) -> FeatureType:
    """Return the feature type that a value spells: itself, a dict as a struct, a list of one as a list.

    >>> as_feature([{"x": Value("int8")}])
    List({'x': Value('int8')})
    """
    if isinstance(value, FeatureType):
        return value
    if isinstance(value, Mapping):
        return Struct(value)
    if isinstance(value, (list, tuple)) and len(value) == 1:
        return List(as_feature(value[0]))
    raise TypeError(
        f"{value!r} is no feature type; use Value('int64') and the like, a dict of them for a struct, "
        "or List(...) of one for a list"
    )


class Struct(dict[str, FeatureType], FeatureType):
    """Named fields, written and read as a dict of feature types; a key that a value lacks is null."""

    type_name: ClassVar[str] = "Struct"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self.update(*args, **kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)

    def __setitem__(self, name: str, feature: object) -> None:
        super().__setitem__(name, as_feature(feature))

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set many fields, like `dict.update`."""
        for name, feature in dict(*args, **kwargs).items():
            self[name] = feature

    def setdefault(self, key: str, default: Any = None) -> FeatureType:
        """Return a field, set to the default if it is absent."""
        if key not in self:
            self[key] = default
        return self[key]

    def __ior__(self, other: Any) -> Self:  # type: ignore[override,misc]
        self.update(other)
        return self

    @property
    def storage(self) -> pa.DataType:
        """A struct with a field per key."""
        return pa.struct([feature.field(name) for name, feature in self.items()])

    def encode(self, value: Any) -> dict[str, Any]:
        """Encode the values of a mapping; a missing key is null."""
        if not isinstance(value, Mapping):
            raise TypeError(f"a struct {dict(self)!r} takes a dict, got {value!r}")
        for name in value:
            if name not in self:
                raise SchemaConflict(f"the value has a key {name!r} that its type lacks; the keys are {list(self)!r}")
        return {name: feature.encode_example(value.get(name)) for name, feature in self.items()}

    def decode_value(self, value: Any) -> dict[str, Any]:
        """Decode the values of a mapping."""
        return {name: self[name].decode_example(item) if name in self else item for name, item in value.items()}

    def decoder(self) -> Callable[[Any], Any] | None:
        """Return a function that decodes the fields that need it."""
        decoders = {name: decode for name, feature in self.items() if (decode := feature.decoder()) is not None}
        return _StructDecoder(decoders) if decoders else None

    def from_values(self, values: SequenceOf[Any]) -> pa.Array[Any]:
        """Build a struct array of mappings, field by field."""
        present = [value for value in values if value is not None]
        for value in present:
            if not isinstance(value, Mapping) or not value.keys() <= self.keys():
                self.encode(value)  # says what is wrong
        if not self:
            return pa.array([None if value is None else {} for value in values], pa.struct([]))
        columns = []
        for name, feature in self.items():
            with at_path(name):
                columns.append(feature.from_values([None if value is None else value.get(name) for value in values]))
        fields = [feature.field(name) for name, feature in self.items()]
        return pa.StructArray.from_arrays(columns, fields=fields, mask=_mask(values, present))

    def cast(self, array: pa.Array[Any]) -> pa.Array[Any]:
        """Return a struct array with these fields, in this order; missing ones are null."""
        array = storage_of(array)
        if pa.types.is_null(array.type):
            return nulls(len(array), self.storage)
        if not pa.types.is_struct(array.type):
            raise SchemaConflict(f"{array.type} cannot be cast to the struct {self.storage}")
        return _cast_fields(self, array)

    def children(self) -> Mapping[str, FeatureType]:
        """Return the fields."""
        return self

    def with_children(self, children: Mapping[str, FeatureType]) -> FeatureType:
        """Return a struct of these fields."""
        return Struct(children)

    def flatten(self, max_depth: int = 16) -> Any:
        """Return the fields."""
        del max_depth
        return dict(self)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form of each field by name."""
        return {name: feature.to_json() for name, feature in self.items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FeatureType:
        """Build from the JSON forms by name."""
        return cls({name: feature_from_json(item) for name, item in data.items()})


def quick_fits(feature: FeatureType, found: pa.DataType | None = None) -> bool:
    """Tell whether a list of numbers or texts at any depth may be cast from what Arrow found."""
    while isinstance(feature, _AnyList):
        feature = feature.feature
        if found is not None:
            if not pa.types.is_list(found):
                return False
            found = found.value_type
    return isinstance(feature, Value) and (found is None or feature.takes(found))


def _items(value: Any) -> Any:
    """Return a list's values as something with a length; None for None."""
    if value is None or type(value) is list:
        return value
    kind = kind_of(type(value))
    if kind == "foreign":
        value = to_arrow_or_numpy(value)
        return value.to_pylist() if isinstance(value, (pa.Array, pa.ChunkedArray)) else value
    if isinstance(value, (set, frozenset)):
        return in_order(value)
    if kind == "list" or (kind == "ndarray" and value.ndim):
        return value
    if kind == "null":
        return None
    if isinstance(value, (str, bytes, Mapping)) or not hasattr(value, "__iter__"):
        raise TypeError(f"a list is needed, got {value!r}")
    return list(value)


def _alike(rows: list[Any], first: np.ndarray[Any, Any]) -> bool:
    if first.dtype.kind not in "biuf":
        return False
    return all(isinstance(row, np.ndarray) and row.ndim == 1 and row.dtype == first.dtype for row in rows)


def _mask(values: SequenceOf[Any], present: SequenceOf[Any]) -> pa.Array[Any] | None:
    return None if len(present) == len(values) else pa.array([value is None for value in values], pa.bool_())


@dataclass(frozen=True)
class _StructDecoder:
    decoders: dict[str, Callable[[Any], Any]]

    def __call__(self, value: Any) -> Any:
        if value is None:
            return None
        result = dict(value)
        for name, decode in self.decoders.items():
            if name in result:
                result[name] = decode(result[name])
        return result


@dataclass(frozen=True)
class _ListDecoder:
    decode: Callable[[Any], Any]

    def __call__(self, value: Any) -> Any:
        decode = self.decode
        return None if value is None else [decode(item) for item in value]


def _cast_fields(struct: Mapping[str, FeatureType], array: Any) -> pa.Array[Any]:
    have = struct_fields(array)
    extra = [name for name in have if name not in struct]
    if extra:
        raise SchemaConflict(f"the struct has fields {extra!r} that its type lacks; the fields are {list(struct)!r}")
    if not struct:
        return pa.array([{} if valid else None for valid in array.is_valid().to_pylist()], type=pa.struct([]))
    columns = []
    for name, feature in struct.items():
        if name not in have:
            columns.append(nulls(len(array), feature.storage))
            continue
        with at_path(name):
            columns.append(feature.cast(have[name]))
    mask = array.is_null() if array.null_count else None
    return pa.StructArray.from_arrays(columns, fields=[f.field(name) for name, f in struct.items()], mask=mask)


class at_path:  # noqa: N801  # reads as a statement
    """Put a field's name in front of the path in a conflict that is raised inside."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None or not isinstance(error, (ValueError, TypeError, pa.ArrowException)):
            return
        if isinstance(error, SchemaConflict) and error.column is not None:
            inner = error.column if error.column.startswith("[]") else f".{error.column}"
            path = f"{self.name}{inner}"
            text = str(error).removeprefix(f"column {error.column!r}: ")
        else:
            path, text = self.name, str(error)
        raise SchemaConflict(f"column {path!r}: {text}", column=path) from error


class _AnyList(Frozen):
    """What the two list types share."""

    feature: Any
    id: str | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "feature", as_feature(self.feature))

    def encode(self, value: Any) -> list[Any]:
        """Encode each value."""
        encode = self.feature.encode_example
        return [encode(item) for item in _items(value) or ()]

    def from_values(self, values: SequenceOf[Any]) -> pa.Array[Any]:
        """Build a list array: all values in one array, and where each list begins."""
        quick = quick_array(values) if quick_fits(self) else None
        if quick is not None and is_listlike(quick.type) and quick_fits(self, quick.type):
            return self.cast(quick)
        rows = [_items(value) for value in values]
        present = [row for row in rows if row is not None]
        lengths = np.fromiter((0 if row is None else len(row) for row in rows), np.int64, len(rows))
        with at_path("[]"):
            inner = self._inner(present)
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        return make_list(self.storage, offsets, inner, _mask(rows, present))

    def _inner(self, rows: list[Any]) -> pa.Array[Any]:
        first = rows[0] if rows else None
        if isinstance(first, np.ndarray) and isinstance(self.feature, Value) and _alike(rows, first):
            return self.feature.cast(pa.array(np.concatenate(rows)))
        inner: pa.Array[Any] = self.feature.from_values(list(chain.from_iterable(rows)))
        return inner

    def decode_value(self, value: Any) -> list[Any]:
        """Decode each value."""
        decode = self.feature.decode_example
        return [decode(item) for item in value]

    def decoder(self) -> Callable[[Any], Any] | None:
        """Return a function that decodes each value."""
        decode = self.feature.decoder()
        return None if decode is None else _ListDecoder(decode)

    def cast(self, array: pa.Array[Any]) -> pa.Array[Any]:
        """Return any kind of list array as this kind."""
        array = storage_of(array)
        if pa.types.is_null(array.type):
            return nulls(len(array), self.storage)
        if not is_listlike(array.type):
            raise SchemaConflict(f"{array.type} cannot be cast to {self.storage}")
        offsets, values = list_parts(array)
        with at_path("[]"):
            values = self.feature.cast(values)
        return make_list(self.storage, offsets, values, array.is_null() if array.null_count else None)

    def children(self) -> Mapping[str, FeatureType]:
        """Return the type of the values as "item"."""
        return {"item": self.feature}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FeatureType:
        """Build from the JSON form."""
        rest = {
            name: data[name] for name in ("length", "id") if data.get(name) is not None and name in cls.__annotations__
        }
        return cls(feature_from_json(data["feature"]), **rest)  # type: ignore[call-arg]


@register
@dataclass(frozen=True, repr=False)
class List(_AnyList):
    """A list of values of one type.

    >>> List(Value("int32"), length=3).storage
    FixedSizeListType(fixed_size_list<item: int32>[3])

    Args:
        feature: The type of the values.
        length: Number of values of every list; -1 lets it vary.
    """

    type_name: ClassVar[str] = "List"
    feature: Any = field(hash=False)
    length: int = -1
    id: str | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        length = "" if self.length < 0 else f", length={self.length}"
        return f"{type(self).__name__}({self.feature!r}{length})"

    @property
    def storage(self) -> pa.DataType:
        """A list, or a fixed-size list where the length is given."""
        return pa.list_(self.feature.field("item"), self.length if self.length >= 0 else -1)

    def encode(self, value: Any) -> list[Any]:
        """Encode each value; the length must be the type's."""
        items = super().encode(value)
        if 0 <= self.length != len(items):
            raise ValueError(f"a list of {self.length} values is needed, got {len(items)}: {value!r}")
        return items

    def with_children(self, children: Mapping[str, FeatureType]) -> FeatureType:
        """Return a list of another type."""
        return List(children["item"], length=self.length, id=self.id)


@register
@dataclass(frozen=True, repr=False)
class LargeList(_AnyList):
    """A list with 64-bit offsets, for arrays whose values number more than 2**31."""

    type_name: ClassVar[str] = "LargeList"
    feature: Any = field(hash=False)
    id: str | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        return f"LargeList({self.feature!r})"

    @property
    def storage(self) -> pa.DataType:
        """A large list."""
        return pa.large_list(self.feature.field("item"))

    def with_children(self, children: Mapping[str, FeatureType]) -> FeatureType:
        """Return a large list of another type."""
        return LargeList(children["item"], id=self.id)


class _SequenceMeta(ABCMeta):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, List)


class Sequence(List, metaclass=_SequenceMeta):
    """The older name of `List`. Of a dict it makes a dict of lists, as TensorFlow Datasets did.

    >>> Sequence({"x": Value("int8")})
    {'x': List(Value('int8'))}
    """

    def __new__(cls, feature: Any = None, length: int = -1, **kwargs: Any) -> Any:
        if isinstance(feature, Mapping):
            return Struct({name: List(item, length=length, **kwargs) for name, item in feature.items()})
        return List(feature, length=length, **kwargs)


def feature_from_json(data: Any) -> FeatureType:
    """Build a feature from its JSON form, of this or an older version.

    A `_type` that is not known (of a newer version) is read as null, the type that gives way to any other.
    """
    if isinstance(data, (list, tuple)):
        return List(feature_from_json(data[0]))
    name = data.get("_type")
    if not isinstance(name, str):
        return Struct.from_json(data)
    if name == "Sequence":
        older: FeatureType = Sequence(feature_from_json(data["feature"]), length=data.get("length", -1))
        return older
    known = registered()
    if name not in known:
        warnings.warn(
            f"unknown feature type {name!r} is read as its Arrow type; known are {', '.join(known)}",
            stacklevel=2,
        )
        return UNKNOWN
    return known[name].from_json(data)


# What an unknown type is read as: null gives way to any other type.
UNKNOWN: FeatureType = Value("null")
