"""Transforms: pure functions from batches to columns, run by any driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arrowsets.lazy import lazily

if TYPE_CHECKING:
    from arrowsets.transforms.base import Batch, Reject
    from arrowsets.transforms.call import Call
    from arrowsets.transforms.cast import Cast, Encode
    from arrowsets.transforms.filter import ExpressionFilter, Filter
    from arrowsets.transforms.group import Group
    from arrowsets.transforms.identity import Identity
    from arrowsets.transforms.map import Map
    from arrowsets.transforms.owned import own_column
    from arrowsets.transforms.returned import frame_table
    from arrowsets.transforms.types import Typing

__all__ = [
    "Batch",
    "Call",
    "Cast",
    "Encode",
    "ExpressionFilter",
    "Filter",
    "Group",
    "Identity",
    "Map",
    "Reject",
    "Typing",
    "frame_table",
    "own_column",
]

__getattr__ = lazily(
    __name__,
    {
        "Batch": "arrowsets.transforms.base",
        "Call": "arrowsets.transforms.call",
        "Cast": "arrowsets.transforms.cast",
        "Encode": "arrowsets.transforms.cast",
        "ExpressionFilter": "arrowsets.transforms.filter",
        "Filter": "arrowsets.transforms.filter",
        "Group": "arrowsets.transforms.group",
        "Identity": "arrowsets.transforms.identity",
        "Map": "arrowsets.transforms.map",
        "Reject": "arrowsets.transforms.base",
        "Typing": "arrowsets.transforms.types",
        "frame_table": "arrowsets.transforms.returned",
        "own_column": "arrowsets.transforms.owned",
    },
)
