"""Law: killed at any moment, nothing half-made is visible, and the rerun repeats no finished unit."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from arrowsets.store import Store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills forked processes")
Writer = Callable[..., "subprocess.Popen[str]"]


def test_a_run_killed_at_any_file_operation_is_finished_by_the_next(tmp_path: Path, writer: Writer) -> None:
    output, _ = writer("kill_everywhere", tmp_path).communicate()
    assert json.loads(output)["kills"] >= 100


@pytest.mark.parametrize("step", [50, 60, 80])
def test_runs_that_are_all_killed_get_ahead(tmp_path: Path, writer: Writer, step: int) -> None:
    output, _ = writer("kill_again_and_again", tmp_path, step).communicate()
    result = json.loads(output)
    assert result["finished"]
    assert result["kills"] >= 1


def test_a_run_killed_at_a_random_time_leaves_whole_units(tmp_path: Path, writer: Writer) -> None:
    finished: set[str] = set()
    for seed in range(8):
        process = writer("endless", tmp_path)
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=random.Random(seed).uniform(0.001, 0.03))
        process.kill()
        process.wait()
        with Store(tmp_path).open("0abc") as draft:
            assert finished <= set(draft.finished)
            finished = set(draft.finished)
    assert finished
