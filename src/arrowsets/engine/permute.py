"""A random order of any number of rows that takes no memory: row `permuted(position)` is computed, both ways at once.

A position is written as two digits, and each digit is moved, in turns, by a hash of the other: a Feistel network over the
mixed radix, so that its domain is barely larger than the number of rows. What falls beyond the rows is sent through again
until it does not (cycle walking), which keeps the whole a permutation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["permuted"]

Words = npt.NDArray[np.uint64]
ROUNDS = 8


def permuted(positions: npt.NDArray[np.int64], count: int, seeds: Sequence[int]) -> npt.NDArray[np.int64]:
    """Return the rows at positions of a random order of `count` rows, which is a function of the seeds.

    >>> sorted(permuted(np.arange(7), 7, [42]).tolist())
    [0, 1, 2, 3, 4, 5, 6]
    """
    left = np.uint64(math.isqrt(max(count - 1, 0)) + 1)
    right = np.uint64(-(-max(count, 1) // int(left)))
    words = np.random.SeedSequence([value & 0xFFFFFFFFFFFFFFFF for value in seeds])
    keys: Words = words.generate_state(ROUNDS, np.uint64).astype(np.uint64)
    rows: Words = positions.astype(np.uint64)
    outside = np.arange(len(rows))
    while len(outside):
        moved = _moved(rows[outside], left, right, keys)
        rows[outside] = moved
        outside = outside[moved >= np.uint64(count)]
    return rows.astype(np.int64)


def _moved(rows: Words, left: np.uint64, right: np.uint64, keys: Words) -> Words:
    high, low = rows // right, rows % right
    for number, key in enumerate(keys):
        if number % 2:
            low = (low + _hash(high, key) % right) % right
        else:
            high = (high + _hash(low, key) % left) % left
    return high * right + low


def _hash(values: Words, key: np.uint64) -> Words:
    """Mix 64 bits (the finaliser of splitmix64)."""
    mixed: Words = values + key
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
