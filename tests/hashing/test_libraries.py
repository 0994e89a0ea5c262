"""Values of numpy, Arrow, pandas, polars and torch: types and values count, memory layout does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as arrow  # noqa: ICN001
import pyarrow.compute
import pytest

from arrowsets.hashing import explain, fingerprint

# What is built here is odder than the stubs know.
pa: Any = arrow
pc: Any = arrow.compute

GRID = np.arange(6).reshape(2, 3)
ARROW = pa.array([1, None, 3])
NESTED = pa.array([{"a": [1, 2], "b": "x"}, None, {"a": None, "b": None}])
DISTINCT: list[Any] = [
    *(GRID, GRID.T, GRID.astype("int32"), GRID.astype(float), GRID.reshape(3, 2), GRID[:0], GRID.tolist()),
    *(
        np.int64(1),
        np.int32(1),
        np.float32(1),
        np.bool_(True),
        np.array(1),
        np.array([1]),
        np.datetime64("2020-01-01"),
    ),
    *(np.array(["a", None], object), np.array(["a", 1], object), np.array(["a"]), np.array([b"a"])),
    *(np.dtype("i4"), np.dtype("i8"), np.dtype([("a", "i4")]), np.log, np.exp, np.array([(1, 2.0)], "i4,f8")),
    *(
        np.ma.array([1, 2], mask=[False, True]),
        np.ma.array([1, 2], mask=[True, False]),
        np.random.default_rng(0),
    ),
    *(np.random.default_rng(1), np.random.RandomState(0), np.vectorize(abs), np.vectorize(len)),
    *(ARROW, ARROW.cast("int32"), ARROW.cast("float64"), ARROW.fill_null(0), ARROW[:2], NESTED, NESTED[1:]),
    *(
        pa.array(["a", "bc"]),
        pa.array(["ab", "c"]),
        pa.array(["ab", None]),
        pa.array(["ab", ""]),
        pa.array([b"a"]),
    ),
    *(pa.array([True, None]), pa.array([True, False]), pa.array([[1], [2, 3]]), pa.array([[1, 2], [3]])),
    *(pa.array([[1], None]), pa.array([[1], []]), pa.array([], "int8"), pa.array([], "int16"), pa.nulls(2)),
    *(pa.array([[("k", 1)]], pa.map_("string", "int8")), pa.array(["a", "b"]).dictionary_encode()),
    *(
        pa.table({"a": [1]}),
        pa.table({"b": [1]}),
        pa.table({"a": [2]}),
        pa.table({"a": [1], "b": [1]}),
        pa.table({}),
    ),
    *(
        pa.schema([("a", "int8")]),
        pa.schema([("a", "int8")], {"k": "v"}),
        pa.int8(),
        pa.timestamp("s", "UTC"),
    ),
    *(pa.field("a", "int8"), pa.field("a", "int8", nullable=False), pa.scalar(1), pa.scalar(1, "int8")),
    *(pc.field("a") > 1, pc.field("a") > 2, pc.field("a") > pa.scalar(1, "int8"), pc.field("b") > 1),
    *(
        pd.Series([1, 2]),
        pd.Series([1, 2], dtype="Int64"),
        pd.Series([1, 2], name="a"),
        pd.Series([1, 2], index=[1, 2]),
    ),
    *(
        pd.DataFrame({"a": ["x"]}),
        pd.DataFrame({"a": ["y"]}),
        pd.DataFrame({"b": ["x"]}),
        pd.Index([1]),
        pd.RangeIndex(3),
    ),
    *(
        pd.Categorical(["a", "b"]),
        pd.Series(["a", "b"], dtype="category"),
        pd.Timestamp("2020"),
        pd.NaT,
        pd.NA,
    ),
    *(pd.Series(pd.to_datetime(["2020"])), pd.Series(pd.to_datetime(["2020"], utc=True))),
    *(pd.MultiIndex.from_tuples([(1, "a")]), pd.MultiIndex.from_tuples([(1, "b")]), pd.Timedelta(1)),
]


def test_different_values_have_different_digests() -> None:
    digests = [fingerprint(value).digest for value in DISTINCT]
    assert [DISTINCT[i] for i, digest in enumerate(digests) if digest in digests[:i]] == []


@pytest.mark.parametrize("value", DISTINCT, ids=range(len(DISTINCT)))
def test_every_value_is_stable_and_equals_itself(value: object) -> None:
    assert fingerprint(value) == fingerprint(value)
    assert fingerprint(value).is_stable


SAME = [
    (GRID.T, GRID.T.copy()),
    (GRID, np.asfortranarray(GRID)),
    (np.arange(10)[::2], np.array([0, 2, 4, 6, 8])),
    (np.arange(10)[::-1], np.arange(9, -1, -1)),
    (pa.chunked_array([[1], [2, 3]]), pa.array([1, 2, 3])),
    (pa.array([0, 1, None, 3])[1:], pa.array([1, None, 3])),
    (pa.array(["z", "a", None])[1:], pa.array(["a", None])),
    (pa.array([[9], [1], None, [2, 3]])[1:], pa.array([[1], None, [2, 3]])),
    (pa.array([True] * 9 + [False])[9:], pa.array([False])),
    (NESTED[1:], pa.array(NESTED[1:].to_pylist(), NESTED.type)),
    (pa.table({"a": pa.chunked_array([[1], [2]])}), pa.table({"a": [1, 2]})),
    (pa.record_batch({"a": [1]}), pa.table({"a": [1]})),
    (pd.DataFrame({"a": [1, 2, 3]})["a"][::2], pd.Series([1, 3], name="a", index=pd.RangeIndex(0, 4, 2))),
]


@pytest.mark.parametrize(("first", "second"), SAME, ids=range(len(SAME)))
def test_layout_does_not_count(first: object, second: object) -> None:
    assert fingerprint(first).digest == fingerprint(second).digest


def test_what_lies_under_nulls_does_not_count() -> None:
    valid = pa.py_buffer(b"\x01")
    one, two = (pa.Array.from_buffers(pa.int8(), 2, [valid, pa.py_buffer(data)]) for data in (b"\1\2", b"\1\3"))
    assert fingerprint(one) == fingerprint(two)


def test_chunks_do_not_count_in_columns_longer_than_a_window() -> None:
    whole = pa.array(range(200_000))
    assert fingerprint(pa.chunked_array([whole[:70_001], whole[70_001:]])) == fingerprint(whole)


def test_columns_are_named_in_differences() -> None:
    old, new = pd.DataFrame({"a": [1], "b": [2]}), pd.DataFrame({"a": [1], "b": [3]})
    (difference,) = explain(fingerprint(old), fingerprint(new))
    assert (difference.path, difference.new) == ("['b']", "array int64 (1,) [3]")


def test_polars_counts_types_and_values() -> None:
    pl = pytest.importorskip("polars")
    values = [
        pl.DataFrame({"a": [1]}),
        pl.DataFrame({"a": [2]}),
        pl.Series([1]),
        pl.col("a") + 1,
        pl.col("a") + 2,
    ]
    values += [
        pl.DataFrame({"a": [1]}).lazy(),
        pl.Int8,
        pl.Int8(),
        pl.DataFrame({"a": [1]}, schema={"a": pl.Int8}),
    ]
    assert len({fingerprint(value).digest for value in values}) == len(values)
    assert [fingerprint(value) for value in values] == [fingerprint(value) for value in values]


def test_torch_counts_types_values_and_modules() -> None:
    torch = pytest.importorskip("torch")
    linear = torch.nn.Linear(2, 2)
    values = [torch.arange(3), torch.arange(4), torch.arange(3).float(), torch.ones(2, dtype=torch.bfloat16)]
    values += [
        linear,
        torch.nn.Linear(2, 2),
        torch.float32,
        torch.float16,
        torch.eye(2),
        torch.eye(2).to_sparse(),
    ]
    assert len({fingerprint(value).digest for value in values}) == len(values)
    before = fingerprint(linear)
    linear(torch.ones(2))
    assert fingerprint(linear) == before
    assert before.is_stable
    with torch.no_grad():
        linear.weight += 1
    assert [difference.path for difference in explain(before, fingerprint(linear))] == ["_parameters['weight']"]
