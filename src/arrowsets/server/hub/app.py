"""The hub as an ASGI application: its routes, and the way of a request through them.

A request is matched, its caller identified, its body received; then a plain function answers it in a worker thread. A
commit or an upload is handed to a sink piece by piece instead, so that no more than a piece is in memory.
"""

from __future__ import annotations

import errno
import logging
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import anyio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from arrowsets.server.errors import HttpError
from arrowsets.server.guard import Guard, answer
from arrowsets.server.hub import commit, discussions, lfs, listing, manage, pages, resolve, viewing
from arrowsets.server.hub.auth import ANONYMOUS, Identity
from arrowsets.server.hub.errors import HubError, too_large
from arrowsets.server.hub.hub import Hub, Moved
from arrowsets.server.hub.names import RepoId
from arrowsets.server.hub.routing import Call, Handler, Route, Sink, SinkMaker, find_route, segments
from arrowsets.server.hub.settings import HubSettings

__all__ = ["create_app"]

T = TypeVar("T")
R = TypeVar("R")
_LOG = logging.getLogger("arrowsets.server.hub")
_PIECE = 1 << 20
_DRAINED = 64 << 20
_DRAIN_SECONDS = 5.0
_THREADS = 64
_FAILURES = 30
_FAILURE_WINDOW = 60.0
_PEERS = 10_000
# What anybody may ask for, also where a token is wanted: uploads carry one of their own.
_OPEN = (["static"], ["favicon.ico"], ["login"], ["lfs"])
_API = "/api/datasets/{id}"
_PAGE = "/datasets/{id}"


def _routes() -> list[Route]:
    def on(method: str, pattern: str, handler: Handler | None = None, sink: SinkMaker | None = None) -> Route:
        return Route.of(method, pattern, handler, sink)

    files = [
        on("GET", f"{_PAGE}/resolve/{{rev}}/{{path*}}", resolve.resolve),
        on("GET", f"{_PAGE}/raw/{{rev}}/{{path*}}", resolve.resolve),
    ]
    reading = [
        on("GET", f"{_API}/tree/{{rev}}/{{path*}}", listing.tree),
        on("POST", f"{_API}/paths-info/{{rev}}", listing.paths_info),
        on("GET", f"{_API}/revision/{{rev}}", listing.info),
        on("GET", f"{_API}/refs", listing.refs),
        on("GET", f"{_API}/commits/{{rev}}", listing.commits),
        on("GET", f"{_API}/auth-check/write", manage.auth_check_write),
        on("GET", f"{_API}/auth-check", manage.auth_check),
        on("GET", "/api/datasets", listing.list_datasets),
        on("GET", "/api/whoami-v2", manage.whoami),
        on("POST", "/api/validate-yaml", manage.validate_yaml),
    ]
    uploads = [
        on("POST", f"{_API}/preupload/{{rev}}", commit.preupload),
        on("POST", f"{_API}/commit/{{rev}}", sink=commit.CommitSink),
        on("POST", "/datasets/{id}.git/info/lfs/objects/batch", lfs.batch),
        on("POST", "/datasets/{id}.git/info/lfs/objects/verify", lfs.verify),
        on("PUT", "/lfs/upload/{token}", sink=lfs.UploadSink),
        on("PUT", "/lfs/part/{token}", sink=lfs.PartSink),
        on("POST", "/lfs/complete/{token}", lfs.complete),
    ]
    managing = [
        on("POST", "/api/repos/create", manage.create_repo),
        on("DELETE", "/api/repos/delete", manage.delete_repo),
        on("POST", "/api/repos/move", manage.move_repo),
        on("PUT", f"{_API}/settings", manage.settings),
        on("POST", f"{_API}/branch/{{rev}}", manage.create_branch),
        on("DELETE", f"{_API}/branch/{{rev}}", manage.delete_branch),
        on("POST", f"{_API}/tag/{{rev}}", manage.create_tag),
        on("DELETE", f"{_API}/tag/{{rev}}", manage.delete_tag),
        on("POST", f"{_API}/super-squash/{{rev}}", manage.squash),
        on("POST", f"{_PAGE}/ask-access", manage.ask_access),
        on("GET", f"{_API}/user-access-request/{{status}}", manage.access_requests),
        on("POST", f"{_API}/user-access-request/{{status}}", manage.handle_access),
    ]
    pulls = [
        on("GET", f"{_API}/discussions", discussions.list_pulls),
        on("POST", f"{_API}/discussions", discussions.create),
        on("GET", f"{_API}/discussions/{{number}}", discussions.details),
        on("POST", f"{_API}/discussions/{{number}}/merge", discussions.merge),
        on("POST", f"{_API}/discussions/{{number}}/status", discussions.set_status),
        on("POST", f"{_API}/discussions/{{number}}/title", discussions.rename),
        on("POST", f"{_API}/discussions/{{number}}/comment", discussions.comment),
    ]
    viewed = [
        on("GET", f"{_PAGE}/viewer/{{path*}}", viewing.page),
        on("POST", f"{_PAGE}/viewer/{{path*}}", viewing.page),
        *(on("GET", f"/{name}", viewing.public) for name in viewing.PUBLIC),
    ]
    shown = [
        on("GET", "/", pages.index),
        on("GET", "/datasets", pages.index),
        on("GET", "/login", pages.login),
        on("GET", "/static/hub.css", pages.style),
        on("GET", "/static/icon.svg", pages.icon),
        on("GET", "/favicon.ico", pages.icon),
        on("GET", f"{_PAGE}/tree/{{rev}}/{{path*}}", pages.files),
        on("GET", f"{_PAGE}/blob/{{rev}}/{{path*}}", pages.file),
        on("GET", f"{_PAGE}/commits/{{rev}}", pages.versions),
        on("GET", f"{_PAGE}/commit/{{rev}}", pages.version),
        on("GET", f"{_PAGE}/discussions", pages.proposals),
        on("GET", f"{_PAGE}/discussions/{{number}}", pages.proposal),
        on("GET", _PAGE, pages.repository),
    ]
    # The plain information comes last: its pattern is the beginning of all others.
    return [*files, *reading, *uploads, *managing, *pulls, *viewed, on("GET", _API, listing.info), *shown]


ROUTES = _routes()


class Failures:
    """Counts wrong tokens per peer, so that nobody may try for long."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, list[float]] = OrderedDict()

    def check(self, peer: str) -> None:
        """Refuse a peer that sent too many."""
        recent = [then for then in self._seen.get(peer, ()) if time.monotonic() - then < _FAILURE_WINDOW]
        if len(recent) >= _FAILURES:
            raise HubError(
                429, "too many wrong tokens, please wait", headers={"Retry-After": str(int(_FAILURE_WINDOW))}
            )

    def add(self, peer: str) -> None:
        """Remember a wrong token."""
        now = time.monotonic()
        self._seen[peer] = [then for then in self._seen.pop(peer, []) if now - then < _FAILURE_WINDOW] + [now]
        while len(self._seen) > _PEERS:
            self._seen.popitem(last=False)


class Dispatcher:
    """The application behind the guard."""

    def __init__(self, hub: Hub, settings: HubSettings) -> None:
        self._hub, self._settings = hub, settings
        self._viewers = viewing.Viewers(hub) if settings.viewer else None
        self._failures = Failures()
        self._limiter: anyio.CapacityLimiter | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        begun = time.monotonic()
        response = await self._safely(request)
        if response.status_code >= 400 or isinstance(response, RedirectResponse):
            await _drain(request)
        # Only the first part of an upload's address: the rest is its proof.
        path = scope["path"] if not scope["path"].startswith("/lfs/") else "/".join(scope["path"].split("/")[:3])
        _LOG.info("%s %r %d %.0f ms", request.method, path, response.status_code, 1000 * (time.monotonic() - begun))
        await response(scope, receive, send)

    async def _safely(self, request: Request) -> Response:
        try:
            return await self._answer(request)
        except HttpError as error:
            return answer(error)
        except ClientDisconnect:
            return answer(HubError(400, "the client went away"))
        except Exception as error:  # noqa: BLE001 - logged; the client is told no more
            _LOG.exception("%s %r failed", request.method, request.scope["path"])
            if _is_full(error):
                # Not 500, which clients repeat for half a minute.
                return answer(HubError(507, "the hub's disk is full; nothing was changed"))
            return answer(HubError(500, "something went wrong on the hub; its log says more"))

    async def _answer(self, request: Request) -> Response:
        parts = segments(request.scope["raw_path"].partition(b"?")[0])
        route, params = find_route(ROUTES, request.method, parts)
        caller = await self._identify(request)
        if caller.anonymous and self._settings.require_token and parts[:1] not in _OPEN:
            raise pages.locked() if _is_page(route) else HubError(401, "this hub wants a token")
        call = Call(request, self._hub, self._settings, caller, params, viewers=self._viewers)
        try:
            if route.sink is not None:
                return await self._pour(call, route.sink)
            assert route.handler is not None
            call.body = await self._body(request)
            return await self._run(route.handler, call)
        except Moved as moved:
            return _redirect(request, params["id"], moved.target)
        except HubError as error:
            if _is_page(route):
                return pages.failure(call, error)
            raise

    async def _identify(self, request: Request) -> Identity:
        header = request.headers.get("authorization")
        if header is None:
            return ANONYMOUS
        peer = request.client.host if request.client else ""
        try:
            return await self._run(self._authenticate, (header, request.method in ("GET", "HEAD")))
        except HubError:
            self._failures.check(peer)
            self._failures.add(peer)
            raise

    def _authenticate(self, given: tuple[str, bool]) -> Identity:
        return self._hub.accounts.authenticate(given[0], basic=given[1])

    async def _body(self, request: Request) -> bytes:
        limit, body = self._settings.json_bytes, bytearray()
        if request.method in ("GET", "HEAD"):
            return b""
        if int(_digits(request.headers.get("content-length"))) > limit:
            raise too_large("the request", limit)
        async for piece in request.stream():
            body += piece
            if len(body) > limit:
                raise too_large("the request", limit)
        return bytes(body)

    async def _pour(self, call: Call, make: SinkMaker) -> Response:
        sink = await self._run(make, call)
        try:
            waiting = bytearray()
            async for piece in call.request.stream():
                waiting += piece
                if len(waiting) >= _PIECE:
                    await self._run(sink.write, bytes(waiting))
                    waiting.clear()
            return await self._run(_last, (sink, bytes(waiting)))
        except BaseException:
            # The thread that this runs in must finish even if the request is cancelled.
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(sink.abort)
            raise

    async def _run(self, function: Callable[[T], R], argument: T) -> R:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(_THREADS)
        return await anyio.to_thread.run_sync(function, argument, limiter=self._limiter)


def _last(given: tuple[Sink, bytes]) -> Response:
    sink, rest = given
    if rest:
        sink.write(rest)
    return sink.finish()


def _is_full(error: Exception) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _digits(text: str | None) -> str:
    return text if text and text.isascii() and text.isdigit() and len(text) < 19 else "0"


def _is_page(route: Route) -> bool:
    return route.handler is not None and getattr(route.handler, "__module__", "") == pages.__name__


def _redirect(request: Request, asked: str, target: RepoId) -> Response:
    """Lead a request to the id that a repository has now; the method and the body stay."""
    path: str = request.scope["raw_path"].partition(b"?")[0].decode("ascii")
    head, _, rest = path.partition("/datasets/")
    tail = "/".join(rest.split("/")[asked.count("/") + 1 :])
    git = ".git" if rest.split("/")[asked.count("/")].endswith(".git") else ""
    query = request.scope["query_string"].decode("ascii", "replace")
    location = f"{head}/datasets/{target}{git}" + (f"/{tail}" if tail else "") + (f"?{query}" if query else "")
    return RedirectResponse(location, 307)


async def _drain(request: Request) -> None:
    """Take what the client still sends, within reason: else it would see a broken connection and not the answer."""
    if request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers:
        return
    taken = 0
    with anyio.move_on_after(_DRAIN_SECONDS):
        try:
            async for piece in request.stream():
                taken += len(piece)
                if taken > _DRAINED:
                    return
        except (RuntimeError, ClientDisconnect, HttpError):
            return


def create_app(directory: str | Path | Hub, settings: HubSettings | None = None) -> Starlette:
    """Return the hub of a directory as an ASGI application."""
    hub = directory if isinstance(directory, Hub) else Hub(directory)
    settings = settings or HubSettings()
    guard = Middleware(
        Guard,
        allows=settings.allows,
        idle_seconds=settings.idle_seconds,
        advice="this hub is not known by that name; start it with --allow-host NAME",
    )
    app = Starlette(middleware=[guard])
    # Starlette's own routes match decoded paths, in which `%2F` is a separator.
    app.router.default = Dispatcher(hub, settings)
    return app
