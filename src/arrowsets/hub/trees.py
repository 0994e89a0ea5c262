"""Where patterns look for files of datasets on the hub."""

from __future__ import annotations

from arrowsets.errors import BadData
from arrowsets.files.card import Card, patterns_in
from arrowsets.files.listing import Tree
from arrowsets.files.urls import scheme
from arrowsets.hub.access import Access
from arrowsets.hub.ids import PREFIX, HubId
from arrowsets.hub.snapshot import Snapshot, SnapshotTree, open_snapshot

__all__ = ["Trees", "refuse_outside"]


class Trees:
    """The datasets on the hub whose files patterns ask for, each found out once."""

    def __init__(self, token: bool | str | None) -> None:
        self._token = token
        self._seen: dict[tuple[str, str | None], SnapshotTree] = {}

    def add(self, snapshot: Snapshot) -> None:
        """Make a snapshot known."""
        self._seen[snapshot.name, snapshot.commit] = snapshot.tree

    def __call__(self, url: str) -> tuple[Tree, str] | None:
        """Return the tree of a URL of the hub, and the path in it."""
        if not url.startswith(PREFIX):
            return None
        wanted = HubId.parse(url)
        key = wanted.name, wanted.revision
        if key not in self._seen:
            self._seen[key] = open_snapshot(wanted, Access.given(self._token)).tree
        tree = self._seen[key]
        return tree, f"{tree.root}/{wanted.path}".rstrip("/")


def refuse_outside(card: Card, snapshot: Snapshot) -> None:
    """Refuse a card of a stranger's that names files of this machine, or places that its credentials open."""
    for config in card.configs:
        for pattern in (*patterns_in(config.data_files), *patterns_in(config.data_dir)):
            inner = pattern.rpartition("::")[2]
            if scheme(inner) not in (None, "http", "https", "hf") or inner.startswith(("/", "\\", "~")):
                raise BadData(
                    f"the configuration {config.name!r} names {pattern!r}, which does not lie in the dataset; name it "
                    "with data_files= if it is meant",
                    file=f"{snapshot.url}/README.md",
                )
