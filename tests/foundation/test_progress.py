"""Progress bars show what was done, can be switched off, and cost no import until one is shown."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from arrowsets import progress as module
from arrowsets.progress import (
    are_progress_bars_disabled,
    disable_progress_bars,
    enable_progress_bars,
    progress,
)


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    before = list(module._switch)
    yield
    module._switch[:] = before


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0)


@pytest.mark.usefixtures("at_once")
def test_a_bar_shows_what_is_done(capfd: pytest.CaptureFixture[str]) -> None:
    enable_progress_bars()
    with progress(10, "Map", initial=4) as bar:
        bar.update(7)
        bar.update(-1)
    err = capfd.readouterr().err
    assert "Map" in err
    assert "10/10" in err


@pytest.mark.usefixtures("at_once")
def test_the_total_may_be_unknown(capfd: pytest.CaptureFixture[str]) -> None:
    enable_progress_bars()
    bar = progress(None, "Generating")
    bar.update(3)
    bar.close()
    assert "3 examples" in capfd.readouterr().err


def test_what_takes_no_time_shows_no_bar(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 1000)
    enable_progress_bars()
    with progress(10, "Map") as bar:
        bar.update(10)
    assert capfd.readouterr().err == ""


def test_what_was_done_before_a_bar_is_shown_counts(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 1000)
    enable_progress_bars()
    with progress(10, "Map") as bar:
        bar.update(4)
        monkeypatch.setattr(module, "PATIENCE", 0)
        bar.update(5)
    assert "9/10" in capfd.readouterr().err


def test_a_disabled_bar_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    disable_progress_bars()
    with progress(1, "Map") as bar:
        bar.update(1)
    assert are_progress_bars_disabled()
    assert capfd.readouterr().err == ""


def test_nothing_is_imported_for_a_silent_bar() -> None:
    code = """
import sys, arrowsets.progress as p
p.disable_progress_bars()
p.progress(1, '')
print('tqdm' in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize("variable", ["ARROWSETS_NO_PROGRESS", "HF_DATASETS_DISABLE_PROGRESS_BARS"])
def test_the_environment_disables_bars_and_the_program_enables_them(variable: str) -> None:
    code = f"""
import os; os.environ[{variable!r}] = "1"
from arrowsets.progress import *
print(are_progress_bars_disabled())
enable_progress_bars()
print(are_progress_bars_disabled())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\nFalse\n"


def test_a_bar_of_a_short_operation_is_not_shown(capfd: pytest.CaptureFixture[str]) -> None:
    enable_progress_bars()
    with progress(10, "Saving") as bar:
        bar.update(10)
    assert capfd.readouterr().err == ""


def test_a_bar_that_was_waited_for_shows_all_that_is_done(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    enable_progress_bars()
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    with progress(10, "Saving") as bar:
        bar.update(4)
        bar.update(3)
    assert "7/10" in capfd.readouterr().err
