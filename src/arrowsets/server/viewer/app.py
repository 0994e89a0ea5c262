"""The viewer as an ASGI application: its routes, who may ask, and how errors are answered.

Answers are made in threads, so that a slow one holds up no other. Searches and the like wait for one of a few places; rows
never do.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import anyio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from arrowsets.errors import ArrowsetsError
from arrowsets.server.errors import HttpError
from arrowsets.server.guard import Guard, clean
from arrowsets.server.hosts import is_ours
from arrowsets.server.viewer import extra, facts, openapi, public, sending, sql
from arrowsets.server.viewer.assets import Signer
from arrowsets.server.viewer.board import Boards
from arrowsets.server.viewer.call import Call, Work
from arrowsets.server.viewer.catalogue import Catalogue, Source
from arrowsets.server.viewer.errors import ViewerError
from arrowsets.server.viewer.matching import Matches
from arrowsets.server.viewer.pool import Pool
from arrowsets.server.viewer.queries import Queries
from arrowsets.server.viewer.settings import ViewerSettings
from arrowsets.server.viewer.thumbnails import Thumbnails

__all__ = ["STATIC", "Shared", "create_app", "problem"]

_LOG = logging.getLogger("arrowsets.server.viewer")
STATIC = Path(__file__).parent / "static"
_WAITING = 32
# More threads that all compute hand Python's lock to each other more often than they get on.
_COMPUTING = 4
_DRAWING = 2
_QUESTIONS = frozenset({"query", "filters", "sort"})
_BODY = 1 << 20
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".woff2": "font/woff2",
    ".png": "image/png",
}
Handler = Callable[[Call], Response]


@dataclass(frozen=True, slots=True)
class Shared:
    """What several viewers in one process have in common: who signs addresses, and the places for heavy work."""

    signer: Signer
    work: Work

    @classmethod
    def of(cls, settings: ViewerSettings) -> Shared:
        """Begin with nothing known."""
        pool = Pool(settings.heavy)
        return cls(
            Signer(), Work(pool, Matches(pool, settings.deadline), Boards(pool), Queries(settings), Thumbnails())
        )


def create_app(
    sources: Catalogue | Source,
    settings: ViewerSettings | None = None,
    *,
    shared: Shared | None = None,
    guarded: bool = True,
) -> Starlette:
    """Return the viewer of some datasets as an ASGI application; it can be mounted under any prefix.

    Args:
        shared: What it has in common with other viewers of this process.
        guarded: Whether it checks hosts and slow clients itself; else what it is mounted in does.
    """
    settings = settings or ViewerSettings()
    catalogue = Catalogue.of(sources) if isinstance(sources, Source) else sources
    viewer = _Viewer(catalogue, settings, shared or Shared.of(settings))
    routes = [
        Route("/", viewer.page),
        Route("/static/{path:path}", viewer.static),
        Route("/openapi.json", viewer.answering(openapi.document, signed=True)),
        Route("/assets/{path:path}", viewer.answering(sending.asset, signed=True)),
        Route("/parquet-files/{path:path}", viewer.answering(sending.parquet_file, signed=True)),
        *(Route(path, viewer.answering(handler), methods=["GET"]) for path, handler in _GET.items()),
        *(Route(path, viewer.answering(handler), methods=["POST"]) for path, handler in _POST.items()),
    ]
    guard = Middleware(
        Guard,
        allows=lambda host: is_ours(host, settings.hosts),
        idle_seconds=settings.idle_seconds,
        advice="the viewer is not known by that name; start it with --allow-host NAME",
    )
    return Starlette(routes=routes, middleware=[guard] if guarded else [])


_GET: Mapping[str, Handler] = {
    "/is-valid": public.is_valid,
    "/splits": public.splits,
    "/info": facts.info,
    "/size": facts.size,
    "/parquet": facts.parquet,
    "/first-rows": public.first_rows,
    "/rows": public.rows,
    "/search": public.search,
    "/filter": public.filter_rows,
    "/statistics": public.statistics,
    "/croissant-crumbs": facts.croissant,
    "/api/x/dataset": extra.dataset,
    "/api/x/rows": extra.rows,
    "/api/x/cell": extra.cell,
    "/api/x/statistics": extra.statistics,
    "/api/x/errors": extra.errors,
    "/api/x/lineage": extra.lineage,
}

_POST: Mapping[str, Handler] = {"/api/x/sql": sql.query, "/api/x/sql/download": sql.download}
_WAITERS = frozenset(
    {public.search, public.filter_rows, public.statistics, facts.info, facts.size, facts.parquet, facts.croissant,
     extra.statistics, sql.query, sql.download}
)  # fmt: skip


class _Viewer:
    """What the routes of one application share."""

    def __init__(self, catalogue: Catalogue, settings: ViewerSettings, shared: Shared) -> None:
        self._catalogue, self._settings = catalogue, settings
        self._signer, self._work = shared.signer, shared.work
        self._places: tuple[anyio.CapacityLimiter, ...] | None = None
        self._policy = _policy(settings.embed)

    async def page(self, request: Request) -> Response:
        """Send the page."""
        del request
        return self._file("index.html")

    async def static(self, request: Request) -> Response:
        """Send a part of the page."""
        return self._file(request.path_params["path"])

    def _file(self, name: str) -> Response:
        # Names are looked up among those that there are, never joined to a path.
        found = _static_files().get(name)
        if found is None or found.suffix not in _TYPES:
            return problem(ViewerError(404, "ResponseNotFound", "there is nothing at this address"))
        headers = {"Content-Security-Policy": self._policy, "Cache-Control": "no-cache"}
        return FileResponse(found, media_type=_TYPES[found.suffix], headers=headers)

    def answering(self, handler: Handler, *, signed: bool = False) -> _Endpoint:
        """Return the endpoint of a handler; `signed` ones check the proof in the address themselves."""
        return _Endpoint(self, handler, signed)

    async def answer(self, request: Request, handler: Handler, *, signed: bool) -> Response:
        """Answer a request in a thread."""
        if not signed and not self._permits(request):
            return problem(ViewerError(401, "ExternalUnauthenticatedError", "this viewer wants its token",
                                        "Open the address that was printed when it was started."))  # fmt: skip
        call = Call(request, self._catalogue, self._settings, self._signer, self._work)
        try:
            call.body = await _body(request)
            return await anyio.to_thread.run_sync(handler, call, limiter=self._limiter(request, handler))
        except ViewerError as error:
            return problem(ViewerError(error.status, error.code, call.told(error.message), error.hint))
        except HttpError as error:
            return problem(ViewerError(error.status, error.code or "BadRequest", error.message))
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:  # noqa: BLE001 - logged; the caller is told what is known
            _LOG.exception("%r failed", request.scope["path"])
            known = isinstance(error, (ArrowsetsError, OSError, ValueError)) and self._settings.tell_causes
            return problem(ViewerError(500, "UnexpectedApiError", str(error) if known else "Unexpected error."))

    def _limiter(self, request: Request, handler: Handler) -> anyio.CapacityLimiter:
        """Return the places for a request: many for those that wait for others, few for those that compute.

        Thumbnails have places of their own: documents that take long to be drawn keep none of the others.
        """
        if self._places is None:
            self._places = tuple(anyio.CapacityLimiter(count) for count in (_WAITING, _COMPUTING, _DRAWING))
        if handler is sending.asset and sending.is_thumbnail(request.scope["path"].rpartition("/")[2]):
            return self._places[2]
        waits = handler in _WAITERS or not _QUESTIONS.isdisjoint(request.query_params)
        return self._places[0 if waits else 1]

    def _permits(self, request: Request) -> bool:
        if not self._settings.token:
            return True
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self._settings.token.encode())


class _Endpoint:
    """An ASGI endpoint that answers by a handler."""

    def __init__(self, viewer: _Viewer, handler: Handler, signed: bool) -> None:
        self._viewer, self._handler, self._signed = viewer, handler, signed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._viewer.answer(request, self._handler, signed=self._signed)
        await response(scope, receive, send)


async def _body(request: Request) -> bytes:
    if request.method in ("GET", "HEAD"):
        return b""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _BODY:
            raise ViewerError(413, "TooBigContentError", f"the request is larger than {_BODY} bytes")
    return bytes(body)


def problem(error: ViewerError) -> Response:
    """Return the answer of an error."""
    headers = {"X-Error-Code": clean(error.code), "Cache-Control": "max-age=10" if error.status != 401 else "no-store"}
    hint = {} if error.hint is None else {"hint": error.hint}
    return JSONResponse({"error": error.message, **hint}, error.status, headers)


def _policy(embed: tuple[str, ...]) -> str:
    for origin in embed:
        if not origin or not origin.isascii() or not origin.isprintable() or set(origin) & set(" ;,"):
            raise ValueError(
                f"{origin!r} is no origin that may show the viewer; give one such as http://localhost:7860"
            )
    frames = " ".join(embed) if embed else "'none'"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
        "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; object-src 'none'; frame-src 'self'; "
        f"frame-ancestors {frames}"
    )


def _static_files() -> dict[str, Path]:
    return {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*") if path.is_file()}
