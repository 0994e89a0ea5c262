"""Answers that are errors, with the codes and the status that clients of the public dataset viewer know."""

from __future__ import annotations

from collections.abc import Iterable

from arrowsets.errors import ArrowsetsError

__all__ = ["ViewerError", "invalid", "missing", "no_config", "no_dataset", "no_split", "not_ready", "too_big"]


class ViewerError(ArrowsetsError):
    """A request that cannot be answered.

    Attributes:
        code: What the header `X-Error-Code` says.
        hint: What the caller can do, for the page.
    """

    def __init__(self, status: int, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.hint = status, code, message, hint


def missing(*names: str) -> ViewerError:
    """Return the answer for parameters that were not given."""
    *some, last = (f"'{name}'" for name in names)
    said = f"Parameters {', '.join(some)} and {last} are" if some else f"Parameter {last} is"
    return ViewerError(422, "MissingRequiredParameter", f"{said} required")


def invalid(message: str, hint: str | None = None) -> ViewerError:
    """Return the answer for a parameter that makes no sense."""
    return ViewerError(422, "InvalidParameter", message, hint)


def no_dataset(name: str, known: Iterable[str]) -> ViewerError:
    """Return the answer for a dataset that is not shown here."""
    return ViewerError(404, "DatasetNotFound", f"The dataset {name!r} does not exist here.", _there(known))


def no_config(name: str, known: Iterable[str]) -> ViewerError:
    """Return the answer for a configuration that a dataset does not have."""
    return ViewerError(404, "ConfigNotFound", f"The config {name!r} does not exist for the dataset.", _there(known))


def no_split(name: str, known: Iterable[str]) -> ViewerError:
    """Return the answer for a split that a configuration does not have."""
    message = f"The split {name!r} does not exist for the config of the dataset."
    return ViewerError(404, "SplitNotFound", message, _there(known))


def not_ready(message: str) -> ViewerError:
    """Return the answer for what will be there later."""
    return ViewerError(500, "ResponseNotReady", message, "The files are being read; ask again in a moment.")


def too_big(message: str, status: int = 501) -> ViewerError:
    """Return the answer for more bytes than an answer may have."""
    return ViewerError(status, "TooBigContentError", message)


def _there(known: Iterable[str]) -> str:
    return "There are: " + (", ".join(list(known)[:50]) or "none")
