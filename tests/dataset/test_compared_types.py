"""Sorting, distinct values and labels of columns whose types Arrow itself does not compare, or not rightly."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from arrowsets import Dataset

B, A = Decimal("2.00"), Decimal("-1.00")
COLUMNS: dict[str, tuple[Any, list[Any]]] = {
    "string_view": (pa.string_view(), ["b", None, "a", "b"]),
    "binary_view": (pa.binary_view(), [b"b", None, b"a", b"b"]),
    "float16": (pa.float16(), [np.float16(2), None, np.float16(1), np.float16(2)]),
    "decimal32": (pa.decimal32(5, 2), [B, None, A, B]),
    "decimal64": (pa.decimal64(12, 2), [B, None, A, B]),
}


@pytest.fixture(params=COLUMNS)
def dataset(request: pytest.FixtureRequest) -> Dataset:
    kind, values = COLUMNS[request.param]
    return Dataset(pa.table({"c": pa.array(values, kind), "at": range(4)}))


def test_rows_are_sorted(dataset: Dataset) -> None:
    assert dataset.sort("c")["at"] == [2, 0, 3, 1]
    assert dataset.sort(["c", "at"], reverse=True, null_placement="at_start")["at"] == [1, 3, 0, 2]


def test_null_is_one_of_the_distinct_values(dataset: Dataset) -> None:
    first, null, second, _ = dataset["c"]
    assert dataset.unique("c") == [first, null, second]
    assert dataset.to_iterable_dataset().unique("c") == [first, null, second]


def test_null_has_no_label(dataset: Dataset) -> None:
    assert dataset.class_encode_column("c")["c"] == [1, None, 0, 1]
    labelled = dataset.class_encode_column("c", include_nulls=True)
    label: Any = labelled.features["c"]
    assert label.int2str(labelled["c"][1]) == "None"


def test_a_split_keeps_the_shares(dataset: Dataset) -> None:
    parts = dataset.select([0] * 4 + [2] * 4).train_test_split(test_size=4, stratify_by_column="c", seed=1)
    assert sorted(map(str, parts["test"]["c"])) == sorted(map(str, parts["train"]["c"]))
