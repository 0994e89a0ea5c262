"""Streaming: rows that are read while one iterates, from files that were never loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq
from harness import Step
from limits import rows_of

ROWS, WINDOW = 20_000, 1_000


def stream(library: str, source: Path) -> Any:
    # pyarrow imports pandas when it first turns Python values into arrays, once in a process: not what these steps are about.
    import pandas as pd  # noqa: F401

    if library == "arrowsets":
        from arrowsets import load_dataset
    else:
        from datasets import load_dataset
    kind = "parquet" if source.suffix == ".parquet" else "json"
    return load_dataset(kind, data_files=str(source), split="train", streaming=True)


def without_sleep(data: Any, library: str = "datasets") -> Any:
    """Leave out the five seconds that datasets 5.2 sleeps at the end of some streams."""
    if library == "datasets":
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


def parsed(source: Path) -> Iterator[Any]:
    """Yield the rows of JSON lines."""
    for batch in pyarrow.json.open_json(source):
        yield from rows_of(pa.Table.from_batches([batch]))


def shuffled(source: Path, window: int) -> Iterator[Any]:
    """Yield rows in random order: all row groups are read side by side, a window of them at a time."""
    file = pq.ParquetFile(source)
    rng = np.random.default_rng(1)
    lanes = file.num_row_groups
    readers = [file.iter_batches(window // lanes, row_groups=[group]) for group in rng.permutation(lanes).tolist()]
    for batches in zip(*readers, strict=False):
        whole = pa.Table.from_batches(batches)
        # As a buffer: pyarrow imports pandas when it is handed an array of numpy.
        order = pa.py_buffer(rng.permutation(whole.num_rows))
        rows = pa.Array.from_buffers(pa.int64(), whole.num_rows, [None, order])
        yield from rows_of(whole.take(rows))


def step(
    name: str,
    function: Callable[[Any], Any],
    limit: Callable[[Path], Any],
    data: str = "rows.parquet",
    sleeping: bool = False,
    **options: Any,
) -> Step:
    """Make a step whose function takes a stream, the same for both libraries."""
    made = Step(name, data, **options)
    made.prepare("arrowsets")(lambda source: stream("arrowsets", source))
    made.prepare("datasets")(
        lambda source: stream("datasets", source) if sleeping else without_sleep(stream("datasets", source))
    )
    made.run("arrowsets", "datasets")(function)
    made.run("limit")(limit)
    made.module = function.__module__
    return made


def added(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "more": row["count"] + 1}


def added_to_batch(batch: dict[str, Any]) -> dict[str, Any]:
    return {"more": [count + 1 for count in batch["count"]]}


def with_more(batch: Any) -> dict[str, Any]:
    columns = batch.to_pydict()
    return {**columns, **added_to_batch(columns)}


def interleaved(data: Any) -> Any:
    """Return how many rows of two copies of a stream there are in turn, and the last one."""
    from importlib import import_module

    library = import_module(type(data).__module__.partition(".")[0])
    return consumed(library.interleave_datasets([data, data]).take(ROWS))


step("stream rows", consumed, lambda source: consumed(stored(source)), faster=3, within=1.3)
step(
    "stream batches of 1,000",
    lambda data: consumed(data.iter(1000)),
    lambda source: consumed(batch.to_pydict() for batch in pq.ParquetFile(source).iter_batches(1000)),
    within=1.3,
)
step(
    "stream map by row",
    lambda data: consumed(data.map(lambda row: {"more": row["count"] + 1})),
    lambda source: consumed(map(added, stored(source))),
    faster=3,
    within=2,
)
step(
    "stream batched map",
    lambda data: consumed(data.map(added_to_batch, batched=True).iter(1000)),
    lambda source: consumed(map(with_more, pq.ParquetFile(source).iter_batches(1000))),
    faster=1,
    within=2,
    note="of all columns, 1,000 rows at a time",
)
step(
    "stream rows of JSON lines",
    consumed,
    lambda source: consumed(parsed(source)),
    data="lines.jsonl",
    faster=3,
    within=2,
)
step(
    "stream interleave",
    interleaved,
    lambda source: consumed(islice(chain.from_iterable(zip(stored(source), stored(source), strict=True)), ROWS)),
    faster=3,
    within=2,
    note="20,000 rows of two streams in turn",
)
step(
    "stream shuffle, the first row",
    lambda data: bool(next(iter(data.shuffle(seed=1)))),
    lambda source: bool(next(shuffled(source, WINDOW))),
    faster=1,
    once=True,
    within=2,
    note="datasets without its sleep of five seconds; a window of 1,000 rows is read",
)
step(
    "stream shuffle, the first row and the end",
    lambda data: bool(next(iter(data.shuffle(seed=1)))),
    lambda source: bool(next(shuffled(source, WINDOW))),
    sleeping=True,
    faster=10,
    once=True,
    within=2,
    note="datasets with its sleep",
)
step(
    "stream shuffle, 20,000 rows",
    lambda data: consumed(data.shuffle(seed=1).take(ROWS))[0],
    lambda source: consumed(islice(shuffled(source, WINDOW), ROWS))[0],
    faster=3,
    within=2,
    note="datasets without its sleep of five seconds; the limit puts the same windows in random order",
)
step(
    "stream shuffle, a window of 10,000",
    lambda data: consumed(data.shuffle(seed=1, buffer_size=10 * WINDOW))[0],
    lambda source: consumed(shuffled(source, 10 * WINDOW))[0],
    faster=3,
    within=2,
    note="all rows; datasets without its sleep",
)
