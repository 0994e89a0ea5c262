"""Units to files: small neighbours are put together, in files that are read fast.

How much goes into a file is measured on the rows as they are written: parts hold more or less of them beforehand, by how the
work was cut. What is put together depends on that alone: same job, same bytes.

A run is such a file that was written while the work went on, out of memory, as the journal's record of all its units. If the
types are still those in the end, it is what the result is made of, and nothing was written twice.
"""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from arrowsets.engine.collect import BUFFER_BYTES
from arrowsets.engine.jobs import Job
from arrowsets.engine.parts import Layout, Part, conform, lay_out
from arrowsets.store import Draft, ShardRecord
from arrowsets.table import FileRef, ShardWriter, WrittenShard, logical_nbytes

__all__ = ["Finished", "is_large", "merged", "part_of", "write_run"]

FILE_BYTES = 4 << 20
RUN = "run"


class Finished:
    """The parts of the units that a draft has, by the units' names: from files of their own, and from runs."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._records = {name: record for name, record in draft.finished.items() if RUN not in record.extra}
        self._rows: dict[str, Mapping[str, Any]] = {}
        for record in draft.finished.values():
            for unit in record.extra.get(RUN, ()):
                self._records[unit["name"]], self._rows[unit["name"]] = record, unit

    def __len__(self) -> int:
        return len(self._records)

    def get(self, name: str) -> Part | None:
        """Return the part of a unit; None if it is not there."""
        if (record := self._records.get(name)) is None:
            return None
        if (unit := self._rows.get(name)) is None:
            return part_of(self._draft, record)
        start, stop = unit["rows"]
        return replace(Part.from_json(unit["part"], _file(self._draft, record)), rows=(start, stop))


def part_of(draft: Draft, record: ShardRecord) -> Part:
    """Return the part that is all of a file."""
    return Part.from_json(record.extra, _file(draft, record))


def _file(draft: Draft, record: ShardRecord) -> FileRef:
    return FileRef(str(draft.path / record.name), record.batches)


def write_run(job: Job, parts: Mapping[int, Part], draft: Draft) -> dict[int, Part]:
    """Write units as the file that they are going to be, if they are enough for one and all alike.

    Returns:
        The parts of those that went into it. Empty: none did.
    """
    units = list(parts)
    layout = lay_out(list(parts.values()), job.given, join=job.join, fill=job.fill)
    alike = all(_is_laid_out(part, layout) and isinstance(part.data, pa.Table) for part in parts.values())
    if not alike or units != list(range(units[0], units[0] + len(units))):
        return {}
    if sum(logical_nbytes(table) for part in parts.values() for table in part.tables()) < BUFFER_BYTES:
        return {}
    left = deque(parts.values())
    name = f"{RUN}-{job.name(units[0])}"
    with draft.writing(name) as path:
        written = _write_some(left, layout, job, path)
    taken = {unit: parts[unit] for unit in units[: len(units) - len(left)]}
    ends = list(itertools.accumulate((part.num_rows for part in taken.values()), initial=0))
    rows = dict(zip(taken, itertools.pairwise(ends), strict=True))
    told = [{"name": job.name(unit), "rows": rows[unit], "part": part.to_json()} for unit, part in taken.items()]
    record = draft.publish(
        name,
        path,
        num_rows=written.num_rows,
        batches=written.batches,
        checksum=written.checksum,
        extra={RUN: told},
    )
    if [unit["name"] for unit in record.extra.get(RUN, ())] != [unit["name"] for unit in told]:
        return {}  # another process was faster, and put other units together
    file = _file(draft, record)
    return {unit: replace(part, data=file, rows=rows[unit]) for unit, part in taken.items()}


def merged(job: Job, parts: Sequence[Part], layout: Layout, draft: Draft) -> Iterator[ShardRecord]:
    """Yield the records of the final files, in order."""
    left = deque(parts if layout.features else ())
    for index in itertools.count():
        if not left:
            return
        alone = left[0].num_bytes >= BUFFER_BYTES or is_large(left[0], job) or len(left) == 1
        if alone and (record := _as_it_is(left[0], layout, draft)) is not None:
            left.popleft()
            yield record
            continue
        name = f"data-{index:05d}.arrow"
        if (record := _run(left, layout, draft)) is not None and (path := _linked(record, name, draft)) is not None:
            for _ in record.extra[RUN]:
                left.popleft()
            rows, batches = record.num_rows, record.batches
            yield draft.publish(name, path, num_rows=rows, batches=batches, checksum=record.checksum)
            continue
        with draft.writing(name, left[0].num_bytes) as path:
            written = _write_some(left, layout, job, path)
        yield draft.publish(name, path, num_rows=written.num_rows, batches=written.batches, checksum=written.checksum)


def is_large(part: Part, job: Job) -> bool:
    """Tell whether a part is worth a file of its own, so that it is written once and never copied."""
    return job.cut_alike and part.num_bytes >= FILE_BYTES


def _write_some(left: deque[Part], layout: Layout, job: Job, path: Path) -> WrittenShard:
    """Write parts to a file until it has its size."""
    size = 0
    with ShardWriter(path, layout.schema) as writer:
        while left and size < BUFFER_BYTES and not (size and is_large(left[0], job)):
            for table in conform(left.popleft(), layout, job.fill):
                writer.write(table)
                size += logical_nbytes(table)
        return writer.close()


def _as_it_is(part: Part, layout: Layout, draft: Draft) -> ShardRecord | None:
    """Return the record of a part whose file is already what it should be."""
    if part.rows is not None or not _is_laid_out(part, layout):
        return None
    return _record_of(part, draft)


def _run(left: Sequence[Part], layout: Layout, draft: Draft) -> ShardRecord | None:
    """Return the record of the run that the next parts are, if it is already what it should be."""
    if left[0].rows is None or left[0].rows[0] != 0 or (record := _record_of(left[0], draft)) is None:
        return None
    parts = list(itertools.islice(left, len(record.extra[RUN])))
    whole = [part.rows for part in parts if part.data == left[0].data] == [
        tuple(unit["rows"]) for unit in record.extra[RUN]
    ]
    return record if whole and all(_is_laid_out(part, layout) for part in parts) else None


def _linked(record: ShardRecord, name: str, draft: Draft) -> Path | None:
    """Give a file of the draft another name; None on a file system that has no links."""
    path = draft.temporary(name)
    try:
        os.link(draft.path / record.name, path)
    except OSError:
        return None
    return path


def _is_laid_out(part: Part, layout: Layout) -> bool:
    """Tell whether a part holds the columns of a layout, with its types and in its order."""
    held = [name for name in part.features if part.holds(name)]
    return held == list(layout.features) and all(part.features[name] == layout.features[name] for name in held)


def _record_of(part: Part, draft: Draft) -> ShardRecord | None:
    if not isinstance(part.data, FileRef):
        return None
    path = part.data.path
    return next((record for record in draft.finished.values() if str(draft.path / record.name) == path), None)
