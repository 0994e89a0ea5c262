"""Fingerprints of values without parts: numbers, text, dates, paths, patterns."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import re
import struct
import uuid
from collections.abc import Callable
from functools import lru_cache
from pathlib import PurePath
from typing import Any

from arrowsets.hashing.tree import SUMMARY_LENGTH, Fingerprint, leaf

__all__ = ["SCALARS", "encode_scalar", "scalar"]


def _text(value: str) -> bytes:
    return b"str\0" + value.encode("utf-8", "surrogatepass")


def _float(value: float) -> bytes:
    # One byte string for every NaN; the sign of zero is kept.
    return b"float\0" + (b"nan" if math.isnan(value) else struct.pack("<d", value))


def _complex(value: complex) -> bytes:
    return b"complex\0" + _float(value.real) + _float(value.imag)


def _repr(value: object) -> bytes:
    return f"{type(value).__name__}\0{value!r}".encode("utf-8", "surrogatepass")


def _range_facts(value: range) -> tuple[int, ...]:
    """Return what two equal ranges have in common."""
    return (len(value), *value[:1], *value[1:2])


def _pattern(value: re.Pattern[str] | re.Pattern[bytes]) -> bytes:
    return f"pattern\0{value.flags}\0{value.pattern!r}".encode("utf-8", "surrogatepass")


# Keyed by exact type; hexadecimal has no limit on the digits of an int.
SCALARS: dict[type, Callable[..., bytes]] = {
    type(None): lambda _: b"None",
    bool: lambda value: b"bool\0%d" % value,
    int: lambda value: b"int\0%x" % value if value >= 0 else b"int\0-%x" % -value,
    float: _float,
    complex: _complex,
    str: _text,
    bytes: lambda value: b"bytes\0" + value,
    bytearray: lambda value: b"bytearray\0" + bytes(value),
    memoryview: lambda value: f"memoryview\0{value.format}\0{value.shape}\0".encode() + value.tobytes(),
    type(Ellipsis): lambda _: b"Ellipsis",
    type(NotImplemented): lambda _: b"NotImplemented",
    range: lambda value: b"range\0" + repr(list(_range_facts(value))).encode(),
    re.Pattern: _pattern,
    **dict.fromkeys(
        [dt.date, dt.datetime, dt.time, dt.timedelta, dt.timezone, decimal.Decimal, uuid.UUID],
        _repr,
    ),
}


def encode_scalar(value: object) -> bytes | None:
    """Return the bytes that stand for a scalar, its type included; None for any other value."""
    encode = SCALARS.get(type(value))
    return None if encode is None else encode(value)


def scalar(value: object) -> Fingerprint | None:
    """Fingerprint a scalar; None for any other value."""
    kind = type(value)
    if kind in _COMMON and (kind is not str or len(value) < SUMMARY_LENGTH):  # type: ignore[arg-type]
        return _common(value)
    encode = SCALARS.get(kind)
    return None if encode is None else leaf("value", encode(value), _summary(value))


_COMMON = frozenset({type(None), bool, str})


@lru_cache(maxsize=4096)
def _common(value: Any) -> Fingerprint:
    """Fingerprint a flag or a name: the same few again and again, in every step of a script."""
    return leaf("value", SCALARS[type(value)](value), _summary(value))


def path(value: PurePath) -> Fingerprint:
    """Fingerprint a path: the same on every system."""
    return leaf("value", b"path\0" + value.as_posix().encode("utf-8", "surrogateescape"), f"path {value.as_posix()!r}")


def _summary(value: object) -> str:
    if isinstance(value, str | bytes | bytearray) and len(value) > SUMMARY_LENGTH:
        return f"{value[:SUMMARY_LENGTH]!r}"
    if isinstance(value, int) and value.bit_length() > 4 * SUMMARY_LENGTH:
        return f"int of {value.bit_length()} bits"
    return f"{value!r}"
