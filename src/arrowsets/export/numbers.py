"""The text of Arrow numbers: that of Python's `repr`, by Arrow's kernels wherever both agree."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["float_texts", "integer_texts"]

# Where Arrow spells a number without an exponent, and Python does so too.
_PLAIN = {8: (1e-4, 1e10), 4: (1e-3, 1e6), 2: (np.inf, np.inf)}


# The texts of so many numbers stay in the processor's cache.
_TABLED = 1 << 15


@cache
def _small_numbers() -> Any:
    return pa.array(np.arange(_TABLED)).cast(pa.string())


def integer_texts(array: Any) -> Any:
    """Return the texts of whole numbers; small ones, as token ids and labels are, are looked up."""
    edges = pc.min_max(array)
    low, high = edges["min"].as_py(), edges["max"].as_py()
    if low is None or low < 0 or high >= _TABLED:
        return array.cast(pa.string())
    return _small_numbers().take(array)


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
    texts = array.cast(pa.string())
    with np.errstate(invalid="ignore"):
        whole = (sizes < 1e10) & (values == np.floor(values))
        odd = ~((sizes >= low) & (sizes < high)) & (sizes != 0) if as_python else np.zeros(0, dtype=bool)
    if whole.any():
        texts = pc.if_else(pa.array(whole), pc.binary_join_element_wise(texts, ".0", ""), texts)
    if odd.any():
        texts = _respelled(texts, values, odd, np.float16 if width == 2 else values.dtype)
    return texts


def _respelled(texts: Any, values: Any, odd: Any, dtype: Any) -> Any:
    """Replace the texts of some values by Python's."""
    chosen = values[odd]
    spelled = list(map(repr, chosen.tolist())) if dtype == np.float64 else [str(v) for v in chosen.astype(dtype)]
    missing = np.isnan(chosen)
    return pc.replace_with_mask(texts, pa.array(odd), pa.array(spelled, pa.string(), mask=missing))
