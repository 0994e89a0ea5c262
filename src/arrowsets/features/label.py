"""Class labels: integers that stand for names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, ClassVar, overload

import numpy as np
import pyarrow as pa

from arrowsets.errors import SchemaConflict, UnknownName
from arrowsets.features.base import FeatureType, Frozen, register
from arrowsets.features.casting import cast_storage, is_text, storage_of
from arrowsets.features.kinds import kinds
from arrowsets.lazy import pc
from arrowsets.record import dataclass

__all__ = ["ClassLabel"]


@register
@dataclass(frozen=True, init=False, repr=False)
class ClassLabel(Frozen):
    """An integer that stands for one of a list of names; -1 and null stand for no label.

    >>> ClassLabel(names=["neg", "pos"]).str2int("pos")
    1

    Args:
        num_classes: Number of classes; alone, the names are "0", "1", …
        names: The names, in the order of their integers.
        names_file: A file with one name per line, instead of `names`.
    """

    type_name: ClassVar[str] = "ClassLabel"
    dtype: ClassVar[str] = "int64"
    _codes: ClassVar[dict[str, int]]  # of the instance; a class variable to the dataclass, so that it is no field
    names: list[str] = field(hash=False)
    id: str | None = None

    def __init__(
        self,
        num_classes: int | None = None,
        names: Iterable[str] | None = None,
        names_file: str | None = None,
        id: str | None = None,  # noqa: A002
    ) -> None:
        listed = _names(num_classes, names, names_file)
        codes = {name: code for code, name in enumerate(listed)}
        if len(codes) != len(listed):
            twice = sorted({name for name in listed if listed.count(name) > 1})
            raise ValueError(f"label names must differ, but {twice!r} occur twice")
        object.__setattr__(self, "names", listed)
        object.__setattr__(self, "id", id)
        object.__setattr__(self, "_codes", codes)

    def __repr__(self) -> str:
        return f"ClassLabel(names={self.names!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _label, (self.names, self.id)

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.names)

    @property
    def storage(self) -> pa.DataType:
        """Always int64."""
        return pa.int64()

    @property
    def needs_encode(self) -> bool:
        """Whether Arrow cannot build this type from Python values without `encode`."""
        return True

    @overload
    def str2int(self, values: str) -> int: ...  # type: ignore[overload-overlap]
    @overload
    def str2int(self, values: Iterable[str]) -> list[int]: ...
    def str2int(self, values: str | Iterable[str]) -> int | list[int]:
        """Return the integer of a name, or of each name of a list. A number's text stands for the number."""
        if isinstance(values, str):
            return self._code(values)
        return [self._code(value) for value in values]

    @overload
    def int2str(self, values: int) -> str: ...
    @overload
    def int2str(self, values: Iterable[int]) -> list[str]: ...
    def int2str(self, values: int | Iterable[int]) -> str | list[str]:
        """Return the name of an integer, or of each integer of a list or an array."""
        if isinstance(values, (int, np.integer)):
            return self._name(int(values))
        if not isinstance(values, Iterable):
            raise TypeError(f"int2str takes an integer or a list of them, got {values!r}")
        return [self._name(int(value)) for value in values]

    def encode(self, value: Any) -> int:
        """Return the integer of a name, or the integer itself if it is one of the classes or -1."""
        if isinstance(value, str):
            return self._code(value)
        code = int(value)
        if code != value:
            raise ValueError(f"a class label is a whole number, got {value!r}")
        return self._checked(code)

    def from_values(self, values: Sequence[Any]) -> pa.Array[Any]:
        """Build an array of names and integers, None included."""
        _, found = kinds(values)
        if found in ({"int"}, {"str"}):
            return self.cast(pa.array(values))
        return super().from_values(values)

    def cast(self, array: pa.Array[Any]) -> pa.Array[Any]:
        """Return an array of names or integers as integers, each checked."""
        array = storage_of(array)
        if pa.types.is_null(array.type):
            return pa.nulls(len(array), pa.int64())
        if is_text(array.type):
            return self._cast_names(array.cast(pa.large_string()))
        codes = cast_storage(array, pa.int64())
        bounds = pc.min_max(codes)
        lowest, highest = bounds["min"].as_py(), bounds["max"].as_py()
        if lowest is not None and not -1 <= lowest <= highest < len(self.names):
            for code in codes.to_pylist():  # the first that does not fit is named
                if code is not None:
                    self._checked(code)
        return codes

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        data: dict[str, Any] = {"names": list(self.names)}
        if self.id is not None:
            data["id"] = self.id
        return {**data, "_type": self.type_name}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FeatureType:
        """Build from the JSON form; older versions also wrote `num_classes`."""
        names: Any = data.get("names")
        return cls(num_classes=None if names is not None else data.get("num_classes"), names=names, id=data.get("id"))

    def _cast_names(self, array: pa.Array[Any]) -> pa.Array[Any]:
        codes = pc.index_in(array, value_set=pa.array(self.names, pa.large_string()))
        if codes.null_count == array.null_count:
            return codes.cast(pa.int64())
        return pa.array([None if name is None else self._code(name) for name in array.to_pylist()], pa.int64())

    def _code(self, name: str) -> int:
        code = self._codes.get(name)
        if code is not None:
            return code
        try:
            return self._checked(int(name))
        except (SchemaConflict, ValueError):
            raise UnknownName.of("class label", name, self.names) from None

    def _name(self, code: int) -> str:
        if not 0 <= code < len(self.names):
            raise ValueError(f"no class label {code}: there are {len(self.names)}, from 0 on")
        return self.names[code]

    def _checked(self, code: int) -> int:
        if not -1 <= code < len(self.names):
            raise SchemaConflict(
                f"class label {code} is out of range: num_classes is {len(self.names)}; -1 means no label"
            )
        return code


def _label(names: list[str], id: str | None) -> ClassLabel:  # noqa: A002
    return ClassLabel(names=names, id=id)


def _names(num_classes: int | None, names: Iterable[str] | None, names_file: str | None) -> list[str]:
    if names is not None and names_file is not None:
        raise ValueError("give names or names_file, not both")
    if names_file is not None:
        names = _lines(names_file)
    if names is None:
        if num_classes is None:
            raise ValueError("ClassLabel needs num_classes, names or names_file")
        return [str(code) for code in range(num_classes)]
    listed = [str(name) for name in names]
    if num_classes is not None and num_classes != len(listed):
        raise ValueError(f"num_classes is {num_classes}, but there are {len(listed)} names")
    return listed


def _lines(path: str) -> list[str]:
    with Path(path).open(encoding="utf-8") as file:
        return [line.rstrip("\r\n") for line in file if line.strip()]
