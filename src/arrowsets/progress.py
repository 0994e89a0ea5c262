"""Progress bars behind one small seam, so that tqdm is imported only when a bar is shown."""

from __future__ import annotations

import importlib
import sys
import time
import warnings
from types import TracebackType
from typing import Protocol, Self

from arrowsets.config import settings

__all__ = [
    "Progress",
    "are_progress_bars_disabled",
    "disable_progress_bars",
    "enable_progress_bars",
    "progress",
]


DELAY = 0.25
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


class _Delayed:
    """A bar that is made when an operation turns out to take time: making one takes longer than a small export."""

    def __init__(self, total: int | None, description: str, unit: str) -> None:
        self._what = total, description, unit
        self._start = time.monotonic()
        self._done = 0
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def update(self, done: int) -> None:
        if self._bar is not None:
            self._bar.update(done)
            return
        self._done += done
        taken = time.monotonic() - self._start
        if taken > DELAY:
            self._bar = _bar(*self._what, 0, taken)
            self._bar.update(self._done)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


_switch: list[bool] = []


def enable_progress_bars() -> None:
    """Show progress bars, whatever the environment says."""
    _switch[:] = [True]


def disable_progress_bars() -> None:
    """Show no progress bars."""
    _switch[:] = [False]


def are_progress_bars_disabled() -> bool:
    """Tell whether progress bars are switched off.

    >>> disable_progress_bars()
    >>> are_progress_bars_disabled()
    True
    """
    return not (_switch[0] if _switch else settings().progress)


def progress(
    total: int | None, description: str, unit: str = " examples", initial: int = 0, *, often: bool = False
) -> Progress:
    """Return a bar for an operation of `total` units; silent when bars are disabled.

    Args:
        total: None where nobody knows.
        initial: What an earlier run has done already: shown as done, and not counted in the speed.
        often: The operation tells of itself many times a second, so that the bar can wait for it to take long.
    """
    if are_progress_bars_disabled():
        return _Silent()
    return _Delayed(total, description, unit) if often and not initial else _bar(total, description, unit, initial)


def _bar(total: int | None, description: str, unit: str, initial: int, taken: float = 0.0) -> Progress:
    with warnings.catch_warnings():
        # Notebooks without ipywidgets get a plain bar; there is nothing to warn of.
        warnings.simplefilter("ignore")
        # What finds out about notebooks imports asyncio as well, which takes longer than a small load.
        module = importlib.import_module("tqdm.auto" if "IPython" in sys.modules else "tqdm")

    # leave=None: a bar inside another one disappears when it is done.
    bar = module.tqdm(total=total, desc=description, unit=unit, initial=initial, leave=None)
    if taken:
        bar.start_t -= taken
    shown: Progress = bar
    return shown
