"""The tree: JSON, combining."""

from __future__ import annotations

import json
import re

import pytest

from arrowsets.hashing import Fingerprint, combine, fingerprint

VALUES = [1, "a", [1, [2, None]], {"a": {"b": 1}}, lambda row: row["a"] + 1, fingerprint, dict]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: getattr(value, "__name__", repr(value)))
def test_json_gives_the_same_tree_back(value: object) -> None:
    tree = fingerprint(value)
    assert Fingerprint.from_json(json.loads(json.dumps(tree.to_json()))) == tree


@pytest.mark.parametrize("value", VALUES, ids=lambda value: getattr(value, "__name__", repr(value)))
def test_a_digest_is_32_hexadecimal_characters(value: object) -> None:
    assert re.fullmatch("[0-9a-f]{32}", fingerprint(value).digest)


def test_combining_depends_on_kind_names_and_parts_and_not_on_order() -> None:
    one, two = fingerprint(1), fingerprint(2)
    base = combine("op", {"a": one, "b": two})
    assert base == combine("op", {"b": two, "a": one})
    others = [
        combine("map", {"a": one, "b": two}),
        combine("op", {"a": two, "b": one}),
        combine("op", {"a": one}),
    ]
    assert base.digest not in {other.digest for other in others}


def test_the_summary_is_no_part_of_the_digest() -> None:
    parts = {"a": fingerprint(1)}
    assert combine("op", parts, "x").digest == combine("op", parts, "y").digest


def test_shared_parts_do_not_make_the_tree_large() -> None:
    value: list[object] = [1, 2]
    for _ in range(40):
        value = [value, value]
    assert len(json.dumps(fingerprint(value).to_json())) < 100_000
