"""Json: any Python value that JSON can spell, one JSON text per cell."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from arrowsets.errors import SchemaConflict
from arrowsets.features.base import FeatureType, Frozen, register
from arrowsets.features.casting import is_text, storage_of
from arrowsets.features.kinds import in_order
from arrowsets.record import dataclass

__all__ = ["Json", "dump"]


@register
@dataclass(frozen=True, init=False, repr=False)
class Json(Frozen):
    """Any value that JSON can spell; rows may differ in type.

    JSON has no NaN and no infinity: they become null. Dates and times become ISO text, arrays become lists.

    >>> Json().encode({"a": [1, None]})
    '{"a":[1,null]}'

    Args:
        decode: False hands out the JSON text.
    """

    type_name: ClassVar[str] = "Json"
    decode: bool = True
    id: str | None = field(default=None, repr=False)

    def __init__(self, decode: bool = True, id: str | None = None) -> None:  # noqa: A002
        object.__setattr__(self, "decode", decode)
        object.__setattr__(self, "id", id)

    def __repr__(self) -> str:
        return f"Json(decode={self.decode})"

    @property
    def storage(self) -> pa.DataType:
        """Arrow's JSON type over strings."""
        return pa.json_()

    @property
    def needs_encode(self) -> bool:
        """Whether Arrow cannot build this type from Python values without `encode`."""
        return True

    @property
    def needs_decode(self) -> bool:
        """Whether `decode` changes values."""
        return self.decode

    def encode(self, value: Any) -> str:
        """Return the JSON text of a value; a string is a value too, not a text to be kept."""
        return dump(value)

    def decode_value(self, value: Any) -> Any:
        """Return the value of a JSON text."""
        return json.loads(value) if self.decode else value

    def decoder(self) -> Callable[[Any], Any] | None:
        """Return a function that parses JSON texts."""
        return _load if self.decode else None

    def from_values(self, values: Sequence[Any]) -> pa.Array[Any]:
        """Build an array of Python values' JSON texts."""
        return _texts([None if value is None else dump(value) for value in values])

    def cast(self, array: pa.Array[Any]) -> pa.Array[Any]:
        """Return strings as the JSON texts that they are, checked; any other values as their JSON texts."""
        if isinstance(array, pa.ExtensionArray) and isinstance(array.type, pa.JsonType):
            return pa.ExtensionArray.from_storage(pa.json_(), array.storage.cast(pa.string()))
        array = storage_of(array)
        texts = array.to_pylist()
        if not is_text(array.type):
            return self.from_values(texts)
        for text in texts:
            try:
                json.loads(text if text is not None else "null")
            except ValueError as error:
                raise SchemaConflict(f"value {text!r} is no JSON: {error}") from error
        return _texts(texts)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        data: dict[str, Any] = {} if self.decode else {"decode": False}
        if self.id is not None:
            data["id"] = self.id
        return {**data, "_type": self.type_name}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FeatureType:
        """Build from the JSON form."""
        return cls(decode=data.get("decode", True), id=data.get("id"))


def _load(text: Any) -> Any:
    return None if text is None else json.loads(text)


def _texts(texts: Sequence[str | None]) -> pa.Array[Any]:
    return pa.ExtensionArray.from_storage(pa.json_(), pa.array(texts, pa.string()))


def dump(value: Any) -> str:
    """Return the JSON text of a value.

    Raises:
        TypeError: for a value that JSON cannot spell.
    """
    try:
        text = _strict.encode(value)
    except ValueError:  # NaN or infinity somewhere inside (or a cycle, which fails again)
        text = _strict.encode(_finite(value))
    if text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text):
        return text
    return json.dumps(json.loads(text), separators=(",", ":"))


def _spelled(value: Any) -> Any:  # noqa: C901  # a flat table of types
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (dt.timedelta, decimal.Decimal)):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return in_order(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if hasattr(value, "tolist"):
        return value.tolist()
    if type(value).__name__ == "UUID":
        return str(value)
    raise TypeError(f"JSON cannot spell {value!r} of type {type(value).__name__}")


_strict = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_spelled)


def _finite(value: Any) -> Any:
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return _finite(value.tolist())
    return [_finite(item) for item in value] if isinstance(value, (list, tuple)) else value
