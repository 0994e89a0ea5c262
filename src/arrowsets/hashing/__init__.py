"""Fingerprints of values and functions that can explain their differences.

A fingerprint is a tree of digests, so that of two results made differently it can be told what was
different: a constant in a helper function, an attribute of a tokenizer, the version of a package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from arrowsets.lazy import lazily

if TYPE_CHECKING:
    from arrowsets.hashing.differences import Difference, explain
    from arrowsets.hashing.hasher import fingerprint
    from arrowsets.hashing.tree import Fingerprint, combine

__all__ = ["Difference", "Fingerprint", "combine", "explain", "fingerprint"]

__getattr__ = lazily(
    __name__,
    {
        "Difference": "arrowsets.hashing.differences",
        "Fingerprint": "arrowsets.hashing.tree",
        "combine": "arrowsets.hashing.tree",
        "explain": "arrowsets.hashing.differences",
        "fingerprint": "arrowsets.hashing.hasher",
    },
)
