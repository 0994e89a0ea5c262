"""How much arrowsets tells: the logger "arrowsets" of the standard library, and switches for it.

Messages go where the program sends its own; a program that has configured no logging gets them on stderr. The
variable ARROWSETS_VERBOSITY (or DATASETS_VERBOSITY) sets the level: debug, info, warning, error or critical.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from logging import CRITICAL, DEBUG, ERROR, FATAL, INFO, NOTSET, WARN, WARNING
from typing import TextIO

from arrowsets.progress import are_progress_bars_disabled
from arrowsets.progress import disable_progress_bars as disable_progress_bar
from arrowsets.progress import enable_progress_bars as enable_progress_bar

__all__ = [
    "CRITICAL",
    "DEBUG",
    "ERROR",
    "FATAL",
    "INFO",
    "NOTSET",
    "WARN",
    "WARNING",
    "disable_progress_bar",
    "disable_propagation",
    "enable_progress_bar",
    "enable_propagation",
    "get_logger",
    "get_verbosity",
    "is_progress_bar_enabled",
    "log_levels",
    "set_verbosity",
    "set_verbosity_debug",
    "set_verbosity_error",
    "set_verbosity_info",
    "set_verbosity_warning",
]

_NAME = "arrowsets"
log_levels = {"debug": DEBUG, "info": INFO, "warning": WARNING, "error": ERROR, "critical": CRITICAL}


class _StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to stderr as it is at the moment, unless handlers of the program get the message anyway."""

    def emit(self, record: logging.LogRecord) -> None:
        if not (_root().propagate and logging.getLogger().handlers):
            self.stream = sys.stderr
            super().emit(record)


def _root() -> logging.Logger:
    return logging.getLogger(_NAME)


def _level_of(environ: Mapping[str, str]) -> int:
    for variable in ("ARROWSETS_VERBOSITY", "DATASETS_VERBOSITY"):
        word = environ.get(variable, "").lower()
        if word in log_levels:
            return log_levels[word]
        if word:
            _root().warning("unknown %s=%s; allowed: %s", variable, environ[variable], ", ".join(log_levels))
    return WARNING


def _configure() -> None:
    root = _root()
    if not any(isinstance(handler, _StderrHandler) for handler in root.handlers):
        root.addHandler(_StderrHandler(sys.stderr))
    if root.level == NOTSET:
        root.setLevel(_level_of(os.environ))


def get_logger(name: str | None = None) -> logging.Logger:
    """Return a logger: the library's own, or that of a module.

    >>> get_logger().name
    'arrowsets'
    """
    return logging.getLogger(name or _NAME)


def get_verbosity() -> int:
    """Return the level below which nothing is told, as a number of the standard library's `logging`."""
    return _root().getEffectiveLevel()


def set_verbosity(verbosity: int) -> None:
    """Set the level below which nothing is told.

    >>> set_verbosity(WARNING)
    >>> get_verbosity() == WARNING
    True
    """
    _root().setLevel(verbosity)


def set_verbosity_debug() -> None:
    """Tell everything."""
    set_verbosity(DEBUG)


def set_verbosity_info() -> None:
    """Tell what is done, and what is wrong."""
    set_verbosity(INFO)


def set_verbosity_warning() -> None:
    """Tell what may be wrong."""
    set_verbosity(WARNING)


def set_verbosity_error() -> None:
    """Tell errors only."""
    set_verbosity(ERROR)


def is_progress_bar_enabled() -> bool:
    """Tell whether progress bars are shown."""
    return not are_progress_bars_disabled()


def disable_propagation() -> None:
    """Keep messages from the program's own log handlers; they go to stderr."""
    _root().propagate = False


def enable_propagation() -> None:
    """Hand messages to the program's own log handlers, where it has any. This is the default."""
    _root().propagate = True


_configure()
