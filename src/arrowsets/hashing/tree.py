"""Fingerprint trees: a digest of a value together with the digests of the parts it was made from.

The digest of a leaf covers its kind and its bytes, that of a node its kind and the labels and digests of its
parts. Summaries are for people and are not part of any digest. A label that starts with
`.` or `[` continues the path of its
parent (`config` + `.lr`); any other label is a step of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from xxhash import xxh3_128_hexdigest

from arrowsets.record import dataclass

__all__ = [
    "SUMMARY_LENGTH",
    "UNHASHABLE",
    "Children",
    "Fingerprint",
    "combine",
    "leaf",
    "node",
    "shorten",
    "unhashable",
]

SUMMARY_LENGTH = 200
UNHASHABLE = "unhashable"


@dataclass(frozen=True)
class Fingerprint:
    """What a value is, as a digest and as the tree of its parts.

    Two fingerprints are of the same value exactly when their digests are equal. A part that occurs twice in
    one tree has its own parts listed only the first time.

    Attributes:
        digest: 32 hexadecimal characters (xxh3, 128 bits).
        kind: "function", "code", "value", "package", … ; "unhashable" for what has no reproducible digest.
        summary: A short text for people.
        children: Labelled parts, in a fixed order.
    """

    digest: str
    kind: str
    summary: str
    children: tuple[tuple[str, Fingerprint], ...] = ()

    @property
    def is_stable(self) -> bool:
        """Whether the same value has the same digest in another process: nothing below is unhashable."""
        return self.kind != UNHASHABLE and all(child.is_stable for _, child in self.children)

    def unstable_paths(self) -> tuple[str, ...]:
        """Name the parts that have no reproducible digest, for a warning.

        >>> import threading
        >>> from arrowsets.hashing import fingerprint
        >>> fingerprint({"guard": threading.Lock()}).unstable_paths()  # doctest: +ELLIPSIS
        ("['guard']: _thread.lock (...",)
        """
        return tuple(dict.fromkeys(_unstable(self, "")))

    def to_json(self) -> dict[str, Any]:
        """Return the tree as JSON values."""
        data: dict[str, Any] = {"digest": self.digest, "kind": self.kind, "summary": self.summary}
        if self.children:
            data["children"] = [[label, child.to_json()] for label, child in self.children]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Fingerprint:
        """Read what `to_json` wrote."""
        children = tuple((label, cls.from_json(child)) for label, child in data.get("children", ()))
        return cls(data["digest"], data["kind"], data["summary"], children)


Children = tuple[tuple[str, Fingerprint], ...]


def _unstable(tree: Fingerprint, path: str) -> Iterator[str]:
    if tree.kind == UNHASHABLE:
        yield f"{path}: {tree.summary}" if path else tree.summary
    for label, child in tree.children:
        yield from _unstable(child, join(path, label))


def join(path: str, label: str) -> str:
    """Extend a path by a label."""
    if not path or label[:1] in (".", "["):
        return path + (label.lstrip(".") if not path else label)
    return f"{path}: {label}"


def shorten(text: str) -> str:
    """Cut a text to the length of a summary."""
    return text if len(text) <= SUMMARY_LENGTH else text[: SUMMARY_LENGTH - 1] + "…"


def leaf(kind: str, payload: bytes, summary: str) -> Fingerprint:
    """Make the fingerprint of bytes."""
    return Fingerprint(xxh3_128_hexdigest(kind.encode() + b"\0" + payload), kind, shorten(summary))


def node(kind: str, parts: Iterable[tuple[str, Fingerprint]], summary: str = "", payload: bytes = b"") -> Fingerprint:
    """Make the fingerprint of labelled parts whose order counts."""
    children = tuple(parts)
    return Fingerprint(node_digest(kind, children, payload), kind, shorten(summary), children)


def node_digest(kind: str, parts: Iterable[tuple[str, Fingerprint]], payload: bytes = b"") -> str:
    """Return the digest of a node."""
    pieces = [f"{kind}\1{len(payload)}\1".encode(), payload]
    for label, child in parts:
        text = label.encode("utf-8", "surrogatepass")
        # The length keeps a label from running into its digest.
        pieces.append(b"%d:%b%b" % (len(text), text, child.digest.encode()))
    return xxh3_128_hexdigest(b"".join(pieces))


def unhashable(summary: str) -> Fingerprint:
    """Make a fingerprint that equals no other one, for a value whose content cannot be read."""
    return Fingerprint(uuid.uuid4().hex, UNHASHABLE, shorten(summary))


def combine(kind: str, parts: Mapping[str, Fingerprint], summary: str = "") -> Fingerprint:
    """Make one fingerprint of named parts whose order does not count, such as keyword arguments.

    >>> from arrowsets.hashing import fingerprint
    >>> one, two = fingerprint(1), fingerprint(2)
    >>> combine("op", {"a": one, "b": two}) == combine("op", {"b": two, "a": one})
    True
    """
    return node(kind, sorted(parts.items(), key=lambda part: part[0]), summary)
