"""Arrow tables larger than memory: files, row selections, views on them, and the writer of shards."""

from __future__ import annotations

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
