"""Saving to a directory that has a saved dataset already."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import datasets
import pytest

import arrowsets
from arrowsets import Dataset, Features, Value

OLD, NEW = Dataset.from_dict({"a": [1, 2, 3]}), Dataset.from_dict({"a": [4, 5]})


def opened(path: Any) -> Any:
    return arrowsets.load_from_disk(path)


@pytest.fixture(autouse=True)
def _quiet() -> None:
    arrowsets.disable_progress_bars()
    datasets.disable_progress_bars()


@pytest.mark.parametrize(("before", "after"), [(3, 1), (1, 2), (2, 2)])
def test_only_the_new_files_remain(tmp_path: Path, before: int, after: int) -> None:
    OLD.save_to_disk(str(tmp_path), num_shards=before)
    NEW.save_to_disk(str(tmp_path), num_shards=after)
    assert len(list(tmp_path.glob("*.arrow"))) == after
    assert opened(tmp_path)[:] == datasets.load_from_disk(str(tmp_path))[:] == {"a": [4, 5]}


def test_who_has_the_old_files_open_keeps_reading_them(tmp_path: Path) -> None:
    OLD.save_to_disk(str(tmp_path))
    found = opened(tmp_path)
    found[0]
    NEW.save_to_disk(str(tmp_path))
    assert found[:] == {"a": [1, 2, 3]}


@pytest.mark.parametrize("derive", [lambda ds: ds, lambda ds: ds.select([2, 0]), lambda ds: ds.with_format("numpy")])
def test_a_dataset_is_not_saved_over_its_own_files(tmp_path: Path, derive: Any) -> None:
    OLD.save_to_disk(str(tmp_path))
    with pytest.raises(PermissionError, match="choose another directory"):
        derive(opened(tmp_path)).save_to_disk(str(tmp_path))
    assert opened(tmp_path)[:] == {"a": [1, 2, 3]}


def test_both_ways_to_say_how_many_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not both"):
        OLD.save_to_disk(str(tmp_path), max_shard_size="1MB", num_shards=1)


KILLED = """
import os, signal, sys
import arrowsets
from arrowsets.table import ShardWriter

arrowsets.disable_progress_bars()
close, closed = ShardWriter.close, []

def killing(self):
    closed.append(self)
    if len(closed) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return close(self)

ShardWriter.close = killing
arrowsets.Dataset.from_dict({"a": ["x"] * 9}).save_to_disk(sys.argv[1], num_shards=3)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("shard", [1, 3])
def test_the_old_dataset_survives_a_save_that_is_killed(tmp_path: Path, shard: int) -> None:
    OLD.save_to_disk(str(tmp_path), num_shards=3)
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(shard)], check=False)
    assert done.returncode == -signal.SIGKILL
    for found in (datasets.load_from_disk(str(tmp_path)), opened(tmp_path)):
        assert found[:] == {"a": [1, 2, 3]}
    NEW.save_to_disk(str(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir())[1:] == ["dataset_info.json", "state.json"]


def test_a_save_that_fails_leaves_the_old_dataset(tmp_path: Path) -> None:
    OLD.save_to_disk(str(tmp_path))
    before = sorted((path.name, path.read_bytes()) for path in tmp_path.iterdir())
    broken = Dataset.from_dict({"i": ["/nowhere/x.png"]}, features=Features({"i": arrowsets.Image()}))
    with pytest.raises(FileNotFoundError):
        arrowsets.concatenate_datasets(
            [Dataset.from_dict({"i": [None] * 3}, Features({"i": arrowsets.Image()})), broken]
        ).save_to_disk(str(tmp_path), num_shards=4)
    assert sorted((path.name, path.read_bytes()) for path in tmp_path.iterdir()) == before


def test_the_types_are_those_of_the_new_dataset(tmp_path: Path) -> None:
    OLD.save_to_disk(str(tmp_path))
    OLD.cast(Features({"a": Value("int8")})).save_to_disk(str(tmp_path))
    assert opened(tmp_path).features == {"a": Value("int8")}
