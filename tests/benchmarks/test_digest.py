"""Digests: the same values have the same digest, however they are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

Module = Callable[[str], Any]

SAME = [
    (pa.chunked_array([["a", "b"], [None]]), pa.chunked_array([["a", "b", None]])),
    (pa.array(["a", None], pa.large_string()), pa.array(["a", None], pa.string_view())),
    (pa.array(["a", "b"]), pa.array(["a", "b"]).dictionary_encode()),
    (pa.array([1, 2], pa.int32()), pa.array([1, 2], pa.int64())),
    (pa.array([0.1, 0.1 + 1e-16]), pa.array([0.1, 0.1])),
    (pa.array([0, 1, 2]).slice(1), pa.array([1, 2])),
    (pa.array([[0], [1, 2]]).slice(1), pa.array([[1, 2]], pa.large_list(pa.int8()))),
    (pa.array([{"x": 1, "y": "a"}]), pa.array([{"y": "a", "x": 1}])),
]
DIFFERENT = [
    (pa.array(["ab", "c"]), pa.array(["a", "bc"])),
    (pa.array([None, 0]), pa.array([0, None])),
    (pa.array([[1], [2]]), pa.array([[1, 2], []])),
    (pa.array([[], None], pa.list_(pa.int8())), pa.array([None, []], pa.list_(pa.int8()))),
    (pa.array([1.0]), pa.array([1.001])),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_equal_values_have_one_digest(module: Module, one: Any, other: Any) -> None:
    assert module("digest").digest(one) == module("digest").digest(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_values_have_different_digests(module: Module, one: Any, other: Any) -> None:
    assert module("digest").digest(one) != module("digest").digest(other)


def test_picked_rows_are_the_rows_in_their_order(module: Module) -> None:
    table = pa.table({"x": [1, 2, 3]})
    picked = module("limits").Picked(table, np.array([2, 0]))
    assert module("digest").summarise(picked) == module("digest").summarise(pa.table({"x": [3, 1]}))


def test_scalars_of_all_libraries_are_pythons_own(module: Module) -> None:
    rows = {"x": np.int64(1), "y": np.array([1.5]), "z": np.str_("a")}
    assert module("digest").summarise(rows) == {"x": 1, "y": [1.5], "z": "a"}
