"""Preparing: data files read by a builder into an entry of the store, one entry for each split.

Reading is optimistic. Each shard is read once with the types that its own values have; then the types of all shards are
unified (null < bool, int < float < string), and only shards whose text would have been read differently under the unified
types are read again. Where types stand in the files (Parquet, Arrow) or are given (`features=`), they come first. The first
files are read while others are still fetched; where types stand in them, as long as those are the same.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from arrowsets.builder import Builder, counted
from arrowsets.derive import Execution, default_store, fresh_key
from arrowsets.engine.materialise import materialise
from arrowsets.engine.materialised import Destination, Materialised, opened
from arrowsets.engine.read_job import ReadJob
from arrowsets.errors import BadData, SchemaConflict, WrongCut
from arrowsets.features import Features
from arrowsets.files import DataFile
from arrowsets.lineage import Lineage

__all__ = ["lineage_of", "prepare", "refuse_empty"]

logger = logging.getLogger("arrowsets")

NAMED_FILES = 100  # up to so many are told apart when it is explained why an entry was made again


def lineage_of(builder: Builder[Any], files: Sequence[DataFile], source: Sequence[Any] = ()) -> Lineage:
    """Name what a builder reads: the builder, its options, the files, and what else decides the rows."""
    given = {
        "builder": builder.name,
        "version": builder.version,
        "options": _options(builder),
        "files": _identities(files),
        "source": list(source),
    }
    return Lineage("load", (), given)


def prepare(
    builder: Builder[Any],
    files: Sequence[DataFile],
    how: Execution,
    *,
    description: str,
    source: Sequence[Any] = (),
    fetch: Callable[[], Iterator[Sequence[DataFile]]] | None = None,
) -> Materialised:
    """Find or make the entry of one split.

    Args:
        builder: Who reads.
        files: What it reads.
        how: With how many processes, and into which store.
        description: For progress bars.
        source: What else decides the rows, besides the builder, its options and the files.
        fetch: Yields the files on this machine, in order, some at a time as they come; called only if they must be read.

    Raises:
        BadData: for a file that cannot be read.
        SchemaConflict: for types that no type holds, or `features=` that name other columns than the files have.
    """
    lineage = lineage_of(builder, files, source)
    store = how.store if how.store is not None else default_store()
    if how.reuse and (entry := store.get(lineage.digest)) is not None:
        return opened(entry)
    key = lineage.digest if how.reuse else fresh_key(store, lineage.digest)
    refuse_empty(builder, files)
    destination = Destination(store, key, lineage.fingerprint.to_json(), {"label": f"load({builder.name})"})

    def made(reader: Builder[Any], *, recut: bool) -> Materialised:
        arriving = iter([files]) if fetch is None else fetch()
        if not reader.cuts_files_apart():
            arriving = iter([_joined(list(arriving))])
        here = next(arriving)
        shards = tuple(reader.shards(here))
        types, empty = _types(reader, here, shards), _empty(reader, files)
        job = ReadJob(reader, shards, description, types, empty=empty, recut=recut)
        grown = _grown(job, here, arriving) if len(here) < len(files) else None
        return materialise(job, destination, executor=how.workers, grown=grown)

    guessing = builder.guessing()
    found = None
    if guessing is not None:
        with suppress(BadData, WrongCut):  # what is wrong with a file is known for sure when no cut of it is a guess
            found = made(guessing, recut=False)
    if found is None:
        found = made(builder, recut=guessing is not None)
    _report(found, description)
    return found


def _joined(parts: Sequence[Sequence[DataFile]]) -> Sequence[DataFile]:
    return parts[0] if len(parts) == 1 else [file for some in parts for file in some]


def _grown(job: ReadJob, here: Sequence[DataFile], arriving: Iterator[Sequence[DataFile]]) -> Iterator[ReadJob]:
    """Yield a job with more and more of its shards as files come; the last one has all, and the types of all.

    Files of other types than the first are not read before all are here: only then it is known as what.
    """
    builder, files, alike = job.builder, list(here), True
    for some in arriving:
        files += some
        job = replace(job, shards=(*job.shards, *builder.shards(some)))
        alike = alike and builder.schema(some) == job.types
        if alike:
            yield job
    if not alike:
        yield replace(job, types=builder.schema(files))


def refuse_empty(builder: Builder[Any], files: Sequence[DataFile]) -> None:
    """Raise where there is not a byte in any of the files; an empty one among others has no rows."""
    empty = _empty(builder, files)
    if empty and builder.config.on_bad_files == "error":
        others = f", and so are the other {len(empty) - 1}" if len(empty) > 1 else ""
        raise BadData(f"the file is empty{others}", file=empty[0])


def _empty(builder: Builder[Any], files: Sequence[DataFile]) -> tuple[str, ...]:
    """Return the files if there is not a byte in any of them."""
    if not builder.rows_in_files or any(file.size != 0 for file in files):
        return ()
    return tuple(file.url for file in files)


def _identities(files: Sequence[DataFile]) -> list[tuple[object, ...]]:
    """Return what decides the content of files; of many, one text for each hundred, which is hashed as fast as read."""
    if len(files) <= NAMED_FILES:
        return [file.identity for file in files]
    return [(_identity(files[at : at + NAMED_FILES]),) for at in range(0, len(files), NAMED_FILES)]


def _identity(files: Sequence[DataFile]) -> str:
    text = "\n".join([f"{file.url}\0{file.size}\0{file.etag}" for file in files])
    # Only the URL of a file on a hub, which has a commit in it, is not what the file is known by.
    return "\n".join(["{}\0{}\0{}".format(*file.identity) for file in files]) if "hf://" in text else text


def _options(builder: Builder[Any]) -> dict[str, Any]:
    config = builder.config
    values = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
    if values.get("features") is not None:
        values["features"] = values["features"].to_dict()
    return values


def _types(builder: Builder[Any], files: Sequence[DataFile], shards: Sequence[Any]) -> Features | None:
    """Return the types that are known before a row is read; check that those which were given are for these files."""
    types = builder.schema(files)
    given = builder.config.features
    if given is None or not shards:
        return types
    first = next(iter(type(builder)(replace(builder.config, features=None)).read(shards[0])), None)
    if first is None:
        return types
    if not builder.takes(given, first.column_names):
        missing = set(first.column_names) - set(given)
        unknown = set(given) - set(first.column_names)  # alone they are no error: another row or file may have them
        source = files[0].url if files else f"the {builder.name}"
        raise SchemaConflict(
            f"features= (or the README's dataset_info) names {sorted(given)} "
            f"but {source} has the columns {sorted(first.column_names)}"
            + (f"; not in the file: {sorted(unknown)}" if unknown else "")
            + f"; not in features=: {sorted(missing)}"
        )
    return types


def _report(made: Materialised, description: str) -> None:
    rows = sum(1 for _, row, _, _ in made.rejects if row is not None)
    files = {file for file, row, _, _ in made.rejects if row is None}
    if rows or files:
        logger.warning(
            "%s: left out %s that could not be read; `dataset.rejects` lists what and why",
            description,
            counted(rows, len(files)),
        )
