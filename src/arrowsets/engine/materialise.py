"""Materialising: doing a job, in this process or by an executor, and keeping its result in the store or in memory.

A result that lies in the store was written unit by unit (the journal), so that work cut off by a crash goes on at the
first missing unit, with any number of workers. When all units are there, small neighbours are merged into files that are
read fast. What is merged depends on the units' own sizes only: same job, same bytes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import chain, groupby
from operator import attrgetter
from pathlib import Path

import pyarrow as pa

from arrowsets import engine
from arrowsets.config import settings
from arrowsets.engine import worker
from arrowsets.engine.ahead import ahead
from arrowsets.engine.collect import BUFFER_BYTES, Collector, write_part
from arrowsets.engine.files import Finished, is_large, merged, part_of, write_run
from arrowsets.engine.jobs import Job, Piece
from arrowsets.engine.materialised import Destination, Materialised, opened
from arrowsets.engine.parts import Layout, Part, conform, filled, lay_out
from arrowsets.errors import BadData, SchemaConflict
from arrowsets.features import Features
from arrowsets.progress import progress
from arrowsets.record import dataclass
from arrowsets.store import Draft, ShardRecord
from arrowsets.table import ArrowFiles, FileRef

__all__ = ["materialise", "materialise_in_memory"]

logger = logging.getLogger("arrowsets")

JOURNAL_SECONDS = 1.0
UNIT_SECONDS = 1e-3  # what a unit's file in the journal takes at least
MEMORY_BYTES = 64 << 20


def materialise_in_memory(job: Job, destination: Callable[[], Destination] | None = None) -> Materialised:
    """Do a job in this process and keep its result in memory.

    Args:
        destination: Says where the result goes if it turns out to be large, or to take longer than one would like to
            lose. None: it stays in memory.
    """
    collector = Collector(job, None)
    blocks = job.blocks(0, len(job))
    done: list[Piece] = []
    deadline = time.monotonic() + JOURNAL_SECONDS
    for block in blocks:
        collector.add(block)
        done.append(block)
        if destination is not None and (time.monotonic() > deadline or collector.num_bytes > MEMORY_BYTES):
            pieces = chain.from_iterable(map(job.cut, chain(done, blocks)))
            return materialise(job, destination(), begun=pieces)
    part = collector.finish()
    layout = _laid_out(job, [part])
    if (revised := job.revised([part], layout)) is not None:
        return materialise_in_memory(revised, destination)
    tables = list(conform(part, layout, job.fill))
    schema = layout.schema
    table = tables[0] if len(tables) == 1 else pa.concat_tables(tables) if tables else schema.empty_table()
    return Materialised(ArrowFiles.from_table(table), layout)


def materialise(
    job: Job,
    destination: Destination,
    *,
    executor: Executor | None = None,
    begun: Iterator[Piece] | None = None,
    grown: Iterator[Job] | None = None,
) -> Materialised:
    """Do what is missing of a job and commit its result to the store.

    Args:
        executor: Who does the units. None: this process.
        begun: The pieces of a job that was begun in this process, to be continued.
        grown: The same job with more and more units, as they become known; the last one is whole.
    """
    with destination.store.open(destination.key) as draft, _dropped_if_useless(job, draft):
        if grown is None:
            parts = _all_parts(job, draft, executor, begun)
        else:
            job, parts = _grown_parts(job, grown, draft, executor)
        layout = _laid_out(job, parts)
        if (revised := job.revised(parts, layout)) is not None:
            kept = {unit: part for unit, part in enumerate(parts) if revised.name(unit) == job.name(unit)}
            parts = _all_parts(revised, draft, executor, kept=kept)
            layout = _laid_out(job, parts)
        try:
            shards = list(merged(job, parts, layout, draft))
        except (OSError, BadData):
            # Another process that made the same entry has committed it, and removed its units.
            if (entry := draft.committed()) is None:
                raise
            return opened(entry)
        rejects = [list(reject) for part in parts for reject in part.rejects]
        facts = {**destination.extra, "layout": layout.to_json(), "rejects": rejects}
        entry = draft.commit(shards, destination.fingerprint, facts)
    destination.store.make_room(settings().max_cache_bytes, keep=[entry.key])
    return replace(opened(entry), hit=False)


def _laid_out(job: Job, parts: Sequence[Part]) -> Layout:
    layout = lay_out(parts, job.given, join=job.join, fill=job.fill)
    return filled(layout, job.given) if job.infers else layout


@contextmanager
def _dropped_if_useless(job: Job, draft: Draft) -> Iterator[None]:
    """Leave no trace of a draft that has no unit when its job failed, or whose source must become another one."""
    try:
        yield
    except BaseException as error:
        with suppress(OSError):
            if not draft.refresh() or (job.is_named_by_files and isinstance(error, (BadData, SchemaConflict))):
                draft.discard()
        raise


def _all_parts(
    job: Job,
    draft: Draft,
    executor: Executor | None,
    begun: Iterator[Piece] | None = None,
    kept: Mapping[int, Part] | None = None,
) -> list[Part]:
    """Return the part of each unit, in order; do those that neither the draft nor `kept` has."""
    parts = dict(kept or {})
    finished = Finished(draft)
    for unit in range(len(job)):
        if unit in parts:
            continue
        part = finished.get(job.name(unit))
        if part is not None:
            parts[unit] = part
    missing = [unit for unit in range(len(job)) if unit not in parts]
    if parts and missing and kept is None:
        logger.warning("resuming: %d/%d shards of %s are there already", len(parts), len(job), job.description)
    weights = [job.weight(unit) for unit in range(len(job))]
    total = None if None in weights else sum(weight or 0 for weight in weights)
    bar = progress(total, job.description, initial=sum(part.stop - part.start for part in parts.values()))
    try:
        if executor is None:
            pieces = begun if begun is not None else _pieces(job, missing)
            parts.update(_journalled(job, pieces, draft, bar.update))
        else:
            parts.update(_distributed(job, missing, draft, executor, bar.update))
    finally:
        bar.close()
    return [parts[unit] for unit in range(len(job))]


def _grown_parts(first: Job, later: Iterator[Job], draft: Draft, executor: Executor | None) -> tuple[Job, list[Part]]:
    """Do units as they become known; return the whole job, and its parts in order.

    Those that the whole job calls otherwise, because it does them otherwise, are done again.
    """
    jobs = [first]
    parts: dict[int, Part] = {}
    finished = Finished(draft)
    if finished:
        logger.warning("resuming: %d shards of %s are there already", len(finished), first.description)

    def missing() -> Iterator[tuple[Job, list[int]]]:
        known = 0
        for job in chain([first], later):
            jobs[0] = job
            units = range(known, len(job))
            if any(job.name(unit) != first.name(unit) for unit in units):
                return  # it does all units in another way
            found = {unit: part for unit in units if (part := finished.get(job.name(unit))) is not None}
            parts.update(found)
            known = len(job)
            yield job, [unit for unit in units if unit not in found]

    with closing(progress(None, first.description)) as bar:
        if executor is None:
            pieces = (piece for job, units in missing() for piece in _pieces(job, units))
            parts.update(_journalled(first, pieces, draft, bar.update))
        else:
            for job, units in missing():
                parts.update(_distributed(job, units, draft, executor, bar.update))
    (whole,) = jobs
    kept = {unit: part for unit, part in parts.items() if whole.name(unit) == first.name(unit)}
    if len(kept) < len(whole):
        return whole, _all_parts(whole, draft, executor, kept=kept)
    return whole, [kept[unit] for unit in range(len(whole))]


# In this process


def _pieces(job: Job, units: Sequence[int]) -> Iterator[Piece]:
    """Do units one after the other; read ahead where the job allows it."""
    if job.reads_ahead and len(units) > 1:
        for block in ahead([partial(job.blocks, unit, unit + 1) for unit in units]):
            yield from job.cut(block)
        return
    for first, last in _runs(units):
        for block in job.blocks(first, last):
            yield from job.cut(block)


def _parts(
    job: Job, pieces: Iterable[Piece], draft: Draft, done: Callable[[int], object]
) -> Iterator[tuple[int, Part]]:
    """Collect the pieces of each unit into its part; yield both."""
    for unit, own in groupby(pieces, key=attrgetter("unit")):
        collector = Collector(job, partial(draft.temporary, job.name(unit)))
        try:
            for piece in own:
                collector.add(piece)
                done(piece.stop - piece.start)
            part = collector.finish()
        except BaseException:
            collector.abort()
            raise
        yield unit, part


def _runs(units: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Join neighbouring numbers: 0 1 2 5 6 -> (0, 3) (5, 7)."""
    start = previous = None
    for unit in units:
        if start is None or previous is None:
            start = unit
        elif unit != previous + 1:
            yield start, previous + 1
            start = unit
        previous = unit
    if start is not None and previous is not None:
        yield start, previous + 1


def _journalled(job: Job, pieces: Iterable[Piece], draft: Draft, done: Callable[[int], object]) -> dict[int, Part]:
    """Do units here, and keep a journal."""
    journal = _Journal(job, draft)
    try:
        for unit, part in _parts(job, pieces, draft, done):
            journal.add(unit, part)
    except BaseException:
        journal.save()
        raise
    return journal.parts


class _Journal:
    """Parts of finished units, which become files once that is worth it: one together for 32 MiB, their own after a second or an
    error.

    It is not worth it for units that are done again in the time that their files take, such as thousands of files of a line.
    """

    def __init__(self, job: Job, draft: Draft) -> None:
        self._job, self._draft = job, draft
        self.parts: dict[int, Part] = {}
        self._pending: list[int] = []
        self._size, self._begun = 0, time.monotonic()

    def add(self, unit: int, part: Part) -> None:
        """Take the part of a unit that was done."""
        self.parts[unit] = part
        self._pending.append(unit)
        self._size += part.num_bytes
        late = time.monotonic() - self._begun > JOURNAL_SECONDS
        if is_large(part, self._job) or (late and self._pays()):
            self._write()
        elif self._size >= BUFFER_BYTES:
            self._write_run()

    def save(self) -> None:
        """Keep what would be lost now, unless that takes longer than one waits for it gladly."""
        if self._takes() <= JOURNAL_SECONDS or self._pays():
            self._write()

    def _takes(self) -> float:
        return UNIT_SECONDS * len(self._pending)

    def _pays(self) -> bool:
        return self._takes() <= (time.monotonic() - self._begun) / 2

    def _write_run(self) -> None:
        """Write what is pending as the file that it is going to be, if that is known, and what is left once more is pending."""
        run = write_run(self._job, {unit: self.parts[unit] for unit in self._pending}, self._draft)
        if not run:
            self._write()
            return
        self.parts.update(run)
        self._pending = [unit for unit in self._pending if unit not in run]
        self._size, self._begun = sum(self.parts[unit].num_bytes for unit in self._pending), time.monotonic()

    def _write(self) -> None:
        for unit in self._pending:
            self.parts[unit] = _publish(self._job, unit, self.parts[unit], self._draft)
        self._pending.clear()
        self._size, self._begun = 0, time.monotonic()


def _publish(job: Job, unit: int, part: Part, draft: Draft) -> Part:
    """Write a part to the journal, if it is not there yet."""
    name = job.name(unit)
    if not isinstance(part.data, FileRef):
        features = Features({column: part.features[column] for column in part.features if part.holds(column)})
        with draft.writing(name, part.num_bytes) as path:
            written = write_part([part], Layout(features), None, path)
            part = replace(part, data=FileRef(str(path), written.batches), checksum=written.checksum)
    assert isinstance(part.data, FileRef)
    record = draft.publish(
        name,
        Path(part.data.path),
        num_rows=part.num_rows,
        batches=part.data.batches or (),
        extra=part.to_json(),
        checksum=part.checksum,
    )
    return part_of(draft, record)


# By an executor


@dataclass(frozen=True)
class _Unit:
    """The task that goes to a worker: it carries paths, and answers the record of the file it wrote."""

    job: Job
    draft: Draft

    def __call__(self, unit: int) -> ShardRecord:
        # A draft of its own: threads share this task, and each removes its temporary files when it is done.
        job, draft = self.job, Draft(self.draft.root, self.draft.key)
        if (record := draft.find(job.name(unit))) is not None:
            return record
        with draft:
            for _, part in _parts(job, _pieces(job, [unit]), draft, worker.report):
                _publish(job, unit, part, draft)
        record = draft.find(job.name(unit))
        assert record is not None
        return record


def _distributed(
    job: Job,
    units: Sequence[int],
    draft: Draft,
    executor: Executor,
    done: Callable[[int], object],
) -> dict[int, Part]:
    tasks = (engine.Task((unit,), job.label(unit)) for unit in units)
    answers = engine.run(_Unit(job, draft), tasks, executor, ordered=False, on_progress=lambda _, rows: done(rows))
    parts = {}
    for task, record in answers:
        (unit,) = task.args
        # Looked up, so that this process's draft knows the units that workers published.
        parts[unit] = part_of(draft, draft.find(job.name(unit)) or record)
    return parts
