"""map and filter give what the reference gives, wherever the reference is not silently wrong."""

from __future__ import annotations

import warnings
from collections import UserDict
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import arrowsets
from arrowsets import Dataset, Features, Value

ROWS = {"x": [1, 2, 3, 4, 5], "t": ["a", "bb", "", "é", "a"], "l": [[1], [], [2, 3], [4], [5, 6]]}


def two_of_each(batch: Any) -> dict[str, list[Any]]:
    return {"y": [x for x in batch["x"] for _ in range(2)]}


def frame(row: Any) -> pd.DataFrame:
    return pd.DataFrame({"y": [row["x"] * 2]})


MAPS: dict[str, dict[str, Any]] = {
    "adds": {"function": lambda row: {"y": row["x"] * 2}},
    "overwrites": {"function": lambda row: {"x": row["x"] * 2}},
    "returns the row": {"function": lambda row: row},
    "changes the row": {"function": lambda row: row.update(x=row["x"] + 1) or row},
    "merges": {"function": lambda row: {**row, "y": len(row["t"])}},
    "deletes a key": {"function": lambda row: {k: v for k, v in row.items() if k != "t"}, "remove_columns": "t"},
    "pops": {"function": lambda row: (row.pop("t"), row)[1]},
    "several": {"function": lambda row: {"a": row["x"], "b": row["t"] * 2, "c": None}},
    "lists": {"function": lambda row: {"y": row["l"] * 2}},
    "structs": {"function": lambda row: {"s": {"a": row["x"], "b": [row["t"]]}}},
    "arrays": {"function": lambda row: {"y": np.arange(row["x"])}},
    "matrices": {"function": lambda row: {"y": np.ones((2, 2)) * row["x"]}},
    "numpy scalars": {"function": lambda row: {"y": np.float32(row["x"]), "z": np.int8(1)}},
    "nulls": {"function": lambda row: {"y": None if row["x"] % 2 else row["x"]}},
    "bools": {"function": lambda row: {"y": row["x"] > 2}},
    "bytes": {"function": lambda row: {"y": row["t"].encode()}},
    "indices": {"function": lambda row, i: {"y": i}, "with_indices": True},
    "rank": {"function": lambda row, rank: {"y": rank is None}, "with_rank": True},
    "indices and rank": {"function": lambda row, i, r: {"y": i}, "with_indices": True, "with_rank": True},
    "one input column": {"function": lambda x: {"y": x}, "input_columns": "x"},
    "input columns": {"function": lambda x, t: {"y": t * x}, "input_columns": ["x", "t"]},
    "input columns removed": {"function": lambda x: {"y": x}, "input_columns": ["x"], "remove_columns": ["x"]},
    "removes": {"function": lambda row: {"y": row["x"]}, "remove_columns": ["t", "l"]},
    "removes one": {"function": lambda row: {"y": row["x"]}, "remove_columns": "x"},
    "removes and returns": {"function": lambda row: {"x": row["x"] * 2}, "remove_columns": ["x"]},
    "removes all": {"function": lambda row: {"y": row["x"]}, "remove_columns": ["x", "t", "l"]},
    "keywords": {"function": lambda row, k: {"y": row["x"] * k}, "fn_kwargs": {"k": 3}},
    "batched": {"function": lambda b: {"y": [x * 2 for x in b["x"]]}, "batched": True},
    "batches of two": {"function": lambda b: {"y": [len(b["x"])] * len(b["x"])}, "batched": True, "batch_size": 2},
    "batches of one": {"function": lambda b: {"y": [len(b["x"])]}, "batched": True, "batch_size": 1},
    "one batch": {"function": lambda b: {"y": [len(b["x"])] * 5}, "batched": True, "batch_size": None},
    "no last batch": {"function": lambda b: b, "batched": True, "batch_size": 2, "drop_last_batch": True},
    "more rows": {"function": two_of_each, "batched": True, "batch_size": 2, "remove_columns": ["x", "t", "l"]},
    "fewer rows": {
        "function": lambda b: {"y": b["x"][:1]},
        "batched": True,
        "batch_size": 2,
        "remove_columns": ["x", "t", "l"],
    },
    "batch indices": {"function": lambda b, i: {"y": i}, "batched": True, "with_indices": True, "batch_size": 2},
    "batch input": {"function": lambda x: {"y": x}, "batched": True, "input_columns": "x"},
    "batch arrays": {"function": lambda b: {"y": np.array(b["x"]) * 0.5}, "batched": True},
    "batch matrices": {"function": lambda b: {"y": np.ones((len(b["x"]), 2))}, "batched": True},
    "batch series": {"function": lambda b: {"y": pd.Series(b["x"]) + 1}, "batched": True},
    "arrow table": {"function": lambda b: pa.table({"y": b["x"]}), "batched": True},
    "pandas frame": {"function": lambda b: pd.DataFrame({"y": b["x"]}), "batched": True},
    "pandas rows": {"function": frame},
    "types": {
        "function": lambda row: {"x": row["x"]},
        "remove_columns": ["t", "l"],
        "features": {"x": "float32"},
    },
    "mappings as of a tokenizer": {"function": lambda row: UserDict(y=row["x"], z=[row["t"]])},
    "some mappings": {"function": lambda row: UserDict(y=1) if row["x"] > 2 else {"y": 2}},
    "token ids": {
        "function": lambda row: {"input_ids": [row["x"]], "attention_mask": [1], "token_type_ids": [0]},
    },
}


def run(library: Any, dataset: Any, options: dict[str, Any]) -> Any:
    chosen = dict(options)
    if "features" in chosen:
        features = {name: library.Value(dtype) for name, dtype in chosen["features"].items()}
        chosen["features"] = library.Features(features)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dataset.map(**chosen)


@pytest.mark.parametrize("name", MAPS)
def test_map_agrees(name: str, make: Any, reference: ModuleType) -> None:
    theirs = run(reference, reference.Dataset.from_dict(ROWS), MAPS[name])
    ours = run(arrowsets, make(ROWS), MAPS[name])
    assert ours.to_dict() == theirs.to_dict()
    assert ours.column_names == theirs.column_names
    assert ours.features.arrow_schema.types == theirs.features.arrow_schema.types


FORMATS: dict[str, Callable[[Any], Any]] = {
    "numpy": lambda d: d.with_format("numpy"),
    "numpy column": lambda d: d.with_format("numpy", columns=["x"]),
    "numpy and others": lambda d: d.with_format("numpy", columns=["x"], output_all_columns=True),
    "pandas": lambda d: d.with_format("pandas"),
    "arrow": lambda d: d.with_format("arrow"),
    "polars": lambda d: d.with_format("polars"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_function_is_given_the_format(name: str, make: Any, reference: ModuleType) -> None:
    seen: dict[str, list[Any]] = {}
    for who, dataset in (("ours", make(ROWS)), ("theirs", reference.Dataset.from_dict(ROWS))):
        seen[who] = []
        FORMATS[name](dataset).map(lambda batch, own=seen[who]: own.append(type(batch)), batched=True)
    if name.startswith("numpy"):
        assert all(issubclass(kind, dict) or "Batch" in kind.__name__ for kind in seen["ours"])
    else:
        assert [kind.__module__.split(".")[0] for kind in seen["ours"]] == [
            kind.__module__.split(".")[0] for kind in seen["theirs"]
        ]


@pytest.mark.parametrize("name", [name for name in FORMATS if name.startswith("numpy")])
def test_the_format_is_carried_over(name: str, make: Any, reference: ModuleType) -> None:
    def after(dataset: Any) -> Any:
        mapped = FORMATS[name](dataset).map(lambda batch: {"n": [1] * 5}, batched=True)
        return {key: mapped.format[key] for key in ("type", "columns", "output_all_columns")}

    theirs = after(reference.Dataset.from_dict(ROWS))
    ours = after(make(ROWS))
    assert {**ours, "columns": sorted(ours["columns"])} == {**theirs, "columns": sorted(theirs["columns"])}


@pytest.mark.parametrize("name", ["pandas", "arrow", "polars"])
def test_a_dict_that_was_made_of_a_table_replaces_all_columns(name: str, make: Any, reference: ModuleType) -> None:
    ours, theirs = (
        FORMATS[name](dataset).map(lambda batch: {"n": [1] * 5}, batched=True)
        for dataset in (make(ROWS), reference.Dataset.from_dict(ROWS))
    )
    assert ours.column_names == theirs.column_names == ["n"]
    assert ours.format["type"] == name


def test_a_transform_stays_after_map(make: Any) -> None:
    shown = make(ROWS).with_transform(lambda batch: {"upper": [t.upper() for t in batch["t"]]})
    assert shown.map(lambda row: {"n": 1})[1] == {"upper": "BB"}


def test_without_a_function_columns_are_removed(make: Any, reference: ModuleType) -> None:
    ours = make(ROWS).map(remove_columns=["t"])
    assert ours.column_names == reference.Dataset.from_dict(ROWS).map(remove_columns=["t"]).column_names


def test_nothing_returned_is_the_same_dataset(make: Any) -> None:
    dataset = make(ROWS)
    assert dataset.map(lambda row: None) is dataset


def test_an_empty_dataset_calls_no_function(make: Any) -> None:
    def fail(row: Any) -> Any:
        raise AssertionError

    empty = make(ROWS).select([])
    assert empty.map(fail).column_names == ["x", "t", "l"]
    assert empty.map(fail, remove_columns=["t"]).column_names == ["x", "l"]


def test_an_empty_dataset_gets_the_declared_types(make: Any) -> None:
    wanted = Features({"y": Value("int8")})
    mapped = make(ROWS).select([]).map(lambda row: row, features=wanted, remove_columns=["x", "t", "l"])
    assert mapped.features == wanted
    assert mapped.to_dict() == {"y": []}


def test_dropping_the_only_batch_leaves_no_rows(make: Any) -> None:
    mapped = make(ROWS).map(lambda b: b, batched=True, batch_size=9, drop_last_batch=True)
    assert mapped.to_dict() == {"x": [], "t": [], "l": []}


def test_side_effects_see_every_row_once() -> None:
    seen: list[int] = []
    Dataset.from_dict(ROWS).map(lambda row: seen.append(row["x"]))
    assert seen == [1, 2, 3, 4, 5]


def test_rank_is_a_number_in_workers(make: Any) -> None:
    mapped = make(ROWS).map(lambda row, rank: {"rank": rank}, with_rank=True, num_proc=2)
    assert set(mapped["rank"][:]) <= {0, 1}


def test_a_copy_of_the_result_is_written(make: Any, tmp_path: Any, reference: ModuleType) -> None:
    path = tmp_path / "copy.arrow"
    mapped = make(ROWS).map(lambda row: {"y": row["x"]}, cache_file_name=str(path))
    assert Dataset.from_file(path).to_dict() == mapped.to_dict()
    assert reference.Dataset.from_file(str(path)).to_dict() == mapped.to_dict()


def test_a_copy_of_the_kept_positions_is_written(make: Any, tmp_path: Any) -> None:
    dataset = make(ROWS)
    dataset.filter(lambda row: row["x"] > 3, cache_file_name=str(tmp_path / "rows.arrow"))
    assert Dataset.from_file(tmp_path / "rows.arrow").to_dict() == {"indices": [3, 4]}
