"""The text of Arrow numbers: that of Python's `repr`, from tables or by Arrow's kernels wherever both agree."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.export.weave import Looked, Piece, woven
from arrowsets.features.buffers import filled, is_valid, of_numpy, texts, to_numpy
from arrowsets.lazy import pc

__all__ = ["either", "flag_pieces", "float_pieces", "float_texts", "integer_pieces"]

# Where Arrow spells a number without an exponent, and Python does so too.
_PLAIN = {8: (1e-4, 1e10), 4: (1e-3, 1e6), 2: (np.inf, np.inf)}

# The texts of so many numbers stay in the processor's cache.
_TABLED = 1 << 15
_DECIMALS = 4
_SCALE = 10**_DECIMALS
_SAMPLED = 64

Floats = npt.NDArray[np.floating[Any]]


def _naturals(most: int) -> Any:
    """Return the texts of 0, 1, 2, ... as far as they are needed: what is in a table is copied for each window."""
    return _some_naturals(max(most.bit_length(), 8)).slice(0, most + 1)


@cache
def _some_naturals(bits: int) -> Any:
    return of_numpy(np.arange(1 << bits)).cast(pa.string())


def _signed(most: int) -> Any:
    """Return the texts of 0, -0, 1, -1, 2, -2, ... as far as they are needed."""
    return _some_signed(max(most.bit_length(), 8)).slice(0, 2 * most + 2)


@cache
def _some_signed(bits: int) -> Any:
    naturals = _some_naturals(bits)
    both = pa.concat_arrays([naturals, pc.binary_join_element_wise("-", naturals, "")])
    return both.take(of_numpy(np.arange(2 << bits).reshape(2, -1).T.ravel()))


@cache
def _fractions() -> Any:
    """.0, .0001, .0002, ... without the zeros at their ends; and last, nothing."""
    numbers = np.arange(_SCALE)
    digits = [numbers // 10**place % 10 for place in reversed(range(_DECIMALS))]
    chars = np.stack([np.full(_SCALE, ord(".")), *(digit + ord("0") for digit in digits)], axis=1).astype(np.uint8)
    widths = 1 + _DECIMALS - sum((numbers % 10**place == 0).astype(np.int32) for place in range(1, _DECIMALS))
    ends = np.cumsum(widths)
    offsets: Any = np.concatenate([[0], ends, ends[-1:]]).astype(np.int32)
    data: Any = chars[np.arange(1 + _DECIMALS) < widths[:, None]]
    return pa.Array.from_buffers(pa.string(), _SCALE + 1, [None, pa.py_buffer(offsets), pa.py_buffer(data)])


@cache
def _pair(no: str, yes: str) -> Any:
    return texts([no, yes])


def either(mask: npt.NDArray[np.bool_], yes: str, no: str = "") -> Looked:
    """Return one of two texts for each row."""
    return Looked(_pair(no, yes), mask.view(np.int8))


def flag_pieces(array: Any, yes: str, no: str) -> list[Piece]:
    """Return the texts of booleans."""
    valid = is_valid(array) if array.null_count else None
    return [Looked(_pair(no, yes), to_numpy(filled(array)).view(np.int8), valid)]


def integer_pieces(array: Any) -> list[Piece]:
    """Return the texts of whole numbers; small ones, as token ids and labels are, stand in a table."""
    edges = pc.min_max(array)
    low, high = edges["min"].as_py(), edges["max"].as_py()
    if low is None or low <= -_TABLED or high >= _TABLED:
        return [array.cast(pa.string())]
    values = to_numpy(filled(array)).astype(np.int64, copy=False)
    valid = is_valid(array) if array.null_count else None
    if low >= 0:
        return [Looked(_naturals(high), values, valid)]
    return [_signed_piece(np.abs(values), values < 0, valid)]


def _signed_piece(sizes: Any, negative: Any, valid: npt.NDArray[np.bool_] | None) -> Looked:
    return Looked(_signed(int(sizes.max())), 2 * sizes + negative, valid)


def float_pieces(array: Any, spell: Callable[[Any], Any]) -> list[Piece]:
    """Return the shortest texts that read back as the same floats: "1.0" and not "1", null for what `spell` has none.

    Decimals of few digits, which most columns of floats hold, are put together from two tables.

    Args:
        spell: Returns the texts of the others.
    """
    if array.type.bit_width != 64:
        return [spell(array)]
    valid = is_valid(array) if array.null_count else None
    values = to_numpy(filled(array))
    if not _few_digits(values[:: max(1, len(values) // _SAMPLED)])[0].any():
        return [spell(array)]
    short, scaled = _few_digits(values)
    others = len(values) - np.count_nonzero(short)
    if others > len(values) // 8:
        return [spell(array)]
    parts = _decimals(values, np.where(short, scaled, 0) if others else scaled, valid)
    if not others:
        return parts
    odd = of_numpy(~short)
    return [pc.replace_with_mask(woven(parts, None), odd, spell(array.filter(odd)))]


def _few_digits(values: Floats) -> tuple[npt.NDArray[np.bool_], Floats]:
    """Return which numbers have few digits, and all numbers in units of the last of them.

    Of a number with at most 15 digits there is one shortest text: these digits, however it was computed.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.rint(values * _SCALE)
        return (scaled / _SCALE == values) & (np.abs(values) < _TABLED), scaled


def _decimals(values: Floats, scaled: Floats, valid: npt.NDArray[np.bool_] | None) -> list[Piece]:
    """Return the digits before the point, and those behind it."""
    digits = np.abs(scaled).astype(np.int64)
    whole = digits // _SCALE
    parts = digits - whole * _SCALE
    if valid is not None:
        # What stands for null does so once.
        parts = np.where(valid, parts, _SCALE)
    return [_signed_piece(whole, np.signbit(values), valid), Looked(_fractions(), parts)]


def float_texts(array: Any, *, as_python: bool) -> Any:
    """Return the shortest texts that read back as the same floats; NaN is null.

    Args:
        as_python: Spell each as `repr` does. Else only see to it that each looks like a float, "1.0" and not "1".
    """
    width = array.type.bit_width // 8
    if width == 2:
        array = array.cast(pa.float32())
    values = array.to_numpy(zero_copy_only=False)
    sizes = np.abs(values)
    low, high = _PLAIN[width] if as_python else (0.0, 1e10)
    found = array.cast(pa.string())
    with np.errstate(invalid="ignore"):
        whole = (sizes < 1e10) & (values == np.floor(values))
        odd = ~((sizes >= low) & (sizes < high)) & (sizes != 0) if as_python else np.zeros(0, dtype=bool)
    if whole.any():
        found = pc.if_else(of_numpy(whole), pc.binary_join_element_wise(found, ".0", ""), found)
    if odd.any():
        found = _respelled(found, values, odd, np.float16 if width == 2 else values.dtype)
    return found


def _respelled(found: Any, values: Any, odd: Any, dtype: Any) -> Any:
    """Replace the texts of some values by Python's."""
    chosen = values[odd]
    spelled = list(map(repr, chosen.tolist())) if dtype == np.float64 else [str(v) for v in chosen.astype(dtype)]
    missing = np.isnan(chosen)
    return pc.replace_with_mask(found, pa.array(odd), pa.array(spelled, pa.string(), mask=missing))
