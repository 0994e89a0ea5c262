"""Finished entries: what was written, where, and who uses it."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from arrowsets.errors import CorruptEntry, StoreError
from arrowsets.store.disk import explained
from arrowsets.store.layout import MANIFEST, USED, entry_path
from arrowsets.store.lease import Pin
from arrowsets.store.manifest import Manifest, RecordError, VersionError
from arrowsets.store.trust import check_contents

__all__ = ["Entry"]

_TOUCH = 60.0
_touched: dict[Path, float] = {}


class Entry:
    """A finished directory of the store; its files never change.

    Attributes:
        key: The hash of how it was made.
        path: Its folder.
    """

    def __init__(self, root: Path, key: str, manifest: Manifest | None = None) -> None:
        self.root, self.key = root, key
        self.path = entry_path(root, key)
        if manifest is not None:
            self.manifest = manifest

    @cached_property
    def manifest(self) -> Manifest:
        """Its records. An entry that was listed reads them when they are first asked for."""
        path = self.path / MANIFEST
        with explained(path, "read"):
            data = path.read_bytes()
        try:
            return Manifest.from_bytes(data)
        except (RecordError, VersionError) as error:
            raise CorruptEntry(f"{str(path)!r} cannot be read: {error}") from error

    @property
    def files(self) -> tuple[Path, ...]:
        """Its shard files, in the order of their rows."""
        return tuple(self.path / shard.name for shard in self.manifest.shards)

    @property
    def num_bytes(self) -> int:
        """Bytes of its shards."""
        return self.manifest.num_bytes

    @property
    def last_used(self) -> float:
        """When somebody last asked for it, in seconds since 1970."""
        for name in (USED, MANIFEST):
            with suppress(OSError):
                return (self.path / name).stat().st_mtime
        return 0.0

    def pin(self) -> Pin:
        """Keep the entry from being pruned until the pin is released, collected, or this process ends.

        Raises:
            StoreError: if it was pruned in the meantime; then it has to be made again.
        """
        pin = Pin(self.root, self.key)
        # First the pin, then the look: prune does it the other way round, so one of the two sees the other.
        if not (self.path / MANIFEST).exists():
            pin.release()
            raise StoreError(f"the entry {str(self.path)!r} was pruned; make it again")
        return pin

    def verify(self) -> None:
        """Read all of its files; raise `CorruptEntry`, naming the file, if one is not what was written."""
        check_contents(self.path, self.manifest.shards)

    def touch(self) -> None:
        """Note that it is in use, at most once a minute."""
        now = time.monotonic()
        if now - _touched.get(self.path, -_TOUCH) < _TOUCH:
            return
        _touched[self.path] = now
        # A store that cannot be written to is used all the same.
        with suppress(OSError):
            try:
                os.utime(self.path / USED)
            except FileNotFoundError:
                (self.path / USED).touch()

    def __repr__(self) -> str:
        return f"Entry({str(self.path)!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return Entry, (self.root, self.key)
