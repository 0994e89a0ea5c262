"""Looking values up in plain arrays gives the rows that reading gives, or says that it cannot."""

from __future__ import annotations

from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa
import pytest

from arrowsets.table import ArrowFiles, FileRef, ShardWriter, View
from arrowsets.table import flat as flat_module
from arrowsets.table.flat import FlatView
from arrowsets.table.selection import as_rows

ROWS = 10
COLUMNS: dict[str, pa.Array[Any]] = {
    "int64": pa.array(range(ROWS)),
    "uint8": pa.array(range(ROWS), pa.uint8()),
    "float32": pa.array([n / 4 for n in range(ROWS)], pa.float32()),
    "bool": pa.array([n % 3 == 0 for n in range(ROWS)]),
    "string": pa.array(["ä" * n for n in range(ROWS)]),
    "large_string": pa.array(["", *"bcdefghij"], pa.large_string()),
    "list": pa.array([[n, -n] for n in range(ROWS)], pa.list_(pa.int32())),
    "large_list": pa.array([[n / 2] for n in range(ROWS)], pa.large_list(pa.float64())),
    "fixed_list": pa.array([[n, 1, 2] for n in range(ROWS)], pa.list_(pa.int16(), 3)),
}
LAYOUTS = ("in memory", "slice in memory", "a batch", "batches", "files", "stream")


def _stored(table: pa.Table, layout: str, folder: Path) -> View:
    if layout == "in memory":
        return View.from_table(table)
    if layout == "slice in memory":
        return View.from_table(pa.concat_tables([table.slice(0, 3), table]).combine_chunks().slice(3))
    parts = [table.slice(0, 4), table.slice(4)] if layout == "files" else [table]
    refs = []
    for index, part in enumerate(parts):
        path = str(folder / f"{index}.arrow")
        kind: Any = "stream" if layout == "stream" else "file"
        with ShardWriter(path, table.schema, max_rows=100 if layout == "a batch" else 3, layout=kind) as writer:
            writer.write(part)
        refs.append(FileRef(path))
    return View.from_files(refs)


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else values.tolist()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("column", COLUMNS)
def test_it_finds_what_reading_finds(column: str, layout: str, tmp_path: Path) -> None:
    view = _stored(pa.table({"c": COLUMNS[column]}), layout, tmp_path)
    flat = FlatView.of(view)
    assert flat is not None
    for rows in ([9, 0, 3, 3, 5], [4], range(2, 7), range(9, -1, -3)):
        found = flat.take(as_rows(rows, ROWS))
        assert found is not None
        assert _listed(found["c"]) == view.read(rows)["c"].to_pylist()


def test_groups_have_selections_of_their_own(tmp_path: Path) -> None:
    stored = _stored(pa.table({"x": range(ROWS), "y": range(ROWS)}), "batches", tmp_path)
    view = stored.select([5, 1, 7]).with_group(pa.table({"x": [10, 11, 12]})).select([2, 0])
    flat = FlatView.of(view)
    assert flat is not None
    found = flat.take(range(2))
    assert found is not None
    assert {name: _listed(values) for name, values in found.items()} == {"x": [12, 10], "y": [7, 5]}


def test_what_is_found_belongs_to_the_caller() -> None:
    table = pa.table({"x": [1, 2, 3]})
    flat = FlatView.of(View.from_table(table))
    assert flat is not None
    found: Any = flat.take(range(3))
    found["x"][:] = 0
    assert table["x"].to_pylist() == [1, 2, 3]


@pytest.mark.parametrize("column", [pa.array([1, None]), pa.array([[1], [2, 3]]), pa.array([[1], [None]])])
def test_values_without_a_regular_form_are_not_found(column: pa.Array[Any]) -> None:
    flat = FlatView.of(View.from_table(pa.table({"x": column})))
    assert flat is not None
    assert flat.take(range(2)) is None


@pytest.mark.parametrize("dtype", [pa.struct([("a", pa.int64())]), pa.binary(), pa.list_(pa.string()), pa.date32()])
def test_other_types_are_not_looked_up(dtype: pa.DataType) -> None:
    assert FlatView.of(View.from_table(pa.table({"x": pa.array([None, None], dtype)}))) is None


def test_compressed_batches_are_not_held(tmp_path: Path) -> None:
    path = str(tmp_path / "a.arrow")
    table = pa.table({"x": list(range(7)) * 100})
    with ShardWriter(path, table.schema, max_rows=100, compression="lz4") as writer:
        writer.write(table)
    flat = FlatView.of(View.from_files(ArrowFiles.open([path])))
    assert flat is not None
    assert flat.take(range(5)) is None


def test_what_another_thread_is_about_to_learn_is_not_looked_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    view = _stored(pa.table({"c": COLUMNS["int64"]}), "batches", tmp_path)
    flat = FlatView.of(view)
    assert flat is not None
    seen: list[Any] = []
    learn = flat_module._Numbers.learn

    def slowly(column: Any, index: int, array: Any, start: int) -> bool:
        beside = Thread(target=lambda: seen.append(flat.take(as_rows([start], ROWS))))
        beside.start()
        beside.join()
        return learn(column, index, array, start)

    monkeypatch.setattr(flat_module._Numbers, "learn", slowly)
    rows = [9, 0, 3, 3, 6]
    found = flat.take(as_rows(rows, ROWS))
    assert found is not None
    assert _listed(found["c"]) == rows
    assert seen == [None] * 4
    found = flat.take(as_rows(rows[::-1], ROWS))
    assert found is not None
    assert _listed(found["c"]) == rows[::-1]
