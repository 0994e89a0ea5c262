"""Streaming: rows that are read while one iterates, from files that were never loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from harness import Step

ROWS, MIXED, SKIPPED, SEEN = 20_000, 2_000, 0.8, 150_000


def stream(library: str, source: Path) -> Any:
    if library == "arrowsets":
        from arrowsets import load_dataset
    else:
        from datasets import load_dataset
    return load_dataset("parquet", data_files=str(source), split="train", streaming=True)


def without_sleep(data: Any) -> Any:
    """Leave out the five seconds that datasets 5.2 sleeps at the end of some streams."""
    from datasets import config

    config.SLEEP_TIME_ON_THREADS_SHUTDOWN = 0
    return data


def consumed(rows: Any) -> Any:
    """Look at every row; return how many there are, and the last one."""
    count, row = 0, None
    for row in rows:  # noqa: B007 - the last one is returned
        count += 1
    return count, row


def stored(source: Path) -> Iterator[Any]:
    for batch in pq.ParquetFile(source).iter_batches(1000):
        yield from batch.to_pylist()


def step(name: str, function: Callable[[Any], Any], limit: Callable[[Path], Any], **options: Any) -> Step:
    """Make a step whose function takes a stream, the same for both libraries."""
    made = Step(name, "rows.parquet", **options)
    made.prepare("arrowsets")(lambda source: stream("arrowsets", source))
    made.prepare("datasets")(lambda source: without_sleep(stream("datasets", source)))
    made.run("arrowsets", "datasets")(function)
    made.run("limit")(limit)
    for functions in (made.functions, made.preparations):
        for each in functions.values():
            each.__module__ = __name__
    made.module = __name__
    return made


def added(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "more": row["count"] + 1}


def rest_of(source: Path, row: int) -> Any:
    """Return the first row from a place on, of the row group that it lies in."""
    file = pq.ParquetFile(source)
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if row < rows:
            return file.read_row_group(group).slice(row, 1).to_pylist()[0]
        row -= rows
    return None


def restored(data: Any) -> Any:
    data.load_state_dict(data.state_dict())
    return next(iter(data))


step("stream rows", consumed, lambda source: consumed(stored(source)), faster=3)
step(
    "stream batches of 1,000",
    lambda data: consumed(data.iter(1000)),
    lambda source: consumed(batch.to_pydict() for batch in pq.ParquetFile(source).iter_batches(1000)),
    within=1.5,
)
step(
    "stream map by row",
    lambda data: consumed(data.map(lambda row: {"more": row["count"] + 1})),
    lambda source: consumed(map(added, stored(source))),
    faster=3,
)
step(
    "stream skip 80 %",
    lambda data: next(iter(data.skip(int(200_000 * SKIPPED)))),
    lambda source: rest_of(source, int(200_000 * SKIPPED)),
    faster=2,
    once=True,
)
step(
    "stream shuffle, the first row",
    lambda data: bool(next(iter(data.shuffle(seed=1)))),
    lambda source: bool(next(stored(source))),
    faster=1,
    once=True,
    within=10,
    note="datasets without its sleep of five seconds; a window of 1,000 rows is read",
)
step(
    "stream shuffle, 20,000 rows",
    lambda data: consumed(data.shuffle(seed=1).take(ROWS))[0],
    lambda source: consumed(islice(stored(source), ROWS))[0],
    faster=3,
    note="datasets without its sleep of five seconds",
)

going_on = Step("stream restore at row 150,000", "rows.parquet", faster=2, once=True)


@going_on.prepare("arrowsets", "datasets")
def _(source: Path) -> Any:
    import sys

    data = stream("arrowsets" if "arrowsets" in sys.modules else "datasets", source)
    consumed(islice(data, SEEN))
    return data


@going_on.run("arrowsets", "datasets")
def _(data: Any) -> Any:
    return restored(data)


@going_on.run("limit")
def _(source: Path) -> Any:
    return rest_of(source, SEEN)
