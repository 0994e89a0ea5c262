"""The job that reads data files: a builder over its shards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from arrowsets.builder import Builder
from arrowsets.engine.jobs import Job, Piece
from arrowsets.engine.parts import Layout, Part, padded
from arrowsets.errors import BadData
from arrowsets.features import Features, is_lossless_cast
from arrowsets.lineage import Lineage
from arrowsets.record import dataclass
from arrowsets.transforms.base import Outputs

__all__ = ["ReadJob"]


@dataclass(frozen=True)
class ReadJob(Job):
    """A builder over its shards.

    Attributes:
        builder: Who reads.
        shards: What it reads, a unit each.
        description: For progress bars and messages.
        types: The types that shards are read as. None: those of their own values.
        typed: The shards that `types` is for. None: all.
        empty: The files, if there is not a byte in any of them.
        recut: Files are cut at other places than an earlier job cut them, whose units are not these.
    """

    builder: Builder[Any]
    shards: tuple[Any, ...]
    description: str
    types: Features | None = None
    typed: frozenset[int] | None = None
    empty: tuple[str, ...] = ()
    recut: bool = False

    def __len__(self) -> int:
        return len(self.shards)

    def _schema(self, unit: int) -> pa.Schema | None:
        if self.types is None or (self.typed is not None and unit not in self.typed):
            return None
        return self.types.arrow_schema

    def name(self, unit: int) -> str:
        """`shard-<number>.arrow`, or `recut-`, and under which types it was read if not its own."""
        schema = self._schema(unit)
        suffix = "" if schema is None else f"-{Lineage.of_value('types', str(schema)).digest[:12]}"
        return f"{'recut' if self.recut else 'shard'}-{unit:06d}{suffix}.arrow"

    def join(self, first: Features, second: Features) -> Features:
        """Join types by the rules of the format."""
        return self.builder.unify(first, second)

    @property
    def cut_alike(self) -> bool:
        """A shard is read as it is."""
        return True

    @property
    def reads_ahead(self) -> bool:
        """As the builder says."""
        return self.builder.reads_in_threads()

    @property
    def is_named_by_files(self) -> bool:
        """A file's ETag is part of the name."""
        return True

    @property
    def infers(self) -> bool:
        """Unless types stand in the files, or were given."""
        return self.types is None

    def revised(self, parts: Sequence[Part], layout: Layout) -> ReadJob | None:
        """Read again the shards whose text means something else under the types of all, or whose dicts are JSON now."""
        if self.types is not None:
            return None
        again = frozenset(
            unit
            for unit, part in enumerate(parts)
            if padded(part, layout) or (self.builder.decodes_text() and _means_more(part, layout))
        )
        return replace(self, types=layout.features, typed=again) if again else None

    def label(self, unit: int) -> str:
        """The shard and what it is read for."""
        return f"shard {unit} ({self.shards[unit]}) of {self.description}"

    def blocks(self, first: int, last: int) -> Iterator[Piece]:
        """Read shards."""
        for unit in range(first, last):
            # Rejects are collected on the builder, so each shard has one of its own.
            builder = self.builder.fresh()
            schema = self._schema(unit)
            position = 0
            empty = True
            for table in _readable(builder, self.shards[unit], schema):
                features = self._features(table, schema)
                stop = position + table.num_rows
                yield Piece(unit, position, stop, Outputs(table, features, whole=True))
                position, empty = stop, False
            rejects = tuple(builder.rejects.rows) + tuple((file, None, why, "") for file, why in builder.rejects.files)
            if not position and not rejects and unit == 0:
                rejects = tuple((file, None, "the file is empty", "") for file in self.empty)
            if empty or rejects:
                nothing = schema.empty_table() if schema is not None else pa.table({})
                features = self._features(nothing, schema)
                yield Piece(unit, position, position, Outputs(nothing, features, whole=True, rejects=rejects))

    def _features(self, table: pa.Table, schema: pa.Schema | None) -> Features:
        if schema is not None and self.types is not None:
            return self.types
        return Features.from_arrow_schema(table.schema)


def _readable(builder: Builder[Any], shard: Any, schema: pa.Schema | None) -> Iterator[pa.Table]:
    """Read a shard; where bad files are to be left out, what cannot be read ends it and is reported."""
    rows = 0
    try:
        for table in builder.read(shard, schema):
            rows += table.num_rows
            yield table
    except BadData as error:
        if builder.config.on_bad_files == "error":
            raise
        why = f"{error.reason} (after {rows} rows, which were kept)" if rows else error.reason
        builder.rejects.files.append((error.file or str(shard), why))


def _means_more(part: Part, layout: Layout) -> bool:
    if part.features == layout.features:
        return False
    own, wanted = part.features.arrow_schema, layout.schema
    return part.num_rows > 0 and any(not is_lossless_cast(field.type, wanted.field(field.name).type) for field in own)
