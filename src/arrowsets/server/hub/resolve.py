"""Files over HTTP: whole or by range, under ids that never change their meaning.

Always `application/octet-stream` and an attachment: an uploaded page must not run in the hub's origin. Never compressed: a
range of compressed bytes is of no use to anyone.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate
from typing import BinaryIO
from urllib.parse import quote

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from arrowsets.server.hub.errors import HubError, entry_not_found
from arrowsets.server.hub.routing import Call

__all__ = ["FileAnswer", "parse_range", "resolve"]

_PIECE = 1 << 20


def resolve(call: Call) -> Response:
    """Answer `GET|HEAD /datasets/{id}/resolve/{rev}/{path}`."""
    repo = call.hub.content(call.id, call.caller)
    state = repo.at(call.params["rev"])
    path = call.params["path"]
    entry = state.tree.entries.get(path)
    if entry is None:
        raise entry_not_found(path, state.commit.oid)
    headers = {
        "X-Repo-Commit": state.commit.oid,
        "ETag": f'"{entry.etag}"',
        "Accept-Ranges": "bytes",
        "Last-Modified": formatdate(state.commit.date, usegmt=True),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(path.rpartition('/')[2], safe='')}",
        "Cache-Control": "private, no-cache",
    }
    if entry.lfs:
        headers |= {"X-Linked-Size": str(entry.size), "X-Linked-Etag": f'"{entry.etag}"'}
    asked = call.request.headers
    if _matches(asked.get("if-none-match"), entry.etag):
        return Response(status_code=304, headers=headers)
    span = None
    if asked.get("if-range") in (None, headers["ETag"], headers["Last-Modified"]):
        span = parse_range(asked.get("range"), entry.size)
    if call.request.method == "HEAD":
        return FileAnswer(None, entry.size, span, headers)
    return FileAnswer(state.open(path), entry.size, span, headers)


def _matches(header: str | None, etag: str) -> bool:
    return header is not None and any(
        each.strip().removeprefix("W/").strip('"') in (etag, "*") for each in header.split(",")
    )


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Return what is asked for as (start, stop); None for all of it.

    >>> parse_range("bytes=0-9", 100), parse_range("bytes=-10", 100), parse_range("bytes=0-1,5-6", 100)
    ((0, 10), (90, 100), None)
    """
    if header is None or len(header) > 100:
        return None
    unit, _, spans = header.partition("=")
    first, dash, last = (part.strip() for part in spans.partition("-"))
    numbers = all(not part or (part.isascii() and part.isdigit()) for part in (first, last))
    # What is malformed, or asks for several pieces, is answered in full, as the standard allows.
    if unit.strip().lower() != "bytes" or not dash or not numbers or not (first or last):
        return None
    if not first:
        start, stop = max(size - int(last), 0), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size:
        raise HubError(416, f"there are {size} bytes", headers={"Content-Range": f"bytes */{size}"})
    return start, stop


class FileAnswer(Response):
    """A file, or a part of it, read in pieces in worker threads."""

    def __init__(
        self, file: BinaryIO | None, size: int, span: tuple[int, int] | None, headers: Mapping[str, str]
    ) -> None:
        self._file = file
        self._start, stop = span or (0, size)
        self._left, self._placed = stop - self._start, False
        more = {"Content-Range": f"bytes {self._start}-{stop - 1}/{size}"} if span else {}
        length = {"Content-Length": str(self._left), "Content-Type": "application/octet-stream"}
        super().__init__(None, 206 if span else 200, {**headers, **more, **length})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            left = self._left if self._file is not None else 0
            while left > 0:
                piece = await anyio.to_thread.run_sync(self._read, left)
                left -= len(piece)
                if not piece:
                    raise ConnectionAbortedError("the file became shorter while it was being sent")
                await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
            if self._left == 0 or self._file is None:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self.close()

    def _read(self, left: int) -> bytes:
        assert self._file is not None
        if not self._placed:
            self._file.seek(self._start)
            self._placed = True
        return self._file.read(min(left, _PIECE))

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
