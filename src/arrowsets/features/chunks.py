"""Casting whole columns, chunk by chunk."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from arrowsets.features.base import FeatureType
from arrowsets.features.encode import cast

__all__ = ["cast_column"]


def cast_column(column: pa.ChunkedArray[Any], feature: FeatureType) -> pa.ChunkedArray[Any]:
    """Return a column in a type's storage; a column that is stored so already is returned as it is.

    Raises:
        SchemaConflict: where a value does not fit.
    """
    storage: Any = feature.field("").type
    if column.type == storage:
        return column
    return pa.chunked_array([cast(chunk, feature) for chunk in column.chunks], type=storage)
