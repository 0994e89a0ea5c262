"""Steps: each is done by all three, and a run from data to table works."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Module = Callable[[str], Any]

RUN = Path(__file__).parents[2] / "benchmarks" / "run.py"


def test_every_step_is_done_by_all_three(module: Module) -> None:
    steps = module("harness").all_steps().values()
    incomplete = [step.name for step in steps if len(step.functions) < (2 if step.memory else 3)]
    assert not incomplete


def test_every_input_can_be_made(module: Module) -> None:
    needed = {kind for step in module("harness").all_steps().values() for kind in step.describe()["needs"]}
    assert needed <= set(module("data").MAKERS)


def test_a_run_compares_measures_and_reports(tmp_path: Path) -> None:
    command = [sys.executable, str(RUN), "--python", sys.executable, "--cache", str(tmp_path)]
    options = ["--scale", "0.0001", "--rounds", "1", "--only", "sort"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "| sort |" in done.stdout
    (results,) = (tmp_path / "results").glob("*.json")
    measured = json.loads(results.read_text())["steps"][0]["rounds"][0]
    assert {each["summary"][1] for each in measured.values()} == {19900}
    assert not list((tmp_path / "runs").iterdir())


def test_an_unknown_step_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    command = [sys.executable, str(RUN), "--python", sys.executable, "--cache", str(tmp_path), "--only", "frobnicate"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "row iteration" in done.stderr
