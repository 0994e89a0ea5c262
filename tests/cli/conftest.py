"""A command line to call, with a cache directory of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from arrowsets import config
from arrowsets.cli import main
from arrowsets.config import Settings

Outcome = tuple[int, str, str]


@pytest.fixture(autouse=True)
def cache_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setattr(config, "_current", [Settings(cache_dir=folder, progress=False)])
    return folder


@pytest.fixture
def arrowsets(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Call the command line; answer the exit code, stdout and stderr."""

    def call(*words: object) -> Outcome:
        try:
            code = main([str(word) for word in words])
        except SystemExit as end:
            code = int(end.code or 0)
        out = capsys.readouterr()
        return code, out.out, out.err

    return call


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_text("text,stars\nnever again,1\nquite good,4\nlovely,5\n", encoding="utf-8")
    return path
