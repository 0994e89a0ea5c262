"""Addresses of files in cells. They are signed, because `<img src>` cannot send a token."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import zlib
from urllib.parse import quote

__all__ = ["Signer", "address", "steps"]

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d{1,9})\]")
_LONGEST = 1000


class Signer:
    """Signs addresses for as long as the server runs."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def sign(self, path: str) -> str:
        """Return the proof that an address is one of ours."""
        return hmac.new(self._key, path.encode(), hashlib.sha256).hexdigest()[:32]

    def holds(self, path: str, proof: str) -> bool:
        """Return whether a proof is that of an address; takes as long for a wrong one."""
        return hmac.compare_digest(self.sign(path).encode(), proof.encode("utf-8", "replace"))


def address(dataset: str, revision: str, config: str, split: str, row: int, column: str, place: str, file: str) -> str:
    """Return the path of a file.

    >>> address("d", "r", "default", "train", 3, "a b", "", "image.jpg")
    'assets/d/--/r/--/default/train/3/a%20b/image.jpg'
    """
    if place:
        stem, _, suffix = file.rpartition(".")
        file = f"{stem}-{zlib.adler32(place.encode()):x}.{suffix}"
    head = "/".join(quote(part, safe="/") for part in (dataset, "--", revision, "--"))
    tail = "/".join(quote(part, safe="") for part in (config, split, str(row), column, file))
    query = f"?place={quote(place, safe='')}" if place else ""
    return f"assets/{head}/{tail}{query}"


def steps(place: str) -> list[str | int]:
    """Read a place in a cell.

    >>> steps(".images[2]")
    ['images', 2]

    Raises:
        ValueError: for anything else.
    """
    found: list[str | int] = []
    at = 0
    while at < len(place):
        match = _STEP.match(place, at)
        if match is None or len(place) > _LONGEST:
            raise ValueError(f"{place[:50]!r} is no place in a cell")
        found.append(match[1] if match[1] is not None else int(match[2]))
        at = match.end()
    return found
