"""A mark for functions that may change."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import ParamSpec, TypeVar

__all__ = ["experimental"]

P = ParamSpec("P")
R = TypeVar("R")


def experimental(fn: Callable[P, R]) -> Callable[P, R]:
    """Warn at each call of a function that it may change."""

    @functools.wraps(fn)
    def warned(*args: P.args, **kwargs: P.kwargs) -> R:
        warnings.warn(
            f"{fn.__name__!r} is experimental and might be subject to breaking changes in the future.",
            UserWarning,
            stacklevel=2,
        )
        return fn(*args, **kwargs)

    return warned
