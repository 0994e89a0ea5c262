"""Columns that are not selected are not read."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrowsets import IterableDataset

CHAINS: dict[str, tuple[Callable[[IterableDataset], IterableDataset], list[str]]] = {
    "select": (lambda s: s.select_columns("a"), ["a"]),
    "another order": (lambda s: s.select_columns(["c", "a"]), ["a", "c"]),
    "remove": (lambda s: s.remove_columns(["b", "c"]), ["a"]),
    "behind a choice of rows": (lambda s: s.shuffle(seed=1).skip(20).select_columns("a").repeat(2), ["a"]),
    "with another name": (lambda s: s.select_columns(["a", "b"]).rename_column("a", "b2").select_columns("b2"), ["a", "b"]),
    "behind a function": (lambda s: s.map(lambda row: {"a": len(row["b"])}).select_columns("a"), ["a", "b", "c"]),
    "none": (lambda s: s.select_columns([]), ["a", "b", "c"]),
}  # fmt: skip


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The columns that were asked of Parquet files."""
    asked: list[list[str]] = []
    original = pq.ParquetFile.iter_batches

    def spied(self: pq.ParquetFile, *args: Any, columns: Any = None, **kwargs: Any) -> Any:
        asked.append(list(columns))
        return original(self, *args, **{**kwargs, "columns": columns})

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", spied)
    return asked


@pytest.mark.parametrize("chain", CHAINS)
def test_only_the_columns_of_parquet_that_are_selected_are_read(
    tmp_path: Path, asked: list[list[str]], chain: str
) -> None:
    table = pa.table({"a": range(100), "b": ["text"] * 100, "c": [[1]] * 100})
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=30)
    make, columns = CHAINS[chain]
    rows = list(make(IterableDataset.from_parquet(str(tmp_path / "rows.parquet"))))
    assert rows
    assert {tuple(each) for each in asked} == {tuple(columns)}
    whole = IterableDataset.from_parquet(str(tmp_path / "rows.parquet"))
    assert rows[0].keys() == next(iter(make(whole.map(lambda row: row)))).keys()


def test_files_that_lack_the_selected_column_have_nulls(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1], "b": ["x"]}), tmp_path / "0.parquet")
    pq.write_table(pa.table({"b": ["y", "z"]}), tmp_path / "1.parquet")
    stream = IterableDataset.from_parquet(str(tmp_path / "*.parquet")).select_columns("a")
    assert list(stream) == [{"a": 1}, {"a": None}, {"a": None}]
    rows = iter(stream)
    list(islice(rows, 2))
    stream.load_state_dict(stream.state_dict())
    assert list(stream) == [{"a": None}]
