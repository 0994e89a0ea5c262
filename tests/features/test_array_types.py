"""Array2D to Array5D."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from arrowsets.errors import SchemaConflict
from arrowsets.features import Array2D, Array3D, List, Value, array_of, cast, feature_of

SQUARE = Array2D((2, 2), "float32")


def test_column_is_a_view_of_arrow_memory() -> None:
    array, _ = array_of([np.eye(2), np.ones((2, 2))], SQUARE)
    seen = SQUARE.to_numpy(array.slice(1))
    address = array.flatten().flatten().buffers()[1].address  # type: ignore[attr-defined]
    assert seen.shape == (1, 2, 2)
    assert seen.__array_interface__["data"][0] == address + 4 * 4


def test_null_rows_are_nan_or_none() -> None:
    floats, _ = array_of([None, np.eye(2)], SQUARE)
    assert np.isnan(SQUARE.to_numpy(floats)[0]).all()
    whole = Array2D((2, 2), "int8")
    assert whole.to_numpy(array_of([None, np.eye(2)], whole)[0])[0] is None


def test_first_dimension_may_vary() -> None:
    feature = Array2D((None, 2), "int8")
    array, _ = array_of([np.ones((1, 2)), np.ones((3, 2)), []], feature)
    assert [row.shape for row in feature.to_numpy(array)] == [(1, 2), (3, 2), (0, 2)]


@pytest.mark.parametrize("value", [np.ones((2, 3)), np.ones(2), [[1, 2], [3]], [[1, "x"], [2, 3]], [[None, 1], [1, 1]]])
def test_array_of_another_shape_names_the_row(value: Any) -> None:
    with pytest.raises(SchemaConflict, match="row 1"):
        array_of([np.eye(2), value], SQUARE)


@pytest.mark.parametrize("rows", [[[[1, 2, 3], [1, 2, 3]]], [[[1, 2]]], [[None, [1, 1]]]])
def test_cast_checks_the_shape(rows: list[Any]) -> None:
    with pytest.raises(SchemaConflict, match="row 0"):
        cast(pa.array(rows), Array2D((2, 2), "int64"))


def test_loss_of_precision_is_an_error() -> None:
    with pytest.raises(SchemaConflict, match="without loss"):
        array_of([np.full((2, 2), 0.5)], Array2D((2, 2), "int8"))


@pytest.mark.parametrize("shape", [(2,), (2, None), (2, 2, 2)])
def test_impossible_shape_is_refused(shape: Any) -> None:
    with pytest.raises(ValueError, match="shape"):
        Array2D(shape, "int8")


def test_arrow_tensors_are_arrays() -> None:
    tensors: Any = pa.FixedShapeTensorArray.from_numpy_ndarray(np.arange(8, dtype=np.int8).reshape(1, 2, 2, 2))
    assert feature_of(tensors.type) == Array3D((2, 2, 2), "int8")
    assert cast(tensors, Array3D((2, 2, 2), "int8")).to_pylist() == [[[[0, 1], [2, 3]], [[4, 5], [6, 7]]]]


def test_arrays_inside_lists_keep_their_type() -> None:
    feature = List(SQUARE)
    array, _ = array_of([[np.eye(2)], None], feature)
    assert array.to_pylist() == [[[[1, 0], [0, 1]]], None]
    assert feature.storage == List(List(List(Value("float32")))).storage
