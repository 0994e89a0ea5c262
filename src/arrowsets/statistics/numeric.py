"""Numbers summed up: extent, mean, median, deviation, and a histogram of at most ten bins.

Integers have bins of whole numbers that begin at their edges, the last edge is the largest value: [0, 1, 1] is a bin for 0
and one for 1. Bins are open to the right, the last is closed. Edges are told rounded, and values are counted by what is told,
so that whoever filters by the edges finds as many; what lies beyond the outer ones by rounding is counted in those bins.
Not a number counts as null; infinite values are counted in the first or the last bin, and the extent is that of the finite
ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from arrowsets.record import dataclass

__all__ = ["BINS", "Chunks", "empty", "proportion", "summarise"]

BINS = 10
DECIMALS = 5
KEPT_VALUES = 8_000_000
_FINE = 4096
_ROUNDS = 80

Numbers: TypeAlias = "npt.NDArray[Any]"
Chunks: TypeAlias = "Callable[[], Iterator[Numbers]]"
"""Yields the values, without nulls, each time it is called."""


def empty(nulls: int) -> dict[str, Any]:
    """Return the statistics of a column without a value."""
    values = dict.fromkeys(("min", "max", "mean", "median", "std", "histogram"))
    return {"nan_count": nulls, "nan_proportion": 1.0 if nulls else 0.0, **values}


def proportion(part: int, whole: int) -> float:
    """Return a share, rounded as all shares are."""
    return round(part / whole, DECIMALS) if whole else 0.0


def summarise(chunks: Chunks, rows: int, edge: Callable[[float], float] | None = None) -> dict[str, Any]:
    """Return the statistics of numbers.

    Args:
        rows: How many rows there are, with those that hold nothing.
        edge: Rounds an edge of a bin to one that can be told. None: as all numbers are.
    """
    pass_one = _first_pass(chunks)
    count = pass_one.count
    if not count:
        return empty(rows)
    again = pass_one.again(chunks)
    low, high = pass_one.low, pass_one.high
    rounded = _rounding(low, high)
    median = _median(again, count) if low is not None else None
    deviation = math.sqrt(pass_one.squares / (count - 1)) if count > 1 else 0.0
    finite = not pass_one.infinite
    return {
        "nan_count": rows - count,
        "nan_proportion": proportion(rows - count, rows),
        "min": rounded(low),
        "max": rounded(high),
        "mean": rounded(pass_one.mean) if finite else None,
        "median": rounded(median),
        "std": rounded(deviation) if finite else None,
        "histogram": None if low is None else _histogram(again, low, high, edge or rounded),
    }


def _rounding(low: Any, high: Any) -> Callable[[Any], Any]:
    """Return what rounds: to five decimals, unless that would make neighbouring bins one."""
    tiny = low is not None and 0 < float(high) - float(low) < BINS * 10.0**-DECIMALS * 10

    def rounded(value: Any) -> Any:
        if value is None or isinstance(value, int):
            return value
        if not math.isfinite(value):
            return None
        return float(value) if tiny else round(float(value), DECIMALS)

    return rounded


@dataclass
class _Pass:
    """What one look at all values tells."""

    count: int = 0
    low: Any = None
    high: Any = None
    mean: float = 0.0
    squares: float = 0.0
    infinite: int = 0
    finite: int = 0
    kept: list[Numbers] | None = None

    def add(self, values: Numbers) -> None:
        if not len(values):
            return
        finite = values
        if values.dtype.kind == "f":
            finite = values[np.isfinite(values)]
            self.infinite += len(values) - len(finite)
        if len(finite):
            low, high = finite.min().item(), finite.max().item()
            self.low = low if self.low is None else min(self.low, low)
            self.high = high if self.high is None else max(self.high, high)
            self._merge(finite)
        self.count += len(values)
        if self.kept is not None:
            self.kept.append(values)
            if self.count > KEPT_VALUES:
                self.kept = None

    def _merge(self, values: Numbers) -> None:
        """Join means and squared deviations: adding squares up would lose all digits where the mean is large."""
        doubles = values.astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            mean = float(doubles.mean())
            squares = float(np.square(doubles - mean).sum())
            known, new = self.finite, len(values)
            self.finite += new
            delta = mean - self.mean
            self.mean += delta * new / (known + new)
            self.squares += squares + delta * delta * known * new / (known + new)

    def again(self, chunks: Chunks) -> Chunks:
        """Return what yields the values again: out of memory, if they are there."""
        kept = self.kept
        return chunks if kept is None else lambda: iter(kept)


def _first_pass(chunks: Chunks) -> _Pass:
    found = _Pass(kept=[])
    for values in chunks():
        found.add(_without_nan(values))
    if found.kept is not None:
        found.kept = [np.concatenate(found.kept)] if found.kept else []
    return found


def _without_nan(values: Numbers) -> Numbers:
    return values[~np.isnan(values)] if values.dtype.kind == "f" else values


def _histogram(chunks: Chunks, low: Any, high: Any, edge: Callable[[Any], Any]) -> dict[str, Any]:
    if isinstance(low, int):
        size = -(-(high - low + 1) // BINS)
        starts = list(range(low, high + 1, size))
        counts = np.zeros(len(starts), np.int64)
        for values in chunks():
            # Differences of signed numbers may not fit where unsigned ones wrap to what is right.
            steps = (values.astype(np.uint64) - np.uint64(low % (1 << 64))) // np.uint64(size)
            counts += np.bincount(steps.astype(np.int64), minlength=len(starts))
        return {"hist": counts.tolist(), "bin_edges": [*starts, high]}
    # Between values near the largest there are, a difference would be infinite.
    inner = [low * (1 - at / BINS) + high * (at / BINS) for at in range(1, BINS)] if low < high else []
    edges = np.unique(np.array([edge(each) for each in (low, *inner, high)], np.float64))
    counts = np.zeros(max(len(edges) - 1, 1), np.int64)
    for values in chunks():
        at = np.searchsorted(edges, _without_nan(values), "right") - 1
        counts += np.bincount(np.clip(at, 0, len(counts) - 1), minlength=len(counts))
    told = edges.tolist()
    return {"hist": counts.tolist(), "bin_edges": told if len(told) > 1 else told * 2}


def _median(chunks: Chunks, count: int) -> Any:
    """Return the middle value, or the mean of the two in the middle."""
    lower, upper = (count - 1) // 2, count // 2
    if count <= KEPT_VALUES:
        values = np.concatenate([_without_nan(each) for each in chunks()])
        parts = np.partition(values, [lower, upper])
        first, second = parts[lower].item(), parts[upper].item()
    else:
        first = _ranked(chunks, lower)
        second = first if lower == upper else _ranked(chunks, upper)
    if first == second:
        return float(first)
    return (first + second) / 2


def _ranked(chunks: Chunks, rank: int) -> Any:
    """Return the value that so many values are below, by narrowing down where it must be."""
    low, high, inside = _bounds(chunks)
    for _ in range(_ROUNDS):
        if low == high:
            break
        if inside <= KEPT_VALUES:
            kept = np.concatenate([each[(each >= low) & (each <= high)] for each in map(_without_nan, chunks())])
            return np.partition(kept, rank)[rank].item()
        edges = _edges(low, high)
        counts = np.zeros(len(edges) - 1, np.int64)
        for values in map(_without_nan, chunks()):
            within = values[(values >= low) & (values <= high)]
            at = np.minimum(np.searchsorted(edges, within, "right") - 1, len(edges) - 2)
            counts += np.bincount(at, minlength=len(edges) - 1)
        passed = np.cumsum(counts)
        bin_ = int(np.searchsorted(passed, rank, "right"))
        rank -= int(passed[bin_ - 1]) if bin_ else 0
        inside = int(counts[bin_])
        low, high = _inner(chunks, edges[bin_], edges[bin_ + 1], closed=bin_ == len(counts) - 1)
    return low


def _bounds(chunks: Chunks) -> tuple[Any, Any, int]:
    found = [(each.min().item(), each.max().item(), len(each)) for each in map(_without_nan, chunks()) if len(each)]
    return min(each[0] for each in found), max(each[1] for each in found), sum(each[2] for each in found)


def _edges(low: Any, high: Any) -> Numbers:
    if isinstance(low, int):
        step = -(-(high - low) // _FINE)
        kind = np.uint64 if high > np.iinfo(np.int64).max else np.int64
        return np.array([*range(low, high, step), high], kind)
    low, high = (max(min(value, 1.7e308), -1.7e308) for value in (low, high))
    return np.unique(np.array([low * (1 - at / _FINE) + high * (at / _FINE) for at in range(_FINE + 1)], np.float64))


def _inner(chunks: Chunks, low: Any, high: Any, *, closed: bool) -> tuple[Any, Any]:
    """Return the smallest and the largest value of a bin: so a bin of one value ends the search."""
    parts = []
    for values in map(_without_nan, chunks()):
        within = values[(values >= low) & ((values <= high) if closed else (values < high))]
        if len(within):
            parts.append((within.min().item(), within.max().item()))
    return min(part[0] for part in parts), max(part[1] for part in parts)
