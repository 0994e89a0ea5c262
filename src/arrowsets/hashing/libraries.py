"""Handlers for values of libraries, found by the name of the library so that none is imported for it."""

from __future__ import annotations

from arrowsets.hashing.visiting import Handler

__all__ = ["library_handler"]


def library_handler(kind: type) -> Handler | None:
    """Return the handler for a class of a known library, or None."""
    return None
