"""Why a result was found or computed: the fingerprint of its making, beside that of the nearest earlier one."""

from __future__ import annotations

from collections.abc import Iterator

from arrowsets.hashing import Difference, Fingerprint
from arrowsets.hashing import explain as differences_between
from arrowsets.lineage import Lineage
from arrowsets.record import dataclass
from arrowsets.store import Entry, Store

__all__ = ["Explanation", "Origin", "explain"]

CANDIDATES = 50


@dataclass(frozen=True)
class Origin:
    """Where the rows of a dataset's last step come from.

    Attributes:
        label: The step and its function.
        hit: The result was in the store already.
        entry: Where it lies. None: in memory.
        store: The store that was asked.
    """

    label: str
    hit: bool
    entry: Entry | None
    store: Store


@dataclass(frozen=True)
class Explanation:
    """How a result came to be.

    Attributes:
        step: The operation and its function.
        hit: True: it was found in the store. False: it was computed. None: there was nothing to compute.
        key: Its fingerprint.
        nearest: The key of the earlier result of the same function that differs least; None if there is none.
        differences: What differs from it.
    """

    step: str
    hit: bool | None
    key: str
    nearest: str | None = None
    differences: tuple[Difference, ...] = ()

    def __str__(self) -> str:
        if self.hit is None:
            return f"{self.step}: {self.key}"
        if self.hit:
            return f"{self.step}: hit, found in the store as {self.key}"
        if self.nearest is None:
            return f"{self.step}: computed as {self.key}; the store had no earlier result of it"
        lines = [f"{self.step}: computed as {self.key}; it differs from the earlier result {self.nearest} in"]
        return "\n".join([*lines, *(f"  {difference}" for difference in self.differences)])


def explain(lineage: Lineage, origin: Origin | None) -> Explanation:
    """Explain the last step of a lineage."""
    if origin is None:
        what = "held in memory" if not lineage.parents else "a view on its input, nothing was computed"
        return Explanation(f"{lineage.operation}", None, what)
    if origin.hit or origin.entry is None:
        if origin.entry is None:
            return Explanation(origin.label, None, "computed in memory, where nothing is looked up or kept")
        return Explanation(origin.label, True, origin.entry.key)
    own = lineage.fingerprint
    parts = set(_digests(own))
    earlier = [
        (manifest.key, Fingerprint.from_json(manifest.fingerprint))
        for manifest in origin.store.recent(origin.label, CANDIDATES)
        if manifest.key != origin.entry.key and manifest.created <= origin.entry.manifest.created
    ]
    if not earlier:
        return Explanation(origin.label, False, origin.entry.key)
    # One difference may be a constant or a whole function: what is nearest has most in common.
    nearest, tree = max(earlier, key=lambda found: len(parts.intersection(_digests(found[1]))))
    return Explanation(origin.label, False, origin.entry.key, nearest, differences_between(tree, own))


def _digests(tree: Fingerprint) -> Iterator[str]:
    yield tree.digest
    for _, child in tree.children:
        yield from _digests(child)
