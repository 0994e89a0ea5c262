"""Arrow tables larger than memory: files, row selections, views on them, and the writer of shards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arrowsets.lazy import lazily

if TYPE_CHECKING:
    from arrowsets.table.files import ArrowFiles, Column, FileRef
    from arrowsets.table.group import ColumnGroup
    from arrowsets.table.schemas import promote, unify_schemas
    from arrowsets.table.selection import Positions, Rows, Selection
    from arrowsets.table.sizes import logical_nbytes
    from arrowsets.table.view import View
    from arrowsets.table.writer import ShardWriter, WrittenShard

__all__ = [
    "ArrowFiles",
    "Column",
    "ColumnGroup",
    "FileRef",
    "Positions",
    "Rows",
    "Selection",
    "ShardWriter",
    "View",
    "WrittenShard",
    "logical_nbytes",
    "promote",
    "unify_schemas",
]

__getattr__ = lazily(
    __name__,
    {
        "ArrowFiles": "arrowsets.table.files",
        "Column": "arrowsets.table.files",
        "ColumnGroup": "arrowsets.table.group",
        "FileRef": "arrowsets.table.files",
        "Positions": "arrowsets.table.selection",
        "Rows": "arrowsets.table.selection",
        "Selection": "arrowsets.table.selection",
        "ShardWriter": "arrowsets.table.writer",
        "View": "arrowsets.table.view",
        "WrittenShard": "arrowsets.table.writer",
        "logical_nbytes": "arrowsets.table.sizes",
        "promote": "arrowsets.table.schemas",
        "unify_schemas": "arrowsets.table.schemas",
    },
)
