"""Datasets on a hub: what an id means, their files, and commits to them. A thin layer on huggingface_hub."""

from typing import TYPE_CHECKING

from arrowsets.lazy import lazily

if TYPE_CHECKING:
    from arrowsets.hub.access import Access
    from arrowsets.hub.card import card_with_info, cards_without
    from arrowsets.hub.commit import Commit, NewSplit, make_commit
    from arrowsets.hub.ids import PREFIX, HubId, is_hub_id
    from arrowsets.hub.refusals import Unreachable
    from arrowsets.hub.snapshot import Snapshot, open_snapshot
    from arrowsets.hub.trees import Trees, refuse_outside
    from arrowsets.withdraw import delete_from_hub

__all__ = [
    "PREFIX",
    "Access",
    "Commit",
    "HubId",
    "NewSplit",
    "Snapshot",
    "Trees",
    "Unreachable",
    "card_with_info",
    "cards_without",
    "delete_from_hub",
    "is_hub_id",
    "make_commit",
    "open_snapshot",
    "refuse_outside",
]

__getattr__ = lazily(
    __name__,
    {
        "PREFIX": "arrowsets.hub.ids",
        "Access": "arrowsets.hub.access",
        "Commit": "arrowsets.hub.commit",
        "HubId": "arrowsets.hub.ids",
        "NewSplit": "arrowsets.hub.commit",
        "Snapshot": "arrowsets.hub.snapshot",
        "Trees": "arrowsets.hub.trees",
        "Unreachable": "arrowsets.hub.refusals",
        "card_with_info": "arrowsets.hub.card",
        "cards_without": "arrowsets.hub.card",
        # Scripts look for it here; what it needs stands above.
        "delete_from_hub": "arrowsets.withdraw",
        "is_hub_id": "arrowsets.hub.ids",
        "make_commit": "arrowsets.hub.commit",
        "open_snapshot": "arrowsets.hub.snapshot",
        "refuse_outside": "arrowsets.hub.trees",
    },
)
