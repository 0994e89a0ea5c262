"""Reading routes that answer with JSON: what repositories there are, and what is in them."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.responses import JSONResponse, Response

from arrowsets.server.hub.body import parse_object
from arrowsets.server.hub.card import Cards
from arrowsets.server.hub.errors import bad_request, entry_not_found
from arrowsets.server.hub.history import Commit
from arrowsets.server.hub.hub import Repository, State
from arrowsets.server.hub.readonly import LONGEST_README
from arrowsets.server.hub.routing import Call

__all__ = [
    "CARDS",
    "commits",
    "date_text",
    "describe",
    "info",
    "list_datasets",
    "paths_info",
    "readme_of",
    "refs",
    "tree",
]

CARDS = Cards()
_EXPANDED_PAGE = 50
_COMMITS_PAGE = 50
_LIST_PAGE = 500
_PATHS = 2000


def date_text(time: float) -> str:
    """Return a time as the hub writes it."""
    return dt.datetime.fromtimestamp(time, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def readme_of(state: State) -> str | None:
    """Return the text of a commit's README."""
    entry = state.tree.entries.get("README.md")
    if entry is None or entry.size > LONGEST_README:
        return None
    with state.open("README.md") as file:
        return file.read().decode("utf-8", "replace")


def describe(repo: Repository, sha: str | None, modified: float, created: float, readme: str | None) -> dict[str, Any]:
    """Return what all answers say of a repository."""
    return {
        "_id": str(repo.id),
        "id": str(repo.id),
        "author": repo.id.namespace,
        "sha": sha,
        "lastModified": date_text(modified),
        "createdAt": date_text(created),
        "private": repo.private,
        "gated": repo.gated or False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": CARDS.tags(readme),
        "cardData": CARDS.data(readme),
    }


def info(call: Call) -> Response:
    """Answer `GET /api/datasets/{id}` and `…/revision/{rev}`."""
    repo = call.hub.find(call.id, call.caller)
    state = repo.at(call.params.get("rev", "main"))
    answer = describe(repo, state.commit.oid, state.commit.date, repo.glance().created, readme_of(state))
    files = state.tree.entries.items()
    if call.query("blobs").lower() in ("true", "1"):
        answer["siblings"] = [
            {"rfilename": path, "size": file.size, "blobId": file.oid, **_lfs(file)} for path, file in files
        ]
    else:
        answer["siblings"] = [{"rfilename": path} for path, _ in files]
    answer["usedStorage"] = sum(file.size for _, file in files)
    if wanted := call.request.query_params.getlist("expand"):
        answer = {key: value for key, value in answer.items() if key in {"_id", "id", *wanted}}
    return JSONResponse(answer)


def _lfs(entry: Any) -> dict[str, Any]:
    if not entry.lfs:
        return {}
    # The pointer's text has a fixed length but for the digits of the size.
    length = 125 + len(str(entry.size))
    return {"lfs": {"oid": entry.sha256, "sha256": entry.sha256, "size": entry.size, "pointerSize": length}}


def tree(call: Call) -> Response:
    """Answer `GET /api/datasets/{id}/tree/{rev}[/{path}]`."""
    state, repo = _state(call)
    folder = call.params["path"].strip("/")
    if folder not in state.tree.folders:
        raise entry_not_found(folder, state.commit.oid)
    expand = call.query("expand").lower() in ("true", "1")
    limit = _limit(call, _EXPANDED_PAGE if expand else call.settings.page_size)
    after = _decode_cursor(call.query("cursor"))
    recursive = call.query("recursive").lower() in ("true", "1")
    found = (state.tree.under if recursive else state.tree.children)(folder, after, limit + 1)
    headers = {"X-Repo-Commit": state.commit.oid}
    if len(found) > limit:
        headers["Link"] = _next(call, {"cursor": _encode_cursor(found[limit - 1])})
    return JSONResponse(_entries(repo, state, found[:limit], expand=expand), headers=headers)


def _state(call: Call) -> tuple[State, Repository]:
    repo = call.hub.content(call.id, call.caller)
    return repo.at(call.params["rev"]), repo


def _entries(repo: Repository, state: State, paths: Sequence[str], *, expand: bool) -> list[dict[str, Any]]:
    last = repo.last_changes(state, paths) if expand else {}
    answer = []
    for path in paths:
        entry = state.tree.entries.get(path)
        if entry is None:
            item: dict[str, Any] = {"type": "directory", "oid": state.tree.folders[path].oid, "size": 0, "path": path}
        else:
            item = {"type": "file", "oid": entry.oid, "size": entry.size, "path": path, **_lfs(entry)}
        if path in last:
            item["lastCommit"] = {"id": last[path].oid, "title": last[path].title, "date": date_text(last[path].date)}
        answer.append(item)
    return answer


def paths_info(call: Call) -> Response:
    """Answer `POST /api/datasets/{id}/paths-info/{rev}`."""
    state, repo = _state(call)
    wanted, expand = _paths(call)
    if len(wanted) > _PATHS:
        raise bad_request(f"ask for at most {_PATHS} paths at a time")
    known = [
        path for path in dict.fromkeys(wanted) if path in state.tree.entries or (path and path in state.tree.folders)
    ]
    return JSONResponse(_entries(repo, state, known, expand=expand), headers={"X-Repo-Commit": state.commit.oid})


def _paths(call: Call) -> tuple[list[str], bool]:
    if call.request.headers.get("content-type", "").startswith("application/json"):
        data = parse_object(call.body)
        paths, expand = data.get("paths", []), data.get("expand", False)
        if isinstance(paths, str):
            paths = [paths]
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise bad_request("`paths` is a list of texts")
        return [path.strip("/") for path in paths], bool(expand)
    try:
        form = parse_qs(call.body.decode(), keep_blank_values=True, max_num_fields=_PATHS + 10, strict_parsing=False)
    except ValueError as error:
        raise bad_request(f"the form cannot be read: {error}") from error
    return [path.strip("/") for path in form.get("paths", [])], form.get("expand", ["false"])[0].lower() == "true"


def refs(call: Call) -> Response:
    """Answer `GET /api/datasets/{id}/refs`."""
    repo = call.hub.find(call.id, call.caller)
    found = repo.refs()
    answer = {"branches": _refs(found, "refs/heads/"), "converts": [], "tags": _refs(found, "refs/tags/")}
    if call.query("include_prs").lower() in ("1", "true"):
        answer["pullRequests"] = [{**each, "name": each["ref"]} for each in _refs(found, "refs/pr/")]
    return JSONResponse(answer)


def _refs(found: Mapping[str, str], prefix: str) -> list[dict[str, str]]:
    return [
        {"name": name.removeprefix(prefix), "ref": name, "targetCommit": oid}
        for name, oid in found.items()
        if name.startswith(prefix)
    ]


def commits(call: Call) -> Response:
    """Answer `GET /api/datasets/{id}/commits/{rev}`."""
    repo = call.hub.find(call.id, call.caller)
    head = repo.at(call.query("cursor") or call.params["rev"]).commit
    limit = _limit(call, _COMMITS_PAGE)
    found = repo.log(head.oid, limit + 1)
    headers = {"Link": _next(call, {"cursor": found[limit].oid})} if len(found) > limit else {}
    formatted = "formatted" in call.request.query_params.getlist("expand")
    return JSONResponse([_commit(each, formatted=formatted) for each in found[:limit]], headers=headers)


def _commit(commit: Commit, *, formatted: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "id": commit.oid,
        "title": commit.title,
        "message": commit.message,
        "date": date_text(commit.date),
        "authors": [{"user": commit.author}],
        "parents": [commit.parent] if commit.parent else [],
    }
    return {**answer, "formatted": {"title": None, "message": None}} if formatted else answer


def list_datasets(call: Call) -> Response:
    """Answer `GET /api/datasets`."""
    query = call.request.query_params
    author, words = query.get("author", "").lower(), [each.lower() for each in query.getlist("search")]
    filters = set(query.getlist("filter"))
    gated = query.get("gated", "").lower()
    found = []
    for repo in call.hub.visible(call.caller):
        name = str(repo.id).lower()
        if (author and repo.id.namespace.lower() != author) or not all(word in name for word in words):
            continue
        if gated and bool(repo.gated) != (gated == "true"):
            continue
        glance = repo.glance()
        item = describe(repo, glance.sha, glance.modified, glance.created, glance.readme)
        if filters <= set(item["tags"]):
            found.append(item)
    return _page(call, _sorted(found, query.get("sort", "lastModified"), query.get("direction", "-1")))


def _sorted(found: list[dict[str, Any]], key: str, direction: str) -> list[dict[str, Any]]:
    if key not in ("lastModified", "createdAt", "id", "author", "downloads", "likes"):
        key = "lastModified"
    found.sort(key=lambda item: (item[key], item["id"]), reverse=direction != "1" and key not in ("id", "author"))
    return found


def _page(call: Call, found: list[dict[str, Any]]) -> Response:
    limit = _limit(call, min(_LIST_PAGE, call.settings.page_size))
    try:
        start = max(int(call.query("cursor", "0")), 0)
    except ValueError as error:
        raise bad_request("that cursor is not one of ours") from error
    headers = {"Link": _next(call, {"cursor": str(start + limit)})} if len(found) > start + limit else {}
    page = found[start : start + limit]
    if call.query("full").lower() not in ("true", "1") and "cardData" not in call.request.query_params.getlist(
        "expand"
    ):
        page = [{key: value for key, value in item.items() if key != "cardData"} for item in page]
    return JSONResponse(page, headers=headers)


def _limit(call: Call, most: int) -> int:
    asked = call.query("limit")
    return max(1, min(int(asked), most)) if asked.isascii() and asked.isdigit() and len(asked) < 10 else most


def _next(call: Call, changes: Mapping[str, str]) -> str:
    query: Iterable[tuple[str, str]] = call.request.query_params.multi_items()
    query = [(key, value) for key, value in query if key not in changes] + list(changes.items())
    path = call.request.scope["raw_path"].decode("ascii")
    return f'<{call.base}{path}?{urlencode(query)}>; rel="next"'


def _encode_cursor(path: str) -> str:
    return base64.urlsafe_b64encode(path.encode()).decode()


def _decode_cursor(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text.encode()).decode()
    except (binascii.Error, ValueError) as error:
        raise bad_request("that cursor is not one of ours") from error
