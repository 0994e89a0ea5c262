"""Python values and data frames of all rows: those of the reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import pytest

from arrowsets import Array2D, ClassLabel, Dataset, Features, Image, Json, List

from .conftest import NESTED, TABLES, TEMPORAL, both

ALL = {**TABLES, "temporal": TEMPORAL, "nested": NESTED}
TYPED = Dataset.from_dict(
    {
        "l": [0, 1],
        "j": [{"a": 1}, None],
        "m": [[[1, 2]], [[3, 4]]],
        "v": [[{"x": [2]}], []],
        "i": [b"no image", None],
    },
    features=Features(
        {
            "l": ClassLabel(names=["n", "y"]),
            "j": Json(),
            "m": Array2D((1, 2), "int32"),
            "v": List({"x": Json()}),
            "i": Image(),
        }
    ),
)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("method", ["to_dict", "to_list"])
def test_python_values_are_the_same(name: str, method: str) -> None:
    ours, reference = both(ALL[name])
    assert repr(getattr(ours, method)()) == repr(getattr(reference, method)())


@pytest.mark.parametrize("name", ALL)
def test_frames_are_the_same(name: str) -> None:
    ours, reference = both(ALL[name])
    pd.testing.assert_frame_equal(ours.to_pandas(), reference.to_pandas())
    assert ours.to_polars().equals(reference.to_polars())


@pytest.mark.parametrize("method", ["to_dict", "to_list"])
def test_stored_values_are_shown_and_json_is_parsed(tmp_path: Path, method: str) -> None:
    TYPED.save_to_disk(str(tmp_path))
    assert getattr(TYPED, method)() == getattr(datasets.load_from_disk(str(tmp_path)), method)()


def test_frames_hold_arrays_and_parsed_json() -> None:
    frame = TYPED.to_pandas()
    assert frame["l"].tolist() == [0, 1]
    assert frame["j"].tolist() == [{"a": 1}, None]
    np.testing.assert_array_equal(frame["m"][1], [[3, 4]])
    assert frame["i"].tolist() == [{"bytes": b"no image", "path": None}, None]


@pytest.mark.parametrize(("method", "size"), [("to_dict", lambda one: len(one["l"])), ("to_pandas", len)])
def test_batches_have_the_size_asked_for(method: str, size: Any) -> None:
    assert [size(batch) for batch in getattr(TYPED, method)(batch_size=1, batched=True)] == [1, 1]
