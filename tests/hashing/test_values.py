"""Values: what is equal, what differs."""

from __future__ import annotations

import datetime as dt
import decimal
import re
import uuid
from pathlib import Path, PurePosixPath
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from arrowsets.hashing import fingerprint

DISTINCT: list[Any] = [
    *(None, True, False, 0, 1, 1.0, -0.0, 0.0, 1j, float("nan"), float("inf"), 10**5000),
    *("", "1", b"1", bytearray(b"1"), "é", "\ud800", ..., NotImplemented),
    *(
        [],
        [1],
        (),
        (1,),
        [[1]],
        [1, 2],
        [2, 1],
        {},
        {1},
        frozenset({1}),
        set(),
        {"a": 1},
        {"a": 2},
        {1: 1},
        {"1": 1},
    ),
    *({"a": 1, "b": 2}, range(3), range(4), slice(1), slice(2)),
    *(dt.date(2020, 1, 1), dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1, tzinfo=dt.UTC)),  # noqa: DTZ001
    *(dt.timedelta(1), dt.time(1), decimal.Decimal("1"), decimal.Decimal("1.0"), uuid.UUID(int=1)),
    *(Path("a"), Path("b"), re.compile("a"), re.compile("a", re.IGNORECASE), re.compile(b"a")),
    *(
        list(range(100)),
        list(range(101)),
        [1.0, *range(1, 100)],
        [True, *range(1, 100)],
        dict.fromkeys(range(100)),
    ),
]


def test_different_values_have_different_digests() -> None:
    digests = [fingerprint(value).digest for value in DISTINCT]
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize("value", DISTINCT, ids=range(len(DISTINCT)))
def test_every_value_is_stable_and_equals_itself(value: object) -> None:
    assert fingerprint(value) == fingerprint(value)
    assert fingerprint(value).is_stable
    assert len(fingerprint(value).summary) <= 200


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def canonical(value: object) -> object:
    """Spell out what equality of values hides: types, the sign of zero, the order of dicts."""
    if isinstance(value, list):
        return ("list", *map(canonical, value))
    if isinstance(value, dict):
        return ("dict", *((key, canonical(item)) for key, item in value.items()))
    return (type(value).__name__, repr(value))


@given(json_values, json_values)
def test_digests_are_equal_exactly_where_values_are(first: object, second: object) -> None:
    same = canonical(first) == canonical(second)
    assert (fingerprint(first).digest == fingerprint(second).digest) is same


@given(json_values)
def test_a_copy_has_the_same_fingerprint(value: object) -> None:
    assert fingerprint(_copy(value)) == fingerprint(value)


def _copy(value: object) -> object:
    if isinstance(value, list):
        return [_copy(item) for item in value]
    if isinstance(value, dict):
        return {"".join(key): _copy(item) for key, item in value.items()}
    return value


@given(st.lists(st.integers() | st.text() | st.tuples(st.integers()), unique=True))
def test_the_order_of_a_set_does_not_count(values: list[object]) -> None:
    assert fingerprint(set(values)) == fingerprint({value for value in reversed(values)})  # noqa: C416


def test_the_order_of_a_dict_counts() -> None:
    assert fingerprint({"a": 1, "b": 2}).digest != fingerprint({"b": 2, "a": 1}).digest


def test_sharing_does_not_count() -> None:
    part = ["a", "b"]
    assert fingerprint([part, part]).digest == fingerprint([["a", "b"], ["a", "b"]]).digest


def test_paths_of_all_systems_are_equal() -> None:
    assert fingerprint(PurePosixPath("a/b")) == fingerprint(Path("a/b"))
