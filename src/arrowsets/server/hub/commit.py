"""Uploads: which way each file goes, and the commit itself, lines of JSON that are worked off as they arrive.

line = {"key": "header", "value": {"summary", "description", "parentCommit"?}}           the first, and only the first
     | {"key": "file", "value": {"path", "content", "encoding": "base64" | "utf-8"}}      small files
     | {"key": "lfsFile", "value": {"path", "algo": "sha256", "oid", "size"?}}            large ones, uploaded before
     | {"key": "deletedFile" | "deletedFolder", "value": {"path"}}
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from starlette.responses import JSONResponse, Response

from arrowsets.server.hub.body import parse_object, text, typed
from arrowsets.server.hub.errors import HubError, bad_request, forbidden, too_large
from arrowsets.server.hub.history import Draft, Large
from arrowsets.server.hub.hub import StoredRepository
from arrowsets.server.hub.names import check_path
from arrowsets.server.hub.routing import Call
from arrowsets.server.hub.tree import Change, is_pointer, small_entry, upload_mode

__all__ = ["CommitSink", "preupload"]

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MOST_FILES = 1000
_LONGEST_TITLE = 1000
_LONGEST_MESSAGE = 100_000


def preupload(call: Call) -> Response:
    """Answer `POST /api/datasets/{id}/preupload/{rev}`."""
    state = _target(call, propose=_proposes(call)).at(call.params["rev"])
    files = typed(parse_object(call.body), "files", list)
    if len(files) > _MOST_FILES:
        raise bad_request(f"ask for at most {_MOST_FILES} files at a time")
    answer = []
    for file in files:
        if not isinstance(file, dict):
            raise bad_request("each of `files` is an object")
        path = check_path(typed(file, "path", str))
        mode = upload_mode(path, typed(file, "size", int), _bytes(text(file, "sample")))
        item: dict[str, Any] = {"path": path, "uploadMode": mode, "shouldIgnore": False}
        present = state.tree.entries.get(path)
        answer.append(item if present is None else {**item, "oid": present.etag})
    return JSONResponse({"files": answer, "commitOid": state.commit.oid})


def _bytes(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise bad_request("the content is not base64") from error


def _proposes(call: Call) -> bool:
    return call.query("create_pr") in ("1", "true")


def _target(call: Call, *, propose: bool) -> StoredRepository:
    """Return the repository that the caller may commit to at the revision that it names."""
    if propose:
        return call.hub.proposable(call.id, call.caller)
    rev = call.params["rev"]
    repo = call.hub.content(call.id, call.caller)
    outside = isinstance(repo, StoredRepository) and not call.caller.writes(repo.id.namespace)
    if outside and rev.startswith("refs/pr/"):
        return _own_pull(call, rev)
    return call.hub.writable(call.id, call.caller)


def _own_pull(call: Call, rev: str) -> StoredRepository:
    """Let the author of a pull request add to it."""
    repo = call.hub.proposable(call.id, call.caller)
    number = rev.removeprefix("refs/pr/")
    pull = call.hub.pulls.get(repo.key, int(number) if number.isdecimal() and len(number) < 10 else 0)
    if pull.author != call.caller.user:
        raise forbidden(f"{rev} belongs to {pull.author}")
    return repo


class CommitSink:
    """Answers `POST /api/datasets/{id}/commit/{rev}`: keeps small files as they come, then commits all at once."""

    def __init__(self, call: Call) -> None:
        self._call, self._history = call, call.hub.history
        self._propose = _proposes(call)
        self._repo = _target(call, propose=self._propose)
        self._ref = self._history.branch(self._repo.key, call.params["rev"])
        seen = self._history.resolve(self._repo.key, self._ref)
        self._draft = Draft(call.caller.user, seen=None if self._propose else seen.oid)
        self._line, self._size, self._headed = bytearray(), 0, False

    def write(self, data: bytes) -> None:
        """Take a piece: work off the lines that are complete."""
        limits = self._call.settings
        self._size += len(data)
        if self._size > limits.commit_bytes:
            raise too_large("the commit", limits.commit_bytes)
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._line += line
            self._take_line()
        self._line += rest
        if len(self._line) > limits.line_bytes:
            raise too_large("a line of the commit", limits.line_bytes)

    def _take_line(self) -> None:
        line, self._line = bytes(self._line), bytearray()
        if len(line) > self._call.settings.line_bytes:
            raise too_large("a line of the commit", self._call.settings.line_bytes)
        if not line.strip():
            return
        item = parse_object(line)
        key, value = item.get("key"), typed(item, "value", dict)
        if (key == "header") == self._headed:
            raise bad_request("a commit begins with one header")
        if key == "header":
            self._take_header(value)
        else:
            self._take_operation(str(key), value)

    def _take_header(self, value: dict[str, Any]) -> None:
        self._headed = True
        draft = self._draft
        draft.title = text(value, "summary", longest=_LONGEST_TITLE)
        draft.message = text(value, "description", longest=_LONGEST_MESSAGE)
        draft.parent = text(value, "parentCommit") or None

    def _take_operation(self, key: str, value: dict[str, Any]) -> None:
        if len(self._draft.changes) >= self._call.settings.commit_operations:
            raise bad_request(f"a commit has at most {self._call.settings.commit_operations} operations")
        path = typed(value, "path", str)
        path = check_path(path.rstrip("/") if key == "deletedFolder" else path)
        if key == "file":
            self._draft.changes.append(self._file(path, value))
        elif key == "lfsFile":
            self._draft.changes.append(_large(path, value))
        elif key in ("deletedFile", "deletedFolder"):
            self._draft.changes.append(Change(path, None, folder=key == "deletedFolder"))
        else:
            raise bad_request(f"unknown operation {key[:50]!r}")

    def _file(self, path: str, value: dict[str, Any]) -> Change:
        content = typed(value, "content", str)
        data = _bytes(content) if value.get("encoding") == "base64" else content.encode("utf-8", "replace")
        if is_pointer(data):
            # As a small file it would have the id of the large file that it points to, whoever owns that.
            raise bad_request(f"{path} is an LFS pointer: upload the file that it stands for")
        entry = small_entry(data)
        arriving = self._call.hub.blobs.receive()
        self._draft.files.append((arriving.path, entry.sha256))
        try:
            arriving.write(data)
        finally:
            arriving.close()
        return Change(path, entry)

    def finish(self) -> Response:
        """Make the commit."""
        if self._line:
            self._take_line()
        if not self._headed:
            raise bad_request("a commit begins with a header")
        try:
            self._call.hub.blobs.flush([path for path, _ in self._draft.files])
            return self._commit()
        finally:
            self.abort()

    def _commit(self) -> Response:
        call, repo, draft = self._call, self._repo, self._draft
        answer: dict[str, object] = {"success": True}
        ref = self._ref
        if self._propose:
            pull = call.hub.pulls.create(repo.key, call.caller.user, draft.title, draft.message, start=ref)
            ref, draft.parent = pull.ref, None
            answer["pullRequestUrl"] = f"{call.base}/datasets/{repo.id}/discussions/{pull.number}"
        try:
            commit = self._history.commit(repo.key, ref, draft, lambda key: call.hub.readable_key(key, call.caller))
        except HubError:
            if self._propose:
                call.hub.pulls.withdraw(repo.key, ref)
            raise
        answer |= {
            "commitUrl": f"{call.base}/datasets/{repo.id}/commit/{commit.oid}",
            "commitOid": commit.oid,
            "hookOutput": "",
        }
        return JSONResponse(answer)

    def abort(self) -> None:
        """Remove the small files that were received and have got no name."""
        for path, _ in self._draft.files:
            path.unlink(missing_ok=True)


def _large(path: str, value: dict[str, Any]) -> Large:
    oid, size = typed(value, "oid", str), value.get("size")
    if text(value, "algo", "sha256") != "sha256" or not _SHA256.fullmatch(oid):
        raise bad_request(f"{path}: `oid` is a sha256, 64 hexadecimal digits")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
        raise bad_request(f"{path}: `size` is a number of bytes")
    return Large(path, oid, size)
