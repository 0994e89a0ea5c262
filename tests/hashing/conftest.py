"""What the tests of fingerprints share: code defined from text, modules in files, other processes."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

Define = Callable[..., Any]
WriteModule = Callable[[str, str], ModuleType]
RunPython = Callable[..., str]


@pytest.fixture
def define() -> Define:
    """Return a function that runs a text as a script does and returns its `f`."""

    def run(source: str, name: str = "f", filename: str = "<script>", **scope: object) -> Any:
        namespace: dict[str, Any] = {"__name__": "__main__", **scope}
        exec(compile(source, filename, "exec", dont_inherit=True), namespace)
        return namespace[name]

    return run


@pytest.fixture
def write_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WriteModule]:
    """Return a function that writes a module of the user's and imports it, anew each time."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    written: set[str] = set()

    def write(name: str, source: str) -> ModuleType:
        path = tmp_path.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        written.add(name)
        for known in written:
            sys.modules.pop(known, None)
        importlib.invalidate_caches()
        return importlib.import_module(name)

    yield write
    for name in written:
        sys.modules.pop(name, None)


@pytest.fixture
def run_python(tmp_path: Path) -> RunPython:
    """Return a function that runs Python in another process and returns what it prints."""

    def run(*arguments: str, seed: int = 0) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run
