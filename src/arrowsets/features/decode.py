"""Decoding, compiled once per feature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from arrowsets.features.base import FeatureType

__all__ = ["decoder"]


def decoder(feature: FeatureType) -> Callable[[Any], Any] | None:
    """Return a function from stored values (None included) to what the user sees; None if they are the same.

    Of `Features` it decodes rows; of a column's feature, its cells. It visits only the places that need it.

    >>> from arrowsets.features import Json, List, Value
    >>> decoder(List(Value("int8"))), decoder(List(Json()))(["[1]", None])
    (None, [[1], None])
    """
    return feature.decoder()
