"""Arrays made and read by their buffers are those that pyarrow makes and reads."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrowsets.features import buffers
from arrowsets.features.buffers import filled, is_valid, of_list, of_mask, of_numpy, texts, to_numpy

NUMBERS = st.integers(-(2**63), 2**63 - 1)
SCALARS = [NUMBERS, st.floats(), st.booleans(), st.text(st.characters(exclude_categories=["Cs"]))]


def _column(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.none() | values, min_size=1)


@given(st.one_of([_column(scalar) for scalar in SCALARS] + [_column(_column(scalar)) for scalar in SCALARS]))
def test_lists_are_read_as_by_pyarrow(values: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(sys.modules, "pandas", raising=False)
        patch.setattr(buffers, "_spent", [0])
        found = of_list(values)
    if found is not None:
        found.validate(full=True)
        expected = pa.array(values)
        assert found.type == expected.type
        assert repr(found.to_pylist()) == repr(expected.to_pylist())


@pytest.mark.parametrize("values", [[], [None], [1, 1.5], [1, True], [b"x"], [[]], [[1], ["a"]], [{}], [np.int64(1)]])
def test_what_is_not_plain_is_left_to_pyarrow(values: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pandas", raising=False)
    assert of_list(values) is None


@given(_column(st.text(st.characters(exclude_categories=["Cs"]))))
def test_texts_are_those_of_pyarrow(values: list[str | None]) -> None:
    for dtype in (pa.string(), pa.large_string()):
        assert texts(values, dtype).equals(pa.array(values, dtype))


@pytest.mark.parametrize("dtype", [pa.int8(), pa.uint64(), pa.float16(), pa.float64(), pa.bool_()])
@pytest.mark.parametrize("bounds", [(0, 20), (3, 17), (9, 9), (8, 20)])
def test_numbers_are_read_without_pyarrow(dtype: pa.DataType, bounds: tuple[int, int]) -> None:
    numbers: Any = pa.array([0, 1] * 10).cast(pa.float32() if pa.types.is_floating(dtype) else pa.int64()).cast(dtype)
    array = numbers.slice(bounds[0], bounds[1] - bounds[0])
    assert to_numpy(array).tolist() == array.to_pylist()
    assert to_numpy(array).dtype == array.to_numpy(zero_copy_only=False).dtype
    assert of_numpy(to_numpy(array)).equals(array)
    assert to_numpy(pa.chunked_array([array, array])).tolist() == array.to_pylist() * 2


@pytest.mark.parametrize(
    "array",
    [
        pa.array([1, None, 3] * 5),
        pa.array(["a", None, ""] * 5),
        pa.array([[1], None, []] * 5),
        pa.array([{"x": 1}, None, {"x": None}] * 5),
        pa.array(["a", None, "b"] * 5).dictionary_encode(),
        pa.nulls(15),
    ],
    ids=lambda array: str(array.type),
)
def test_what_is_null_is_found_in_slices(array: Any) -> None:
    for start, stop in [(0, 15), (1, 14), (8, 15), (9, 9)]:
        piece = array.slice(start, stop - start)
        assert is_valid(piece).tolist() == piece.is_valid().to_pylist()


def test_nulls_are_filled() -> None:
    assert filled(pa.array([1, None])).to_pylist() == [1, 0]
    assert filled(pa.array(["a", None], pa.large_string())).to_pylist() == ["a", ""]
    assert filled(of_mask([True, False])).to_pylist() == [True, False]
    assert filled(pa.array([True, None])).to_pylist() == [True, False]


@pytest.mark.parametrize("dtype", [pa.float16(), pa.float32(), pa.float64()])
@pytest.mark.parametrize("start", [0, 1, 3, 9])
def test_floats_that_are_null_are_not_a_number(dtype: pa.DataType, start: int) -> None:
    array: Any = pa.array([1.5, None, float("nan"), None, -0.0, float("inf"), 2.0, None, 3.0], pa.float64()).cast(dtype)
    array = array.slice(start)
    found, wanted = to_numpy(array), array.to_numpy(zero_copy_only=False)
    assert found.dtype == wanted.dtype
    assert np.array_equal(found, wanted, equal_nan=True)
    assert np.array_equal(np.signbit(found)[~np.isnan(found)], np.signbit(wanted)[~np.isnan(wanted)])
