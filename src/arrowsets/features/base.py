"""The feature type: one class per type, which owns its Arrow storage, encoding, decoding and JSON form.

A feature type is an immutable value. `storage` says how Arrow holds it, `encode` turns a Python value into
one that Arrow can hold there, `decode_value` turns what Arrow gives back into what the user sees. Null is null in
every type: `encode` and `decode_value` are never given None. Subclasses register under their JSON form's `_type`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, field, fields
from importlib import import_module
from typing import Any, ClassVar, TypeVar

import pyarrow as pa

from arrowsets.features.casting import cast_storage, storage_of
from arrowsets.guise import class_seen
from arrowsets.record import dataclass

__all__ = ["FeatureType", "Frozen", "registered", "register"]

# Imported when they are looked up: few datasets hold them, and importing them takes as long as all the others.
_HOMES = {
    "Array2D": "array",
    "Array3D": "array",
    "Array4D": "array",
    "Array5D": "array",
    "ClassLabel": "label",
    "Translation": "translation",
    "TranslationVariableLanguages": "translation",
    "Image": "image",
    "Audio": "audio",
    "Video": "video",
    "Pdf": "pdf",
    "Nifti": "nifti",
    "Mesh": "mesh",
    "BioSequence": "bio",
    "BioStructure": "bio",
}
_registry: dict[str, type[FeatureType]] = {}

F = TypeVar("F", bound="type[FeatureType]")


def register(cls: F) -> F:
    """Make a feature type known by its `type_name` to `Features.from_dict`; a decorator."""
    _registry[cls.type_name] = cls
    return cls


def registered() -> Mapping[str, type[FeatureType]]:
    """Return the known feature types by their `_type`; the rarer ones are imported when they are looked up."""
    return _Types()


class _Types(Mapping[str, "type[FeatureType]"]):
    def __getitem__(self, name: str) -> type[FeatureType]:
        if name not in _registry and name in _HOMES:
            import_module(f"arrowsets.features.{_HOMES[name]}")
        return _registry[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**_registry, **_HOMES})

    def __len__(self) -> int:
        return len({**_registry, **_HOMES})


class FeatureType(ABC):
    """What a column holds."""

    type_name: ClassVar[str]

    @property
    @abstractmethod
    def storage(self) -> pa.DataType:
        """The Arrow type that holds this feature."""

    def field(self, name: str) -> pa.Field[Any]:
        """Return the Arrow field of a column of this type, with metadata that other readers look for."""
        return pa.field(name, self.storage)

    @property
    def needs_encode(self) -> bool:
        """Whether Arrow cannot build this type from Python values without `encode`."""
        return any(child.needs_encode for child in self.children().values())

    @property
    def needs_decode(self) -> bool:
        """Whether `decode_value` changes values; False lets readers skip it."""
        return any(child.needs_decode for child in self.children().values())

    @property
    def holds_files(self) -> bool:
        """Whether there are files in cells, at any depth, which may turn out to be damaged when they are decoded."""
        return any(child.holds_files for child in self.children().values())

    def encode(self, value: Any) -> Any:
        """Return a value that Arrow can hold in `storage`."""
        return value

    def decode_value(self, value: Any) -> Any:
        """Return what the user sees of a stored value."""
        return value

    def from_values(self, values: Sequence[Any]) -> pa.Array[Any]:
        """Build an array of Python values, None included."""
        return pa.array([None if value is None else self.encode(value) for value in values], self.storage)

    def decoder(self) -> Callable[[Any], Any] | None:
        """Return a function that decodes stored values, None included; None if there is nothing to decode."""
        if not self.needs_decode:
            return None
        decode = self.decode_value
        return lambda value: None if value is None else decode(value)

    def cast(self, array: pa.Array[Any]) -> pa.Array[Any]:
        """Return the array in this type's storage.

        Raises:
            SchemaConflict: where a value does not fit; names the value and its path.
        """
        return cast_storage(storage_of(array), self.storage)

    def children(self) -> Mapping[str, FeatureType]:
        """Return the types inside this one."""
        return {}

    def with_children(self, children: Mapping[str, FeatureType]) -> FeatureType:
        """Return this type with other types inside."""
        if children:
            raise ValueError(f"{self!r} has no types inside it, got {dict(children)!r}")
        return self

    def flatten(self) -> FeatureType | dict[str, FeatureType]:
        """Return the fields of a type that is stored as a struct, else the type itself."""
        return self

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Return the JSON form, which names the type in `_type`."""

    @classmethod
    @abstractmethod
    def from_json(cls, data: Mapping[str, Any]) -> FeatureType:
        """Build from the JSON form; unknown keys are ignored, for they come from other versions."""

    # The reference's class and names, which scripts use.

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return class_seen(type(self), self.type_name)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), vars(self))

    @property
    def pa_type(self) -> pa.DataType:
        """The Arrow type that holds this feature."""
        return self.storage

    def __call__(self) -> pa.DataType:
        """Return the Arrow type that holds this feature."""
        return self.storage

    def encode_example(self, value: Any) -> Any:
        """Encode one value; None stays None."""
        return None if value is None else self.encode(value)

    def decode_example(self, value: Any, token_per_repo_id: Mapping[str, Any] | None = None) -> Any:
        """Decode one value; None stays None."""
        del token_per_repo_id
        return None if value is None else self.decode_value(value)

    def cast_storage(self, storage: pa.Array[Any]) -> pa.Array[Any]:
        """Return the array in this type's storage."""
        return self.cast(storage)


@dataclass(frozen=True, repr=False)
class Frozen(FeatureType):
    """A feature type that is a frozen dataclass; its JSON form is the fields that are not their defaults."""

    # The name in the JSON form. The reference makes that form of the fields, of our types too where it is given them.
    _type: str = field(default="", init=False, repr=False, compare=False)

    def __init_subclass__(cls) -> None:
        if "type_name" in vars(cls):
            cls._type = cls.type_name

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form, which names the type in `_type`."""
        data: dict[str, Any] = {}
        for own in fields(self):
            value = getattr(self, own.name)
            if own.init and (own.default is MISSING or value != own.default):
                data[own.name] = _plain(value)
        data["_type"] = self.type_name
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FeatureType:
        """Build from the JSON form."""
        names = {own.name for own in fields(cls) if own.init}
        return cls(**{name: value for name, value in data.items() if name in names})


def _restored(cls: type[FeatureType], fields: Mapping[str, Any]) -> FeatureType:
    made = cls.__new__(cls)
    vars(made).update(fields)
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, FeatureType):
        return value.to_json()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
