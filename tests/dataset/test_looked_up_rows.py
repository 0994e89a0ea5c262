"""Rows from all over a dataset are looked up where they lie: they are what reading them shows."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrowsets import ClassLabel, Dataset, Features, Value, concatenate_datasets
from arrowsets.errors import RowOutOfRange
from arrowsets.table import flat

TEXTS = ["", "a", "two words", "é", "中文字", "\x00", "long " * 40, "🎈"]
COLUMNS: dict[str, pa.Array[Any]] = {
    "int8": pa.array(range(120), pa.int8()),
    "uint32": pa.array([2**32 - 1 - n for n in range(120)], pa.uint32()),
    "int64": pa.array([-(2**62) + n for n in range(120)]),
    "float32": pa.array([n / 3 for n in range(120)], pa.float32()),
    "float64": pa.array([float("nan") if n == 7 else n / 7 for n in range(120)]),
    "bool": pa.array([n % 3 == 0 for n in range(120)]),
    "ascii": pa.array([f"text {n}" for n in range(120)]),
    "text": pa.array([TEXTS[n % len(TEXTS)] for n in range(120)]),
    "large": pa.array([TEXTS[n % len(TEXTS)] for n in range(120)], pa.large_string()),
}


def _in_batches(table: pa.Table) -> Dataset:
    """Return the rows of a table as those of a file of many batches."""
    path = Path(tempfile.mkdtemp()) / "rows.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        for batch in table.to_batches(5):
            writer.write_batch(batch)
    atexit.register(shutil.rmtree, path.parent)
    return Dataset.from_file(str(path))


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows were looked up, each time."""
    counts: list[int] = []
    take = flat.FlatView.take

    def counted(self: flat.FlatView, rows: Any, spread: int = 1) -> Any:
        found = take(self, rows, spread)
        counts.append(len(rows) if found is not None else 0)
        return found

    monkeypatch.setattr(flat.FlatView, "take", counted)
    return counts


def _read(dataset: Dataset, rows: list[int]) -> dict[str, list[Any]]:
    return {name: [dataset[row][name] for row in rows] for name in dataset.column_names}


def test_values_of_every_kind(looked_up: list[int]) -> None:
    dataset = _in_batches(pa.table(COLUMNS))
    rows = np.random.default_rng(1).integers(0, 120, 50).tolist()
    found = dataset[rows]
    assert repr(found) == repr(_read(dataset, rows))  # NaN equals itself there
    assert {type(value) for column in found.values() for value in column} == {int, float, bool, str}
    assert looked_up == [50]


def _table() -> pa.Table:
    """NaN does not equal itself."""
    return pa.table({name: column for name, column in COLUMNS.items() if name != "float64"})


@cache
def _sources() -> dict[str, Dataset]:
    whole = _in_batches(_table())
    thirds = [_in_batches(_table().slice(start, 40)) for start in (0, 40, 80)]
    return {
        "in order": whole,
        "shuffled": whole.shuffle(seed=1),
        "three files": concatenate_datasets(thirds).shuffle(seed=2),
    }


@given(
    rows=st.lists(st.integers(-120, 119), min_size=1, max_size=60),
    source=st.sampled_from(["in order", "shuffled", "three files"]),
)
def test_any_rows_in_any_order(rows: list[int], source: str) -> None:
    dataset = _sources()[source]
    assert dataset[rows] == _read(dataset, rows)
    mask = [row in set(rows) for row in range(120)]
    assert dataset[mask] == _read(dataset, [row for row in range(120) if mask[row]])


def test_columns_of_several_files(looked_up: list[int]) -> None:
    one = _in_batches(pa.table({"x": range(100)}))
    both = concatenate_datasets([one, _in_batches(pa.table({"name": [f"é{n}" for n in range(100)]}))], axis=1)
    rows = list(range(99, -1, -3))
    assert both[rows] == {"x": rows, "name": [f"é{n}" for n in rows]}
    long = concatenate_datasets([one] * 3)
    rows = list(range(299, -1, -7))
    assert long[rows] == {"x": [row % 100 for row in rows]}
    assert looked_up == [34, 43]


def test_what_is_shown_otherwise_is_read(looked_up: list[int]) -> None:
    rows = list(range(0, 100, 3))
    nulls = _in_batches(pa.table({"x": pa.array([None if n == 30 else n for n in range(100)], pa.int64())}))
    assert nulls[rows] == {"x": [None if row == 30 else row for row in rows]}
    assert nulls[rows[::-1]]["x"] == nulls[rows]["x"][::-1]
    assert not any(looked_up)
    looked_up.clear()
    lists = _in_batches(pa.table({"x": [[n] * (n % 3) for n in range(100)]}))
    assert lists[rows] == {"x": [[row] * (row % 3) for row in rows]}
    numbers = _in_batches(pa.table({"x": range(100)})).with_format("numpy")[rows]
    assert isinstance(numbers["x"], np.ndarray)
    assert looked_up == []


def test_class_labels_are_numbers() -> None:
    features = Features({"label": ClassLabel(names=["no", "yes"]), "name": Value("string")})
    dataset = _in_batches(pa.table({"label": [0, 1] * 50, "name": ["a"] * 100})).cast(features)
    assert dataset[list(range(0, 100, 5))]["label"] == [0, 1] * 10


@pytest.mark.parametrize("rows", [[*range(0, 90, 5), 100], [*range(0, 90, 5), -101]])
def test_rows_that_are_not_there(rows: list[int]) -> None:
    with pytest.raises(RowOutOfRange, match="out of range"):
        _in_batches(pa.table({"x": range(100)}))[rows]
