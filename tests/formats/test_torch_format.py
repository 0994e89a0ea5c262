"""The torch format."""

from __future__ import annotations

import warnings
from typing import Any

import pyarrow as pa
import pytest

from arrowsets.formats import get_format

torch = pytest.importorskip("torch")


@pytest.mark.parametrize(
    ("values", "kind", "dtype", "shape"),
    [
        ([1, 2], pa.int8(), "int64", (2,)),
        ([1.5, 2], pa.float64(), "float32", (2,)),
        ([1, None], pa.int64(), "float32", (2,)),
        ([True, False], pa.bool_(), "bool", (2,)),
        ([[1, 2], [3, 4]], pa.list_(pa.int32()), "int64", (2, 2)),
        ([], pa.int32(), "int64", (0,)),
    ],
)
def test_numbers_become_one_tensor(values: list[Any], kind: pa.DataType, dtype: str, shape: Any) -> None:
    column = get_format("torch").column(pa.array(values, kind))
    assert (column.dtype, tuple(column.shape)) == (getattr(torch, dtype), shape)


def test_lists_of_unequal_length_are_a_list_of_tensors() -> None:
    column = get_format("torch").column(pa.array([[1], [2, 3]]))
    assert [part.tolist() for part in column] == [[1], [2, 3]]


@pytest.mark.parametrize("values", [["a", "b"], [b"a", b"b\0"], ["a", None]])
def test_text_stays_python(values: list[Any]) -> None:
    column = get_format("torch").column(pa.array(values))
    assert column == values
    assert type(column[0]) is type(values[0])


def test_tensors_own_their_memory() -> None:
    table = pa.table({"i": [1, 2], "l": [[1, 2], [3, 4]], "f": [1.5, 2.5]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        batch = get_format("torch").batch(table)
        row = get_format("torch").row(table)
    for tensor in (*batch.values(), *row.values()):
        tensor.zero_()
    assert table.to_pylist() == [{"i": 1, "l": [1, 2], "f": 1.5}, {"i": 2, "l": [3, 4], "f": 2.5}]


def test_rows_hold_tensors() -> None:
    rows = list(get_format("torch").rows(pa.table({"i": [1, None], "s": ["x", "y"]})))
    assert rows[0]["i"].dtype == torch.int64
    assert torch.isnan(rows[1]["i"])
    assert rows[0]["s"] == "x"


@pytest.mark.parametrize("dtype", ["float64", "bfloat16", "int32", "float16"])
def test_a_dtype_holds_for_columns_and_rows(dtype: str) -> None:
    shown = get_format("torch", dtype=getattr(torch, dtype))
    table = pa.table({"i": [1, 2], "l": [[1], [2, 3]]})
    tensors = [shown.batch(table)["i"], *shown.batch(table)["l"], *shown.row(table).values()]
    assert {tensor.dtype for tensor in tensors} == {getattr(torch, dtype)}


def test_a_wide_dtype_keeps_every_digit() -> None:
    column = get_format("torch", dtype=torch.float64).column(pa.array([0.1, 0.2]))
    assert column.tolist() == [0.1, 0.2]


def test_tensors_may_require_gradients() -> None:
    shown = get_format("torch", requires_grad=True)
    table = pa.table({"f": [1.5, 2.5]})
    assert shown.batch(table)["f"].requires_grad
    assert all(row["f"].is_leaf and row["f"].requires_grad for row in shown.rows(table))
