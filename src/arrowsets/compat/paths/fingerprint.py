"""Fingerprints and the switches of the cache, under their other path."""

from __future__ import annotations

from arrowsets.derive import disable_caching, enable_caching, is_caching_enabled
from arrowsets.hashing import fingerprint

__all__ = ["Hasher", "disable_caching", "enable_caching", "is_caching_enabled"]


class Hasher:
    """Hashes values, one by one or several together.

    >>> Hasher.hash({"a": 1}) == Hasher.hash({"a": 1}) != Hasher.hash({"a": 2})
    True
    """

    def __init__(self) -> None:
        self._parts: list[str] = []

    @classmethod
    def hash(cls, value: object) -> str:
        """Return the fingerprint of a value or a function."""
        return fingerprint(value).digest

    def update(self, value: object) -> None:
        """Add a value."""
        self._parts.append(self.hash(value))

    def hexdigest(self) -> str:
        """Return the fingerprint of all that was added."""
        return self.hash(self._parts)
