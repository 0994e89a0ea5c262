"""Views: what columns and rows they show, what they share, and what they refuse."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from arrowsets.errors import ColumnNotFound, RowOutOfRange, SchemaConflict, ShapeConflict
from arrowsets.table import ArrowFiles, FileRef, ShardWriter, View

LOST = ArrowFiles.open(
    [FileRef("/nowhere/a.arrow", (1000,) * 1000)],
    pa.schema([pa.field("x", pa.int64()), pa.field("s", pa.struct([("a", pa.string())]))]),
)


def view(**columns: Any) -> View:
    return View.from_table(pa.table(columns))


def test_composing_views_reads_nothing() -> None:
    lost = View.from_files(LOST)
    shuffled = lost.select(np.random.default_rng(0).permutation(1_000_000))
    joined = shuffled.flatten_column("s").rename({"s.a": "a"}).join(view(new=range(1_000_000)))
    whole = View.concat([joined.drop(["x"]), joined.select(range(0, 100, 7))])
    assert whole.columns == ("a", "new", "x")
    assert len(whole) == 1_000_015


def test_columns_that_are_not_shown_are_not_read() -> None:
    assert View.from_files(LOST).join(view(y=range(1_000_000))).read([5], ["y"]).to_pydict() == {"y": [5]}


def test_groups_share_one_composition() -> None:
    both = view(x=range(10)).join(view(y=range(10)))
    shuffled = both.select([3, 1, 2]).select([2, 0])
    assert shuffled.groups[0].rows is shuffled.groups[1].rows


def test_groups_of_the_same_files_and_rows_become_one() -> None:
    whole = view(x=[1, 2], y=[3, 4])
    again = whole.drop(["y"]).join(whole.drop(["x"]))
    assert len(again.groups) == 1
    assert again.read([1]).to_pydict() == {"x": [2], "y": [4]}


def test_runs_of_rows_stay_ranges_when_joined() -> None:
    lost = View.from_files(LOST)
    whole = View.concat([lost.select(range(10, 20)), lost.select(range(50)), View.from_files(LOST)])
    assert [group.rows.rows for group in whole.groups] == [range(1_000_060)]


def test_parts_of_a_view_join_to_what_they_were_cut_from() -> None:
    lost = View.from_files(LOST)
    whole = View.concat([lost.select(range(at, at + 250_000)) for at in range(0, 1_000_000, 250_000)])
    assert whole.groups[0].files is LOST
    assert whole.groups[0].rows.rows == range(1_000_000)


def test_new_columns_take_the_place_of_old_ones() -> None:
    changed = view(x=[1, 2], y=["a", "b"]).with_group(pa.table({"z": [0, 0], "x": [1.5, 2.5]}))
    assert changed.read([1]).to_pydict() == {"x": [2.5], "y": ["b"], "z": [0]}
    assert changed.columns == ("x", "y", "z")


def test_a_struct_column_is_flattened_in_its_place() -> None:
    flat = view(a=[1, 2], s=[{"x": 1, "y": {"z": "t"}}, None], b=[3, 4]).flatten_column("s")
    assert flat.columns == ("a", "s.x", "s.y", "b")
    flat = flat.flatten_column("s.y").select([1, 0])
    assert flat.read(range(2)).to_pydict() == {
        "a": [2, 1],
        "s.x": [None, 1],
        "s.y.z": [None, "t"],
        "b": [4, 3],
    }


def test_a_view_without_columns_keeps_its_rows() -> None:
    empty = view(x=[1, 2, 3]).drop(["x"])
    assert [len(part) for part in (empty, empty.select([2, 0]), pickle.loads(pickle.dumps(empty)))] == [
        3,
        2,
        3,
    ]
    assert [table.num_rows for table in empty.batches(2)] == [2, 1]
    assert View.concat([empty, view(y=["a"])]).read(range(4)).to_pydict() == {"y": [None, None, None, "a"]}


def test_a_column_is_read_alone() -> None:
    whole = view(x=[1, 2, 3], y=["a", "b", "c"]).select([2, 0])
    assert whole.column("y").to_pylist() == ["c", "a"]
    assert whole.column("x", [1]).to_pylist() == [1]


def test_metadata_of_the_schema_stays_with_the_rows(write: Any) -> None:
    table = pa.table({"x": [1, 2, 3]}).replace_schema_metadata({"huggingface": "{}"})
    chosen = View.from_files([write(table)]).select([2])
    assert chosen.schema.metadata == chosen.read([0]).schema.metadata == {b"huggingface": b"{}"}


def test_a_row_is_located_in_each_group(write: Any) -> None:
    table = pa.table({"x": range(5), "y": range(5)})
    group = View.from_files([write(table)]).drop(["x"]).rename({"y": "z"}).select([4, 3]).groups[0]
    batch, place = group.locate(1)
    assert batch.to_pylist()[place] == {"z": 3}


def test_paths_are_those_of_shown_columns(write: Any) -> None:
    first, second = write(pa.table({"x": [1]})), write(pa.table({"y": [1]}))
    both = View.from_files([first]).join(View.from_files([second]))
    assert both.paths == (first.path, second.path)
    assert both.drop(["x"]).paths == (second.path,)


def test_bytes_are_those_of_shown_rows_and_columns() -> None:
    whole = view(x=np.zeros(1000), y=np.zeros(1000, dtype=np.int8))
    assert (whole.nbytes, whole.drop(["x"]).nbytes, whole.select(range(500)).nbytes) == (9000, 1000, 4500)


def test_a_view_on_files_pickles_as_paths(write: Any) -> None:
    view = View.from_files([write(pa.table({"x": range(50_000)}), 50_000)]).select(range(3, 40_000, 2))
    data = pickle.dumps(view)
    assert len(data) < 2_000
    assert pickle.loads(data).read([0, 1]).to_pydict() == {"x": [3, 5]}


@pytest.mark.parametrize("positions", [range(70_000, 70_003), [70_001, 5, 99]])
def test_a_view_on_memory_pickles_only_its_rows(positions: Any) -> None:
    whole = view(x=range(100_000), y=["some text"] * 100_000)
    chosen = whole.select(positions).drop(["y"])
    data = pickle.dumps(chosen)
    assert len(data) < 3_000
    assert pickle.loads(data).read(range(3)) == chosen.read(range(3))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda v: v.drop(["z"]), ColumnNotFound, "'z'; the columns are 'x', 'y'"),
        (lambda v: v.rename({"z": "a"}), ColumnNotFound, "'z'"),
        (lambda v: v.read([0], ["z"]), ColumnNotFound, "'z'"),
        (lambda v: v.rename({"x": "y"}), ShapeConflict, r"\['y'\] would be there twice"),
        (lambda v: v.select_columns(["x", "x"]), ShapeConflict, "name one twice"),
        (lambda v: v.join(v), ShapeConflict, r"\['x', 'y'\] would be there twice"),
        (lambda v: v.join(view(z=[1])), ShapeConflict, "1 rows beside 2"),
        (lambda v: v.flatten_column("x"), SchemaConflict, "'x' is int64"),
        (lambda v: v.read([2]), RowOutOfRange, "position 2 .*0 to 1"),
        (lambda v: v.select([True]), ShapeConflict, "1 values for 2 rows"),
        (lambda v: v.batches(2, 1, 3), RowOutOfRange, "there are 2 rows"),
        (lambda v: v.batches(0), ShapeConflict, "give 1 or more"),
        (lambda v: View.concat([v, view(x=["a"])]), SchemaConflict, "'x' is int64 .*string"),
    ],
)
def test_what_does_not_fit_is_named(change: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        change(view(x=[1, 2], y=["a", "b"]))


def test_names_may_be_swapped() -> None:
    assert view(x=[1], y=[2]).rename({"x": "y", "y": "x"}).read([0]).to_pydict() == {"y": [1], "x": [2]}


def test_shuffled_batches_are_read_ahead_in_order() -> None:
    order = np.random.default_rng(0).permutation(10_000)
    shuffled = view(x=range(10_000)).select(order)
    tables = list(shuffled.batches(64, 100, 9_001))
    assert {table.num_rows for table in tables[:-1]} == {64}
    assert pa.concat_tables(tables).column(0).to_pylist() == order[100:9_001].tolist()


def test_nothing_concatenated_is_nothing() -> None:
    assert len(View.concat([])) == 0
    empty = view(x=[1]).select([])
    assert View.concat([empty, empty]).read(range(0)).to_pydict() == {"x": []}


@pytest.mark.parametrize(("start", "stop", "sizes"), [(0, 5, [2, 3]), (1, 4, [1, 2]), (2, 3, [1]), (3, 3, [])])
def test_stored_rows_come_in_the_batches_they_lie_in(start: int, stop: int, sizes: list[int], tmp_path: Path) -> None:
    with ShardWriter(tmp_path / "a.arrow", pa.schema([("x", pa.int64())]), max_rows=3) as writer:
        writer.write(pa.table({"x": range(6)}))
    shown = View.from_files([FileRef(str(tmp_path / "a.arrow"))]).select(range(1, 6))
    tables = list(shown.stored(1, start, stop))
    assert [table.num_rows for table in tables] == sizes
    assert [x for table in tables for x in table["x"].to_pylist()] == list(range(start + 1, stop + 1))


def test_rows_that_are_not_stored_in_order_come_in_batches() -> None:
    shuffled = view(x=range(5)).select([4, 0, 2])
    assert [table.to_pydict() for table in shuffled.stored(2, 0, 3)] == [{"x": [4, 0]}, {"x": [2]}]
