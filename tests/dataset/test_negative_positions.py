"""Negative positions count from the end, wherever positions are taken."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from arrowsets import Dataset

ROWS = Dataset.from_dict({"x": [1, 2, 3]})


@pytest.mark.parametrize(
    ("positions", "values"),
    [
        ([0, -1], [1, 3]),
        ([-3], [1]),
        (range(-1, -4, -1), [3, 2, 1]),
        (range(-1, 2), [3, 1, 2]),
        (np.array([-2, 2], np.int8), [2, 3]),
    ],
)
def test_they_count_from_the_end(positions: Sequence[int], values: list[int]) -> None:
    assert ROWS[positions]["x"] == values
    assert ROWS.select(positions)["x"].tolist() == values
    assert [row["x"] for row in ROWS.__getitems__(positions)] == values


@pytest.mark.parametrize("positions", [[0, -4], [3], range(-4, -1), range(1, 5), np.array([-4, 0])])
def test_beyond_the_start_or_end_is_an_error(positions: Sequence[int]) -> None:
    with pytest.raises(IndexError, match="(-4|3|4) is out of range"):
        ROWS.select(positions)
