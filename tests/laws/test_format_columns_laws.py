"""Laws of `columns=` and `output_all_columns`: row, column and batch agree in every format, and no file is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arrowsets import Dataset, load_from_disk

DATA: dict[str, list[Any]] = {
    "whole": [1, 2, 3, 4],
    "half": [0.5, 1.5, 2.5, 3.5],
    "text": ["a", "", "c", "ä"],
    "even": [[1, 2], [3, 4], [5, 6], [7, 8]],
    "ragged": [[1], [], [2, 3], [4]],
    "nested": [{"x": 1}, {"x": 2}, {"x": 3}, {"x": 4}],
}
ROWS = [{name: values[index] for name, values in DATA.items()} for index in range(4)]
COLUMNS: list[list[str] | None] = [None, ["whole"], ["ragged", "half"], list(DATA)]


def _plain(value: Any) -> Any:
    """Reduce what a format shows to Python values."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _views(dataset: Dataset) -> list[list[dict[str, Any]]]:
    """Return the rows as they are read one by one, iterated, as a slice, as picked rows and as batches."""

    def rows_of(batch: Any) -> list[dict[str, Any]]:
        plain = _plain(dict(batch))
        return [dict(zip(plain, row, strict=True)) for row in zip(*plain.values(), strict=True)]

    return [
        [_plain(dict(dataset[index])) for index in range(len(dataset))],
        [_plain(dict(row)) for row in dataset],
        rows_of(dataset[:]),
        rows_of(dataset[[0, 1, 2, 3]]),
        [row for batch in dataset.iter(2) for row in rows_of(batch)],
    ]


@pytest.mark.parametrize("output_all", [False, True])
@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("name", [None, "numpy", "torch"])
def test_row_column_and_batch_agree(name: str | None, columns: list[str] | None, output_all: bool) -> None:
    if name == "torch":
        pytest.importorskip("torch")
    dataset = Dataset.from_dict(DATA).with_format(name, columns=columns, output_all_columns=output_all)
    shown = list(DATA) if columns is None or output_all else columns
    expected = [{column: row[column] for column in shown} for row in ROWS]
    for view in _views(dataset):
        assert view == expected
    for column in shown:
        assert _plain(dataset[column][:]) == DATA[column]
        assert [_plain(value) for value in dataset[column]] == DATA[column]


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("name", ["arrow", "pandas", "polars"])
def test_tables_show_the_chosen_columns(name: str, columns: list[str] | None) -> None:
    dataset = Dataset.from_dict(DATA).with_format(name, columns=columns)
    shown = sorted(columns or DATA)
    for table in (dataset[:], dataset[[0, 1, 2, 3]], dataset[2], next(iter(dataset)), next(iter(dataset.iter(2)))):
        assert sorted(table.column_names if name == "arrow" else list(table.columns)) == shown
    for column in shown:
        values = dataset[:][column]
        assert _plain(values.to_pylist() if name == "arrow" else values.to_list()) == DATA[column]


@pytest.mark.parametrize("columns", [None, ["whole"], ["even", "half"]])
def test_writing_into_tensors_of_a_file_changes_no_file(columns: list[str] | None, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    Dataset.from_dict({name: DATA[name] for name in ("whole", "half", "even")}).save_to_disk(str(tmp_path / "saved"))
    before = {path: path.read_bytes() for path in (tmp_path / "saved").rglob("*") if path.is_file()}
    saved: Any = load_from_disk(str(tmp_path / "saved"))
    dataset = saved.with_format("torch", columns=columns)
    for shown in (dataset[:], dataset[1:3], dataset[[0, 2]], dataset[0], *dataset, *dataset.iter(2)):
        for value in shown.values():
            assert isinstance(value, torch.Tensor)
            value.fill_(7)
            assert np.all(value.numpy() == 7)
    assert {path: path.read_bytes() for path in before} == before
    again: Any = load_from_disk(str(tmp_path / "saved"))
    assert again["even"][:] == DATA["even"]
    assert again["half"][:] == DATA["half"]
