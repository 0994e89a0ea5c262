"""Casting whole columns, chunk by chunk."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from arrowsets.features.base import FeatureType
from arrowsets.late import encode, label

__all__ = ["cast_column", "has_labels"]


def cast_column(column: pa.ChunkedArray[Any], feature: FeatureType) -> pa.ChunkedArray[Any]:
    """Return a column in a type's storage; a column that is stored so already is not copied.

    Raises:
        SchemaConflict: where a value does not fit.
    """
    storage: Any = feature.field("").type
    if column.type == storage and not has_labels(feature):
        return column
    return pa.chunked_array([encode.cast(chunk, feature) for chunk in column.chunks], type=storage)


def has_labels(feature: FeatureType) -> bool:
    """Tell whether there are class labels in a type: numbers of which not all are values of it."""
    return isinstance(feature, label.ClassLabel) or any(map(has_labels, feature.children().values()))
