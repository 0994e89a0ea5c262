"""Runs an application: binds first, so that the address that is printed is one that answers."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn

from arrowsets.server import patience

__all__ = ["in_thread", "listen", "server", "url_of"]

_BACKLOG = 1024
_CONNECTIONS = 4000


def listen(host: str, port: int) -> socket.socket:
    """Take an address; port 0 is a free one."""
    if not 0 <= port < 1 << 16:
        raise ValueError(f"port {port} cannot be: ports are 0 (a free one) to 65535")
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


def url_of(listening: socket.socket, host: str) -> str:
    """Return the address to type for what listens."""
    shown = f"[{host.strip('[]')}]" if ":" in host else host
    if host in ("0.0.0.0", "::", "[::]"):  # noqa: S104 - shown, not bound
        shown = "127.0.0.1"
    return f"http://{shown}:{listening.getsockname()[1]}"


class _Server(uvicorn.Server):
    """A server that tells what it is to end, and then waits for the answers that are still made."""

    def __init__(self, config: uvicorn.Config, ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending()
        await super().shutdown(sockets)


def server(
    app: Any,
    *,
    header_seconds: float,
    idle_seconds: float,
    behind_proxy: bool = False,
    ending: Callable[[], None] = lambda: None,
) -> uvicorn.Server:
    """Return a server of an application that waits for no client for ever.

    Args:
        ending: Is called when it is to end: has what takes long give up, which would be waited for otherwise.
    """
    config = uvicorn.Config(
        app,
        http=patience.protocol(header_seconds, idle_seconds),
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=behind_proxy,
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=5,
    )
    return _Server(config, ending)


@contextlib.contextmanager
def in_thread(running: uvicorn.Server, listening: socket.socket, name: str) -> Iterator[None]:
    """Run a server in a thread, as long as the block lasts."""
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, name=name)
    thread.start()
    try:
        yield
    finally:
        running.should_exit = True
        thread.join()
