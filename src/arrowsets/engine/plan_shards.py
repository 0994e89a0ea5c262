"""Shards: rows of a view, and what builders read, as something that can be read from any row on."""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import repeat
from typing import Any, TypeAlias

import pyarrow as pa

from arrowsets.builder import Builder
from arrowsets.engine.stages_ahead import ahead
from arrowsets.errors import ArrowsetsError, BadData
from arrowsets.record import dataclass
from arrowsets.table import View

__all__ = ["BuilderShard", "ViewShard"]

BLOCK_ROWS = 1000
MAX_KNOWN = 4096

Placed: TypeAlias = "tuple[pa.Table, int | None]"
Counts: TypeAlias = "tuple[int, tuple[int, ...], tuple[int | None, ...]]"

_counts: dict[Any, Counts | None] = {}
"""What is known of shards by what they are: a file that was changed is another one. None: they cannot be counted."""

logger = logging.getLogger("arrowsets")


@dataclass(frozen=True)
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

    def skim(self, place: int | None) -> None:
        """Nothing: the rows are counted."""

    def counted(self) -> ViewShard:
        """Return it: the rows are counted."""
        return self

    def only(self, names: Sequence[str]) -> ViewShard:
        """Return the shard with these columns."""
        return ViewShard(self.view.select_columns(names))

    def __str__(self) -> str:
        return f"a dataset of {self.view.num_rows} rows"


@dataclass(frozen=True)
class BuilderShard:
    """A shard of a builder.

    Attributes:
        schema: What it is read as. None: the types of its own values.
        num_rows: None where only reading tells.
        edges: Rows where reading can begin without reading others.
        remote: Its bytes come over a network, so that a thread fetches them ahead.
        countable: Its rows may be counted before they are read.
        places: The places at the edges, where the format has such.
    """

    builder: Builder[Any]
    shard: Any
    schema: pa.Schema | None = None
    num_rows: int | None = None
    edges: tuple[int, ...] = (0,)
    remote: bool = False
    countable: bool = False
    places: tuple[int | None, ...] = ()

    def read(self, start: int, stop: int | None, place: int | None) -> Iterator[tuple[pa.Table, int | None]]:
        """Yield the rows from `start` on."""
        del stop
        skip = 0
        if place is None and self.places:
            edge = bisect_right(self.edges, start) - 1
            place, skip = self.places[edge], start - self.edges[edge]
        # What is left out is collected on the builder, so each read has one of its own.
        builder = self.builder.fresh()
        tables = builder.read_placed(self.shard, start - skip, place, self.schema)
        if skip:
            tables = _after(tables, skip)
        if (builder.config.on_bad_files, builder.config.on_bad_rows) != ("error", "error"):
            tables = self._readable(builder, tables, start)
        return ahead(tables) if self.remote else tables

    def skim(self, place: int | None) -> Iterator[tuple[int, int]] | None:
        """Tell how many rows follow a place."""
        if self.remote or self.builder.config.on_bad_files != "error":
            return None
        return self.builder.skim(self.shard, place)

    def counted(self) -> BuilderShard:
        """Return the shard with its rows counted and with places to begin at, if its text tells."""
        if self.num_rows is not None or not self.countable:
            return self
        key = type(self.builder), repr(self.builder.config), repr(self.shard)
        if key not in _counts:
            _counts[key] = self._count()
            if len(_counts) > MAX_KNOWN:
                del _counts[next(iter(_counts))]
        known = _counts[key]
        if known is None:
            return self
        rows, edges, places = known
        return replace(self, num_rows=rows, edges=edges, places=places)

    def only(self, names: Sequence[str]) -> BuilderShard:
        """Return the shard with these columns, if the builder can leave others out."""
        if self.schema is None or not self.builder.selects_columns():
            return self
        metadata: Any = self.schema.metadata
        return replace(self, schema=pa.schema([self.schema.field(name) for name in names], metadata))

    def _count(self) -> Counts | None:
        """Count the rows; None where the text does not tell.

        A row that cannot be read is not this reader's to complain of, who may never come to it: whoever reads it will.
        """
        try:
            found = self.skim(None)
            return None if found is None else _edges(found)
        except ArrowsetsError as error:
            logger.info("%s is shared out without counting its rows, for one cannot be read: %s", self, error)
            return None

    def _readable(self, builder: Builder[Any], tables: Iterator[Placed], rows: int) -> Iterator[Placed]:
        """Where bad files are to be left out, what cannot be read ends the shard; what was left out is reported."""
        try:
            for table, after in tables:
                rows += table.num_rows
                yield table, after
        except BadData as error:
            if builder.config.on_bad_files == "error":
                raise
            why = f"{error.reason} (after {rows} rows, which were kept)" if rows else error.reason
            builder.rejects.files.append((error.file or str(self.shard), why))
        finally:
            if report := builder.rejects.report():
                logger.warning("%s", report)

    def __str__(self) -> str:
        return str(self.shard)


def _after(tables: Iterator[Placed], skip: int) -> Iterator[Placed]:
    """Leave out the first rows."""
    for table, place in tables:
        if skip < table.num_rows:
            yield table.slice(skip) if skip else table, place
        skip = max(skip - table.num_rows, 0)


def _edges(found: Iterator[tuple[int, int]]) -> Counts:
    """Return the number of rows, and where reading can begin."""
    rows, edges = 0, [0]
    last: int | None = None
    places: list[int | None] = [None]
    for more, after in found:
        if more and edges[-1] != rows:
            edges.append(rows)
            places.append(last)
        rows, last = rows + more, after
    return rows, tuple(edges), tuple(places)
