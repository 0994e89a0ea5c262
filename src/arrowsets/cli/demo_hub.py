"""The part of `arrowsets demo` that has a hub: push to it, load from it by id, look at it."""

from __future__ import annotations

import importlib
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from arrowsets.config import settings, use
from arrowsets.dataset import DatasetDict
from arrowsets.errors import CorruptEntry, MissingDependency
from arrowsets.load import load_dataset
from arrowsets.server.hub import Hub

__all__ = ["HubDemo"]

NAME = "demo/docstrings"


@dataclass(frozen=True)
class HubDemo:
    """A hub in a folder, for as long as the demo lasts.

    Attributes:
        folder: Where its files and those of its client go.
        url: Its address.
        token: Of a user who may write to it.
    """

    folder: Path
    url: str
    token: str

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[HubDemo]:
        """Start a hub on a free port of this machine."""
        try:
            serve = importlib.import_module("arrowsets.server.hub.serve")
        except ModuleNotFoundError as error:
            raise MissingDependency.of("the demo's hub", str(error.name), "server") from error
        directory, client = folder / "hub", folder / "hub-client"
        directory.mkdir(parents=True, exist_ok=True)
        # What was fetched in an earlier demo would make loading look faster than it is.
        shutil.rmtree(client, ignore_errors=True)
        with Hub(directory) as hub:
            token = hub.accounts.create("demo", "write", days=1, label="arrowsets demo")
        before = settings()
        with serve.running(directory) as url:
            use(replace(before, hub_endpoint=url, hub_cache=client / "hub", offline=False))
            try:
                yield cls(folder, url, token)
            finally:
                use(before)

    def push(self, parts: DatasetDict) -> Any:
        """Upload the splits."""
        return parts.push_to_hub(NAME, max_shard_size="2MB", token=self.token)

    def load(self) -> DatasetDict:
        """Load them back as somebody else would who has nothing of them."""
        loaded: DatasetDict = load_dataset(NAME, token=self.token, cache_dir=self.folder / "hub-client" / "cache")
        return loaded

    @staticmethod
    def compare(pushed: DatasetDict, loaded: DatasetDict) -> None:
        """Check that what came back is what was sent."""
        for name, part in pushed.items():
            if loaded[name].features != part.features or loaded[name].to_arrow() != part.to_arrow():
                raise CorruptEntry(f"the split {name!r} came back from the hub as something else")

    def close(self, program: str) -> None:
        """Say where to look, and at a terminal wait until the user has looked."""
        print(f"\nThe hub is {self.url}; the dataset is at {self.url}/datasets/{NAME}")
        print("Any Hugging Face library can use it:")
        print(f"  export HF_ENDPOINT={self.url} HF_HUB_DISABLE_XET=1")
        if sys.stdin is not None and sys.stdin.isatty():
            print("Press Ctrl-C to stop it.", flush=True)
            try:
                threading.Event().wait()
            except KeyboardInterrupt:
                print()
        print(f"Start it again: {program} hub serve {self.folder / 'hub'}")
