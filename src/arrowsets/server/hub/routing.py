"""Which function answers which request: patterns over the *raw* path, because `%2F` in a revision is not a separator.

pattern = { "/" part }
part    = text | "{name}" | "{id}" (one or two segments) | "{id}.git" | "{name*}" (the rest, may be nothing)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from arrowsets.server.hub.auth import Identity
from arrowsets.server.hub.errors import HubError, bad_request
from arrowsets.server.hub.hub import Hub
from arrowsets.server.hub.names import RESERVED
from arrowsets.server.hub.settings import HubSettings

__all__ = ["Call", "Handler", "Route", "Sink", "SinkMaker", "find_route", "segments"]

_LONGEST_URL = 8192


@dataclass(slots=True)
class Call:
    """A request with what is known of it."""

    request: Request
    hub: Hub
    settings: HubSettings
    caller: Identity
    params: Mapping[str, str]
    body: bytes = b""
    viewers: Any = None

    @property
    def base(self) -> str:
        """The address of the hub, as the caller knows it."""
        if self.settings.public_url:
            return self.settings.public_url.rstrip("/")
        return f"{self.request.scope['scheme']}://{self.request.headers['host']}"

    @property
    def id(self) -> str:
        """The repository's id as it was asked for."""
        return self.params["id"]

    def query(self, name: str, default: str = "") -> str:
        """Return a value of the query string."""
        return self.request.query_params.get(name, default)


class Sink(Protocol):
    """Takes the body of a request in pieces, in worker threads."""

    def write(self, data: bytes) -> None:
        """Take a piece."""

    def finish(self) -> Response:
        """Answer, once all is there."""

    def abort(self) -> None:
        """Let go of everything; the request failed."""


Handler = Callable[[Call], Response]
SinkMaker = Callable[[Call], Sink]
Streamer = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """A pattern and what answers it: a function that runs in a thread when the body is there, or a sink for the body."""

    method: str
    parts: tuple[str, ...]
    handler: Handler | None = None
    sink: SinkMaker | None = None

    @classmethod
    def of(cls, method: str, pattern: str, handler: Handler | None = None, sink: SinkMaker | None = None) -> Route:
        """Read a pattern."""
        return cls(method, tuple(pattern.strip("/").split("/")) if pattern != "/" else (), handler, sink)


def segments(raw_path: bytes) -> list[str]:
    """Split a raw path and decode each segment."""
    if len(raw_path) > _LONGEST_URL:
        raise HubError(414, "the address is too long")
    try:
        parts = [unquote(part, errors="strict") for part in raw_path.decode("ascii").split("/")[1:]]
    except UnicodeDecodeError as error:
        raise bad_request("the address is not UTF-8") from error
    if any("\0" in part for part in parts):
        raise bad_request("the address has a NUL")
    return parts[:-1] if parts[-1] == "" else parts


def find_route(routes: Sequence[Route], method: str, parts: list[str]) -> tuple[Route, dict[str, str]]:
    """Return the route of a request and the values of its pattern."""
    allowed = set()
    for route in routes:
        params = _match(route.parts, parts)
        if params is None:
            continue
        if route.method == method or (method == "HEAD" and route.method == "GET"):
            return route, params
        allowed.add(route.method)
    if allowed:
        raise HubError(405, f"{method} is not possible here", headers={"Allow": ", ".join(sorted(allowed))})
    if parts[:2] in (["api", "models"], ["api", "spaces"]) or "resolve" in parts[1:3]:
        # Clients ask for a model unless they are told otherwise, and take only this code for an answer.
        raise HubError(404, "this hub keeps datasets only: pass repo_type='dataset'", "RepoNotFound")
    raise HubError(404, "there is nothing at this address")


def _match(pattern: Sequence[str], parts: Sequence[str]) -> dict[str, str] | None:
    params: dict[str, str] = {}
    at = 0
    for part in pattern:
        if part.endswith("*}"):
            params[part[1:-2]] = "/".join(parts[at:])
            return params
        if at >= len(parts):
            return None
        if part.startswith("{id}"):
            width = 2 if len(parts) > at + 1 and parts[at + 1].lower() not in RESERVED else 1
            ident, suffix = "/".join(parts[at : at + width]), part[4:]
            if not ident.endswith(suffix):
                return None
            params["id"] = ident.removesuffix(suffix)
            at += width
            continue
        if part.startswith("{"):
            params[part[1:-1]] = parts[at]
        elif part != parts[at]:
            return None
        at += 1
    return params if at == len(parts) else None
