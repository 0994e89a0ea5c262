"""A process holds a lease on each store that it uses, and gives each back once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from arrowsets.store import Entry, Store

Make = Callable[..., Entry]


def test_a_store_that_was_removed_is_used_again_beside_many_others(make: Make, tmp_path: Path) -> None:
    others = [Store(tmp_path / str(number)) for number in range(20)]
    pins = [make(each, "0a", {"a.bin": b"a"}).pin() for each in others]
    root = tmp_path / "removed"
    make(Store(root), "0a", {"a.bin": b"a"})
    shutil.rmtree(root)
    assert make(Store(root), "0b", {"b.bin": b"b"}).key == "0b"
    for pin in pins:
        pin.release()
