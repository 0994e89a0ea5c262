"""The text form of splits, and the rows it means."""

from __future__ import annotations

import pickle

import pytest
from datasets import ReadInstruction as Reference
from hypothesis import given
from hypothesis import strategies as st

from arrowsets.errors import SplitNotFound
from arrowsets.splits_spec import ReadInstruction, Split, parse

ROWS = {"train": 1000, "test": 37, "a.b": 5}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("train", [("train", 0, 1000)]),
        ("train[:]", [("train", 0, 1000)]),
        ("train[:10]", [("train", 0, 10)]),
        ("train[-5:]", [("train", 995, 1000)]),
        ("train[:-10]", [("train", 0, 990)]),
        ("train[:2000]", [("train", 0, 1000)]),
        ("train[-2000:]", [("train", 0, 1000)]),
        ("train[1_0:]", [("train", 10, 1000)]),
        ("train[33%:66%](pct1_dropremainder)", [("train", 330, 660)]),
        ("test[50%:]", [("test", 18, 37)]),
        ("test[-50%:]", [("test", 19, 37)]),
        ("train + test[:5]", [("train", 0, 1000), ("test", 0, 5)]),
        ("train+train[ 1 : 2 ]", [("train", 0, 1000), ("train", 1, 2)]),
        ("a.b[:2]", [("a.b", 0, 2)]),
        ("all", [("train", 0, 1000), ("test", 0, 37), ("a.b", 0, 5)]),
        ("train[10:5]", [("train", 10, 10)]),
        ("train[10%:50]", [("train", 100, 500)]),
    ],
)
def test_a_spec_means_rows(spec: str, expected: list[tuple[str, int, int]]) -> None:
    assert ReadInstruction.from_spec(spec).to_absolute(ROWS) == expected


@pytest.mark.parametrize(
    ("spec", "column"),
    [
        ("", 1),
        ("+", 1),
        ("train+", 7),
        ("train[", 7),
        ("train[5]", 8),
        ("train[1:2", 10),
        ("train[1:2:3]", 10),
        ("train[:1.5%]", 9),
        ("train[1:2]x", 11),
        ("train[1:2%](up)", 12),
        ("test+train[:120%]", 6),
        ("train[:10](closest)", 1),
        ("all[:10]", 4),
        ("tr-ain", 3),
    ],
)
def test_an_error_points_at_its_column(spec: str, column: int) -> None:
    with pytest.raises(ValueError, match=f"at column {column}\n") as caught:
        ReadInstruction.from_spec(spec)
    assert str(caught.value).splitlines()[-1] == "  " + " " * (column - 1) + "^"


def test_an_unknown_split_is_named_with_those_that_exist() -> None:
    with pytest.raises(SplitNotFound, match="no split 'trian'.*'train', 'test'.*did you mean 'train'"):
        parse("trian").to_absolute(ROWS)


def test_dropping_the_remainder_needs_a_hundred_rows() -> None:
    with pytest.raises(ValueError, match="one percent of the 37 rows"):
        parse("test[:10%](pct1_dropremainder)").to_absolute(ROWS)


bounds = st.none() | st.integers(-150, 150)


@given(
    start=bounds,
    stop=bounds,
    unit=st.sampled_from(["abs", "%"]),
    rounding=st.sampled_from([None, "closest", "pct1_dropremainder"]),
    rows=st.integers(0, 5000),
)
def test_rows_are_those_of_the_reference(
    start: int | None, stop: int | None, unit: str, rounding: str | None, rows: int
) -> None:
    outcomes = []
    for kind in (Reference, ReadInstruction):
        try:
            made = kind("train", from_=start, to=stop, unit=unit, rounding=rounding if unit == "%" else None)
            (part,) = made.to_absolute({"train": rows})
            first, last = (part.from_, part.to) if kind is Reference else part[1:]
            outcomes.append((first, max(first, last)))
        except ValueError:
            outcomes.append(None)
    assert outcomes[0] == outcomes[1]


parts = st.builds(
    ReadInstruction,
    st.sampled_from(["train", "test", "a.b"]),
    from_=st.none() | st.integers(-100, 100),
    to=st.none() | st.integers(-100, 100),
    unit=st.sampled_from(["abs", "%"]),
)


@given(parts, parts)
def test_the_text_form_reads_back_to_the_same_rows(left: ReadInstruction, right: ReadInstruction) -> None:
    both = left + right
    again = ReadInstruction.from_spec(both.to_spec())
    assert again.to_absolute(ROWS) == both.to_absolute(ROWS)
    assert both.to_absolute(ROWS) == left.to_absolute(ROWS) + right.to_absolute(ROWS)


def test_percents_of_huge_splits_are_exact() -> None:
    rows = 10**17 + 50
    assert parse("train[:1%]").to_absolute({"train": rows})[0].stop == 10**15


@pytest.mark.parametrize("bad", [{"unit": "x"}, {"rounding": "closest"}, {"unit": "%", "rounding": "up"}])
def test_bad_arguments_are_refused(bad: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"unknown|needs percents"):
        ReadInstruction("train", **bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("bound", [1.5, "3", True])
def test_a_bound_is_a_whole_number(bound: object) -> None:
    with pytest.raises(TypeError, match="whole number"):
        ReadInstruction("train", from_=bound)  # type: ignore[arg-type]


def test_split_names_are_strings() -> None:
    assert Split.TRAIN == "train"
    assert {"train": 1}[Split.TRAIN] == 1
    assert repr(Split("dev")) == "NamedSplit('dev')"
    assert pickle.loads(pickle.dumps(Split.TEST)) == Split.TEST
    assert Split.TRAIN + ".csv" == "train.csv"


def test_adding_two_splits_means_both() -> None:
    assert parse(Split.TRAIN + Split.TEST).split_names() == ("train", "test")


def test_equal_instructions_are_equal() -> None:
    assert ReadInstruction("train", from_=1) == parse("train[1:]")
    assert len({parse("train"), ReadInstruction("train")}) == 1
    assert pickle.loads(pickle.dumps(parse("train[:5]"))) == parse("train[:5]")


@pytest.mark.parametrize(
    ("spec", "whole"), [("train", True), ("train[:]", True), ("all", False), ("a+b", False)]
)
def test_a_whole_split_is_recognised(spec: str, whole: bool) -> None:
    assert parse(spec).is_whole_split() is whole
