"""Which rows a selection shows, and that it stays a range for as long as one can say it."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrowsets.errors import RowOutOfRange, ShapeConflict, StoreError
from arrowsets.table import Selection


@pytest.mark.parametrize(
    ("rows", "positions", "expected"),
    [
        (range(10), range(2, 8, 3), range(2, 8, 3)),
        (range(10, 0, -2), range(4, -1, -1), range(2, 12, 2)),
        (range(5, 20, 5), [0, 1, 2], range(5, 20, 5)),
        (range(10), [4, 5, 6], range(4, 7)),
        (range(10), [9, 7, 5], range(9, 3, -2)),
        (range(10), [], range(0)),
        (range(10), [3], range(3, 4)),
        (range(4), [False, True, True, False], range(1, 3)),
    ],
)
def test_a_range_stays_a_range(rows: range, positions: Any, expected: range) -> None:
    assert Selection(rows).take(positions).rows == expected


def small_rows() -> st.SearchStrategy[Any]:
    ranges = st.builds(
        lambda a, n, s: range(a, a + n * s, s),
        st.integers(40, 50),
        st.integers(0, 8),
        st.sampled_from([-3, -1, 1, 2]),
    )
    arrays = st.lists(st.integers(0, 99), max_size=8).map(lambda values: np.array(values, dtype=np.int64))
    return ranges | arrays


@given(st.data(), small_rows())
def test_take_is_indexing(data: st.DataObject, rows: Any) -> None:
    positions = data.draw(st.lists(st.integers(0, len(rows) - 1))) if len(rows) else []
    bounds = st.none() | st.integers(-10, 10)
    chosen = range(len(rows))[slice(data.draw(bounds), data.draw(bounds), data.draw(st.sampled_from([-2, -1, 1, 3])))]
    for wanted in (positions, np.array(positions, dtype=np.int32), chosen):
        assert list(Selection(rows).take(wanted).rows) == [rows[at] for at in wanted]


@given(st.lists(small_rows(), max_size=4))
def test_concat_is_one_after_the_other(parts: list[Any]) -> None:
    assert list(Selection.concat(map(Selection, parts)).rows) == [row for part in parts for row in part]


@given(small_rows())
def test_pickling_keeps_the_rows(rows: Any) -> None:
    assert list(pickle.loads(pickle.dumps(Selection(rows))).rows) == list(rows)


def test_rows_that_continue_each_other_are_one_range() -> None:
    parts = [Selection(range(3)), Selection(range(0)), Selection(range(3, 4)), Selection(range(4, 9))]
    assert Selection.concat(parts).rows == range(9)


@pytest.mark.parametrize("positions", [[3], [-4], range(2, 4), range(-4, 1), np.array([0, 3])])
def test_positions_out_of_range_name_the_position(positions: Any) -> None:
    with pytest.raises(RowOutOfRange, match=r"position (3|-4) .*0 to 2"):
        Selection(range(3)).take(positions)


def test_a_mask_of_the_wrong_length_is_an_error() -> None:
    with pytest.raises(ShapeConflict, match="2 values for 3 rows"):
        Selection(range(3)).take([True, False])


@pytest.mark.parametrize("positions", [[0.5], ["a"], [None]])
def test_positions_must_be_integers(positions: Any) -> None:
    with pytest.raises(TypeError, match="give integers"):
        Selection(range(3)).take(positions)


def test_an_array_of_the_caller_may_change_afterwards() -> None:
    positions = np.array([2, 0, 1])
    selection = Selection(range(3)).take(positions)
    positions[:] = 0
    assert list(selection.rows) == [2, 0, 1]


def test_positions_that_fit_pickle_in_fewer_bytes() -> None:
    order = np.random.default_rng(0).permutation(60_000)
    assert len(pickle.dumps(Selection(order))) < 60_000 * 2 + 200


def test_a_spilled_selection_pickles_as_a_path(tmp_path: Path) -> None:
    order = np.random.default_rng(0).permutation(200_000)
    spilled = Selection(order).spill(tmp_path)
    data = pickle.dumps(spilled)
    assert len(data) < 500
    assert np.array_equal(pickle.loads(data).rows, order)


def test_spilling_the_same_rows_twice_writes_one_file(tmp_path: Path) -> None:
    order = np.random.default_rng(0).permutation(200_000)
    assert Selection(order).spill(tmp_path).path == Selection(order.copy()).spill(tmp_path).path
    assert len(list(tmp_path.iterdir())) == 1


def test_ranges_and_small_arrays_are_not_spilled(tmp_path: Path) -> None:
    for rows in (range(10**9), np.array([2, 0])):
        assert Selection(rows).spill(tmp_path).path is None
    assert not list(tmp_path.iterdir())


def test_a_lost_spill_names_its_path(tmp_path: Path) -> None:
    spilled = Selection(np.random.default_rng(0).permutation(200_000)).spill(tmp_path)
    data = pickle.dumps(spilled)
    Path(str(spilled.path)).unlink()
    with pytest.raises(StoreError, match=r"rows-.*npy"):
        pickle.loads(data)
