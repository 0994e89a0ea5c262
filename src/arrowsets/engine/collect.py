"""Collecting the pieces of one unit into its part: in memory while it is small, through files when it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from arrowsets.engine.jobs import Job, Piece
from arrowsets.engine.parts import Fill, Layout, Part, conform, lay_out, padded
from arrowsets.features import Features
from arrowsets.table import FileRef, ShardWriter, WrittenShard, logical_nbytes
from arrowsets.transforms.base import Outputs

__all__ = ["Collector", "write_part"]

BUFFER_BYTES = 32 << 20
# Where no later row changes the types, what is written soon is memory that is used again, not asked for and cleared anew.
SETTLED_BYTES = 4 << 20


class Collector:
    """Pieces of one unit, in order.

    Up to 32 MiB stay in memory (4 MiB where the types are settled beforehand); more goes to a file, and on to another where
    the types become others. `finish` makes one part of them.

    Args:
        job: What they are pieces of.
        spill: Names a new temporary file. None: everything stays in memory.
    """

    def __init__(self, job: Job, spill: Callable[[], Path] | None) -> None:
        self._job, self._new_path = job, spill
        self._room = BUFFER_BYTES if job.infers else SETTLED_BYTES
        self._run: list[Piece] = []
        self._run_bytes = 0
        self._pending: list[Part] = []
        self._pending_bytes = 0
        self._file: _Spill | None = None
        self._spilled: list[Part] = []

    def add(self, piece: Piece) -> None:
        """Take the next piece."""
        outputs = piece.outputs
        if self._run and not _alike(outputs, self._run[0].outputs):
            self._end_run()
        self._run.append(piece)
        self._run_bytes += logical_nbytes(_held(outputs))
        if self._new_path is not None and self.num_bytes >= self._room:
            self._spill()

    def _end_run(self) -> None:
        """Make one part of neighbouring pieces with the same columns: what is done for a part is done once for all."""
        if not self._run:
            return
        pieces, first = self._run, self._run[0].outputs
        tables = [_held(piece.outputs) for piece in pieces]
        rows = sum(piece.outputs.table.num_rows if first.features else piece.stop - piece.start for piece in pieces)
        self._pending.append(
            Part(
                start=pieces[0].start,
                stop=pieces[-1].stop,
                num_rows=rows,
                num_bytes=self._run_bytes,
                features=first.features,
                changed=frozenset(first.features) - first.unchanged,
                deleted=first.deleted,
                whole=first.whole,
                touched=first.touched,
                rejects=tuple(reject for piece in pieces for reject in piece.outputs.rejects),
                data=tables[0] if len(tables) == 1 else pa.concat_tables(tables),
            )
        )
        self._pending_bytes += self._run_bytes
        self._run, self._run_bytes = [], 0

    @property
    def num_bytes(self) -> int:
        """Bytes that are held in memory."""
        return self._pending_bytes + self._run_bytes

    def _spill(self) -> None:
        """Move what is pending to the file that was begun, or to a new one if its types are others."""
        assert self._new_path is not None
        self._end_run()
        layout = lay_out(self._pending, self._job.given, join=self._job.join, fill=self._job.fill)
        if self._file is None or self._file.layout.features != layout.features:
            self._close()
            self._file = _Spill(self._new_path(), layout, self._job)
        self._file.write(self._pending, layout)
        self._pending, self._pending_bytes = [], 0

    def _close(self) -> None:
        if self._file is not None:
            self._spilled.append(self._file.close())
            self._file = None

    def abort(self) -> None:
        """Remove the file that was begun."""
        if self._file is not None:
            self._file.writer.abort()
            self._file = None

    def _joined(self, parts: list[Part], path: Path | None) -> Part:
        if path is None and len(parts) == 1 and _is_final(parts[0]):
            return parts[0]
        layout = lay_out(parts, self._job.given, join=self._job.join, fill=self._job.fill)
        part = _summary(parts, layout, self._job.given)
        if path is None:
            tables = [table for each in parts for table in conform(each, layout, self._job.fill)]
            return replace(part, data=pa.concat_tables(tables) if tables else None)
        written = write_part(parts, layout, self._job.fill, path)
        return replace(part, data=FileRef(str(path), written.batches), checksum=written.checksum)

    def finish(self) -> Part:
        """Make one part of all pieces: in memory if they are few, else in a temporary file."""
        self._end_run()
        if self._file is None and not self._spilled:
            return self._joined(self._pending, None)
        if self._pending:
            self._spill()
        self._close()
        if len(self._spilled) == 1:
            return self._spilled[0]
        assert self._new_path is not None
        part = self._joined(self._spilled, self._new_path())
        for spilled in self._spilled:
            if isinstance(spilled.data, FileRef):
                Path(spilled.data.path).unlink(missing_ok=True)
        return part


def _held(outputs: Outputs) -> pa.Table:
    """Return the columns that are to be written."""
    if outputs.whole or not outputs.unchanged:
        return outputs.table
    return outputs.table.select([name for name in outputs.features if name not in outputs.unchanged])


def _is_final(part: Part) -> bool:
    """Tell whether a part holds all its columns with the types that it says they have."""
    if not part.touched or not isinstance(part.data, pa.Table):
        return False
    stored = {field.name: field.type for field in part.data.schema}
    return stored == {name: feature.storage for name, feature in part.features.items()}


def _alike(one: Outputs, other: Outputs) -> bool:
    return (
        one.features == other.features
        and list(one.features) == list(other.features)
        and one.unchanged == other.unchanged
        and one.deleted == other.deleted
        and one.whole == other.whole
        and one.touched == other.touched
        and one.table.schema.equals(other.table.schema)
    )


class _Spill:
    """A file that pieces of the same types go to, however many they are."""

    def __init__(self, path: Path, layout: Layout, job: Job) -> None:
        self.layout, self._job = layout, job
        self.writer = ShardWriter(path, layout.schema)
        self._written: list[Part] = []

    def write(self, parts: list[Part], layout: Layout) -> None:
        for part in parts:
            for table in conform(part, layout, self._job.fill):
                self.writer.write(table)
        self._written.append(_summary(parts, layout, self._job.given))

    def close(self) -> Part:
        written = self.writer.close()
        layout = lay_out(self._written, self._job.given, join=self._job.join)
        part = _summary(self._written, layout, self._job.given)
        return replace(part, data=FileRef(self.writer.path, written.batches), checksum=written.checksum)


def _summary(parts: list[Part], layout: Layout, given: Features) -> Part:
    features = {name: layout.features.get(name, given.get(name)) for name in layout.returned}
    return Part(
        start=parts[0].start,
        stop=parts[-1].stop,
        num_rows=layout.num_rows,
        num_bytes=sum(part.num_bytes for part in parts),
        features=Features(features),
        changed=frozenset(layout.features),
        deleted=layout.deleted,
        whole=layout.whole,
        touched=layout.touched,
        rejects=tuple(reject for part in parts for reject in part.rejects),
        padded=frozenset[str]().union(*(padded(part, layout) for part in parts)),
    )


def write_part(parts: list[Part], layout: Layout, fill: Fill | None, path: Path) -> WrittenShard:
    """Write the rows of parts, with the columns and types of the layout, to one Arrow file."""
    with ShardWriter(path, layout.schema) as writer:
        for part in parts:
            for table in conform(part, layout, fill):
                writer.write(table)
        return writer.close()
