"""Values whose content cannot be read: never an error, never equal, and named."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from arrowsets.hashing import combine, fingerprint


class Refuses:
    def __reduce_ex__(self, protocol: Any) -> Any:
        raise ZeroDivisionError("no")


@pytest.mark.parametrize("make", [threading.Lock, lambda: (x for x in [1]), Refuses, threading.Event, threading.local])
def test_what_cannot_be_read_equals_nothing(make: Any) -> None:
    value = make()
    first, second = fingerprint(value), fingerprint(value)
    assert not first.is_stable
    assert first.digest != second.digest


def test_an_open_file_is_named_with_its_path(tmp_path: Path) -> None:
    with (tmp_path / "x").open("w") as file:
        tree = fingerprint(lambda row: file.write(row + 1))
    assert tree.unstable_paths()[0].startswith("closure file: _io.TextIOWrapper")


def test_instability_reaches_the_root_of_any_tree() -> None:
    value = {"a": [*range(1000), threading.Lock()]}
    tree = combine("op", {"argument": fingerprint(value)})
    assert not tree.is_stable
    assert tree.unstable_paths()[0].startswith("argument['a'][1000]: _thread.lock")


def test_the_summary_of_a_hostile_object_is_short() -> None:
    class Long:
        def __reduce_ex__(self, protocol: Any) -> Any:
            raise ValueError("x" * 1000)

    assert len(fingerprint(Long()).summary) <= 200


def test_deep_nesting_is_no_error() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    assert not fingerprint(value).is_stable
