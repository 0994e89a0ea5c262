"""The types of CSV text: what a column of strings reads as, by the rules of pandas.

    null < bool | int64 < uint64 < float64 < string

A number may have a sign and ASCII white space around it; "True", "TRUE" and "true" are booleans; "NAN", "0x1F" and
"1_000" are text. Integers with missing cells stay integers, and integers beyond 64 bits stay text.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import pyarrow as pa

from arrowsets.features.buffers import is_valid, null_scalar, texts
from arrowsets.lazy import pc
from arrowsets.record import dataclass

__all__ = ["NA_VALUES", "Words", "exact", "kind_of", "may_narrow", "narrow"]

Arr: TypeAlias = Any  # an Arrow array whose kind is known from its type

NA_VALUES = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
TRUE, FALSE = ("True", "TRUE", "true"), ("False", "FALSE", "false")

_SPACE = r"[ \t\v\f\r\n]*"
_INTEGER = rf"^{_SPACE}[+-]?[0-9]+{_SPACE}$"
_FLOAT = rf"^{_SPACE}[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|(?i:inf|infinity)){_SPACE}$"
FEW = 4096  # values
_DIGITS = 1000  # of an integer, which Python refuses to read if it has many more
_ODD = r"[ \t\v\f\r\n+]"


@dataclass(frozen=True)
class Words:
    """How values are written: the words for true and false, the decimal point and the mark between thousands."""

    true: tuple[str, ...] = TRUE
    false: tuple[str, ...] = FALSE
    decimal: str = "."
    thousands: str | None = None

    def plain(self) -> bool:
        """Tell whether numbers are written as everywhere."""
        return self.decimal == "." and self.thousands is None

    def number(self, text: Arr) -> Arr:
        """Return text with its numbers written as everywhere; text that is no number stays none."""
        if self.thousands:
            text = pc.replace_substring(text, self.thousands, "")
        if self.decimal != ".":
            # A dot is no part of such a number: make it something that never is one.
            text = pc.replace_substring(pc.replace_substring(text, ".", "?"), self.decimal, ".")
        return text


def narrow(text: Arr, words: Words) -> Arr:
    """Return a string array as the narrowest type that holds all its values."""
    first = _first(text)
    if first is None:
        return pa.nulls(len(text))
    number = text if words.plain() else words.number(text)
    sample = first if words.plain() else _first(number) or ""
    if re.match(_INTEGER, sample) and _all(number, _INTEGER):
        return _integers(number, text)
    if re.match(_FLOAT, sample) and _all(number, _FLOAT):
        return _clean(number).cast(pa.float64())
    if first in words.true or first in words.false:
        true = pc.is_in(text, value_set=texts(words.true, text.type))
        known = pc.or_(true, pc.is_in(text, value_set=texts(words.false, text.type)))
        if pc.all(pc.or_(known, pc.is_null(text))).as_py():
            return pc.if_else(pc.is_valid(text), true, null_scalar(pa.bool_()))
    return text


def kind_of(text: Arr, words: Words) -> pa.DataType:
    """Return the type that `narrow` gives to text whose numbers are written as everywhere.

    Few values are looked at without Arrow's kernels, which take longer to import than to load a small file.
    """
    values = [value for value in text.to_pylist() if value is not None] if len(text) <= FEW else []
    whole = bool(values) and all(map(re.compile(_INTEGER).fullmatch, values))
    if len(text) > FEW or (whole and max(map(len, values)) > _DIGITS):
        dtype: pa.DataType = narrow(text, words).type
        return dtype
    if not values:
        return pa.null()
    if whole:
        numbers = list(map(int, values))
        low, high = min(numbers), max(numbers)
        if low >= -(1 << 63) and high < 1 << 63:
            return pa.int64()
        return pa.uint64() if low >= 0 and high < 1 << 64 else pa.string()
    if all(map(re.compile(_FLOAT).fullmatch, values)):
        return pa.float64()
    boolean = values[0] in {*words.true, *words.false} and {*words.true, *words.false}.issuperset(values)
    return pa.bool_() if boolean else pa.string()


def exact(text: Arr, to: pa.DataType, words: Words) -> Arr:
    """Return numbers in a decimal type, or an integer one, digit by digit: not by way of floats, which drop some."""
    clean = _clean(words.number(text))
    if pa.types.is_decimal(to):
        return clean.cast(to)
    try:
        return clean.cast(to)
    except pa.ArrowInvalid:  # "1.0", "1e3"
        return clean.cast(pa.decimal256(76, 30)).cast(to)


def may_narrow(text: pa.ChunkedArray[Any], words: Words) -> bool:
    """Tell, from the first value alone, whether a column may be anything but text."""
    first = _first(text)
    if first is None or first in words.true or first in words.false or not words.plain():
        return True
    return bool(re.match(_FLOAT, first))


def _first(text: Any) -> str | None:
    if not text.null_count:
        index = 0
    elif isinstance(text, pa.ChunkedArray):
        return next((found for chunk in text.chunks if (found := _first(chunk)) is not None), None)
    else:
        index = int(is_valid(text).argmax()) if text.null_count < len(text) else -1
    return None if index < 0 or index >= len(text) else str(text[index].as_py())


def _all(text: Arr, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(text, pattern)).as_py())


def _clean(text: Arr) -> Arr:
    odd = pc.any(pc.match_substring_regex(text, _ODD)).as_py()
    if not odd:
        return text
    return pc.replace_substring_regex(text, rf"^{_SPACE}\+?|{_SPACE}$", "")


def _integers(number: Arr, text: Arr) -> Arr:
    clean = _clean(number)
    for dtype in (pa.int64(), pa.uint64()):
        try:
            return clean.cast(dtype)
        except pa.ArrowInvalid:
            continue
    return text
