"""Values without children: numbers, text, bytes, dates and times."""

from __future__ import annotations

import decimal
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from arrowsets.features.base import Frozen, register
from arrowsets.features.dtypes import canonical_name, parse_dtype

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
        """Return the value as a number or text where the type is one: "7" is 7 in an integer type, 7 is "7" in a text type.

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
            return value if isinstance(value, decimal.Decimal) else decimal.Decimal(str(value))
        if pa.types.is_string(storage) or pa.types.is_large_string(storage) or pa.types.is_string_view(storage):
            return value if isinstance(value, bytes) else str(value)
        return value


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = {"true": True, "1": True, "false": False, "0": False, "1.0": True, "0.0": False}
    text = str(value).lower()
    if text not in known:
        raise ValueError(f"{value!r} is no boolean: true, false, 1 and 0 are")
    return known[text]


def _integer(value: Any) -> int:
    number = int(value)
    if isinstance(value, (float, decimal.Decimal)) and number != value:
        raise ValueError(f"{value!r} is no integer")
    return number
