"""Columns that other programs write in unusual layouts: dictionary- and run-end-encoded, views, half floats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from arrowsets import Dataset, load_dataset, load_from_disk

LONG = "x" * 40
_CODES = pa.array(["a", "b", None, "a"]).dictionary_encode()
LAYOUTS: dict[str, Any] = {
    "dictionary": _CODES,
    "dictionary in a struct": pa.StructArray.from_arrays([_CODES], ["x"]),
    "run-end-encoded": pc.call_function("run_end_encode", [pa.array([1, 1, 2, None])]),
    "string view": pa.array(["a", "", None, LONG], pa.string_view()),
    "string view in a list": pa.array([["a", LONG], None, [None], []], pa.list_(pa.string_view())),
    "string view in a large list": pa.array([["a", LONG], None, [None], []], pa.large_list(pa.string_view())),
    "list view": pa.array([[1], [2, 3], None, []], pa.list_view(pa.int64())),
    "large list view": pa.array([[1], [2, 3], None, []], pa.large_list_view(pa.int64())),
    "float16": pa.array([1.5, -2.5, None, 0.0], pa.float16()),
}
WAYS = ["memory", "map", "select", "save_to_disk", "parquet", "json", "arrow file"]


def _through(way: str, array: Any, path: Path) -> list[Any]:
    dataset = Dataset.from_arrow(pa.table({"c": array}))
    if way == "map":
        dataset = dataset.map(lambda row: {"other": 1})
    elif way == "select":
        dataset = dataset.select([3, 1, 0, 2]).select([2, 1, 3, 0])
    elif way == "save_to_disk":
        dataset.save_to_disk(str(path / "saved"))
        dataset = load_from_disk(str(path / "saved"))
    elif way == "parquet":
        dataset.to_parquet(str(path / "c.parquet"))
        dataset = Dataset.from_parquet(str(path / "c.parquet"), cache_dir=str(path))
    elif way == "json":
        dataset.to_json(str(path / "c.jsonl"))
        dataset = Dataset.from_json(str(path / "c.jsonl"), cache_dir=str(path))
    elif way == "arrow file":
        with pa.ipc.new_stream(str(path / "c.arrow"), pa.schema([("c", array.type)])) as writer:
            writer.write(pa.record_batch({"c": array}))
        loaded: Any = load_dataset("arrow", data_files=str(path / "c.arrow"), split="train", cache_dir=str(path))
        dataset = loaded
    return list(dataset["c"])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_values_are_kept(layout: str, way: str, tmp_path: Path) -> None:
    assert _through(way, LAYOUTS[layout], tmp_path) == LAYOUTS[layout].to_pylist()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_data_frames_show_the_values(layout: str) -> None:
    dataset = Dataset.from_arrow(pa.table({"c": LAYOUTS[layout]}))
    expected = LAYOUTS[layout].to_pylist()
    assert dataset.with_format("polars")[:]["c"].to_list() == expected
    shown = [
        value.tolist() if isinstance(value, np.ndarray) else value for value in dataset.with_format("pandas")[:]["c"]
    ]
    assert [None if value != value else value for value in shown] == expected
