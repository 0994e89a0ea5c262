"""A column whose values are of several kinds holds them as they were returned, however the rows were cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from arrowsets import Dataset
from arrowsets.features import Json, List, Value

# Rows 0 to 1999 alone are structs, of which some lack a key; what comes later makes the column JSON.
VALUES: list[Any] = [{"u": 1}, {}] * 1000 + [7] * 1000


def of_number(row: dict[str, Any]) -> dict[str, Any]:
    return {"v": VALUES[row["i"]]}


@pytest.fixture(params=["memory", "file"])
def numbers(request: pytest.FixtureRequest, tmp_path: Path) -> Dataset:
    dataset = Dataset.from_dict({"i": range(len(VALUES))})
    if request.param == "memory":
        return dataset
    dataset.save_to_disk(str(tmp_path / "numbers"))
    return Dataset.load_from_disk(str(tmp_path / "numbers"))


@pytest.mark.parametrize("num_proc", [None, 2])
def test_a_key_that_a_row_lacked_is_not_made_up(numbers: Dataset, num_proc: int | None) -> None:
    mapped = numbers.map(of_number, num_proc=num_proc)
    assert mapped.features["v"] == Json()
    assert mapped["v"][:] == VALUES


def test_only_units_whose_dicts_lacked_keys_are_done_again(tmp_path: Path) -> None:
    Dataset.from_dict({"i": range(len(VALUES))}).save_to_disk(str(tmp_path / "numbers"))
    calls = tmp_path / "calls"

    def counted(batch: dict[str, list[int]], rows: list[int]) -> dict[str, list[Any]]:
        with calls.open("a") as file:
            file.write(f"{rows[0]}\n")
        return {"v": [VALUES[i] for i in batch["i"]]}

    Dataset.load_from_disk(str(tmp_path / "numbers")).map(counted, batched=True, with_indices=True)
    assert calls.read_text().split() == ["0", "1000", "2000", "0", "1000"]


def test_kinds_that_meet_only_inside_a_list_make_json_inside_it(numbers: Dataset) -> None:
    values: list[Any] = [[1]] * 1500 + [["x"]] * 1500
    mapped = numbers.map(lambda row: {"v": values[row["i"]]})
    assert mapped.features["v"] == List(Json())
    assert mapped["v"][:] == values


def test_a_generator_whose_dicts_become_json_keeps_their_keys() -> None:
    def rows() -> Any:
        for value in VALUES:
            yield {"v": value}

    assert Dataset.from_generator(rows)["v"][:] == VALUES


@pytest.mark.parametrize("num_proc", [None, 2])
def test_dicts_without_a_key_are_json_and_can_be_exported(tmp_path: Path, num_proc: int | None) -> None:
    mapped = Dataset.from_dict({"i": [0, 1]}).map(lambda row: {"v": {}, "l": [{}]}, num_proc=num_proc)
    assert mapped.features["v"] == Json()
    assert mapped.features["l"] == List(Json())
    mapped.to_parquet(str(tmp_path / "a.parquet"))
    assert Dataset.from_parquet(str(tmp_path / "a.parquet"), split="train")[0] == {"i": 0, "v": {}, "l": [{}]}


def test_dicts_that_have_keys_in_other_batches_are_structs(numbers: Dataset) -> None:
    mapped = numbers.map(lambda row: {"v": {} if row["i"] < 2500 else {"u": row["i"]}})
    assert mapped.features == {"i": Value("int64"), "v": {"u": Value("int64")}}
    assert (mapped[0]["v"], mapped[2999]["v"]) == ({"u": None}, {"u": 2999})


def test_objects_without_a_member_are_read_as_json(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"v": {}}\n{"v": {}}\n')
    dataset = Dataset.from_json(str(tmp_path / "a.jsonl"), split="train")
    assert (dataset.features["v"], dataset["v"][:]) == (Json(), [{}, {}])


def test_moments_of_pandas_without_nanoseconds_are_microseconds() -> None:
    values = [pd.Timestamp("2020-01-01"), pd.Timestamp("3020-01-01 00:00:01")]
    dataset = Dataset.from_dict({"t": values})
    assert (str(dataset.features["t"]), dataset["t"][:]) == ("Value('timestamp[us]')", values)
    exact = Dataset.from_dict({"t": [pd.Timestamp(1)]})
    assert (str(exact.features["t"]), exact["t"][0]) == ("Value('timestamp[ns]')", pd.Timestamp(1))
