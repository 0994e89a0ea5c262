"""What all commands share: help with examples, exit codes, errors of one line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from arrowsets import __version__
from arrowsets.cli.program import COMMANDS
from arrowsets.errors import ArrowsetsError

Call = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(arrowsets: Call, name: str) -> None:
    code, out, _ = arrowsets(name, "--help")
    assert code == 0
    assert f"examples:\n  arrowsets {name}" in out


@pytest.mark.parametrize("name", ["ls", "du", "prune", "verify"])
def test_every_cache_command_has_help_with_examples(arrowsets: Call, name: str) -> None:
    code, out, _ = arrowsets("cache", name, "--help")
    assert (code, f"arrowsets cache {name}" in out.partition("examples:")[2]) == (0, True)


def test_the_version_is_that_of_the_package(arrowsets: Call) -> None:
    assert arrowsets("--version") == (0, f"arrowsets {__version__}\n", "")


@pytest.mark.parametrize("words", [(), ("no-such-command",), ("head",), ("cache",), ("head", "x", "-n", "many")])
def test_wrong_usage_is_exit_code_two(arrowsets: Call, words: tuple[str, ...]) -> None:
    code, out, err = arrowsets(*words)
    assert (code, out, "usage: arrowsets" in err) == (2, "", True)


def test_an_error_is_one_line(arrowsets: Call, tmp_path: Path) -> None:
    code, out, err = arrowsets("head", tmp_path / "nothing.csv")
    assert (code, out) == (1, "")
    assert err.startswith("arrowsets: nothing is called")
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", [("--debug", "head"), ("head", "--debug")])
def test_debug_shows_the_traceback(arrowsets: Call, tmp_path: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(ArrowsetsError, match="nothing is called"):
        arrowsets(*words, tmp_path / "nothing.csv")


def test_help_loads_no_arrow() -> None:
    code = (
        "import sys; from arrowsets.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: sys.exit('pyarrow' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_it_runs_as_a_module(csv: Path) -> None:
    command = [sys.executable, "-m", "arrowsets", "head", str(csv), "-n", "1", "--json"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout == '{"text": "never again", "stars": 1}\n'


def test_a_reader_that_stops_is_no_error(csv: Path) -> None:
    code = (
        "import subprocess, sys\n"
        f"command = [sys.executable, '-m', 'arrowsets', 'head', {str(csv)!r}]\n"
        "child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)\n"
        "child.stdout.close()\n"
        "print(repr(child.stderr.read()), child.wait())"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "'' 0\n"
