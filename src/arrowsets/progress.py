"""Progress bars behind one small seam, so that tqdm is imported only when a bar is shown."""

from __future__ import annotations

import importlib
import sys
import time
import warnings
from types import TracebackType
from typing import Any, Protocol, Self

from arrowsets.config import settings

__all__ = [
    "Progress",
    "are_progress_bars_disabled",
    "disable_progress_bars",
    "enable_progress_bars",
    "progress",
]


"""Seconds that an operation takes before there is a bar, if it is one that tells of itself often."""


class Progress(Protocol):
    """What a long operation tells of itself; a negative `update` takes back what has to be done again."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> object: ...
    def update(self, done: int) -> object: ...
    def close(self) -> object: ...


class _Silent:
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...
    def update(self, done: int) -> None: ...
    def close(self) -> None: ...


_switch: list[bool] = []


def enable_progress_bars() -> None:
    """Show progress bars, unless HF_DATASETS_DISABLE_PROGRESS_BARS is set: it wins, with a warning."""
    _turn(on=True)


def disable_progress_bars() -> None:
    """Show no progress bars, unless HF_DATASETS_DISABLE_PROGRESS_BARS is set to 0: it wins, with a warning."""
    _turn(on=False)


def _turn(*, on: bool) -> None:
    chosen = settings()
    if not chosen.progress_fixed:
        _switch[:] = [on]
    elif chosen.progress is not on:
        verb, value = ("enable", 1) if on else ("disable", 0)
        warnings.warn(
            f"cannot {verb} progress bars: the environment variable HF_DATASETS_DISABLE_PROGRESS_BARS={value} has priority",
            stacklevel=3,
        )


def are_progress_bars_disabled() -> bool:
    """Tell whether progress bars are switched off.

    >>> disable_progress_bars()
    >>> are_progress_bars_disabled()
    True
    """
    chosen = settings()
    return not (_switch[0] if _switch and not chosen.progress_fixed else chosen.progress)


PATIENCE = 0.3  # seconds that an operation lasts before its bar is shown


class _Waiting:
    """A bar that is shown once its operation turns out to last: importing tqdm takes longer than a small load."""

    def __init__(self, total: int | None, description: str, unit: str, initial: int) -> None:
        self._arguments = {"total": total, "desc": description, "unit": unit, "initial": initial}
        self._started = time.time()
        self._done = 0
        self._bar: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def update(self, done: int) -> None:
        self._done += done
        if self._bar is not None:
            self._bar.update(done)
        elif time.time() - self._started >= PATIENCE:
            self._show()

    def close(self) -> None:
        if self._bar is None and self._done and time.time() - self._started >= PATIENCE:
            self._show()
        if self._bar is not None:
            self._bar.close()

    def _show(self) -> None:
        with warnings.catch_warnings():
            # Notebooks without ipywidgets get a plain bar; there is nothing to warn of.
            warnings.simplefilter("ignore")
            # What finds out about notebooks imports asyncio as well.
            module = importlib.import_module("tqdm.auto" if "IPython" in sys.modules else "tqdm")
        # leave=None: a bar inside another one disappears when it is done.
        self._bar = module.tqdm(**self._arguments, leave=None)
        self._bar.start_t = self._started
        self._bar.update(self._done)


def progress(total: int | None, description: str, unit: str = " examples", initial: int = 0) -> Progress:
    """Return a bar for an operation of `total` units, shown if it lasts; silent when bars are disabled.

    Args:
        total: None where nobody knows.
        initial: What an earlier run has done already: shown as done, and not counted in the speed.
    """
    return _Silent() if are_progress_bars_disabled() else _Waiting(total, description, unit, initial)
