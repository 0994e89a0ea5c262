"""The methods of streams do what those of datasets do."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest

from arrowsets import ClassLabel, Dataset, Features, IterableDataset, IterableDatasetDict, Value
from arrowsets.errors import ColumnNotFound, SchemaConflict, TransformError

INT, TEXT = Value("int64"), Value("string")
ROWS = {"x": [3, 1, 2], "s": ["b", "a", "b"]}
BOTH: dict[str, Callable[[Any], Any]] = {
    "map": lambda d: d.map(lambda row: {"y": row["x"] + 1}),
    "map of columns": lambda d: d.map(lambda x: {"y": x}, input_columns="x", remove_columns=["s"]),
    "map with indices": lambda d: d.map(lambda row, i: {"i": i}, with_indices=True),
    "map of nothing": lambda d: d.map(lambda row: None),
    "map of some": lambda d: d.map(lambda row: {"x": 0} if row["x"] > 1 else None),
    "map that deletes": lambda d: d.map(lambda row: row.pop("s") and row),
    "map of batches": lambda d: d.map(lambda b: {"x": b["x"][:1]}, batched=True, batch_size=2, remove_columns=["s"]),
    "map without last": lambda d: d.map(lambda b: b, batched=True, batch_size=2, drop_last_batch=True),
    "map with types": lambda d: d.map(lambda row: {"x": row["x"]}, features=Features({"x": Value("int8"), "s": TEXT})),
    "map with arguments": lambda d: d.map(lambda row, n: {"n": n}, fn_kwargs={"n": 5}),
    "filter": lambda d: d.filter(lambda row: row["x"] > 1),
    "filter of batches": lambda d: d.filter(lambda b: [x > 1 for x in b["x"]], batched=True, batch_size=2),
    "filter by expression": lambda d: d.filter(pc.field("x") > 1),
    "filter with indices": lambda d: d.filter(lambda row, i: i > 0, with_indices=True),
    "batch": lambda d: d.batch(batch_size=2),
    "batch by column": lambda d: d.batch(by_column="s"),
    "select columns": lambda d: d.select_columns(["s"]),
    "remove columns": lambda d: d.remove_columns("s"),
    "rename": lambda d: d.rename_columns({"x": "s", "s": "x"}),
    "cast": lambda d: d.cast(Features({"x": Value("string"), "s": Value("string")})),
    "cast column": lambda d: d.cast_column("x", Value("float32")),
    "add column": lambda d: d.add_column("z", [1.5, 2.5, 3.5]),
    "flatten": lambda d: d.map(
        lambda row: {"t": {"a": row["x"]}}, features=Features({"x": INT, "s": TEXT, "t": {"a": INT}})
    ).flatten(),
    "take": lambda d: d.take(2),
    "skip": lambda d: d.skip(2),
    "select": lambda d: d.select(range(1, 3)),
    "repeat": lambda d: d.repeat(2),
    "shard": lambda d: d.shard(2, 1),
    "indices of a shard": lambda d: d.shard(2, 1).map(lambda row, i: {"i": i}, with_indices=True),
    "indices behind skip": lambda d: d.skip(1).map(lambda row, i: {"i": i}, with_indices=True),
}


@pytest.mark.parametrize("name", BOTH)
def test_a_stream_has_the_rows_of_the_dataset(name: str) -> None:
    dataset = Dataset.from_dict(ROWS)
    made = BOTH[name](dataset)
    stream = BOTH[name](dataset.to_iterable_dataset())
    assert list(stream) == list(made)
    if stream.features is not None:
        assert stream.features == made.features
    if stream.num_rows is not None:
        assert stream.num_rows == len(made)


def test_coroutines_and_processes_give_rows_in_order() -> None:
    async def doubled(row: dict[str, int]) -> dict[str, int]:
        return {"y": 2 * row["x"]}

    stream = IterableDataset.from_dict({"x": range(2500)})
    assert [row["y"] for row in stream.map(doubled)] == list(range(0, 5000, 2))
    parallel = stream.map(lambda row: {"y": 2 * row["x"]}, num_proc=2)
    assert [row["y"] for row in parallel] == list(range(0, 5000, 2))


def test_nothing_is_computed_before_it_is_read() -> None:
    seen: list[int] = []
    stream = IterableDataset.from_dict({"x": range(5000)}).map(lambda row: seen.append(row["x"]))
    assert not seen
    next(iter(stream))
    assert len(seen) <= 1000


def test_skipped_rows_are_not_computed() -> None:
    seen: list[int] = []
    stream = IterableDataset.from_dict({"x": range(5000)}).map(lambda row: seen.append(row["x"])).skip(4000)
    next(iter(stream))
    assert min(seen) == 4000


def test_types_are_unknown_behind_a_map_and_known_where_it_declares_them() -> None:
    stream = IterableDataset.from_dict({"x": [1]})
    assert stream.map(lambda row: row).features is None
    types = Features({"x": Value("int32")})
    assert stream.map(lambda row: row, features=types).features == types


def test_iter_gives_batches() -> None:
    stream = IterableDataset.from_dict({"x": [1, 2, 3]})
    assert list(stream.iter(2)) == [{"x": [1, 2]}, {"x": [3]}]
    assert list(stream.iter(2, drop_last_batch=True)) == [{"x": [1, 2]}]


def test_formats_show_rows_and_batches() -> None:
    stream = IterableDataset.from_dict(ROWS).with_format("numpy", columns=["x"])
    assert isinstance(next(iter(stream))["x"], np.int64)
    assert next(stream.iter(2))["x"].tolist() == [3, 1]
    transformed = IterableDataset.from_dict(ROWS).with_transform(lambda batch: {"n": [2 * x for x in batch["x"]]})
    assert [row["n"] for row in transformed] == [6, 2, 4]


def test_a_column_is_iterated_over() -> None:
    stream = IterableDataset.from_dict({"x": [{"a": 1}, {"a": 2}]})
    assert list(stream["x"]["a"]) == [1, 2]
    assert stream.rename_column("x", "y").column_names == ["y"]


def test_classes_are_numbered_by_given_names() -> None:
    stream = IterableDataset.from_dict(ROWS).class_encode_column("s", ["a", "b"])
    assert [row["s"] for row in stream] == [1, 0, 1]
    assert stream.features is not None
    assert stream.features["s"] == ClassLabel(names=["a", "b"])


def test_unique_reads_all_values() -> None:
    assert IterableDataset.from_dict(ROWS).unique("s") == ["b", "a"]


def test_an_endless_stream_is_endless() -> None:
    stream = IterableDataset.from_dict({"x": [1, 2]}).repeat(None)
    assert [row["x"] for row in itertools.islice(stream, 5)] == [1, 2, 1, 2, 1]
    assert list(IterableDataset.from_dict({"x": []}).repeat(None)) == []


REFUSED: dict[str, tuple[Callable[[IterableDataset], object], type[Exception], str]] = {
    "a number": (lambda s: s[0], TypeError, "iterate over it"),
    "a slice": (lambda s: s[:2], TypeError, "iterate over it"),
    "sort": (lambda s: s.sort("x"), NotImplementedError, "to_dataset"),
    "split": (lambda s: s.train_test_split(0.1), NotImplementedError, "to_dataset"),
    "positions": (lambda s: s.select([2, 0]), ValueError, "to_dataset"),
    "no column": (lambda s: s.select_columns("y"), ColumnNotFound, "'x'"),
    "no column to read": (lambda s: s["y"], ColumnNotFound, "'x'"),
    "no column to map": (lambda s: s.map(len, input_columns="y"), ColumnNotFound, "'x'"),
    "rename twice": (lambda s: s.rename_column("x", "s"), ValueError, "another column"),
    "shard beyond": (lambda s: s.shard(2, 2), IndexError, "index must be in"),
    "no batch": (lambda s: s.iter(0), ValueError, "1 or more"),
    "a value": (lambda s: list(s.map(lambda row: 1)), TypeError, "return a dict"),
    "lengths": (lambda s: list(s.map(lambda b: {"y": [1]}, batched=True)), TransformError, "remove_columns"),
    "a type": (lambda s: list(s.cast_column("s", Value("int8"))), SchemaConflict, "'s'"),
    "other columns": (lambda s: list(s.map(dict, features=Features({"x": INT}))), ColumnNotFound, "features="),
    "late columns": (lambda s: list(s.map(lambda row: row).select_columns("y")), ColumnNotFound, "'x'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_done_is_refused_with_a_hint(name: str) -> None:
    action, kind, hint = REFUSED[name]
    with pytest.raises(kind, match=hint):
        action(IterableDataset.from_dict(ROWS))


def test_an_error_of_a_function_names_its_row() -> None:
    stream = IterableDataset.from_dict({"x": [1, 0]}).map(lambda row: {"y": 1 // row["x"]})
    with pytest.raises(ZeroDivisionError) as caught:
        list(stream)
    assert "row 1" in caught.value.__notes__[0]


def test_add_item_puts_a_row_behind_the_others() -> None:
    stream = Dataset.from_dict({"x": [1, 2], "y": ["a", "b"]}).to_iterable_dataset()
    longer = stream.add_item({"x": 3})
    assert list(longer) == [{"x": 1, "y": "a"}, {"x": 2, "y": "b"}, {"x": 3, "y": None}]
    assert sorted(row["x"] for row in longer.shuffle(seed=1)) == [1, 2, 3]
    assert stream.num_rows == 2
    with pytest.raises(ValueError, match="no column 'z'"):
        stream.add_item({"z": 1})
    with pytest.raises(ValueError, match="features="):
        stream.map(lambda row: row).add_item({"x": 3})


def test_map_of_splits_passes_their_names() -> None:
    streams = IterableDatasetDict({name: Dataset.from_dict({"x": [1]}).to_iterable_dataset() for name in ("a", "b")})
    mapped = streams.map(lambda row, index, split: {"y": f"{split}{index}"}, True, True)
    assert {name: list(stream) for name, stream in mapped.items()} == {
        "a": [{"x": 1, "y": "a0"}],
        "b": [{"x": 1, "y": "b0"}],
    }
