"""An export that fails leaves what was there, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from arrowsets import Dataset
from arrowsets.errors import BadData, StoreError

BYTES = Dataset.from_dict({"a": [b"ok", b"\xff"]})


def _interrupt(value: Any) -> str:
    raise KeyboardInterrupt


FAILURES: dict[str, tuple[type[BaseException], Callable[[Path], object]]] = {
    "bad data": (BadData, lambda path: BYTES.to_json(path, batch_size=1)),
    "bad data in a worker": (BadData, lambda path: BYTES.to_json(path, batch_size=1, num_proc=2)),
    "Ctrl-C": (
        KeyboardInterrupt,
        lambda path: Dataset.from_dict({"a": [0.5]}).to_csv(path, float_format=_interrupt),
    ),
    "bad option": (
        pa.ArrowException,
        lambda path: Dataset.from_dict({"a": [1]}).to_parquet(path, compression="nothing of the kind"),
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_the_old_file_stays(tmp_path: Path, name: str) -> None:
    error, export = FAILURES[name]
    (tmp_path / "a").write_text("old")
    with pytest.raises(error):
        export(tmp_path / "a")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "old")]


def test_bytes_that_are_no_text_name_their_column(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="column a: bytes that are no UTF-8"):
        BYTES.to_json(tmp_path / "a")


@pytest.mark.parametrize("writer", ["to_csv", "to_json", "to_parquet"])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_told_with_the_path(writer: str) -> None:
    with pytest.raises(StoreError, match=r"cannot write '/dev/full': No space left"):
        getattr(Dataset.from_dict({"a": [1]}), writer)("/dev/full")


@pytest.mark.parametrize(
    "export",
    [
        "to_csv('a')",
        "to_json('a')",
        "to_parquet('a')",
        "to_parquet('d', num_shards=2)",
        "save_to_disk('d')",
        "to_csv('a', num_proc=2)",
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="file sizes are limited by POSIX")
def test_a_file_that_may_not_grow_leaves_nothing(tmp_path: Path, export: str) -> None:
    code = f"""
import os, resource, signal, arrowsets, numpy
arrowsets.disable_progress_bars()
ds = arrowsets.Dataset.from_dict({{"a": numpy.random.default_rng(0).random(100_000)}})
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    ds.{export}
except arrowsets.errors.StoreError as error:
    print("told", os.path.basename(error.filename or ""))
print(sorted(name for folder in os.walk(".") for name in folder[2]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.startswith("told ")
    assert done.stdout.endswith("\n[]\n")


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a directory"):
        Dataset.from_dict({"a": [1]}).to_csv(tmp_path)
