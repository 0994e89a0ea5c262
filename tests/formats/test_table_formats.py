"""The formats that show tables: Arrow, pandas, polars."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from arrowsets import Array2D, Dataset
from arrowsets.features import Features, Json, Value
from arrowsets.formats import get_format


def test_arrow_shows_what_is_stored(table: pa.Table) -> None:
    shown = get_format("arrow")
    assert shown.batch(table) is table
    assert shown.column_of(table, "a") == table["a"]
    assert shown.row(table, 1) == table.slice(1, 1)


def test_pandas_shows_frames(table: pa.Table) -> None:
    shown = get_format("pandas")
    assert shown.batch(table)["s"].tolist()[:2] == ["x", "yé"]
    assert list(shown.row(table, 2).columns) == ["a", "s", "l"]
    assert shown.column_of(table, "a").name == "a"


def test_pandas_keeps_what_a_frame_had_as_index_as_a_column() -> None:
    import pandas as pd

    stored = pa.Table.from_pandas(pd.DataFrame({"a": [1, 2]}, index=pd.Index([5, 6], name="k")))
    assert set(get_format("pandas").batch(stored).columns) == {"a", "k"}


def test_pandas_options_reach_to_pandas(table: pa.Table) -> None:
    import pandas as pd

    frame = get_format("pandas", types_mapper={pa.int64(): pd.Int64Dtype()}.get).batch(table)
    assert str(frame["a"].dtype) == "Int64"


def test_polars_shows_frames(table: pa.Table) -> None:
    shown = get_format("polars")
    assert shown.batch(table).to_dicts() == table.to_pylist()
    assert shown.row(table, 1).to_dicts() == [{"a": None, "s": "yé", "l": []}]
    assert shown.column_of(table, "a").to_list() == [1, None, 3]


@pytest.mark.parametrize("name", ["pandas", "polars"])
def test_frames_hold_decoded_values(name: str) -> None:
    features = Features({"a": Value("int64"), "j": Json()})
    stored = pa.table({"a": [1, 2], "j": pa.array(['{"x": 1}', "[2]"], features["j"].storage)})
    frame = get_format(name, features).batch(stored)
    assert list(frame.columns) == ["a", "j"]
    assert list(frame["j"]) == [{"x": 1}, [2]]


@pytest.mark.parametrize("height", [2, None])
def test_frames_hold_arrays_of_two_dimensions(height: Any) -> None:
    features = Features({"m": Array2D((height, 2), "int32"), "x": Value("int64")})
    dataset = Dataset.from_dict({"m": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]], "x": [1, 2]}, features)
    shown = dataset.with_format("pandas")
    for frame in (dataset.to_pandas(), shown[:], next(shown.iter(2))):
        assert np.stack(list(frame["m"])).shape == (2, 2, 2)
        assert frame["m"][0].dtype == np.int32
    assert shown[1]["m"][0].tolist() == shown["m"][1].tolist() == [[5, 6], [7, 8]]
    doubled = shown.map(lambda frame: frame.assign(m=frame["m"] * 2), batched=True).with_format(None)
    assert doubled.features == features
    assert doubled[0] == {"m": [[2, 4], [6, 8]], "x": 1}
    assert Dataset.from_pandas(dataset.to_pandas(), features).to_list() == dataset.to_list()
