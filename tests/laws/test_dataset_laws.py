"""Any chain of operations on a dataset equals the same chain on a plain list of dicts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arrowsets import Dataset, concatenate_datasets
from arrowsets.errors import SchemaConflict

Row = dict[str, Any]
Rows = list[Row]

VALUES = {
    "n": st.none() | st.integers(-3, 3),
    "t": st.none() | st.sampled_from(["", "a", "é", "ab"]),
    "l": st.none() | st.lists(st.integers(0, 2), max_size=2),
    "s": st.none() | st.fixed_dictionaries({"u": st.none() | st.integers(0, 2), "v": st.sampled_from(["p", "q"])}),
}
ROWS = st.lists(st.fixed_dictionaries(VALUES), min_size=1, max_size=7)


class Step:
    """One operation, on a dataset and on rows."""

    def __init__(self, name: str, ours: Callable[[Dataset], Dataset], plain: Callable[[Rows], Rows]) -> None:
        self.name, self.ours, self.plain = name, ours, plain

    def __repr__(self) -> str:
        return self.name


def add_key(row: Row) -> Row:
    return {"k": len(str(row.get("t")))}


def add_one(row: Row) -> Row:
    return {"n": None if row.get("n") is None else row["n"] + 1}


def is_small(row: Row) -> bool:
    return (row.get("n") or 0) < 1


def drop(rows: Rows, column: str) -> Rows:
    return [{name: value for name, value in row.items() if name != column} for row in rows]


def in_order(rows: Rows, reverse: bool) -> Rows:
    known = [row for row in rows if row["n"] is not None]
    unknown = [row for row in rows if row["n"] is None]
    return sorted(known, key=lambda row: row["n"], reverse=reverse) + unknown


def grouped(rows: Rows, size: int) -> Rows:
    return [
        {name: [row[name] for row in rows[start : start + size]] for name in rows[0]} if rows else {}
        for start in range(0, len(rows), size)
    ]


def select(positions: list[int]) -> Step:
    def chosen(count: int) -> list[int]:
        return [position % count for position in positions] if count else []

    return Step(
        f"select({positions})",
        lambda data: data.select(chosen(len(data))),
        lambda rows: [rows[at] for at in chosen(len(rows))],
    )


def shuffle(seed: int) -> Step:
    return Step(
        f"shuffle({seed})",
        lambda data: data.shuffle(seed=seed),
        lambda rows: [rows[at] for at in np.random.default_rng(seed).permutation(len(rows))],
    )


def sort(reverse: bool) -> Step:
    return Step(
        f"sort(reverse={reverse})",
        lambda data: data.sort("n", reverse=reverse) if "n" in data.column_names else data,
        lambda rows: in_order(rows, reverse) if rows and "n" in rows[0] else rows,
    )


def shard(count: int) -> Step:
    def cut(rows: Rows) -> Rows:
        return rows[: len(rows) // count + (len(rows) % count > 0)]

    return Step(f"shard({count})", lambda data: data.shard(count, 0), cut)


def remove(column: str) -> Step:
    return Step(
        f"remove({column})",
        lambda data: data.remove_columns(column) if column in data.column_names else data,
        lambda rows: drop(rows, column),
    )


def rename(column: str) -> Step:
    def renamed(rows: Rows) -> Rows:
        if not rows or column not in rows[0] or "r" in rows[0]:
            return rows
        return [{"r" if name == column else name: value for name, value in row.items()} for row in rows]

    def ours(data: Dataset) -> Dataset:
        if column not in data.column_names or "r" in data.column_names:
            return data
        return data.rename_column(column, "r")

    return Step(f"rename({column})", ours, renamed)


def twice(data: Dataset) -> Dataset:
    return concatenate_datasets([data, data.select(range(len(data) // 2))])


def map_step(function: Callable[[Row], Row], **options: Any) -> Step:
    return Step(
        f"map({function.__name__}, {options})",
        lambda data: data.map(function, **options),
        lambda rows: [{**row, **function(row)} for row in rows],
    )


PLAIN_STEPS = [
    Step("filter", lambda data: data.filter(is_small), lambda rows: [row for row in rows if is_small(row)]),
    Step(
        "filter batched",
        lambda data: data.filter(lambda b, i: [at % 2 == 0 for at in i], batched=True, batch_size=3, with_indices=True),
        lambda rows: rows[::2],
    ),
    map_step(add_key),
    Step("flatten_indices", lambda data: data.flatten_indices(), lambda rows: rows),
    Step("concatenate", twice, lambda rows: rows + rows[: len(rows) // 2]),
    Step("repeat", lambda data: data.repeat(2), lambda rows: rows * 2),
    Step("reverse", lambda data: data.select(range(len(data) - 1, -1, -1)), lambda rows: rows[::-1]),
]
STEPS = (
    st.sampled_from(PLAIN_STEPS)
    | st.builds(select, st.lists(st.integers(0, 20), max_size=5))
    | st.builds(shuffle, st.integers(0, 3))
    | st.builds(sort, st.booleans())
    | st.builds(shard, st.integers(1, 3))
    | st.builds(remove, st.sampled_from(["n", "t", "l", "s", "k"]))
    | st.builds(rename, st.sampled_from(["t", "l", "k"]))
)


def of_rows(rows: Rows) -> Dataset:
    return Dataset.from_list(rows)


def checked(dataset: Dataset, rows: Rows) -> None:
    assert len(dataset) == len(rows)
    if not rows:
        return
    assert list(dataset) == rows
    assert dataset.to_list() == rows
    assert [dataset[at] for at in range(len(rows))] == rows
    assert dataset[:] == {name: [row[name] for row in rows] for name in rows[0]}
    assert [row for batch in dataset.iter(2) for row in unbatched(batch)] == rows


def unbatched(batch: dict[str, list[Any]]) -> Rows:
    count = len(next(iter(batch.values()), []))
    return [{name: values[at] for name, values in batch.items()} for at in range(count)]


@pytest.mark.parametrize("where", ["memory", "file"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, steps=st.lists(STEPS, max_size=6))
def test_a_chain_equals_the_same_chain_on_a_list(
    where: str, tmp_path_factory: pytest.TempPathFactory, rows: Rows, steps: list[Step]
) -> None:
    dataset = of_rows(rows)
    if where == "file":
        path = str(tmp_path_factory.mktemp("saved") / "data")
        dataset.save_to_disk(path)
        dataset = Dataset.load_from_disk(path)
    for step in steps:
        dataset, rows = step.ours(dataset), step.plain(rows)
        assert len(dataset) == len(rows), step
        if rows and not rows[0]:
            return  # no column is left to compare
    checked(dataset, rows)


DECIMALS = st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-100, max_value=100)
VALUE_KINDS = [
    st.none() | st.integers(-200, 200),
    st.none() | st.integers(-(2**40), 2**40),
    st.none() | st.floats(width=32, allow_nan=False),
    st.none() | st.integers(-5, 5) | st.floats(-3, 3),
    st.none() | st.text(max_size=3),
    st.none() | st.integers(-5, 5) | st.text(max_size=2),
    st.none() | st.booleans() | st.integers(0, 2),
    st.none() | st.lists(st.none() | st.integers(0, 3) | st.floats(0, 1), max_size=2),
    st.none() | st.dictionaries(st.sampled_from(["u", "v"]), st.integers(0, 3), max_size=2),
    st.none() | st.binary(max_size=2),
    st.none() | st.dates(),
    st.none() | st.datetimes(),
    DECIMALS,
    st.none() | st.lists(st.integers(0, 3), max_size=2) | st.integers(0, 2),
    st.none()
    | st.integers(0, 2)
    | st.dictionaries(st.sampled_from(["u", "v"]), st.none() | st.integers(0, 3), max_size=2),
    st.none() | st.dictionaries(st.sampled_from(["u", "v"]), st.integers(0, 3) | st.text(max_size=2), max_size=2),
    st.none()
    | st.lists(st.integers(0, 3) | st.text(max_size=1) | st.dictionaries(st.just("u"), st.none()), max_size=2),
]


def same(first: Any, second: Any) -> bool:
    if isinstance(first, float) and isinstance(second, float):
        return first == second or (math.isnan(first) and math.isnan(second))
    return bool(first == second)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_types_do_not_depend_on_the_order_of_rows_or_on_batches(data: st.DataObject) -> None:
    values = data.draw(st.sampled_from(VALUE_KINDS).flatmap(lambda kind: st.lists(kind, min_size=1, max_size=6)))
    order = data.draw(st.permutations(range(len(values))))
    size = data.draw(st.integers(1, 7))
    dataset = Dataset.from_dict({"i": list(range(len(values)))})
    whole = dataset.map(lambda batch: {"v": [values[i] for i in batch["i"]]}, batched=True, batch_size=None)
    cut = dataset.select(order).map(lambda batch: {"v": [values[i] for i in batch["i"]]}, batched=True, batch_size=size)
    by_row = dataset.select(order).map(lambda row: {"v": values[row["i"]]})
    assert whole.features == cut.features == by_row.features
    back = sorted(range(len(order)), key=order.__getitem__)
    for other in (cut, by_row):
        assert all(map(same, whole["v"][:], other.select(back)["v"][:]))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_becomes_of_a_column_does_not_depend_on_batches(data: st.DataObject) -> None:
    old = data.draw(st.lists(st.none() | st.integers(-3, 3), min_size=1, max_size=6))
    kind = data.draw(st.sampled_from(VALUE_KINDS))
    answers = data.draw(st.lists(st.just(...) | kind, min_size=len(old), max_size=len(old)))
    order = data.draw(st.permutations(range(len(old))))
    size = data.draw(st.integers(1, 7))

    def by_row(row: Row) -> Row | None:
        answer = answers[row["i"]]
        return None if answer is ... else {"v": answer}

    def by_batch(batch: dict[str, list[Any]]) -> Any:
        new = [answers[i] for i in batch["i"]]
        if all(answer is ... for answer in new):
            return None
        return {"v": [o if a is ... else a for o, a in zip(batch["v"], new, strict=True)]}

    dataset = Dataset.from_dict({"i": list(range(len(old))), "v": old})
    try:
        whole = dataset.map(by_row)
    except SchemaConflict:  # bytes beside numbers, which not even JSON holds
        with pytest.raises(SchemaConflict):
            dataset.select(order).map(by_batch, batched=True, batch_size=size)
        return
    cut = dataset.select(order).map(by_batch, batched=True, batch_size=size)
    back = sorted(range(len(order)), key=order.__getitem__)
    assert whole.features == cut.features
    assert all(map(same, whole["v"][:], cut.select(back)["v"][:]))
