"""A column whose values are of several kinds holds them as they were returned, however the rows were cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from arrowsets import Dataset
from arrowsets.features import Json, List

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
