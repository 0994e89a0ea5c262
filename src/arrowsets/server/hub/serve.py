"""Runs the hub: binds first, so that the address it prints is one that answers. Needs the extra `server`."""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn

from arrowsets.server.hub import patience
from arrowsets.server.hub.app import create_app
from arrowsets.server.hub.hub import Hub
from arrowsets.server.hub.settings import HubSettings, is_loopback

__all__ = ["running", "serve"]

_BACKLOG = 1024
_CONNECTIONS = 4000


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
    with _prepared(directory, host, port, settings) as (server, listening, url):
        if ready is not None:
            ready(url)
        server.run(sockets=[listening])


@contextlib.contextmanager
def running(directory: str | Path, port: int = 0, settings: HubSettings | None = None) -> Iterator[str]:
    """Serve a directory to this machine from a thread, as long as the block lasts; gives the address."""
    with _prepared(directory, "127.0.0.1", port, settings or HubSettings()) as (server, listening, url):
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="arrowsets-hub")
        thread.start()
        try:
            yield url
        finally:
            server.should_exit = True
            thread.join()


@contextlib.contextmanager
def _prepared(
    directory: str | Path, host: str, port: int, settings: HubSettings
) -> Iterator[tuple[uvicorn.Server, socket.socket, str]]:
    with contextlib.closing(_listen(host, port)) as listening, Hub(directory) as hub:
        hub.blobs.sweep_incoming(2 * 86400)
        hub.folders.warm()
        config = uvicorn.Config(
            create_app(hub, settings),
            http=patience.protocol(settings.header_seconds, settings.idle_seconds),
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.public_url),
            limit_concurrency=_CONNECTIONS,
            timeout_graceful_shutdown=5,
        )
        yield uvicorn.Server(config), listening, f"http://{_shown(host)}:{listening.getsockname()[1]}"


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only for sockets that name their protocol; with it each answer waits 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # On Windows the option would let a second server take the same port.
    if sys.platform != "win32":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host.strip("[]"), port))
    except OSError as error:
        listening.close()
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
    listening.listen(_BACKLOG)
    return listening


def _shown(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 - shown, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _warn(host: str) -> None:
    logging.getLogger("arrowsets.server.hub").warning(
        "listening on %s without TLS: tokens and data can be read on the way. Put a TLS proxy in front and name it "
        "with --public-url https://…, or listen on 127.0.0.1 only",
        host,
    )
