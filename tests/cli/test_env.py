"""`env` says what a report of a bug needs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from arrowsets import __version__

Call = Callable[..., tuple[int, str, str]]


def test_env_names_versions_settings_and_builders(arrowsets: Call, cache_dir: Path) -> None:
    facts = json.loads(arrowsets("env", "--json")[1])
    assert facts["packages"]["arrowsets"] == __version__
    assert facts["settings"]["cache_dir"] == str(cache_dir)
    assert "csv" in facts["builders"]


def test_env_is_readable(arrowsets: Call, cache_dir: Path) -> None:
    assert f"  cache_dir        {cache_dir}\n" in arrowsets("env")[1]
