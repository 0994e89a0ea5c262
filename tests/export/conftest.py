"""Tables to export, and the reference's answer to them."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import datasets
import pyarrow as pa
import pytest

import arrowsets
from arrowsets import Dataset

datasets.disable_progress_bars()


@pytest.fixture(autouse=True)
def _quiet() -> None:
    arrowsets.disable_progress_bars()


TABLES: dict[str, pa.Table] = {
    "ints": pa.table({"a": [1, None, -3], "u": pa.array([2**64 - 1, 0, None], pa.uint64()), "b": [2**63 - 1, 0, 1]}),
    "floats": pa.table(
        {"a": [1.0, 0.1, None], "b": [1e300, -1e-7, 1e16], "c": pa.array([1.5, 0.1, 3e8], pa.float32())}
    ),
    "bools": pa.table({"a": [True, False, True], "b": [None, True, False]}),
    "strings": pa.table({"a": ["x", "", None], "b": ['q"q', "a,b", "two\nlines"], "c": ["é", "😀", "\u2028\t\\/"]}),
    "one column": pa.table({"a": ["", None, "x"]}),
    "odd names": pa.table({'a"b': [1], "c,d": ["x"], "é": ["y"]}),
    "nulls": pa.table({"a": pa.nulls(2), "b": [1, 2]}),
    "large strings": pa.table({"a": pa.array(["x", None, "y,z"], pa.large_string())}),
}
TEMPORAL = pa.table(
    {
        "t": pa.array([0, 1_500_001, None], pa.timestamp("us")),
        "z": pa.array([0, 1_500, None], pa.timestamp("ms", "Europe/Berlin")),
        "d": pa.array([dt.date(2020, 2, 29), None, dt.date(1969, 1, 1)], pa.date32()),
        "h": pa.array([dt.time(1, 2, 3), dt.time(23, 59, 59, 5), None], pa.time64("us")),
        "n": pa.array([Decimal("1.10"), Decimal("-0.01"), None], pa.decimal128(5, 2)),
    }
)
NESTED = pa.table(
    {
        "l": [[1, None], None, []],
        "s": [{"x": 1.5, "y": ['a"', None]}, None, {"x": None, "y": None}],
        "ll": [[["a"], []], [None], None],
        "f": pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int32(), 2)),
    }
)


def text_of(write: Callable[..., Any], **options: Any) -> str:
    """Return what an export writes."""
    buffer = io.BytesIO()
    write(buffer, **options)
    return buffer.getvalue().decode()


def both(table: pa.Table) -> tuple[Dataset, Any]:
    """Return a table as our dataset and as the reference's."""
    return Dataset.from_arrow(table), datasets.Dataset(datasets.table.InMemoryTable(table))
