"""Answers of small batches, put together before they become Arrow.

Making columns of an answer takes longer than most functions on a thousand numbers do. Where answers are arrays of numbers of one
form, batch after batch, columns are made of many at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["TOGETHER", "Gathered"]

TOGETHER = 32  # batches at most
ROOM_BYTES = 4 << 20  # of arrays that are put together


class Gathered:
    """Arrays of the rows so far, of one form, copied as they come: functions may fill the same array again."""

    def __init__(self) -> None:
        self.rows = 0
        self._arrays: dict[str, Any] = {}

    def add(self, answer: Any, rows: int, room: int) -> bool:
        """Add the answer to some rows; False if it is of another form than those before, or of none that can be added.

        Args:
            room: With how many rows at most its arrays are to be put together.
        """
        if type(answer) is not dict or not answer:
            return False
        if not self.rows:
            self._arrays = _room_for(answer, rows, room)
        if list(answer) != list(self._arrays):
            return False
        stop = self.rows + rows
        for key, values in answer.items():
            into = self._arrays[key]
            same = type(values) is np.ndarray and values.dtype == into.dtype and values.shape == (rows, *into.shape[1:])
            if not same or stop > len(into):
                return False
        for key, values in answer.items():
            self._arrays[key][self.rows : stop] = values
        self.rows = stop
        return True

    def columns(self) -> dict[str, Any]:
        """Return the columns of all answers since the last time."""
        columns = {key: array[: self.rows] for key, array in self._arrays.items()}
        self.rows, self._arrays = 0, {}
        return columns


def _room_for(answer: dict[Any, Any], rows: int, room: int) -> dict[str, Any]:
    """Return empty arrays for answers of this form; none if they are of no such form, or too large to be copied."""
    total = 0
    for key, values in answer.items():
        if not isinstance(key, str) or type(values) is not np.ndarray or values.dtype.kind not in "biuf":
            return {}
        if not values.ndim or len(values) != rows or not values.size or not values.dtype.isnative:
            return {}
        if values.dtype.itemsize > 8:
            return {}
        total += values.nbytes
    fitting = ROOM_BYTES // (total // rows + 1) // rows * rows
    if fitting < 2 * rows:
        return {}
    return {key: np.empty((min(fitting, room), *values.shape[1:]), values.dtype) for key, values in answer.items()}
