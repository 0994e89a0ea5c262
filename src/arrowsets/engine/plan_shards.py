"""Shards: rows of a view, and what builders read, as something that can be read from any row on."""

from __future__ import annotations

import logging
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

logger = logging.getLogger("arrowsets")


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
        # What is left out is collected on the builder, so each read has one of its own.
        builder = type(self.builder)(self.builder.config)
        tables = self._readable(builder, start, place)
        return ahead(tables) if self.remote else tables

    def _readable(self, builder: Builder[Any], start: int, place: int | None) -> Iterator[tuple[pa.Table, int | None]]:
        """Where bad files are to be left out, what cannot be read ends the shard; what was left out is reported."""
        rows = start
        try:
            for table, after in builder.read_placed(self.shard, start, place, self.schema):
                rows += table.num_rows
                yield table, after
        except BadData as error:
            if builder.config.on_bad_files == "error":
                raise
            why = f"{error.message} (after {rows} rows, which were kept)" if rows else error.message
            builder.rejects.files.append((error.file or str(self.shard), why))
        finally:
            if report := builder.rejects.report():
                logger.warning("%s", report)

    def __str__(self) -> str:
        return str(self.shard)
