"""Random choices of rows: generators, split sizes and stratified splits, with the same outcome for the same seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["generator_for", "split_sizes", "stratified"]

Rows = npt.NDArray[np.int64]


def generator_for(
    seed: int | None, generator: np.random.Generator | None
) -> tuple[np.random.Generator, int | None]:
    """Return a generator, and the seed it was made of if there is one.

    Without either, the seed is drawn from NumPy's global state, so that `numpy.random.seed` makes a script repeatable.
    """
    if generator is not None:
        if seed is not None:
            raise ValueError(f"seed={seed} and generator= were both given; give one of them")
        if not isinstance(generator, np.random.Generator):
            raise ValueError(f"generator must be a numpy.random.Generator, not {type(generator).__name__}")
        return generator, None
    if seed is None:
        state: Any = np.random.get_state(legacy=True)
        words, position = state[1], state[2]
        seed = int(words[position if position < len(words) else 0])
        np.random.random()  # the next call draws another seed
    return np.random.default_rng(seed), seed


def split_sizes(num_rows: int, test_size: float | int | None, train_size: float | int | None) -> tuple[int, int]:
    """Return the numbers of train and test rows; shares round up for the test and down for train.

    >>> split_sizes(10, 0.25, None), split_sizes(10, None, 6)
    ((7, 3), (6, 4))

    Raises:
        ValueError: if a size is out of range, both together are too much, or no row is left to train on.
    """
    if test_size is None and train_size is None:
        test_size = 0.25
    _check_size("test_size", test_size, num_rows)
    _check_size("train_size", train_size, num_rows)
    num_test = None if test_size is None else _count(test_size, num_rows, up=True)
    num_train = None if train_size is None else _count(train_size, num_rows, up=False)
    if num_test is None:
        assert num_train is not None
        num_test = num_rows - num_train
    if num_train is None:
        num_train = num_rows - num_test
    if num_train + num_test > num_rows:
        raise ValueError(
            f"train_size={train_size} and test_size={test_size} make {num_train} + {num_test} rows, "
            f"more than the {num_rows} of the dataset; reduce one of them"
        )
    if num_train == 0:
        raise ValueError(
            f"with {num_rows} rows, test_size={test_size} and train_size={train_size} leave no row to train on; "
            "change one of them"
        )
    return num_train, num_test


def _check_size(name: str, size: float | int | None, num_rows: int) -> None:
    if size is None:
        return
    if isinstance(size, bool) or not isinstance(size, (int, float, np.integer, np.floating)):
        raise ValueError(f"{name} must be a share (float) or a number of rows (int), not {size!r}")
    whole = isinstance(size, (int, np.integer))
    if (whole and not 0 < size < num_rows) or (not whole and not 0 < size < 1):
        raise ValueError(
            f"{name}={size} must be a number of rows between 1 and {num_rows - 1}, or a share between 0 and 1"
        )


def _count(size: float | int, num_rows: int, *, up: bool) -> int:
    if isinstance(size, (int, np.integer)):
        return int(size)
    return int(np.ceil(size * num_rows) if up else np.floor(size * num_rows))


def stratified(
    strata: Rows, num_train: int, num_test: int, rng: np.random.Generator
) -> tuple[Rows, Rows]:
    """Choose train and test rows so that each value's share is the same in both.

    Each value's rows are dealt out at random, in numbers as near to its share as whole numbers can be; ties are drawn
    (the mode of the multivariate hypergeometric distribution).

    Raises:
        ValueError: if a value occurs once, or a part has fewer rows than there are values.
    """
    values, codes = np.unique(strata, return_inverse=True)
    counts = np.bincount(codes)
    if counts.min() < 2:
        raise ValueError(
            f"the value {values[counts.argmin()]} of the column to stratify by occurs only once; "
            "each value must occur at least twice"
        )
    for name, size in (("train", num_train), ("test", num_test)):
        if size < len(values):
            raise ValueError(
                f"the {name} part has {size} rows for {len(values)} values of the column to stratify by; "
                "it needs at least one row for each"
            )
    members = np.split(np.argsort(codes, kind="mergesort"), np.cumsum(counts)[:-1])
    in_train = _shares(counts, num_train, rng)
    in_test = _shares(counts - in_train, num_test, rng)
    train, test = [], []
    for rows, first, second in zip(members, in_train, in_test, strict=True):
        dealt = rows.take(rng.permutation(len(rows)))
        train.append(dealt[:first])
        test.append(dealt[first : first + second])
    return rng.permutation(np.concatenate(train)), rng.permutation(np.concatenate(test))


def _shares(counts: npt.NDArray[Any], total: int, rng: np.random.Generator) -> npt.NDArray[Any]:
    """Distribute `total` draws over classes in proportion to their counts."""
    exact = counts / counts.sum() * total
    whole = np.floor(exact)
    missing = int(total - whole.sum())
    rest = exact - whole
    # The largest remainders get one more; among equal ones, those drawn.
    for value in np.sort(np.unique(rest))[::-1]:
        if missing <= 0:
            break
        (equal,) = np.where(rest == value)
        added = min(len(equal), missing)
        whole[rng.choice(equal, size=added, replace=False)] += 1
        missing -= added
    return whole.astype(int)
