"""Shards: rows of a view, and what builders read, as something that can be read from any row on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import pyarrow as pa

from arrowsets.builder import Builder
from arrowsets.engine.stages_ahead import ahead
from arrowsets.errors import BadData
from arrowsets.table import View

__all__ = ["BuilderShard", "ViewShard"]

BLOCK_ROWS = 1000


@dataclass(frozen=True, slots=True)
class ViewShard:
    """All rows of a view."""

    view: View

    @property
    def num_rows(self) -> int:
        """How many rows."""
        return self.view.num_rows

    @property
    def edges(self) -> tuple[int, ...]:
        """None: a view can be read from anywhere."""
        return ()

    def read(self, start: int, stop: int | None, place: int | None) -> Iterator[tuple[pa.Table, int | None]]:
        """Yield the rows from `start` on."""
        del place
        return zip(self.view.batches(BLOCK_ROWS, start, stop), repeat(None), strict=False)

    def __str__(self) -> str:
        return f"a dataset of {self.view.num_rows} rows"


@dataclass(frozen=True, slots=True)
class BuilderShard:
    """A shard of a builder.

    Attributes:
        schema: What it is read as. None: the types of its own values.
        num_rows: None where only reading tells.
        edges: Rows where reading can begin without reading others.
        remote: Its bytes come over a network, so that a thread fetches them ahead.
    """

    builder: Builder[Any]
    shard: Any
    schema: pa.Schema | None = None
    num_rows: int | None = None
    edges: tuple[int, ...] = (0,)
    remote: bool = False

    def read(self, start: int, stop: int | None, place: int | None) -> Iterator[tuple[pa.Table, int | None]]:
        """Yield the rows from `start` on."""
        del stop
        tables = self._readable(self.builder.read_placed(self.shard, start, place, self.schema))
        return ahead(tables) if self.remote else tables

    def _readable(self, tables: Iterator[tuple[pa.Table, int | None]]) -> Iterator[tuple[pa.Table, int | None]]:
        """Where bad files are to be left out, what cannot be read ends the shard and is reported."""
        try:
            yield from tables
        except BadData as error:
            if self.builder.config.on_bad_files == "error":
                raise
            self.builder.rejects.files.append((error.file or str(self.shard), error.message))

    def __str__(self) -> str:
        return str(self.shard)
