"""The same plan gives the same rows, and the same bytes on disk, whoever works."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from arrowsets import Dataset, Features, Value, config

ROWS = 3210
TYPES = ["int16", "string", "int32", "string"]


def add(row: dict[str, Any]) -> dict[str, Any]:
    return {"y": row["x"] * 2, "u": row["t"].upper()}


def widen(row: dict[str, Any]) -> dict[str, Any]:
    return {"y": row["x"] if row["x"] < 2500 else row["x"] + 0.5}


def mix(row: dict[str, Any]) -> dict[str, Any]:
    return {"x": row["x"] if row["x"] % 1000 else "thousand"}


def skip_most(row: dict[str, Any]) -> dict[str, Any] | None:
    return {"t": "found", "n": 1} if row["x"] == 1234 else None


def sometimes_a_key(row: dict[str, Any]) -> dict[str, Any]:
    return {"y": 1} if row["x"] < 700 else {"z": "late"}


def change_few(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "x": row["x"] + (row["x"] > 3000)}


def late_change(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Leave the columns of most batches as they are: which units hold them depends on how the work was cut."""
    return {"t": batch["t"], "x": [x + (x % 1000 > 990) for x in batch["x"]]}


def spread(batch: dict[str, list[Any]], indices: list[int]) -> dict[str, list[Any]]:
    return {"y": [i for i in indices for _ in range(i % 3)]}


def sizes(batch: dict[str, list[Any]]) -> dict[str, list[int]]:
    return {"size": [len(batch["x"])] * len(batch["x"])}


def is_third(row: dict[str, Any]) -> bool:
    return bool(row["x"] % 3 == 0)


def drop(row: dict[str, Any]) -> dict[str, Any]:
    del row["t"]
    return row


OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": lambda data, **how: data.map(add, **how),
    "widen": lambda data, **how: data.map(widen, **how),
    "mix": lambda data, **how: data.map(mix, **how),
    "skip most": lambda data, **how: data.map(skip_most, **how),
    "keys of some rows": lambda data, **how: data.map(sometimes_a_key, **how),
    "keys of some rows, old ones removed": lambda data, **how: data.map(
        sometimes_a_key, remove_columns=["x", "t"], **how
    ),
    "in place": lambda data, **how: data.map(late_change, batched=True, batch_size=9, **how),
    "change few": lambda data, **how: data.map(change_few, **how),
    "drop": lambda data, **how: data.map(drop, **how),
    "n to m": lambda data, **how: data.map(
        spread, batched=True, batch_size=7, with_indices=True, remove_columns=["x", "t"], **how
    ),
    "sizes": lambda data, **how: data.map(sizes, batched=True, batch_size=100, **how),
    "whole": lambda data, **how: data.map(sizes, batched=True, batch_size=None, **how),
    "types": lambda data, **how: data.map(
        add, features=Features({n: Value(t) for n, t in zip("xtyu", TYPES, strict=True)}), **how
    ),
    "filter": lambda data, **how: data.filter(is_third, **how),
    "filter batches": lambda data, **how: data.filter(
        lambda batch: [x > 100 for x in batch["x"]], batched=True, batch_size=64, **how
    ),
    "map a shuffle": lambda data, **how: data.shuffle(seed=0).map(add, **how),
    "filter a filter": lambda data, **how: data.filter(is_third).filter(lambda row: row["x"] > 9, **how),
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("source") / "data")
    Dataset.from_dict({"x": list(range(ROWS)), "t": [f"é{i % 50}" for i in range(ROWS)]}).save_to_disk(path)
    return path


@pytest.fixture(scope="module", autouse=True)
def importable() -> Iterator[None]:
    """Let processes that are not ours import this module, whose functions they are sent."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parents[2])
        yield


@pytest.fixture(scope="module")
def spawned() -> Iterator[Executor]:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        yield executor


@pytest.fixture(scope="module")
def dask() -> Iterator[Executor]:
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    with cluster, distributed.Client(cluster) as client:
        yield client.get_executor(pure=False)


@contextmanager
def cache_at(root: Path) -> Iterator[None]:
    config.use(config.Settings(cache_dir=root, progress=False))
    try:
        yield
    finally:
        config.use(None)


def outcome(source: str, name: str, root: Path, **how: Any) -> tuple[Any, list[bytes]]:
    """Return the rows, and what was written: the final files, in order."""
    with cache_at(root):
        made = OPERATIONS[name](Dataset.load_from_disk(source), **how)
        # Types that were declared are reached by a second step, of its own files.
        files = [Path(file["filename"]) for file in made.cache_files]
        written = [file.read_bytes() for file in files if root in file.parents]
        if not written:
            written = [path.read_bytes() for path in sorted(root.glob("store/entries/*/*/*.arrow"))]
        return (made.features, made.to_dict()), written


# Where files end may depend on what each unit holds: these are the operations whose units hold different things, and one whose
# units are all alike, which are written together.
UNEVEN = ["add", "in place", "mix", "skip most", "keys of some rows", "change few", "n to m", "filter batches"]


def make_files_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have many files written, and the journal kept all along, as with large data."""
    for module in ("materialise", "files"):
        monkeypatch.setattr(f"arrowsets.engine.{module}.BUFFER_BYTES", 4000)


@pytest.mark.parametrize(
    ("name", "small_files"), [(name, False) for name in OPERATIONS] + [(name, True) for name in UNEVEN]
)
def test_same_rows_and_same_bytes(
    name: str,
    small_files: bool,
    source: str,
    spawned: Executor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if small_files:
        make_files_small(monkeypatch)
    expected = outcome(source, name, tmp_path / "inline")
    assert expected[1] or name == "drop"
    with ThreadPoolExecutor(2) as threads:
        ways: dict[str, dict[str, Any]] = {
            "threads": {"executor": threads},
            "two": {"num_proc": 2},
        }
        if not small_files:
            ways |= {"one": {"num_proc": 1}, "three": {"num_proc": 3}, "spawned": {"executor": spawned}}
        for way, how in ways.items():
            found = outcome(source, name, tmp_path / way, **how)
            assert found[0] == expected[0], way
            assert found[1] == expected[1], way


@pytest.mark.parametrize("name", ["add", "mix", "skip most", "n to m", "filter"])
def test_dask_gives_the_same(name: str, source: str, dask: Executor, tmp_path: Path) -> None:
    assert outcome(source, name, tmp_path / "dask", executor=dask) == outcome(source, name, tmp_path / "inline")


class Failing:
    """Fails once at a row, as code does that is mended and run again."""

    def __init__(self, function: Callable[..., Any], at: int, flag: Path) -> None:
        self.function, self.at, self.flag = function, at, flag

    def __call__(self, row: dict[str, Any]) -> Any:
        if row["x"] == self.at and not self.flag.exists():
            self.flag.touch()
            raise RuntimeError("stopped")
        return self.function(row)

    def __fingerprint__(self) -> str:
        return "failing-" + self.function.__name__


@pytest.mark.parametrize("function", [add, widen, mix, skip_most, sometimes_a_key, change_few])
@pytest.mark.parametrize("at", [700, ROWS - 1])
@pytest.mark.parametrize(("workers", "small_files"), [(None, False), (2, False), (None, True)])
def test_work_that_was_cut_off_ends_the_same(
    function: Callable[..., Any],
    at: int,
    workers: int | None,
    small_files: bool,
    source: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if small_files:
        make_files_small(monkeypatch)
    expected = outcome_of(source, Failing(function, -1, tmp_path / "flag"), tmp_path / "whole")
    failing = Failing(function, at, tmp_path / "flag")
    with pytest.raises(RuntimeError, match="stopped"):
        outcome_of(source, failing, tmp_path / "cut", num_proc=workers)
    assert outcome_of(source, failing, tmp_path / "cut") == expected


def outcome_of(source: str, function: Any, root: Path, **how: Any) -> Any:
    with cache_at(root):
        made = Dataset.load_from_disk(source).map(function, **how)
        files = [Path(file["filename"]) for file in made.cache_files]
        return made.features, made.to_dict(), [file.read_bytes() for file in files if root in file.parents]
