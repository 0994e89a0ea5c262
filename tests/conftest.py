"""What all tests share: a cache directory of their own, and no progress bars."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from arrowsets import config

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the test a cache directory; processes that it starts use it too."""
    root = tmp_path / "cache"
    monkeypatch.setenv("ARROWSETS_CACHE", str(root))
    monkeypatch.setenv("ARROWSETS_NO_PROGRESS", "1")
    monkeypatch.delenv("HF_DATASETS_DISABLE_PROGRESS_BARS", raising=False)
    config.use(None)
    yield root
    config.use(None)
