"""Costs besides time: bytes that were written, processes that were started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Module = Callable[[str], Any]

linux = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="Linux tells of processes in /proc")


def test_new_and_changed_files_count_and_others_do_not(module: Module, tmp_path: Path) -> None:
    process = module("process")
    (tmp_path / "same").write_bytes(b"1234")
    (tmp_path / "changed").write_bytes(b"12")
    before = process.sizes(tmp_path)
    (tmp_path / "changed").write_bytes(b"123")
    (tmp_path / "same").rename(tmp_path / "renamed")
    (tmp_path / "new").write_bytes(b"1")
    assert process.changed_bytes(before, process.sizes(tmp_path)) == 4


@linux
def test_memory_and_cpu_of_children_count(module: Module) -> None:
    process = module("process")
    code = "held = bytearray(50_000_000); sum(range(3_000_000)); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert child.pid in process.descendants(os.getpid())
        assert process.memory_of([child.pid]) > 50_000_000
        assert process.cpu_seconds() > 0
        child.communicate(b"\n")
