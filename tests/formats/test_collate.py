"""Collating the rows of a dataset for a torch DataLoader."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from arrowsets.formats import get_format
from arrowsets.formats.collate import collate_rows, register

torch = pytest.importorskip("torch")

COLUMNS: dict[str, Any] = {
    "int": pa.array([1, 2, 3]),
    "int8": pa.array([1, 2, 3], pa.int8()),
    "uint64": pa.array([1, 2, 3], pa.uint64()),
    "float": pa.array([1.5, 2.5, 0.1]),
    "float32": pa.array([1.5, 2.5, 0.1], pa.float32()),
    "bool": pa.array([True, False, True]),
    "text": pa.array(["a", "b", "ç"]),
    "bytes": pa.array([b"a", b"b", b"c"]),
    "list": pa.array([[1, 2], [3, 4], [5, 6]]),
    "list of floats": pa.array([[1.5, 0.1], [3.5, 4], [5, 6]]),
    "list of flags": pa.array([[True], [False], [True]]),
    "list of text": pa.array([["a"], ["b"], ["c"]]),
    "list of lists": pa.array([[[1, 2]], [[3, 4]], [[5, 6]]]),
    "struct": pa.array([{"x": 1}, {"x": 2}, {"x": 3}]),
}


def described(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return str(value.dtype), tuple(value.shape), value.tolist()
    if isinstance(value, dict):
        return {key: described(item) for key, item in value.items()}
    return [described(item) for item in value] if isinstance(value, list | tuple) else (type(value), value)


def _rows(name: str | None, table: pa.Table) -> list[Any]:
    return list(get_format(name).lazy(table).rows())


@pytest.mark.parametrize(
    ("name", "column"),
    [
        (name, column)
        for name in (None, "numpy", "torch")
        for column in COLUMNS
        # torch knows neither arrays of text nor lists of single uint64
        if (name, column) not in {("numpy", "list of text"), ("numpy", "uint64")}
    ],
)
def test_gives_what_torch_gives_for_dicts(name: str | None, column: str) -> None:
    table = pa.table({"c": COLUMNS[column]})
    collated = collate_rows(_rows(name, table))
    expected = torch.utils.data.default_collate([dict(row) for row in _rows(name, table)])
    assert described(collated) == described(expected)


@pytest.mark.parametrize("name", [None, "numpy", "torch"])
def test_default_collate_finds_it(name: str | None) -> None:
    assert register()
    table = pa.table({"c": [1, 2, 3]})
    assert torch.utils.data.default_collate(_rows(name, table))["c"].tolist() == [1, 2, 3]


def test_changes_of_rows_are_seen() -> None:
    rows = _rows(None, pa.table({"a": [1, 2], "b": [3, 4]}))
    rows[1]["a"] = 9
    del rows[0]["b"]
    del rows[1]["b"]
    assert described(collate_rows(rows)) == {"a": ("torch.int64", (2,), [1, 9])}


def test_lists_changed_in_place_are_seen() -> None:
    rows = _rows(None, pa.table({"l": [[1], [2]]}))
    rows[0]["l"][0] = 9
    assert collate_rows(rows)["l"][0].tolist() == [9, 2]


def test_rows_of_different_tables_and_orders_are_collated() -> None:
    first, second = _rows(None, pa.table({"a": [1, 2]})), _rows(None, pa.table({"a": [3]}))
    assert collate_rows([second[0], first[1], first[0]])["a"].tolist() == [3, 2, 1]


def test_what_torch_refuses_is_refused() -> None:
    with pytest.raises(RuntimeError, match="NoneType"):
        collate_rows(_rows(None, pa.table({"a": [1, None]})))


def test_tensors_own_their_memory() -> None:
    table = pa.table({"a": [1, 2], "l": [[1], [2]]})
    for name in (None, "numpy", "torch"):
        collate_rows(_rows(name, table))["a"].zero_()
    assert table["a"].to_pylist() == [1, 2]
