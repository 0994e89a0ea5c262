from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pytest

from arrowsets.table import FileRef, ShardWriter

Write: TypeAlias = Callable[..., FileRef]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a table to a new file, and return where it is."""

    def written(table: pa.Table, max_rows: int = 2, *, compression: str | None = None) -> FileRef:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.arrow"
        with ShardWriter(path, table.schema, max_rows=max_rows, compression=compression) as writer:  # type: ignore[arg-type]
            writer.write(table)
        return FileRef(str(path), writer.close().batches)

    return written
