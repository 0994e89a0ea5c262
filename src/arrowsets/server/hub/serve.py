"""Runs the hub: binds first, so that the address it prints is one that answers. Needs the extra `server`."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn

from arrowsets.server.hosts import is_loopback
from arrowsets.server.hub.app import create_app
from arrowsets.server.hub.hub import Hub
from arrowsets.server.hub.settings import HubSettings
from arrowsets.server.listening import in_thread, listen, server, url_of

__all__ = ["running", "serve"]


def serve(
    directory: str | Path,
    host: str = "127.0.0.1",
    port: int = 0,
    settings: HubSettings | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve a directory until the process is told to stop.

    Args:
        port: 0 takes a free one.
        ready: Is called with the address once connections are taken.
    """
    settings = settings or HubSettings()
    if not is_loopback(host) and not settings.public_url.startswith("https://"):
        _warn(host)
    with _prepared(directory, host, port, settings) as (prepared, listening, url):
        if ready is not None:
            ready(url)
        prepared.run(sockets=[listening])


@contextlib.contextmanager
def running(directory: str | Path, port: int = 0, settings: HubSettings | None = None) -> Iterator[str]:
    """Serve a directory to this machine from a thread, as long as the block lasts; gives the address."""
    with (
        _prepared(directory, "127.0.0.1", port, settings or HubSettings()) as (prepared, listening, url),
        in_thread(prepared, listening, "arrowsets-hub"),
    ):
        yield url


@contextlib.contextmanager
def _prepared(
    directory: str | Path, host: str, port: int, settings: HubSettings
) -> Iterator[tuple[uvicorn.Server, socket.socket, str]]:
    with contextlib.closing(listen(host, port)) as listening, Hub(directory) as hub:
        hub.blobs.sweep_incoming(2 * 86400)
        hub.folders.warm()
        made = server(
            create_app(hub, settings),
            header_seconds=settings.header_seconds,
            idle_seconds=settings.idle_seconds,
            behind_proxy=bool(settings.public_url),
        )
        yield made, listening, url_of(listening, host)


def _warn(host: str) -> None:
    logging.getLogger("arrowsets.server.hub").warning(
        "listening on %s without TLS: tokens and data can be read on the way. Put a TLS proxy in front and name it "
        "with --public-url https://…, or listen on 127.0.0.1 only",
        host,
    )
