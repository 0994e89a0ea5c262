"""Switches of progress bars and logging, versions and modes, under their other paths."""

from __future__ import annotations

from arrowsets import logging
from arrowsets.compat.downloads import VerificationMode
from arrowsets.compat.experimental import experimental
from arrowsets.info import Version
from arrowsets.logging import disable_progress_bar, enable_progress_bar, is_progress_bar_enabled
from arrowsets.progress import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

__all__ = [
    "VerificationMode",
    "Version",
    "are_progress_bars_disabled",
    "disable_progress_bar",
    "disable_progress_bars",
    "enable_progress_bar",
    "enable_progress_bars",
    "experimental",
    "is_progress_bar_enabled",
    "logging",
]
