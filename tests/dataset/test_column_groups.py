"""map writes the columns that it changed, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from arrowsets import Dataset, Features, Value, concatenate_datasets


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.arrow"))


@pytest.fixture
def texts(tmp_path: Path) -> Dataset:
    path = str(tmp_path / "texts")
    Dataset.from_dict({"t": [f"{i} " + "text " * 20 for i in range(50_000)], "n": range(50_000)}).save_to_disk(path)
    return Dataset.load_from_disk(path)


def length(batch: dict[str, list[str]]) -> dict[str, list[int]]:
    return {"length": [len(t) for t in batch["t"]]}


@pytest.mark.parametrize("workers", [None, 2])
@pytest.mark.parametrize("prepare", ["as it is", "shuffled", "selected"])
def test_adding_a_number_to_texts_writes_numbers(
    prepare: str, workers: int | None, texts: Dataset, cache: Path
) -> None:
    given = {"as it is": texts, "shuffled": texts.shuffle(seed=0), "selected": texts.select(range(0, 50_000, 2))}[
        prepare
    ]
    mapped = given.map(length, batched=True, num_proc=workers)
    assert size_of(cache) < 1_000_000
    assert mapped[7]["length"] == len(mapped[7]["t"])
    assert mapped[7]["t"] == given[7]["t"]


def test_returning_the_row_writes_only_what_changed(texts: Dataset, cache: Path) -> None:
    mapped = texts.map(lambda row: {**row, "n": row["n"] + 1})
    assert size_of(cache) < 1_000_000
    assert (mapped[5]["n"], mapped[5]["t"]) == (6, texts[5]["t"])


def test_a_chain_of_maps_joins_its_columns(make: Any) -> None:
    dataset = make({"x": [1, 2, 3]})
    for name in "abc":
        dataset = dataset.map(lambda row, name: {name: row["x"], "x": row["x"] + 1}, fn_kwargs={"name": name}).shuffle(
            0
        )
    assert sorted(dataset["a"][:]) == [1, 2, 3]
    assert all((row["b"], row["c"], row["x"]) == (row["a"] + 1, row["a"] + 2, row["a"] + 3) for row in dataset)


def test_a_map_over_columns_side_by_side(make: Any) -> None:
    left, right = make({"x": [1, 2, 3]}).shuffle(seed=1), make({"y": [10, 20, 30]}).select([2, 1, 0])
    both = concatenate_datasets([left, right], axis=1).map(lambda row: {"z": row["x"] + row["y"]})
    assert [row["x"] + row["y"] for row in both] == both["z"][:]


def test_columns_keep_their_place(make: Any) -> None:
    dataset = make({"a": [1], "b": [2], "c": [3]})
    assert dataset.map(lambda row: {"b": 0, "d": 1}).column_names == ["a", "b", "c", "d"]
    assert dataset.map(lambda row: {"d": 1, "a": 0}, remove_columns=["b"]).column_names == ["a", "c", "d"]


def test_filters_of_filters_compose(make: Any) -> None:
    dataset = make({"x": list(range(20))}).shuffle(seed=3)
    kept = dataset.filter(lambda row: row["x"] % 2 == 0).filter(lambda row, i: i % 2 == 0, with_indices=True)
    assert kept["x"][:] == [x for x in dataset["x"] if x % 2 == 0][::2]


@pytest.mark.parametrize("factor", [0, 1, 2])
def test_batches_may_have_other_lengths(factor: int, make: Any) -> None:
    mapped = make({"x": [1, 2, 3]}).map(
        lambda batch: {"x": batch["x"] * factor}, batched=True, batch_size=2, remove_columns=["x"]
    )
    assert mapped["x"][:] == [1, 2] * factor + [3] * factor


def test_no_columns_but_rows() -> None:
    dataset = Dataset.from_dict({"x": [1, 2, 3]}).remove_columns("x")
    assert dataset.map(lambda row, i: {"i": i}, with_indices=True)["i"][:] == [0, 1, 2]
    assert len(dataset.filter(lambda row, i: i > 0, with_indices=True)) == 2


def test_no_rows_but_types(make: Any) -> None:
    empty = make({"x": [1]}).select([])
    assert empty.filter(lambda row: True).to_dict() == {"x": []}
    assert empty.map(lambda row: row).features == Features({"x": Value("int64")})
    assert empty.flatten_indices().sort("x").shuffle(seed=0).to_dict() == {"x": []}


def test_one_row(make: Any) -> None:
    assert make({"x": [1]}).map(lambda row: {"y": row["x"]}, num_proc=2).to_dict() == {"x": [1], "y": [1]}


def test_names_and_values_of_any_script(make: Any) -> None:
    rows: dict[str, Any] = {"größe 📏": ["naïve", "日本", "\u202e", "\x00"], "a.b/c\n": [1, 2, 3, 4]}
    mapped = make(rows).map(lambda row: {"größe 📏": row["größe 📏"] + "!", "": 0})
    assert mapped["größe 📏"][:] == [text + "!" for text in rows["größe 📏"]]
    assert mapped.column_names == [*rows, ""]


def test_a_thousand_columns(make: Any) -> None:
    dataset = make({f"c{i}": [i, i + 1] for i in range(1000)})
    mapped = dataset.map(lambda row: {"c500": row["c0"], "new": row["c999"]}).select_columns(["c500", "new", "c1"])
    assert mapped.to_dict() == {"c500": [0, 1], "new": [999, 1000], "c1": [1, 2]}
