"""Differences told to people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from arrowsets.hashing import Fingerprint, combine, explain, fingerprint

Define = Callable[..., Any]
WriteModule = Callable[[str, str], Any]


def told(old: object, new: object) -> list[str]:
    return [str(difference) for difference in explain(fingerprint(old), fingerprint(new))]


class Tokenizer:
    def __init__(self, padding_side: str) -> None:
        self.padding_side = padding_side
        self.size = 3

    def __call__(self, row: str) -> str:
        return row.rjust(self.size) if self.padding_side == "left" else row.ljust(self.size)


def closing_over(tokenizer: Tokenizer) -> Any:
    return lambda row: tokenizer(row["text"])


def test_equal_values_have_no_differences() -> None:
    assert told([1, {"a": 2}], [1, {"a": 2}]) == []


def test_an_attribute_of_a_captured_object_is_named() -> None:
    found = told(closing_over(Tokenizer("right")), closing_over(Tokenizer("left")))
    assert found == ["closure tokenizer.padding_side: 'right' -> 'left'"]


def test_a_constant_in_a_helper_is_named(define: Define, write_module: WriteModule) -> None:
    use = "import helpers\ndef f(r): return helpers.clean(r)"
    write_module("helpers", "def clean(x): return 1")
    old = define(use)
    write_module("helpers", "def clean(x): return 2000")
    assert told(old, define(use)) == ["function clean (helpers): constant: 1 -> 2000"]


CASES = {
    "value": (1, 2, ["1 -> 2"]),
    "item": ([1, 2], [1, 3], ["[1]: 2 -> 3"]),
    "added item": ({"a": 1}, {"a": 1, "b": 2}, ["['b']: absent -> 2"]),
    "removed item": ([1, 2], [1], ["[1]: 2 -> absent"]),
    "nested": ({"a": {"b": [1]}}, {"a": {"b": [2]}}, ["['a']['b'][0]: 1 -> 2"]),
    "type": (1, 1.0, ["1 -> 1.0"]),
    "two": ({"a": 1, "b": 1}, {"a": 2, "b": 3}, ["['a']: 1 -> 2", "['b']: 1 -> 3"]),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES)
def test_values_are_told_by_path(old: object, new: object, expected: list[str]) -> None:
    assert told(old, new) == expected


CODE = {
    "global": ("k = 1\ndef f(r): return k", "k = 2\ndef f(r): return k", ["global k: 1 -> 2"]),
    "default": ("def f(r, k=1): return k", "def f(r, k=2): return k", ["default k: 1 -> 2"]),
    "constant": ("f = lambda r: r + 1", "f = lambda r: r + 5", ["constant: 1 -> 5"]),
    "inner": (
        "f = lambda r: [x + 1.5 for x in r]",
        "f = lambda r: [x + 5.5 for x in r]",
        ["constant: 1.5 -> 5.5"],
    ),
    "instructions": (
        "f = lambda r: r.lower()",
        "f = lambda r: r.strip().lower()",
        ["code: {} -> {}"],
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), CODE.values(), ids=CODE)
def test_code_is_told_by_what_changed(define: Define, old: str, new: str, expected: list[str]) -> None:
    found = [line.removeprefix("inner function: ") for line in told(define(old), define(new))]
    if "{}" in expected[0]:
        assert len(found) == 1
        assert found[0].startswith("code: ")
        assert "strip" in found[0]
    else:
        assert found == expected


def test_a_difference_reached_by_many_ways_is_told_once(define: Define) -> None:
    source = "def h(x): return {}\ndef g(x): return h(x)\ndef f(x): return h(x) + g(x)"
    assert told(define(source.format(1)), define(source.format(2))) == ["function h: constant: 1 -> 2"]


def test_many_differing_items_are_one_difference() -> None:
    assert len(told(list(range(50)), list(range(1, 51)))) == 1


def test_equal_summaries_are_told_apart_by_digest() -> None:
    (found,) = told(list(range(1000)), list(range(1, 1001)))
    assert found.count("list of 1000 items #") == 2


def test_texts_are_short() -> None:
    (difference,) = explain(fingerprint("x" * 5000), fingerprint("y" * 5000))
    assert max(len(difference.old), len(difference.new)) <= 200


def test_trees_read_from_json_are_explained_alike() -> None:
    old, new = fingerprint(closing_over(Tokenizer("right"))), fingerprint(closing_over(Tokenizer("left")))
    assert explain(Fingerprint.from_json(old.to_json()), new) == explain(old, new)


def test_the_parts_of_an_operation_are_named() -> None:
    def operation(batched: bool) -> Fingerprint:
        return combine("map", {"function": fingerprint(len), "batched": fingerprint(batched)})

    assert [str(found) for found in explain(operation(False), operation(True))] == ["batched: False -> True"]
