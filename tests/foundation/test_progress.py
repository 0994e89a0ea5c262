"""Progress bars show what was done, can be switched off, and cost no import until one is shown."""

from __future__ import annotations

import os
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


SWITCHING = """
import importlib, sys, warnings
library = importlib.import_module(sys.argv[1])
told = []
warnings.showwarning = lambda message, *_: told.append(str(message).split(":")[0].lower())
seen = [library.are_progress_bars_disabled()]
for switch in (library.enable_progress_bars, library.disable_progress_bars):
    switch()
    seen.append(library.are_progress_bars_disabled())
print(seen, told)
"""


def switched(library: str, given: dict[str, str]) -> str:
    environ = {name: value for name, value in os.environ.items() if "PROGRESS" not in name}
    command = [sys.executable, "-c", SWITCHING, library]
    return subprocess.run(command, env={**environ, **given}, capture_output=True, text=True, check=True).stdout.strip()


def test_the_environment_disables_bars_and_the_program_enables_them() -> None:
    assert switched("arrowsets", {"ARROWSETS_NO_PROGRESS": "1"}) == "[True, False, True] []"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1", "[True, True, True] ['cannot enable progress bars']"),
        ("0", "[False, False, False] ['cannot disable progress bars']"),
    ],
)
def test_the_variable_of_the_reference_wins_over_the_program(value: str, expected: str) -> None:
    given = {"HF_DATASETS_DISABLE_PROGRESS_BARS": value}
    assert [switched(library, given) for library in ("arrowsets", "datasets")] == [expected, expected]


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
