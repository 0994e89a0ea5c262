"""Fingerprints of lists, tuples, dicts and sets.

The order of a dict counts, as it may in what a function makes of it (rules applied one after the other); the
order of keyword arguments does not, see `combine`. A set has no order, whatever the hash seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from xxhash import xxh3_128

from arrowsets.hashing.scalars import SCALARS, encode_scalar
from arrowsets.hashing.tree import SUMMARY_LENGTH, UNHASHABLE, Fingerprint, leaf, node
from arrowsets.hashing.visiting import Handler, Visitor

__all__ = ["CONTAINERS", "LISTED", "items", "sequence"]

# Parts beyond this many are hashed, but no longer kept one by one.
LISTED = 64


def items(visitor: Visitor, kind: str, values: Iterable[object], count: int, summary: str) -> Fingerprint:
    """Fingerprint values in their order; a long run of scalars costs no fingerprint each."""
    if count <= LISTED:
        return node(kind, ((f"[{i}]", visitor.visit(value)) for i, value in enumerate(values)), summary)
    digest = xxh3_128()
    unstable: list[tuple[str, Fingerprint]] = []
    for i, value in enumerate(values):
        data = encode_scalar(value)
        if data is None:
            part = visitor.visit(value)
            if not part.is_stable:
                unstable.append((f"[{i}]", part))
            data = b"part" + part.digest.encode()
        digest.update(b"%d:" % len(data) + data)
    return node(kind, unstable, summary, digest.digest())


def sequence(visitor: Visitor, value: list[object] | tuple[object, ...]) -> Fingerprint:
    """Fingerprint a list or tuple."""
    kind = type(value).__name__
    return items(visitor, kind, value, len(value), _summary(kind, value))


def _summary(kind: str, value: list[object] | tuple[object, ...]) -> str:
    if len(value) <= 8 and all(type(item) in SCALARS for item in value):
        # Of a long text no more is looked at than is shown.
        shown = [item[:SUMMARY_LENGTH] if type(item) is str else item for item in value]
        return repr(tuple(shown) if isinstance(value, tuple) else shown)
    return f"{kind} of {len(value)} item{'' if len(value) == 1 else 's'}"


def mapping(visitor: Visitor, value: Mapping[object, object]) -> Fingerprint:
    """Fingerprint a dict, its order included."""
    pairs = list(value.items())
    summary = f"dict of {len(pairs)} item{'' if len(pairs) == 1 else 's'}"
    if len(pairs) <= LISTED and all(type(key) is str for key, _ in pairs):
        return node("dict", ((f"[{key!r}]", visitor.visit(item)) for key, item in pairs), summary)
    keys = items(visitor, "keys", (key for key, _ in pairs), len(pairs), f"{len(pairs)} keys")
    values = items(visitor, "values", (item for _, item in pairs), len(pairs), f"{len(pairs)} values")
    return node("dict", (("keys", keys), ("values", values)), summary)


def unordered(visitor: Visitor, value: set[object] | frozenset[object]) -> Fingerprint:
    """Fingerprint a set: its members in the order of their digests."""
    members = sorted((visitor.visit_apart(item) for item in value), key=lambda member: member.digest)
    kind = type(value).__name__
    summary = f"{kind} of {len(members)} item{'' if len(members) == 1 else 's'}"
    if len(members) <= LISTED:
        return node(kind, (("{}", member) for member in members), summary)
    payload = "".join(member.digest for member in members).encode()
    kept: Iterator[Fingerprint] = (member for member in members if member.kind == UNHASHABLE)
    return node(kind, (("{}", member) for member in kept), summary, payload)


def cut(visitor: Visitor, value: slice) -> Fingerprint:
    """Fingerprint a slice."""
    return items(visitor, "slice", (value.start, value.stop, value.step), 3, repr(value))


def empty_cell() -> Fingerprint:
    """Return the fingerprint of a variable that has no value yet."""
    return leaf("value", b"empty cell", "no value yet")


CONTAINERS: dict[type, Handler] = {
    list: sequence,  # type: ignore[dict-item]
    tuple: sequence,  # type: ignore[dict-item]
    dict: mapping,  # type: ignore[dict-item]
    MappingProxyType: mapping,  # type: ignore[dict-item]
    set: unordered,  # type: ignore[dict-item]
    frozenset: unordered,  # type: ignore[dict-item]
    slice: cut,  # type: ignore[dict-item]
}
