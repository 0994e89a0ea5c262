"""Datasets on a hub: what an id means, their files, and commits to them. A thin layer on huggingface_hub."""

from arrowsets.hub.ids import HubId, is_hub_id
from arrowsets.hub.snapshot import Snapshot, open_snapshot
from arrowsets.hub.trees import Trees, refuse_outside

__all__ = ["HubId", "Snapshot", "Trees", "is_hub_id", "open_snapshot", "refuse_outside"]
