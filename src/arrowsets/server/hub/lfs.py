"""Large files: the batch call says where to send what is missing, and each address is good for one file, for a while.

Clients send no token to these addresses, so an address carries its own proof: what may be sent, by whom, until when, and a
MAC over that. A file gets its name only if its bytes have the sha256 that was announced.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import shutil
import time
from pathlib import Path
from typing import Any, BinaryIO

from starlette.responses import JSONResponse, Response

from arrowsets.server.hub.body import parse_object, typed
from arrowsets.server.hub.errors import HubError, bad_request, repo_not_found
from arrowsets.server.hub.hub import Hub, StoredRepository
from arrowsets.server.hub.routing import Call

__all__ = ["PartSink", "UploadSink", "batch", "complete", "verify"]

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MOST_OBJECTS = 1000
_MOST_PARTS = 1000
_SLOWEST = 1_000_000
_LONGEST_LINK = 86_400.0
_SPARE = 100_000_000
_PIECE = 1 << 20
_TYPE = "application/vnd.git-lfs+json"


def _sign(hub: Hub, claims: dict[str, Any]) -> str:
    data = base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode()).rstrip(b"=")
    return f"{data.decode()}.{_mac(hub, data)}"


def _mac(hub: Hub, data: bytes) -> str:
    return hmac.new(hub.db.setting("key"), b"lfs:" + data, hashlib.sha256).hexdigest()


def _claims(call: Call, action: str) -> dict[str, Any]:
    """Return what an address allows; checks that it is ours, fresh, and that its maker may still write."""
    data, _, mac = call.params["token"].partition(".")
    if not data.isascii() or not mac.isascii() or not hmac.compare_digest(_mac(call.hub, data.encode()), mac):
        raise HubError(403, "this upload address is not one of ours")
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(data + "=" * (-len(data) % 4)))
    if claims["x"] < time.time() or not call.hub.accounts.recall(claims["t"]) or claims["a"] != action:
        raise HubError(403, "this upload address has expired")
    if call.hub.repos.by_key(claims["r"]) is None:
        raise repo_not_found(anonymous=True)
    return claims


def batch(call: Call) -> Response:
    """Answer `POST /datasets/{id}.git/info/lfs/objects/batch`."""
    # Whoever may open a pull request may send files: they belong to the repository only when a commit names them.
    repo = call.hub.proposable(call.id, call.caller)
    data = parse_object(call.body)
    objects = typed(data, "objects", list)
    if data.get("operation", "upload") != "upload":
        raise bad_request("files are downloaded from /resolve; only the operation 'upload' is known here")
    if len(objects) > _MOST_OBJECTS:
        raise bad_request(f"ask for at most {_MOST_OBJECTS} files at a time")
    sizes = [(_oid(item), typed(item, "size", int)) for item in objects if isinstance(item, dict)]
    total = sum(size for _, size in sizes)
    expires = time.time() + min(call.settings.link_seconds + total / _SLOWEST, _LONGEST_LINK)
    multipart = "multipart" in data.get("transfers", ["basic"])
    free = shutil.disk_usage(call.hub.blobs.arriving).free - _SPARE
    answer = [_object(call, repo, oid, size, expires, free, multipart=multipart) for oid, size in sizes]
    parts = any("chunk_size" in item.get("actions", {}).get("upload", {}).get("header", {}) for item in answer)
    body = {"transfer": "multipart" if parts else "basic", "objects": answer, "hash_algo": "sha256"}
    return JSONResponse(body, media_type=_TYPE)


def _oid(item: dict[str, Any]) -> str:
    oid = typed(item, "oid", str)
    if not _SHA256.fullmatch(oid) or typed(item, "size", int) < 0:
        raise bad_request(f"{oid[:80]!r} is no sha256, or its size is negative")
    return oid


def _object(
    call: Call, repo: StoredRepository, oid: str, size: int, expires: float, free: int, *, multipart: bool
) -> dict[str, Any]:
    hub, item = call.hub, {"oid": oid, "size": size}
    with hub.db.snapshot() as db:
        present = hub.history.held(db, repo.key, oid, lambda key: hub.readable_key(key, call.caller))
    if present is not None:
        wrong = {"code": 422, "message": f"{oid} is known with {present} bytes and not {size}"}
        return item if present == size else {**item, "error": wrong}
    if size > call.settings.file_bytes:
        return {**item, "error": {"code": 413, "message": f"a file has at most {call.settings.file_bytes} bytes"}}
    if size > free:
        return {**item, "error": {"code": 507, "message": f"the hub's disk has no room for {size} bytes"}}
    claims = {"r": repo.key, "o": oid, "s": size, "t": call.caller.token, "x": round(expires), "a": "put"}
    if multipart and size > call.settings.part_bytes:
        upload = _parts(call, claims)
    else:
        upload = {"href": f"{call.base}/lfs/upload/{_sign(hub, claims)}", "header": {}}
    check = {"href": f"{call.base}/datasets/{repo.id}.git/info/lfs/objects/verify", "header": {}}
    return {**item, "authenticated": True, "actions": {"upload": upload, "verify": check}}


def _parts(call: Call, claims: dict[str, Any]) -> dict[str, Any]:
    size: int = claims["s"]
    chunk = max(call.settings.part_bytes, -(-size // _MOST_PARTS))
    claims = {**claims, "u": secrets.token_hex(16), "c": chunk}
    header = {"chunk_size": str(chunk)}
    for number in range(1, -(-size // chunk) + 1):
        token = _sign(call.hub, {**claims, "a": "part", "p": number})
        header[str(number)] = f"{call.base}/lfs/part/{token}"
    return {"href": f"{call.base}/lfs/complete/{_sign(call.hub, {**claims, 'a': 'complete'})}", "header": header}


def _settle(hub: Hub, claims: dict[str, Any], file: Path, digest: str, size: int) -> None:
    """Give a received file its name, if it is what was announced."""
    if size != claims["s"] or not hmac.compare_digest(digest, claims["o"]):
        raise HubError(400, f"the bytes received have the sha256 {digest} and the size {size}, not those announced")
    with hub.db.write() as db:
        hub.blobs.publish(file, digest)
        hub.history.hold(db, claims["r"], [(digest, size)])


class UploadSink:
    """Answers `PUT /lfs/upload/{token}`."""

    def __init__(self, call: Call) -> None:
        self._hub, self._claims = call.hub, _claims(call, "put")
        _check_length(call, self._claims["s"])
        self._arriving = call.hub.blobs.receive()

    def write(self, data: bytes) -> None:
        """Take a piece."""
        if self._arriving.size + len(data) > self._claims["s"]:
            raise bad_request(f"more bytes than the {self._claims['s']} announced")
        self._arriving.write(data)

    def finish(self) -> Response:
        """Check it and give it its name."""
        try:
            digest = self._arriving.finish()
            _settle(self._hub, self._claims, self._arriving.path, digest, self._arriving.size)
        finally:
            self.abort()
        return JSONResponse({}, headers={"ETag": f'"{digest}"'})

    def abort(self) -> None:
        """Remove what was received."""
        self._arriving.discard()


def _check_length(call: Call, size: int) -> None:
    length = call.request.headers.get("content-length")
    if length is not None and length != str(size):
        raise bad_request(f"{length[:20]} bytes are sent, {size} were announced")


class PartSink:
    """Answers `PUT /lfs/part/{token}`: a part is written at its place in one file."""

    def __init__(self, call: Call) -> None:
        claims = _claims(call, "part")
        chunk, number = claims["c"], claims["p"]
        self._size = min(chunk, claims["s"] - (number - 1) * chunk)
        _check_length(call, self._size)
        path = call.hub.blobs.arriving / claims["u"]
        path.touch(mode=0o600)
        self._file: BinaryIO = path.open("r+b")
        self._file.seek((number - 1) * chunk)
        self._left, self._hash = self._size, hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Take a piece."""
        if len(data) > self._left:
            raise bad_request(f"more bytes than the {self._size} of this part")
        self._file.write(data)
        self._hash.update(data)
        self._left -= len(data)

    def finish(self) -> Response:
        """Answer with the part's tag."""
        self._file.close()
        if self._left:
            raise bad_request(f"{self._left} bytes of this part are missing")
        return JSONResponse({}, headers={"ETag": f'"{self._hash.hexdigest()}"'})

    def abort(self) -> None:
        """Close the file; the part may be sent again."""
        self._file.close()


def complete(call: Call) -> Response:
    """Answer `POST /lfs/complete/{token}`: all parts are there."""
    claims = _claims(call, "complete")
    path = call.hub.blobs.arriving / claims["u"]
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        with call.hub.db.snapshot() as db:
            if call.hub.history.held(db, claims["r"], claims["o"], lambda _: False) == claims["s"]:
                return JSONResponse({})
        raise bad_request("no part was received") from error
    digest = hashlib.sha256()
    with path.open("r+b") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
        os.fsync(file.fileno())
    try:
        _settle(call.hub, claims, path, digest.hexdigest(), size)
    finally:
        path.unlink(missing_ok=True)
    return JSONResponse({})


def verify(call: Call) -> Response:
    """Answer `POST /datasets/{id}.git/info/lfs/objects/verify`."""
    repo = call.hub.proposable(call.id, call.caller)
    item = parse_object(call.body)
    oid, size = _oid(item), typed(item, "size", int)
    with call.hub.db.snapshot() as db:
        present = call.hub.history.held(db, repo.key, oid, lambda key: call.hub.readable_key(key, call.caller))
    if present != size:
        raise HubError(404, f"{oid} of {size} bytes was not received", "EntryNotFound")
    return JSONResponse({})
