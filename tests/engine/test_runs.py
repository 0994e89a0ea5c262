"""Units that are written together while the work goes on: once, and for good if nothing becomes another type."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from arrowsets import Dataset, config
from arrowsets.engine import files, materialise
from arrowsets.store import StoreWarning

ROWS = 6400
BUFFER = 4000  # bytes of a file, about: five units of a hundred rows of eight bytes


@pytest.fixture(autouse=True)
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(materialise, "BUFFER_BYTES", BUFFER)
    monkeypatch.setattr(files, "BUFFER_BYTES", BUFFER)
    config.use(config.Settings(cache_dir=tmp_path / "cache", progress=False))
    yield
    config.use(None)


@pytest.fixture
def source(tmp_path: Path) -> Dataset:
    Dataset.from_dict({"x": list(range(ROWS))}).save_to_disk(tmp_path / "source")
    return Dataset.load_from_disk(tmp_path / "source")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many units were written together, each time that some were."""
    counts: list[int] = []
    write_some = files._write_some

    def counted(left: deque[Any], *others: Any) -> Any:
        before = len(left)
        found = write_some(left, *others)
        counts.append(before - len(left))
        return found

    monkeypatch.setattr(files, "_write_some", counted)
    return counts


class Tripled:
    """Notes the rows that it is called with, and may be stopped at one."""

    def __init__(self, stop: int | None = None, odd: int | None = None) -> None:
        self.stop, self.odd = stop, odd
        self.rows: list[int] = []

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        if row["x"] == self.stop:
            raise KeyboardInterrupt
        self.rows.append(row["x"])
        return {"y": row["x"] * 3 + (0.5 if row["x"] == self.odd else 0)}

    def __fingerprint__(self) -> str:
        return f"tripled-{self.odd}"


def _bytes(dataset: Dataset) -> list[tuple[str, bytes]]:
    paths = [Path(file["filename"]) for file in dataset.cache_files]
    return [(path.name, path.read_bytes()) for path in paths if "entries" in path.parts]


def _fresh(tmp_path: Path, name: str, make: Callable[[], Dataset]) -> list[tuple[str, bytes]]:
    config.use(config.Settings(cache_dir=tmp_path / name, progress=False))
    return _bytes(make())


def test_each_unit_is_written_once(source: Dataset, written: list[int], tmp_path: Path) -> None:
    mapped = source.map(Tripled())
    assert mapped["y"][:] == [3 * x for x in range(ROWS)]
    assert sum(written) == 64
    assert len(written) == len(_bytes(mapped)) > 5
    assert not list((tmp_path / "cache").rglob("run-*"))


def test_names_and_bytes_are_those_of_workers(source: Dataset, tmp_path: Path) -> None:
    here = _bytes(source.map(Tripled()))
    assert here == _fresh(tmp_path, "two", lambda: source.map(Tripled(), num_proc=2))


@pytest.mark.parametrize("stop", [2000, 3333, ROWS - 1])
def test_what_was_written_is_not_done_again(source: Dataset, tmp_path: Path, stop: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        source.map(Tripled(stop))
    again = Tripled()
    mapped = source.map(again)
    first = again.rows[0]
    assert again.rows == list(range(first, ROWS))
    assert stop - first < 1100  # a block of rows, and the unit that ended before it
    assert _bytes(mapped) == _fresh(tmp_path, "whole", lambda: source.map(Tripled()))


def test_a_type_that_widens_at_the_end_writes_all_anew(source: Dataset, written: list[int], tmp_path: Path) -> None:
    odd = ROWS - 1
    mapped = source.map(Tripled(odd=odd))
    assert mapped["y"][-2:] == [3.0 * (odd - 1), 3 * odd + 0.5]
    assert mapped["y"][:3] == [0.0, 3.0, 6.0]
    assert sum(written) > 64
    assert _bytes(mapped) == _fresh(tmp_path, "two", lambda: source.map(Tripled(odd=odd), num_proc=2))


def test_a_damaged_run_is_done_again(source: Dataset, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        source.map(Tripled(3333))
    first = min((tmp_path / "cache").rglob("run-*.arrow"))
    data = bytearray(first.read_bytes())
    data[-200] ^= 1
    first.write_bytes(data)
    again = Tripled()
    with pytest.warns(StoreWarning, match="made again"):
        mapped = source.map(again)
    assert again.rows[:100] == list(range(100))
    assert mapped["y"][:] == [3 * x for x in range(ROWS)]
    assert _bytes(mapped) == _fresh(tmp_path, "whole", lambda: source.map(Tripled()))


def test_where_files_have_one_name_only_they_are_copied(
    source: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _bytes(source.map(Tripled()))

    def refused(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refused)
    assert whole == _fresh(tmp_path, "unlinked", lambda: source.map(Tripled()))
