"""A view after any chain of row and column operations shows what the same chain on a list of dicts does."""

from __future__ import annotations

import pickle
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from arrowsets.table import ArrowFiles, FileRef, ShardWriter, View

Rows = list[dict[str, Any]]
FIELDS: list[pa.Field[Any]] = [
    pa.field("a", pa.int64()),
    pa.field("b", pa.string()),
    pa.field("c", pa.list_(pa.int8())),
]
SCHEMA = pa.schema(FIELDS)


class Model:
    """A view, and the rows that it should show."""

    def __init__(self, view: View, columns: list[str], rows: Rows) -> None:
        self.view, self.columns, self.rows = view, columns, rows

    def check(self) -> None:
        assert list(self.view.columns) == self.columns
        assert len(self.view) == len(self.rows)
        table = self.view.read(range(len(self.view)))
        assert table.schema.equals(self.view.schema)
        assert table.num_rows == len(self.rows)
        assert table.to_pylist() == self.rows


def cells() -> st.SearchStrategy[Rows]:
    row = st.fixed_dictionaries(
        {
            "a": st.none() | st.integers(0, 99),
            "b": st.none() | st.text("xyzé", max_size=3),
            "c": st.none() | st.lists(st.none() | st.integers(-5, 5), max_size=3),
        }
    )
    return st.lists(row, max_size=8)


def source(data: st.DataObject, tmp: Any) -> Model:
    rows = data.draw(cells())
    table = pa.Table.from_pylist(rows, SCHEMA)
    if data.draw(st.booleans()):
        return Model(View.from_table(table), SCHEMA.names, rows)
    path = tmp / f"{len(list(tmp.iterdir()))}.arrow"
    with ShardWriter(path, SCHEMA, max_rows=data.draw(st.integers(1, 4))) as writer:
        writer.write(table)
    ref = FileRef(str(path), writer.close().batches if data.draw(st.booleans()) else None)
    return Model(View.from_files(ArrowFiles.open([ref], SCHEMA)), SCHEMA.names, rows)


def select(model: Model, data: st.DataObject) -> Model:
    if not model.rows:
        return model
    positions = data.draw(st.lists(st.integers(0, len(model.rows) - 1), max_size=10))
    return Model(model.view.select(positions), model.columns, [model.rows[at] for at in positions])


def cut(model: Model, data: st.DataObject) -> Model:
    start, stop, step = (data.draw(st.none() | st.integers(-9, 9)) for _ in range(3))
    chosen = range(len(model.rows))[slice(start, stop, step or None)]
    return Model(model.view.select(chosen), model.columns, [model.rows[at] for at in chosen])


def shuffle(model: Model, data: st.DataObject) -> Model:
    order = data.draw(st.permutations(range(len(model.rows))))
    return Model(model.view.select(order), model.columns, [model.rows[at] for at in order])


def mask(model: Model, data: st.DataObject) -> Model:
    keep = data.draw(st.lists(st.booleans(), min_size=len(model.rows), max_size=len(model.rows)))
    kept = [row for row, wanted in zip(model.rows, keep, strict=True) if wanted]
    return Model(model.view.select(keep), model.columns, kept)


def drop(model: Model, data: st.DataObject) -> Model:
    dropped = data.draw(st.lists(st.sampled_from(model.columns), unique=True)) if model.columns else []
    columns = [name for name in model.columns if name not in dropped]
    return Model(model.view.drop(dropped), columns, [{name: row[name] for name in columns} for row in model.rows])


def rename(model: Model, data: st.DataObject) -> Model:
    if not model.columns:
        return model
    old, new = data.draw(st.sampled_from(model.columns)), f"n{data.draw(st.integers(0, 10**6))}"
    if new in model.columns:
        return model
    names = {name: new if name == old else name for name in model.columns}
    rows = [{names[name]: value for name, value in row.items()} for row in model.rows]
    return Model(model.view.rename({old: new}), list(names.values()), rows)


def join(model: Model, data: st.DataObject) -> Model:
    name = f"j{len(model.columns)}"
    if name in model.columns:
        return model
    values = data.draw(st.lists(st.integers(0, 9), min_size=len(model.rows), max_size=len(model.rows)))
    other = View.from_table(pa.table({name: pa.array(values, pa.int64())}))
    rows = [{**row, name: value} for row, value in zip(model.rows, values, strict=True)]
    return Model(model.view.join(other), [*model.columns, name], rows)


def repeat(model: Model, data: st.DataObject) -> Model:
    """Concatenate with rows of itself: the same columns in other rows, and fewer columns."""
    other = drop(cut(model, data), data)
    columns = list(dict.fromkeys([*model.columns, *other.columns]))
    rows = [{name: row.get(name) for name in columns} for row in [*model.rows, *other.rows]]
    return Model(View.concat([model.view, other.view]), columns, rows)


def reopen(model: Model, data: st.DataObject) -> Model:
    return Model(pickle.loads(pickle.dumps(model.view)), model.columns, model.rows)


STEPS = [select, cut, shuffle, mask, drop, rename, join, repeat, reopen]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_chain_of_operations_equals_the_chain_on_rows(tmp_path_factory: Any, data: st.DataObject) -> None:
    tmp = tmp_path_factory.mktemp("view")
    model = source(data, tmp)
    for step in data.draw(st.lists(st.sampled_from(STEPS), max_size=6)):
        model = step(model, data)
        model.check()
    if data.draw(st.booleans()):
        other = source(data, tmp)
        shared = [name for name in model.columns if name in other.columns]
        columns = list(dict.fromkeys([*model.columns, *other.columns]))
        rows = [{name: row.get(name) for name in columns} for row in [*model.rows, *other.rows]]
        Model(View.concat([model.view, other.view]), columns, rows).check()
        assert shared == [name for name in shared if name in SCHEMA.names]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_batches_are_the_rows_cut_evenly(tmp_path_factory: Any, data: st.DataObject) -> None:
    model = source(data, tmp_path_factory.mktemp("view"))
    for step in data.draw(st.lists(st.sampled_from([select, cut, shuffle, join]), max_size=3)):
        model = step(model, data)
    size = data.draw(st.integers(1, 5))
    start = data.draw(st.integers(0, len(model.rows)))
    stop = data.draw(st.integers(start, len(model.rows)))
    tables = list(model.view.batches(size, start, stop))
    assert [row for table in tables for row in table.to_pylist()] == model.rows[start:stop]
    assert all(table.num_rows == size for table in tables[:-1])
