"""The viewer of a hub's repositories: the page on each, and the public viewer API over all of them.

    GET|POST /datasets/{id}/viewer/…      the viewer of the newest commit
    GET /rows?dataset={id}&…              and its siblings, as clients of the public viewer ask

Who may see a repository is decided here, before the viewer is asked. What people upload decides nothing else: a card may
name files of its own repository only, and only formats that are read without unpacking anything are read.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response
from starlette.types import Message, Receive, Scope, Send

from arrowsets.server.errors import HttpError
from arrowsets.server.hub.hub import Hub, Moved, Repository, State
from arrowsets.server.hub.routing import Call
from arrowsets.server.viewer.app import Shared, create_app, problem
from arrowsets.server.viewer.errors import ViewerError, missing
from arrowsets.server.viewer.settings import ViewerSettings
from arrowsets.server.viewer.sources import open_source

__all__ = ["PUBLIC", "Viewers", "page", "public", "section"]

PUBLIC = (
    *("is-valid", "splits", "info", "size", "parquet", "first-rows", "rows", "search", "filter", "statistics"),
    "croissant-crumbs",
)
KEPT = 32


class Viewers:
    """The viewers of the repositories that were looked at last."""

    def __init__(self, hub: Hub, settings: ViewerSettings | None = None) -> None:
        self._settings = settings or ViewerSettings(embed=("'self'",), sql=False, tell_causes=False)
        self._folder = hub.directory / ".hub" / "views"
        self._shared = Shared.of(self._settings)
        self._known: OrderedDict[tuple[str, str], tuple[Starlette, Path]] = OrderedDict()
        self._lock = threading.Lock()
        # What an earlier process left: names of files that the hub has elsewhere, too.
        shutil.rmtree(self._folder, ignore_errors=True)

    def of(self, repo: Repository, state: State) -> Starlette:
        """Return the viewer of a repository at a commit."""
        key = (str(repo.id), state.commit.oid)
        with self._lock:
            if key not in self._known:
                self._known[key] = self._made(repo, state)
                while len(self._known) > KEPT:
                    _, (_, folder) = self._known.popitem(last=False)
                    shutil.rmtree(folder, ignore_errors=True)
            self._known.move_to_end(key)
            return self._known[key][0]

    def _made(self, repo: Repository, state: State) -> tuple[Starlette, Path]:
        name = hashlib.sha256(f"{repo.id}\0{state.commit.oid}".encode()).hexdigest()[:32]
        folder = self._folder / name
        folder.mkdir(parents=True, exist_ok=True)
        for path in state.tree.entries:
            _place(state, path, folder)
        source = open_source(folder, name=str(repo.id), revision=state.commit.oid, confined=True)
        return create_app(source, self._settings, shared=self._shared, guarded=False), folder


def _place(state: State, path: str, folder: Path) -> None:
    """Give a file of a commit its name in a folder: one more name of the same file, which costs no space."""
    target = folder.joinpath(*path.split("/"))
    if not target.resolve().is_relative_to(folder.resolve()):
        return  # never so: paths of commits were checked when they were made
    with contextlib.suppress(HttpError, FileExistsError), state.open(path) as file:
        target.parent.mkdir(parents=True, exist_ok=True)
        real = os.path.realpath(file.name)
        try:
            os.link(real, target)
        except FileExistsError:
            return
        except OSError:
            target.symlink_to(real)


def page(call: Call) -> Response:
    """Answer `/datasets/{id}/viewer/…`."""
    viewers = _viewers(call)
    repo = call.hub.content(call.id, call.caller)
    prefix = f"/datasets/{repo.id}/viewer"
    if call.params["path"] == "" and not call.request.scope["raw_path"].partition(b"?")[0].endswith(b"/"):
        return RedirectResponse(f"{prefix}/" + _query(call), 307)
    app = viewers.of(repo, repo.at("main"))
    return Delegated(app, {"root_path": prefix, "arrowsets.base": call.base}, call.body)


def public(call: Call) -> Response:
    """Answer as the public viewer, for the repository that is named as `dataset`."""
    try:
        name = call.query("dataset")
        if not name:
            raise missing("dataset")
        repo = _content(call, name)
        if name != str(repo.id):  # it was renamed, or called by half of its name
            query = urlencode([(key, str(repo.id) if key == "dataset" else value) for key, value in _pairs(call)])
            return RedirectResponse(f"{call.request.scope['path']}?{query}", 307)
        app = _viewers(call).of(repo, repo.at("main"))
        return Delegated(app, {"arrowsets.base": f"{call.base}/datasets/{repo.id}/viewer"}, b"")
    except ViewerError as error:
        return problem(error)
    except HttpError as error:
        codes = {401: "ExternalUnauthenticatedError", 403: "ExternalAuthenticatedError", 404: "DatasetNotFound"}
        return problem(ViewerError(error.status, codes.get(error.status, "UnexpectedApiError"), error.message))


def _content(call: Call, name: str) -> Repository:
    try:
        return call.hub.content(name, call.caller)
    except Moved as moved:
        return call.hub.content(str(moved.target), call.caller)


def section(call: Call, repo: Repository) -> str:
    """Return the frame that shows the viewer on a repository's page; nothing if viewers are off."""
    if call.viewers is None:
        return ""
    return f'<iframe src="/datasets/{repo.id}/viewer/" title="Rows of the dataset" loading="lazy"></iframe>'


def _viewers(call: Call) -> Viewers:
    if call.viewers is None:
        raise HttpError(404, "viewers are switched off on this hub")
    viewers: Viewers = call.viewers
    return viewers


def _pairs(call: Call) -> list[tuple[str, str]]:
    return list(call.request.query_params.multi_items())


def _query(call: Call) -> str:
    query: bytes = call.request.scope["query_string"]
    return f"?{query.decode('ascii', 'replace')}" if query else ""


class Delegated(Response):
    """An answer that another application gives, to the same request at an address of its own."""

    def __init__(self, app: Starlette, scope: Mapping[str, object], body: bytes) -> None:
        super().__init__(status_code=200)
        self._app, self._scope, self._received = app, scope, body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent = False

        async def replayed() -> Message:
            # The body was taken from the connection already; what comes after it is that the client went away.
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": self._received, "more_body": False}

        await self._app({**scope, **self._scope}, replayed, send)
