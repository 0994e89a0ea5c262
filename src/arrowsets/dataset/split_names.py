"""Names of splits, in paths and for functions that are told which split their rows are of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import Any

__all__ = ["given_split", "split_path"]


class given_split:  # noqa: N801 - called like a function; a class so that it pickles and hashes by its parts
    """Passes a split's name to a function after all else that it is given by position."""

    def __init__(self, function: Callable[..., Any], split: str) -> None:
        self.function, self.split = function, split
        self.__qualname__ = getattr(function, "__qualname__", type(function).__name__)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, self.split, **kwargs)


def split_path(path: str | PurePath, split: str, extension: str) -> str:
    """Return the path of a split's file: with its name in place of "{split}", else as a file of that directory."""
    path = str(path)
    return path.format(split=split) if "{split}" in path else f"{path.rstrip('/')}/{split}.{extension}"
