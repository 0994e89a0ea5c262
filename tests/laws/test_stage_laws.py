"""Laws of streams: whatever the chain of operators, a restored stream goes on exactly, and shares make up the whole."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arrowsets import Dataset, IterableDataset, concatenate_datasets, interleave_datasets

Chain = Callable[[IterableDataset], IterableDataset]
MOST = 400


def add_one(row: dict[str, Any]) -> dict[str, Any]:
    return {"x": row["x"] + 1}


async def double(row: dict[str, Any]) -> dict[str, Any]:
    return {"y": 2 * row["x"]}


def grown(batch: dict[str, list[int]]) -> dict[str, list[int]]:
    return {"x": [x for x in batch["x"] for _ in range(x % 3)]}


def first_of_batch(batch: dict[str, list[int]]) -> dict[str, list[int]]:
    return {"first": [batch["x"][0]] * len(batch["x"])}


def halved(row: dict[str, Any]) -> dict[str, Any]:
    return {"k": row["x"] // 4}


def first_of_run(row: dict[str, Any]) -> dict[str, Any]:
    return {"x": row["x"][0]}


def nothing(row: dict[str, Any]) -> None:
    del row


def indexed(row: dict[str, Any], index: int) -> dict[str, int]:
    return {"i": index}


def rarely(row: dict[str, Any]) -> bool:
    return bool(row["x"] % 17 == 0)


def some(batch: dict[str, list[int]]) -> list[bool]:
    return [x % 3 > 0 for x in batch["x"]]


def numbered(stream: IterableDataset) -> IterableDataset:
    rows = stream.num_rows
    return stream.select_columns("x").add_column("c", list(range(20_000 if rows is None else rows)))


def other(rows: int) -> IterableDataset:
    return Dataset.from_dict({"x": list(range(1000, 1000 + rows))}).to_iterable_dataset()


# Row by row: what happens to a row does not depend on which others there are.
ROWWISE: dict[str, Chain] = {
    "map": lambda s: s.map(add_one),
    "async": lambda s: s.map(double),
    "none": lambda s: s.map(nothing),
    "rename": lambda s: s.rename_column("x", "z").rename_column("z", "x"),
    "select": lambda s: s.select_columns("x"),
    "add": numbered,
    "filter": lambda s: s.filter(rarely),
    "expression": lambda s: s.filter(pc.field("x") < 900),
    "batched filter": lambda s: s.filter(some, batched=True, batch_size=13),
}
BATCHED: dict[str, Chain] = {
    "grown": lambda s: s.select_columns("x").map(grown, batched=True, batch_size=7),
    "first": lambda s: s.map(first_of_batch, batched=True, batch_size=11),
    "runs": lambda s: s.select_columns("x").map(halved).batch(by_column="k").map(first_of_run),
    "groups": lambda s: s.select_columns("x").batch(5).map(first_of_run),
    "indexed": lambda s: s.map(indexed, with_indices=True),
}
CHOOSING: dict[str, Chain] = {
    "take": lambda s: s.take(90),
    "skip": lambda s: s.skip(13),
    "select": lambda s: s.select(range(3, 120)),
    "repeat": lambda s: s.repeat(2),
    "without end": lambda s: s.repeat(None),
    "shard": lambda s: s.shard(3, 1),
    "drop last": lambda s: s.map(first_of_batch, batched=True, batch_size=9, drop_last_batch=True),
    "shuffle": lambda s: s.shuffle(seed=3, buffer_size=40),
    "small window": lambda s: s.shuffle(seed=4, buffer_size=7, max_buffer_input_shards=3),
}
MIXING: dict[str, Chain] = {
    "beside": lambda s: concatenate_datasets([s.select_columns("x"), s.map(halved).select_columns("k")], axis=1),
    "concatenate": lambda s: concatenate_datasets([s.select_columns("x"), other(30)]),
    "in turn": lambda s: interleave_datasets([s.select_columns("x"), other(40)]),
    "drawn": lambda s: interleave_datasets(
        [s.select_columns("x"), other(50)], probabilities=[0.7, 0.3], seed=5, stopping_strategy="all_exhausted"
    ),
    "drawn once": lambda s: interleave_datasets(
        [s.select_columns("x").take(100), other(50)],
        probabilities=[0.2, 0.8],
        seed=6,
        stopping_strategy="all_exhausted_without_replacement",
    ),
}
ALL = {**ROWWISE, **BATCHED, **CHOOSING, **MIXING}


def numbers(n: int) -> Iterator[dict[str, int]]:
    yield from ({"x": x} for x in range(n))


def generated(parts: list[int]) -> Iterator[dict[str, int]]:
    for part in parts:
        yield from ({"x": part * 100 + x} for x in range(60))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rows")
    table = pa.table({"x": list(range(300))})
    pq.write_table(table, path / "one.parquet", row_group_size=37)
    for number in range(3):
        pq.write_table(table.slice(number * 100, 100), path / f"three-{number}.parquet", row_group_size=64)
    (path / "lines.jsonl").write_text("".join(f'{{"x": {x}}}\n' for x in range(300)))
    with gzip.open(path / "wide.jsonl.gz", "wt") as file:
        file.write("".join(f'{{"x": {x}{" " * 1000}}}\n' for x in range(300)))
    (path / "rows.csv").write_text("x\n" + "".join(f"{x}\n" for x in range(300)))
    return path


SOURCES: dict[str, Callable[[Path], IterableDataset]] = {
    "memory": lambda _: Dataset.from_dict({"x": list(range(300))}).to_iterable_dataset(),
    "selection": lambda _: Dataset.from_dict({"x": list(range(300))}).shuffle(seed=1).to_iterable_dataset(),
    "large": lambda _: Dataset.from_dict({"x": list(range(2_500))}).to_iterable_dataset(),
    "parquet": lambda path: IterableDataset.from_parquet(str(path / "one.parquet")),
    "parquets": lambda path: IterableDataset.from_parquet(str(path / "three-*.parquet")),
    "json": lambda path: IterableDataset.from_json(str(path / "lines.jsonl")),
    "compressed": lambda path: IterableDataset.from_json(str(path / "wide.jsonl.gz")),
    "csv": lambda path: IterableDataset.from_csv(str(path / "rows.csv")),
    "generator": lambda _: IterableDataset.from_generator(numbers, gen_kwargs={"n": 300}),
    "generators": lambda _: IterableDataset.from_generator(generated, gen_kwargs={"parts": list(range(5))}),
}


def built(source: str, names: list[str], folder: Path) -> IterableDataset:
    stream = SOURCES[source](folder)
    for name in names:
        stream = ALL[name](stream)
    return stream


@settings(max_examples=50, deadline=None)
@given(
    source=st.sampled_from(sorted(SOURCES)),
    names=st.lists(st.sampled_from(sorted(ALL)), max_size=4),
    stops=st.tuples(st.integers(0, MOST), st.integers(0, 150)),
    epoch=st.integers(0, 1),
)
def test_a_restored_stream_goes_on_exactly(
    source: str, names: list[str], stops: tuple[int, int], epoch: int, folder: Path
) -> None:
    stream = built(source, names, folder)
    stream.set_epoch(epoch)
    whole = list(islice(stream, MOST + 200))
    position = 0
    state = stream.state_dict()
    for number, stop in enumerate(stops):
        stream = built(source, names, folder)
        if number:
            stream.load_state_dict(json.loads(json.dumps(state)))
        else:
            stream.set_epoch(epoch)
        rows = iter(stream)
        assert list(islice(rows, stop)) == whole[position : position + stop]
        position = min(position + stop, len(whole))
        state = stream.state_dict()
    stream = built(source, names, folder)
    stream.load_state_dict(state)
    assert list(islice(stream, MOST + 200 - position)) == whole[position:]


# Behind these, rows are counted as a reader sees them, so what depends on batches depends on who reads.
COUNTING = {
    "filter",
    "expression",
    "batched filter",
    "grown",
    "shuffle",
    "small window",
    "shard",
    "repeat",
    "runs",
    "groups",
}
BY_BATCH = {"first", "batched filter", "grown", "groups"}


@settings(max_examples=60, deadline=None)
@given(
    source=st.sampled_from(sorted(SOURCES)),
    names=st.lists(st.sampled_from(sorted(set(ALL) - {"without end", "drop last", "indexed"})), max_size=4),
    count=st.integers(1, 9),
)
def test_shares_make_up_the_whole(source: str, names: list[str], count: int, folder: Path) -> None:
    stream = built(source, names, folder)
    shares = [list(stream.shard(count, index)) for index in range(count)]
    if stream.num_rows is not None and not BY_BATCH & set(names):
        assert max(map(len, shares)) - min(map(len, shares)) <= 2 ** names.count("repeat")
    counted = next((index for index, name in enumerate(names) if name in COUNTING), len(names))
    uncounted = SOURCES[source](folder).num_rows is None
    if BY_BATCH & set(names[0 if uncounted else counted + 1 :]):
        return
    assert sorted(str(row) for share in shares for row in share) == sorted(str(row) for row in stream)


@settings(max_examples=30, deadline=None)
@given(
    source=st.sampled_from(sorted(SOURCES)),
    names=st.lists(st.sampled_from(sorted(ROWWISE)), max_size=4),
    seed=st.integers(0, 5),
)
def test_a_shuffle_loses_and_repeats_nothing(source: str, names: list[str], seed: int, folder: Path) -> None:
    stream = built(source, names, folder)
    shuffled = stream.shuffle(seed=seed, buffer_size=50)
    assert sorted(str(row) for row in shuffled) == sorted(str(row) for row in stream)
