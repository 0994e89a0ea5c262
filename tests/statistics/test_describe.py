"""`describe`: statistics as a table for people."""

from __future__ import annotations

import pyarrow as pa
import pytest

from arrowsets import Dataset, DatasetDict
from arrowsets.errors import ColumnNotFound

DATA = Dataset.from_dict({"x": [1, 2, 2, None], "t": ["<b>", "<b>", "世界", None]})


def test_a_line_for_each_column() -> None:
    lines = repr(DATA.describe()).splitlines()
    assert lines[0] == "4 rows"
    assert lines[2].split() == ["x", "int", "25%", "1", "2", "1.6667", "2", "▄█"]
    assert "<b> 67%, 世界 33%" in lines[3]


def test_html_is_escaped() -> None:
    html = DATA.describe()._repr_html_()
    assert "<b>" not in html
    assert "&lt;b&gt;" in html
    assert "<svg" in html


def test_numbers_are_at_hand() -> None:
    assert DATA.describe()["x"]["column_statistics"]["max"] == 2


def test_an_absent_column_names_those_that_are_there() -> None:
    with pytest.raises(ColumnNotFound, match=r"no column 'X'.*'x'"):
        DATA.describe()["X"]


def test_splits_are_described_each() -> None:
    assert list(DatasetDict({"a": DATA, "b": DATA.take(1)}).describe()) == ["a", "b"]


def test_a_column_that_cannot_be_read_is_told() -> None:
    broken = pa.array([b"\xff"] * 3).view(pa.string())
    described = Dataset(pa.table({"broken": broken, "x": [1, 2, 3]})).describe()
    assert "utf" in described["broken"]["error"].lower()
    assert described["x"]["column_statistics"]["max"] == 3


@pytest.mark.parametrize("rows", [0, 1])
def test_few_rows_are_described(rows: int) -> None:
    assert f"{rows} rows" in repr(DATA.take(rows).describe())
