"""Runs the viewer on this machine. Needs the extra `server`."""

from __future__ import annotations

import atexit
import contextlib
import secrets
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import escape
from pathlib import PurePath
from typing import Any, Self

from uvicorn import Server

from arrowsets.errors import ArrowsetsError
from arrowsets.server.hosts import is_loopback
from arrowsets.server.listening import in_thread, listen, server, url_of
from arrowsets.server.viewer.app import Shared, create_app
from arrowsets.server.viewer.catalogue import Catalogue, Source
from arrowsets.server.viewer.settings import ViewerSettings
from arrowsets.server.viewer.sources import open_source

__all__ = ["LOCAL_PAGES", "Running", "Viewing", "running", "serve", "view"]

LOCAL_PAGES = ("'self'", "http://localhost:*", "http://127.0.0.1:*", "vscode-webview:")


@dataclass(frozen=True, slots=True)
class Running:
    """A viewer that answers.

    Attributes:
        url: Its address, without the token.
    """

    url: str
    token: str

    @property
    def link(self) -> str:
        """The address to open: the token is in the part that a browser does not send."""
        return self.with_query("")

    def with_query(self, query: str) -> str:
        """Return the address of a view of the data, such as "split=test"."""
        return f"{self.url}/{'?' + query if query else ''}#token={self.token}"


@contextlib.contextmanager
def running(data: Any, port: int = 0, settings: ViewerSettings | None = None, **opening: Any) -> Iterator[Running]:
    """Serve data to this machine from a thread, as long as the block lasts.

    Args:
        data: What `open_source` takes, or what it returns.
    """
    settings = _with_token(settings)
    with contextlib.closing(listen("127.0.0.1", port)) as listening:
        made = _server(_catalogue(data, **opening), settings)
        with in_thread(made, listening, "arrowsets-viewer"):
            yield Running(url_of(listening, "127.0.0.1"), settings.token)


def serve(
    data: Any,
    host: str = "127.0.0.1",
    port: int = 0,
    settings: ViewerSettings | None = None,
    *,
    browser: bool = True,
    ready: Callable[[Running], None] | None = None,
    query: str = "",
    **opening: Any,
) -> None:
    """Serve data until the process is told to stop.

    Args:
        browser: Open the page.
        ready: Is called once connections are taken.
        query: Of the page that is opened, such as "split=test".
    """
    settings = _with_token(settings)
    if not is_loopback(host):
        settings = replace(settings, tell_causes=False)
    with contextlib.closing(listen(host, port)) as listening:
        made = _server(_catalogue(data, **opening), settings)
        shown = Running(url_of(listening, host), settings.token)
        if ready is not None:
            ready(shown)
        if browser:
            webbrowser.open(shown.with_query(query))
        made.run(sockets=[listening])


class Viewing:
    """A viewer that runs in the background: `url` to open, `close()` to end it; in a notebook it shows itself."""

    def __init__(self, data: Any, port: int, settings: ViewerSettings) -> None:
        self._stack = contextlib.ExitStack()
        self._running = self._stack.enter_context(running(data, port, settings))
        atexit.register(self.close)

    @property
    def url(self) -> str:
        """The address to open, with the token."""
        return self._running.link

    def close(self) -> None:
        """End it."""
        self._stack.close()
        atexit.unregister(self.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Viewing({self.url})"

    def _repr_html_(self) -> str:
        return f'<iframe src="{escape(self.url)}" width="100%" height="600" style="border:1px solid #8884"></iframe>'


def view(data: Any, *, port: int = 0, browser: bool = True) -> Viewing:
    """Show data in a browser from a thread of this process; see `Dataset.view`."""
    # Pages of this machine may show it in a frame: notebooks do. They still need the token.
    viewing = Viewing(data, port, ViewerSettings(embed=LOCAL_PAGES))
    if browser:
        webbrowser.open(viewing.url)
    return viewing


def _server(catalogue: Catalogue, settings: ViewerSettings) -> Server:
    shared = Shared.of(settings)
    return server(
        create_app(catalogue, settings, shared=shared),
        header_seconds=settings.header_seconds,
        idle_seconds=settings.idle_seconds,
        ending=shared.work.close,
    )


def _with_token(settings: ViewerSettings | None) -> ViewerSettings:
    settings = settings or ViewerSettings()
    return settings if settings.token else replace(settings, token=secrets.token_urlsafe(24))


def _catalogue(data: Any, **opening: Any) -> Catalogue:
    if isinstance(data, Catalogue):
        return data
    if isinstance(data, Source):
        return Catalogue.of(data)
    if isinstance(data, (str, PurePath)) or hasattr(data, "features") or hasattr(data, "items"):
        return Catalogue.of(open_source(data, **opening))
    raise ArrowsetsError(f"{type(data).__name__} cannot be shown: give a path, an id, a Dataset or a DatasetDict")
