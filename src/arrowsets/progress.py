"""Progress bars behind one small seam, so that tqdm is imported only when a bar is shown."""

from __future__ import annotations

from typing import Protocol

from arrowsets.config import settings

__all__ = [
    "Progress",
    "are_progress_bars_disabled",
    "disable_progress_bars",
    "enable_progress_bars",
    "progress",
]


class Progress(Protocol):
    """What a long operation tells of itself."""

    def update(self, done: int) -> object: ...
    def close(self) -> object: ...


class _Silent:
    def update(self, done: int) -> None: ...
    def close(self) -> None: ...


_switch: list[bool] = []


def enable_progress_bars() -> None:
    """Show progress bars, whatever the environment says."""
    _switch[:] = [True]


def disable_progress_bars() -> None:
    """Show no progress bars."""
    _switch[:] = [False]


def are_progress_bars_disabled() -> bool:
    """Tell whether progress bars are switched off."""
    return not (_switch[0] if _switch else settings().progress)


def progress(total: int | None, description: str, unit: str = " examples", initial: int = 0) -> Progress:
    """Return a bar for an operation of `total` units; silent when bars are disabled."""
    if are_progress_bars_disabled():
        return _Silent()
    from tqdm.auto import tqdm

    bar: Progress = tqdm(total=total, desc=description, unit=unit, initial=initial)
    return bar
