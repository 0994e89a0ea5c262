"""Row selections: which rows of some files a dataset shows, and in what order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import xxhash

from arrowsets.errors import RowOutOfRange, ShapeConflict, StoreError
from arrowsets.record import dataclass

__all__ = ["Positions", "Rows", "Selection", "as_positions", "as_rows"]

Rows: TypeAlias = "range | npt.NDArray[np.int64]"
Positions: TypeAlias = "range | Sequence[int] | npt.NDArray[Any]"

_SPILL_BYTES = 1 << 20
_PROBES = 8


@dataclass(frozen=True, eq=False)
class Selection:
    """Rows in the order they are shown: a range for as long as one can say it, an array otherwise.

    An array given must be int64 and is never written to again; `Selection.of` takes anything else.

    >>> Selection(range(10)).take(range(8, 2, -2)).rows
    range(8, 2, -2)
    """

    rows: Rows
    path: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, positions: Positions, total: int) -> Selection:
        """Select positions out of `total` rows.

        >>> Selection.of([4, 5, 6], 10).rows
        range(4, 7)
        """
        return cls(as_rows(positions, total))

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def is_contiguous(self) -> bool:
        """Whether the rows lie one after the other, upwards."""
        return isinstance(self.rows, range) and (len(self.rows) < 2 or self.rows.step == 1)

    def take(self, positions: Positions) -> Selection:
        """Return the rows at positions of this selection.

        Args:
            positions: From 0 to `len(self) - 1` in any order, repeats included; or a boolean mask.
        """
        return self.compose(as_rows(positions, len(self)))

    def compose(self, positions: Rows) -> Selection:
        """`take` for positions that `as_rows` made."""
        rows = self.rows
        if isinstance(positions, range):
            if positions == range(len(rows)):
                return self
            return Selection(_sub_range(rows, positions) if isinstance(rows, range) else _pick(rows, positions))
        if isinstance(rows, range):
            return Selection(positions if rows == range(len(rows)) else _frozen(positions * rows.step + rows.start))
        return Selection(_frozen(rows[positions]))

    def shift(self, offset: int) -> Selection:
        """Return the rows moved by an offset."""
        if offset == 0:
            return self
        rows = self.rows
        if isinstance(rows, range):
            return Selection(range(rows.start + offset, rows.stop + offset, rows.step))
        return Selection(_frozen(rows + offset))

    @classmethod
    def concat(cls, selections: Iterable[Selection]) -> Selection:
        """Join selections of the same files, one after the other; ranges that continue each other stay one.

        >>> Selection.concat([Selection(range(3)), Selection(range(3, 5))]).rows
        range(0, 5)
        """
        parts = [selection.rows for selection in selections if len(selection)]
        whole = _chained(parts)
        return cls(_frozen(np.concatenate([_array(part) for part in parts])) if whole is None else whole)

    @staticmethod
    def continue_each_other(selections: Iterable[Selection]) -> bool:
        """Whether `concat` of the selections is one range."""
        return _chained([selection.rows for selection in selections if len(selection)]) is not None

    def spill(self, directory: str | os.PathLike[str]) -> Selection:
        """Save a large array under a directory, so that this selection pickles as a path.

        The file is named by its content: the same rows are written once. Ranges and small arrays are kept.
        """
        rows = self.rows
        if self.path is not None or isinstance(rows, range) or rows.nbytes <= _SPILL_BYTES:
            return self
        array = np.ascontiguousarray(rows)
        target = Path(directory) / f"rows-{xxhash.xxh3_128_hexdigest(array.data.cast('B'))}.npy"
        if not target.exists():
            _save(array, target)
        return Selection(rows, str(target))

    def __reduce__(self) -> tuple[object, ...]:
        rows = self.rows
        if self.path is not None:
            return _load, (self.path, len(rows))
        if isinstance(rows, range):
            return Selection, (rows,)
        small = np.min_scalar_type(int(rows.max())) if rows.size else np.dtype(np.uint8)
        return _unpack, (small.str, rows.astype(small).tobytes())


def as_rows(positions: Positions, total: int) -> Rows:
    """Check positions out of `total` rows and return them as a range, or as an int64 array of our own.

    Negative positions count from the end. A boolean array is a mask and must have `total` values. An array that is
    read-only already is not copied.
    """
    if isinstance(positions, range):
        if not positions or (0 <= positions[0] < total and 0 <= positions[-1] < total):
            return positions
        _check(min(positions[0], positions[-1]), max(positions[0], positions[-1]), total)
    array = np.asarray(positions)
    if array.ndim != 1:
        raise ShapeConflict(f"row positions of shape {array.shape}; give one flat sequence of integers")
    if array.dtype == np.bool_:
        return _masked(array, total)
    if array.size == 0:
        return range(0)
    if array.dtype.kind not in "iu":
        raise TypeError(f"row positions of type {array.dtype}; give integers, or booleans as a mask")
    array = _from_start(array, total)
    if (same := _as_range(array)) is not None:
        return same
    if array.dtype == np.int64 and not array.flags.writeable:
        return array
    return _frozen(array.astype(np.int64, copy=not isinstance(positions, list)))


def as_positions(positions: Sequence[int], total: int) -> Rows:
    """Check positions like `as_rows`, in a third of the time if they are a list of some that count from the start."""
    if type(positions) is list and len(positions):
        array = np.array(positions)
        # Negative numbers are large without their sign.
        if array.dtype == np.int64 and array.ndim == 1 and np.maximum.reduce(array.view(np.uint64)) < total:
            return array
    return as_rows(positions, total)


def _from_start(array: npt.NDArray[Any], total: int) -> npt.NDArray[Any]:
    """Check integers, and count negative ones from the end."""
    # One look instead of two: negative numbers are large without their sign.
    if array.dtype == np.int64 and int(array.view(np.uint64).max()) < total:
        return array
    low = int(array.min())
    _check(low, int(array.max()), total)
    if low < 0:
        array = array.astype(np.int64)
        array[array < 0] += total
    return array


def _masked(mask: npt.NDArray[np.bool_], total: int) -> Rows:
    if len(mask) != total:
        raise ShapeConflict(f"a mask of {len(mask)} values for {total} rows; give one boolean per row")
    rows = np.flatnonzero(mask).astype(np.int64, copy=False)
    same = _as_range(rows)
    return _frozen(rows) if same is None else same


def _check(low: int, high: int, total: int) -> None:
    if -total <= low and high < total:
        return
    allowed = f"0 to {total - 1}, or -{total} to -1 from the end" if total else "none: there are no rows"
    raise RowOutOfRange(f"row position {low if low < -total else high} is out of range; allowed: {allowed}")


def _as_range(array: npt.NDArray[Any]) -> range | None:
    """Return the range that an array of non-negative integers spells, if it does."""
    size = len(array)
    if size == 0:
        return range(0)
    first = int(array[0])
    step = int(array[1]) - first if size > 1 else 1
    if step == 0:
        return None
    spelt = range(first, first + step * size, step)
    if int(array[-1]) != spelt[-1]:
        return None
    # A few probes spare most shuffled arrays the full comparison.
    if any(int(array[at]) != spelt[at] for at in range(0, size, max(1, size // _PROBES))):
        return None
    return spelt if np.array_equal(array, np.arange(spelt.start, spelt.stop, step)) else None


def _sub_range(rows: range, positions: range) -> range:
    if not positions:
        return range(0)
    step = rows.step * positions.step
    first = rows[positions[0]]
    return range(first, first + step * len(positions), step)


def _pick(rows: npt.NDArray[np.int64], positions: range) -> Rows:
    if not positions:
        return range(0)
    stop: int | None = positions[-1] + (1 if positions.step > 0 else -1)
    return rows[positions[0] : (None if stop == -1 else stop) : positions.step]


def _chained(parts: Sequence[Rows]) -> range | None:
    if not parts:
        return range(0)
    if not isinstance(parts[0], range):
        return None
    whole: range | None = parts[0]
    for part in parts[1:]:
        whole = None if whole is None else _continued(whole, part)
    return whole


def _continued(whole: range, part: Rows) -> range | None:
    if not isinstance(part, range):
        return None
    step = part[0] - whole[-1]
    steps = {rows.step for rows in (whole, part) if len(rows) > 1}
    if step == 0 or steps - {step}:
        return None
    return range(whole[0], whole[0] + step * (len(whole) + len(part)), step)


def _array(rows: Rows) -> npt.NDArray[np.int64]:
    return np.arange(rows.start, rows.stop, rows.step, dtype=np.int64) if isinstance(rows, range) else rows


def _frozen(array: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    array.setflags(write=False)
    return array


def _save(array: npt.NDArray[np.int64], target: Path) -> None:
    from tempfile import NamedTemporaryFile

    temporary = None
    try:
        with NamedTemporaryFile(dir=target.parent, suffix=".tmp", delete=False) as file:
            temporary = Path(file.name)
            np.save(file, array)
        temporary.replace(target)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise StoreError(f"cannot write row numbers to {str(target)!r}: {error}") from error


def _load(path: str, size: int) -> Selection:
    try:
        rows = np.asarray(np.load(path, mmap_mode="r"))
    except (OSError, ValueError) as error:
        raise StoreError(f"cannot read row numbers from {path!r}: {error}") from error
    if rows.dtype != np.int64 or rows.shape != (size,):
        raise StoreError(f"{path!r} holds {rows.shape} {rows.dtype}, not the {size} row numbers written to it")
    return Selection(rows, path)


def _unpack(dtype: str, data: bytes) -> Selection:
    return Selection(_frozen(np.frombuffer(data, dtype=dtype).astype(np.int64)))
