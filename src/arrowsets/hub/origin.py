"""Where the bytes of a hub's file come from: the shared cache, else the hub, in parts or whole."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, cast

from arrowsets.errors import BadData, OfflineError
from arrowsets.files import remote
from arrowsets.hub.access import Access
from arrowsets.hub.cache import HubCache, StoredFile, whole
from arrowsets.hub.refusals import told
from arrowsets.record import dataclass

if TYPE_CHECKING:
    from requests import Response

__all__ = ["HubOrigin"]

_SHA256, _SHA1 = 64, 40


@dataclass(frozen=True)
class HubOrigin:
    """A file of a commit on a hub."""

    access: Access
    cache: HubCache
    commit: str
    path: str
    file: StoredFile

    def here(self) -> str | None:
        """Return the path in the cache, if the file is in it."""
        found = self.cache.path(self.commit, self.path, self.file)
        return None if found is None else str(found)

    def open(self) -> BinaryIO:
        """Open the bytes: those in the cache, else as they come over the network."""
        if (here := self.here()) is not None:
            return Path(here).open("rb")
        return cast(BinaryIO, io.BufferedReader(self._stream(), remote.CHUNK))

    def fetch(self) -> str:
        """Bring the whole file into the cache, unless it is there, and return its path.

        Raises:
            BadData: if what came is not what the hub said it would send.
        """
        if (here := self.here()) is not None:
            return here
        blob = self.cache.blob(self.file)
        if blob is None:
            target = self.cache.folder / "snapshots" / self.commit / self.path
            self._download(target)
            return str(target)
        self._download(blob)
        return str(self.cache.link(self.commit, self.path, blob))

    def _stream(self) -> io.RawIOBase:
        url = self.access.file_url(self.cache.name, self.commit, self.path)
        try:
            options = {"headers": dict(self.access.headers), "netrc": False}
            return remote.HttpStream(url, options, size=self.file.size, refused=self._refused)
        except OfflineError as error:
            raise OfflineError(
                f"{self.path!r} of {self.cache.name!r} was never downloaded to {str(self.cache.folder)!r}, and offline "
                "mode is on (HF_HUB_OFFLINE)"
            ) from error

    def _refused(self, response: Response, url: str) -> NoReturn:
        from requests import HTTPError

        response.close()
        with told(self.cache.name, self.access.endpoint, with_token=self.access.with_token, revision=self.commit):
            raise HTTPError(f"{response.status_code} {response.reason} for {url}", response=response)
        raise AssertionError(url)

    def _download(self, target: Path) -> None:
        try:
            self._receive(target)
        except BadData:
            # Something on the way may have broken it this time.
            self._receive(target)

    def _receive(self, target: Path) -> None:
        name = f"{self.path!r} of {self.cache.name!r}"
        digest = _digest(self.file)
        with whole(target) as path:
            written = 0
            with self._stream() as stream, path.open("wb") as out:
                while data := stream.read(remote.CHUNK):
                    out.write(data)
                    digest.update(data)
                    written += len(data)
            if self.file.size is not None and written != self.file.size:
                raise BadData(f"{written} bytes came instead of {self.file.size}", file=name)
            if not digest.agrees():
                raise BadData(
                    f"what came has another hash than the hub announced ({self.file.etag}): something between here "
                    "and the hub changes files",
                    file=name,
                )


class _Digest:
    """The hash that an ETag is; of other ETags nothing is known, and everything agrees."""

    def __init__(self, name: str, hashed: Any) -> None:
        self._name, self._hashed = name, hashed

    def update(self, data: bytes) -> None:
        if self._hashed is not None:
            self._hashed.update(data)

    def agrees(self) -> bool:
        return self._hashed is None or self._hashed.hexdigest() == self._name


def _digest(file: StoredFile) -> _Digest:
    made: Any = None
    if len(file.etag) == _SHA256:
        made = hashlib.sha256()
    elif len(file.etag) == _SHA1 and file.size is not None:
        made = hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
    return _Digest(file.etag, made)
