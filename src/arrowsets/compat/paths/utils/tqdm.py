"""Progress bars that the library's switch turns off, under their other path."""

from __future__ import annotations

import os
from typing import Any

from tqdm.auto import tqdm as _tqdm

from arrowsets.progress import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

__all__ = ["are_progress_bars_disabled", "disable_progress_bars", "enable_progress_bars", "tqdm"]


class tqdm(_tqdm):  # type: ignore[type-arg,unused-ignore]  # noqa: N801 - its name everywhere
    """A progress bar that is silent when progress bars are disabled."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        if are_progress_bars_disabled():
            keywords["disable"] = True
        elif keywords.get("disable") is None and os.environ.get("TQDM_POSITION") == "-1":
            keywords["disable"] = False  # where stderr is no terminal, too
        super().__init__(*args, **keywords)
