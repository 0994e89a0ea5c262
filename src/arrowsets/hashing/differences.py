"""Why two fingerprints differ: the smallest parts in which they do, with their paths."""

from __future__ import annotations

from collections.abc import Iterator

from arrowsets.hashing.tree import Fingerprint, join, shorten
from arrowsets.record import dataclass

__all__ = ["Difference", "explain"]

ABSENT = "absent"
# More differing items than this in one list or dict are told as one difference.
_MOST_ITEMS = 8


@dataclass(frozen=True)
class Difference:
    """One part that differs.

    Attributes:
        path: Where, for people: "closure tokenizer.padding_side".
        old: What it was, or "absent".
        new: What it is, or "absent".
    """

    path: str
    old: str
    new: str

    def __str__(self) -> str:
        change = f"{self.old} -> {self.new}"
        return f"{self.path}: {change}" if self.path else change


def explain(old: Fingerprint, new: Fingerprint) -> tuple[Difference, ...]:
    """Tell in which parts two fingerprints differ; nothing if they are equal.

    >>> from arrowsets.hashing import fingerprint
    >>> [str(difference) for difference in explain(fingerprint({"lr": 1}), fingerprint({"lr": 2}))]
    ["['lr']: 1 -> 2"]
    """
    return tuple(dict.fromkeys(_Comparison(old, new).differences("", old, new)))


class _Comparison:
    """Compares two trees; a pair of parts is told once, however often it occurs."""

    def __init__(self, old: Fingerprint, new: Fingerprint) -> None:
        self._full: dict[str, Fingerprint] = {}
        self._told: set[tuple[str, str]] = set()
        for tree in (old, new):
            self._index(tree)

    def _index(self, tree: Fingerprint) -> None:
        if tree.children:
            self._full.setdefault(tree.digest, tree)
            for _, child in tree.children:
                self._index(child)

    def differences(self, path: str, old: Fingerprint, new: Fingerprint) -> Iterator[Difference]:
        pair = (old.digest, new.digest)
        if old.digest == new.digest or pair in self._told:
            return
        self._told.add(pair)
        old, new = self._full.get(old.digest, old), self._full.get(new.digest, new)
        found = list(self._parts(_scope(path, old, new), old, new)) if old.kind == new.kind else []
        if not found or _is_scattered(old, found):
            found = [_changed(path, old, new)]
        yield from found

    def _parts(self, path: str, old: Fingerprint, new: Fingerprint) -> Iterator[Difference]:
        before, after = _labelled(old), _labelled(new)
        if old.kind == "code" and before.get(("instructions", 0)) != after.get(("instructions", 0)):
            # With other instructions, constants do not answer each other.
            yield _changed(join(path, "code"), old, new)
            return
        for key in dict.fromkeys([*before, *after]):
            here = join(path, "" if key[0] == "code" else key[0]) if key[0] != "code" else path
            if key not in after:
                yield Difference(here, before[key].summary, ABSENT)
            elif key not in before:
                yield Difference(here, ABSENT, after[key].summary)
            else:
                yield from self.differences(here, before[key], after[key])


def _labelled(tree: Fingerprint) -> dict[tuple[str, int], Fingerprint]:
    """Return the parts by label, and number within equal labels."""
    seen: dict[str, int] = {}
    parts: dict[tuple[str, int], Fingerprint] = {}
    for label, child in tree.children:
        parts[label, seen.setdefault(label, 0)] = child
        seen[label] += 1
    return parts


def _scope(path: str, old: Fingerprint, new: Fingerprint) -> str:
    """Return the path of a part's parts: a named function is its own place, however it is reached."""
    named = path and old.kind == new.kind == "function" and old.summary == new.summary and "<" not in old.summary
    return f"function {old.summary}" if named else path


def _is_scattered(tree: Fingerprint, found: list[Difference]) -> bool:
    return tree.kind in ("list", "tuple", "dict", "set", "frozenset") and len(found) > _MOST_ITEMS


def _changed(path: str, old: Fingerprint, new: Fingerprint) -> Difference:
    before, after = old.summary, new.summary
    if before == after:
        before, after = (shorten(f"{part.summary[:180]} #{part.digest[:8]}") for part in (old, new))
    return Difference(path, before, after)
