"""What every request meets first: is it addressed to us, does it come from another site's page, does it go on?

Answers get headers that keep what people upload from running in the hub's origin.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from arrowsets.server.errors import HttpError

__all__ = ["Guard", "answer", "clean"]

_SAFE = frozenset({"GET", "HEAD"})
_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_DEFAULT_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
_SLOW_AFTER = 30.0
_SLOWEST = 512.0
_LONGEST_MESSAGE = 500


def clean(text: str) -> str:
    """Return a text as a header may hold it: one line of printable Latin-1.

    >>> clean("no such file: 'a\\r\\nb'")
    "no such file: 'a  b'"
    """
    kept = "".join(character if character.isprintable() else " " for character in text[:_LONGEST_MESSAGE])
    return kept.encode("latin-1", "replace").decode("latin-1")


def answer(error: HttpError) -> Response:
    """Return the response of an error."""
    headers = {name: clean(value) for name, value in error.headers.items()}
    headers["X-Error-Message"] = clean(error.message)
    if error.code:
        headers["X-Error-Code"] = error.code
    return JSONResponse({"error": error.message, **error.extra}, error.status, headers)


class Guard:
    """The middleware.

    Args:
        allows: Whether a request may be addressed to a host.
        idle_seconds: How long a client may send nothing in the midst of a request.
        advice: What is said to requests that are addressed to another name.
    """

    def __init__(self, app: ASGIApp, allows: Callable[[str], bool], idle_seconds: float, advice: str) -> None:
        self._app, self._allows, self._idle, self._advice = app, allows, idle_seconds, advice

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._refused(scope["method"], Headers(scope=scope))
        if refused is not None:
            await answer(refused)(scope, receive, send)
            return
        await self._app(scope, _Patient(receive, self._idle), _Sealed(send))

    def _refused(self, method: str, headers: Headers) -> HttpError | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._allows(hosts[0]) or not hosts[0].isascii() or not _is_host(hosts[0]):
            return HttpError(403, self._advice)
        if method not in _SAFE and headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return HttpError(403, "requests from pages of other sites are refused")
        return None


def _is_host(host: str) -> bool:
    return not set(host) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]%")


class _Sealed:
    """Sends answers with the headers that all have."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Content-Security-Policy", _DEFAULT_POLICY)
            message = {**message, "headers": headers.raw}
        await self._send(message)


class _Patient:
    """Receives a body, and gives up on a client that sends too slowly."""

    def __init__(self, receive: Receive, idle: float) -> None:
        self._receive, self._idle = receive, idle
        self._begun, self._size, self._complete = time.monotonic(), 0, False

    async def __call__(self) -> Message:
        if self._complete:
            return await self._receive()
        try:
            async with asyncio.timeout(self._idle):
                message = await self._receive()
        except TimeoutError:
            raise _too_slow() from None
        self._size += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        elapsed = time.monotonic() - self._begun
        if not self._complete and elapsed > _SLOW_AFTER and self._size < _SLOWEST * elapsed:
            raise _too_slow()
        return message


def _too_slow() -> HttpError:
    return HttpError(408, "the request came too slowly", headers={"Connection": "close"})
