"""Answers of a function that fills one object again and again are told from answers of their own."""

from __future__ import annotations

import pyarrow as pa

from arrowsets.formats import PythonFormat
from arrowsets.transforms.owned import share_memory


def test_rows_that_were_changed_each_for_itself_share_nothing() -> None:
    first, second = PythonFormat().lazy_rows(pa.table({"x": [1, 2]}))
    first["x"], second["x"] = 3, 4
    assert not share_memory(first, second)


def test_rows_that_were_given_one_list_share_it() -> None:
    first, second = PythonFormat().lazy_rows(pa.table({"x": [1, 2]}))
    buffer = [0]
    first["y"], second["y"] = buffer, buffer
    assert share_memory(first, second)
