"""What a function reads is told from its code, and being told so changes nothing but the time that it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from arrowsets import Dataset
from arrowsets.transforms.reads import Reads, reads_of


def in_place(row: Any) -> Any:
    row["n"] = row["n"] * 2
    return row


def counting_up(row: Any) -> Any:
    row["n"] += 1
    return row


def sometimes(row: Any) -> Any:
    if row["n"] > 1:
        row["extra"] = "x"
        return row
    return None


def either_row(row: Any, other: Any = None) -> Any:
    return {"made": (row if other is None else other)["n"]}


def missing(row: Any) -> Any:
    try:
        return {"made": row["absent"]}
    except KeyError as error:
        return {"made": str(error)}


def swapped(row: Any) -> Any:
    row["n"], row["m"] = row["m"], row["n"]
    return row


def appended(row: Any) -> Any:
    row["many"].append(0)
    return row


def looped(row: Any) -> Any:
    return {"made": [value + row["n"] for value in row["many"]]}


class Method:
    def __call__(self, row: Any) -> Any:
        return {"made": row["n"]}

    def named(self, row: Any) -> Any:
        return {"made": row["m"]}


TOLD: list[tuple[Callable[..., Any], Reads]] = [
    (lambda row: {"made": row["n"] + len(row["text"])}, Reads(frozenset({"n", "text"}))),
    (lambda row: {"made": sum(1 for value in row.values() if value)}, Reads(whole=True)),
    (lambda row: {**row, "made": row["n"]}, Reads(frozenset({"n"}), whole=True)),
    (lambda row: {"made": 1}, Reads()),
    (lambda row: row, Reads(changed=True)),
    (missing, Reads(frozenset({"absent"}))),
    (in_place, Reads(frozenset({"n"}), changed=True)),
    (counting_up, Reads(frozenset({"n"}), changed=True)),
    (sometimes, Reads(frozenset({"n"}), changed=True)),
    (swapped, Reads(frozenset({"n", "m"}), changed=True)),
    (appended, Reads(frozenset({"many"}), changed=True)),
    (Method(), Reads(frozenset({"n"}))),
    (Method().named, Reads(frozenset({"m"}))),
]


def passed_on(row: Any) -> Any:
    return {"made": len(row)}


def kept(row: Any, seen: Any = []) -> Any:  # noqa: B006
    seen.append(row)
    return {"made": row["n"]}


def renamed(row: Any) -> Any:
    same = row
    return {"made": same["m"]}


def captured(row: Any) -> Any:
    return {"made": [*map(lambda key: row[key], ["n"])]}  # noqa: C417 - a function that holds the row


def by_name(row: Any) -> Any:
    return {"made": [row[name] for name in ("n", "m")]}


def replaced(row: Any) -> Any:
    row = {**row, "made": 1}
    row["n"] = 0
    return row


def deleting(row: Any) -> Any:
    del row["m"]
    return row


def looking(row: Any) -> Any:
    return {"made": len(locals()), "read": row["n"]}


def asking(row: Any) -> Any:
    return {"made": "m" in row and row["n"]}


def with_get(row: Any) -> Any:
    return {"made": row.get("m")}


UNTOLD: list[Callable[..., Any]] = [
    *(passed_on, kept, renamed, captured, by_name, replaced, deleting, looking, asking, with_get),
    lambda *row: {"made": row[0]["n"]},
]


@pytest.mark.parametrize(("function", "reads"), TOLD)
def test_what_is_read_is_told(function: Any, reads: Reads) -> None:
    assert reads_of(function) == reads


@pytest.mark.parametrize("function", UNTOLD)
def test_where_a_row_may_get_out_of_sight_nothing_is_told(function: Any) -> None:
    assert reads_of(function) is None


@pytest.mark.parametrize("function", [len, dict, str.upper, print])
def test_functions_without_code_tell_nothing(function: Any) -> None:
    assert reads_of(function) is None


def rows() -> Dataset:
    many = [[1], [], [2, 3]]
    return Dataset.from_dict({"n": [1, 2, 3], "m": [4, None, 6], "text": ["a", "bb", "c"], "many": many})


def opaque(function: Any) -> Any:
    """Hide a function's code behind another one's."""

    def hidden(*row: Any) -> Any:
        return function(*row)

    return hidden


@pytest.mark.parametrize("function", [*(function for function, _ in TOLD), either_row, looped])
@pytest.mark.parametrize("removed", [None, ["m"], ["n"]])
def test_a_map_whose_reads_are_known_gives_what_an_opaque_one_gives(function: Any, removed: Any) -> None:
    def outcome(of: Any) -> Any:
        made = rows().map(of, remove_columns=removed)
        return made.column_names, made.features, made[:]

    assert outcome(function) == outcome(opaque(function))


@pytest.mark.parametrize("function", [lambda row: row["n"] > 1, lambda row: len(row["many"]), lambda row: row["m"]])
def test_a_filter_whose_reads_are_known_keeps_what_an_opaque_one_keeps(function: Any) -> None:
    assert rows().filter(function)[:] == rows().filter(opaque(function))[:]


@pytest.mark.parametrize("format", ["numpy", "torch", "pandas", "polars", "arrow"])
@pytest.mark.parametrize("batched", [True, False])
def test_formats_show_a_narrowed_batch_as_a_whole_one(format: str, batched: bool) -> None:  # noqa: A002
    if format == "torch":
        pytest.importorskip("torch")

    def double(shown: Any) -> Any:
        return {"made": shown["n"]}

    outcomes = []
    for function in (double, opaque(double)):
        made = rows().with_format(format).map(function, batched=batched)
        outcomes.append((made.features, made.with_format(None)[:]))
    assert outcomes[0] == outcomes[1]


def test_a_custom_format_is_given_all_columns() -> None:
    shown = rows().with_transform(lambda batch: {"made": [n + len(t) for n, t in zip(batch["n"], batch["text"])]})  # noqa: B905
    assert shown.map(lambda row: {"read": row["made"]}).with_format(None)["read"].tolist() == [2, 4, 4]


def test_an_error_names_the_row_that_it_happened_on() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        rows().map(lambda row: {"made": 1 / (row["n"] - 3)})
    assert any("row 2" in note for note in caught.value.__notes__)


def other_keys_later(row: Any) -> Any:
    return {"a": row["n"]} if row["n"] < 700 else {"b": row["n"]}


def nothing_later(row: Any) -> Any:
    return {"m": row["n"] * 2} if row["n"] < 700 else None


def one_odd_row(row: Any) -> Any:
    return {"m": 1, "a": "x"} if row["n"] == 1234 else {"m": row["n"]}


def the_row_later(row: Any) -> Any:
    if row["n"] < 700:
        return {"m": 0}
    row["made"] = row["m"]
    return row


def the_row_at_first(row: Any) -> Any:
    if row["n"] >= 700:
        return {"m": 0}
    row["made"] = row["m"]
    return row


def keys_in_another_order(row: Any) -> Any:
    return {"a": 1, "b": 2} if row["n"] % 600 < 500 else {"b": 3, "a": 4}


def other_types_later(row: Any) -> Any:
    return {"a": row["n"] if row["n"] < 700 else row["n"] / 2}


@pytest.mark.parametrize(
    "function",
    [
        *(other_keys_later, nothing_later, one_odd_row, the_row_later, the_row_at_first),
        *(keys_in_another_order, other_types_later, in_place, sometimes),
    ],
)
def test_many_rows_answered_part_by_part_give_what_they_give_one_by_one(function: Any) -> None:
    many = Dataset.from_dict({"n": list(range(70_000)), "m": [n * 3 for n in range(70_000)]}).select(range(69_500))
    told, untold = many.map(function), many.map(opaque(function))
    assert (told.column_names, told.features) == (untold.column_names, untold.features)
    assert told.with_format("arrow")[:].equals(untold.with_format("arrow")[:])


def test_an_error_in_a_later_part_names_its_row() -> None:
    many = Dataset.from_dict({"n": list(range(70_000))})
    with pytest.raises(ZeroDivisionError) as caught:
        many.map(lambda row: {"made": 1 / (row["n"] - 61_234)})
    assert any("row 61234" in note for note in caught.value.__notes__)
