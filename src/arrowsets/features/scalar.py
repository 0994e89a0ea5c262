"""Values without children: numbers, text, bytes, dates and times."""

from __future__ import annotations

import decimal
from collections.abc import Sequence
from dataclasses import field
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from arrowsets.errors import SchemaConflict
from arrowsets.features.base import Frozen, register
from arrowsets.features.casting import cast_storage, is_text, of_text
from arrowsets.features.dtypes import canonical_name, parse_dtype
from arrowsets.features.kinds import kind_of, kinds, quick_array, to_arrow_or_numpy
from arrowsets.record import dataclass

__all__ = ["Value"]


@register
@dataclass(frozen=True, repr=False)
class Value(Frozen):
    """A scalar of one of Arrow's types.

    >>> Value("timestamp[us, tz=UTC]").storage
    TimestampType(timestamp[us, tz=UTC])

    Args:
        dtype: An Arrow type's name, see `arrowsets.features.dtypes`.
    """

    type_name: ClassVar[str] = "Value"
    dtype: str
    id: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.dtype, str):
            raise TypeError(f"Value takes the name of a dtype, for example 'int64', got {self.dtype!r}")
        object.__setattr__(self, "dtype", canonical_name(self.dtype))
        parse_dtype(self.dtype)

    def __repr__(self) -> str:
        return f"Value({self.dtype!r})"

    @property
    def storage(self) -> pa.DataType:
        """The Arrow type of that name."""
        return parse_dtype(self.dtype)

    def encode(self, value: Any) -> Any:
        """Return the value as a number or text where the type is one: "7" is 7 in an integer type, and back.

        Raises:
            ValueError: for a value that would lose something, such as 1.5 in an integer type.
        """
        storage = self.storage
        if isinstance(value, np.generic):
            value = value.item() if value.dtype.kind not in "mM" else value
        if pa.types.is_boolean(storage):
            return _boolean(value)
        if pa.types.is_integer(storage):
            return _integer(value)
        if pa.types.is_floating(storage):
            return float(value)
        if pa.types.is_decimal(storage):
            return _decimal(value)
        if is_text(storage):
            return _text(value)
        if isinstance(value, str) and (pa.types.is_time(storage) or pa.types.is_duration(storage)):
            return of_text(pa.array([value]), storage)[0].as_py()
        return value

    def takes(self, dtype: pa.DataType) -> bool:
        """Tell whether casting values of an Arrow type keeps what each of them means."""
        return _family(dtype) in _ALIKE.get(_family(self.storage), ())

    def from_values(self, values: Sequence[Any]) -> pa.Array[Any]:
        """Build an array of Python values, None included; each must fit without loss."""
        quick = quick_array(values)
        if quick is not None and self.takes(quick.type):
            return cast_storage(quick, self.storage)
        _, found = kinds(values)
        if found & {"foreign", "null", "ndarray"}:
            values = [_scalar(value) for value in values]
            _, found = kinds(values)
        storage = self.storage
        direct = _DIRECT.get(_family(storage))
        if direct is None:
            return cast_storage(_finest(values) if found & {"datetime", "timedelta"} else pa.array(values), storage)
        if not found <= direct:
            values = [None if value is None else self.encode(value) for value in values]
        if pa.types.is_floating(storage) and storage.bit_width < 64:
            return cast_storage(pa.array(values, pa.float64()), storage)
        array: Any = pa.array(values, storage)
        if isinstance(array, pa.ChunkedArray):
            raise SchemaConflict(
                f"{array.nbytes} bytes do not fit one array of {storage}: use Value('large_{storage}')"
            )
        return array  # type: ignore[no-any-return]


# Kinds of Python values that Arrow takes into a family of types without changing them.
_DIRECT = {
    "bool": {"bool"},
    "int": {"int"},
    "float": {"float", "int"},
    "decimal": {"decimal"},
    "text": {"str"},
    "bytes": {"bytes", "str"},
}


# Families that are cast into a family with each value's meaning kept.
_ALIKE = {"bool": {"bool"}, "int": {"int"}, "float": {"float", "int"}, "text": {"text"}}


def _family(storage: pa.DataType) -> str:
    if pa.types.is_boolean(storage):
        return "bool"
    if pa.types.is_integer(storage):
        return "int"
    if pa.types.is_floating(storage):
        return "float"
    if pa.types.is_decimal(storage):
        return "decimal"
    if is_text(storage):
        return "text"
    return "bytes" if "binary" in str(storage) else "other"


def _finest(values: Sequence[Any]) -> pa.Array[Any]:
    """Build an array of moments or durations; of those of pandas that have nanoseconds Arrow drops them otherwise."""
    array: Any = pa.array(values)
    if not any(getattr(value, "nanosecond", 0) or getattr(value, "nanoseconds", 0) for value in values):
        return array  # type: ignore[no-any-return]
    if pa.types.is_duration(array.type):
        return pa.array(values, pa.duration("ns"))
    return pa.array(values, pa.timestamp("ns", array.type.tz)) if pa.types.is_timestamp(array.type) else array


def _scalar(value: Any) -> Any:
    kind = kind_of(type(value))
    if kind == "foreign":
        value = to_arrow_or_numpy(value)
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return value[()]
    return None if kind == "null" else value


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = {"true": True, "1": True, "false": False, "0": False, "1.0": True, "0.0": False}
    text = str(value).lower()
    if text not in known:
        raise ValueError(f"{value!r} is no boolean: true, false, 1 and 0 are")
    return known[text]


def _text(value: Any) -> str:
    if isinstance(value, (bytes, bytearray)):
        return value.decode()
    if isinstance(value, (list, dict, tuple, set, np.ndarray)):
        raise TypeError(f"{value!r} is no text")
    return str(value)


def _decimal(value: Any) -> decimal.Decimal:
    if isinstance(value, decimal.Decimal):
        return value
    try:
        return decimal.Decimal(int(value) if isinstance(value, bool) else str(value))
    except decimal.InvalidOperation as error:
        raise ValueError(f"{value!r} is no decimal number") from error


def _integer(value: Any) -> int:
    number = int(value)
    if isinstance(value, (float, decimal.Decimal)) and number != value:
        raise ValueError(f"{value!r} is no integer")
    return number
