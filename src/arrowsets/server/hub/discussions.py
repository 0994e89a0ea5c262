"""Routes of pull requests. Discussions without changes are not kept."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse, Response

from arrowsets.server.hub.body import parse_object, text
from arrowsets.server.hub.errors import HubError, bad_request, forbidden
from arrowsets.server.hub.hub import StoredRepository
from arrowsets.server.hub.listing import date_text
from arrowsets.server.hub.pulls import Event, Pull
from arrowsets.server.hub.routing import Call

__all__ = ["comment", "create", "details", "list_pulls", "merge", "rename", "set_status"]

_PAGE = 50


def _repo(call: Call) -> StoredRepository:
    repo = call.hub.content(call.id, call.caller)
    if not isinstance(repo, StoredRepository):
        raise HubError(404, "a plain folder has no pull requests")
    return repo


def _number(call: Call) -> int:
    number = call.params["number"]
    if not number.isdecimal() or len(number) > 9:
        raise bad_request(f"{number[:20]!r} is no number of a pull request")
    return int(number)


def _summary(repo: StoredRepository, pull: Pull) -> dict[str, Any]:
    return {
        "num": pull.number,
        "title": pull.title,
        "author": {"name": pull.author},
        "status": pull.status,
        "createdAt": date_text(pull.created),
        "isPullRequest": True,
        "repo": {"name": str(repo.id), "type": "dataset"},
        "pinned": False,
    }


def _event(event: Event) -> dict[str, Any]:
    data: dict[str, Any] = {"status": event.text}
    if event.kind == "title-change":
        data = json.loads(event.text)
    elif event.kind == "comment":
        data = {"edited": False, "hidden": False, "latest": {"raw": event.text, "updatedAt": date_text(event.date)}}
    author = {"name": event.author}
    return {"id": str(event.id), "type": event.kind, "createdAt": date_text(event.date), "author": author, "data": data}


def list_pulls(call: Call) -> Response:
    """Answer `GET /api/datasets/{id}/discussions`."""
    repo = _repo(call)
    status, author, kind = call.query("status"), call.query("author"), call.query("type")
    wanted = {"open": ("open", "draft"), "closed": ("closed", "merged")}.get(status)
    found = [
        pull
        for pull in call.hub.pulls.all(repo.key)
        if (wanted is None or pull.status in wanted) and author in ("", pull.author) and kind != "discussion"
    ]
    page = call.query("p", "0")
    start = _PAGE * int(page) if page.isdecimal() and len(page) < 7 else 0
    shown = [_summary(repo, pull) for pull in found[start : start + _PAGE]]
    return JSONResponse({"discussions": shown, "count": len(found), "start": start})


def create(call: Call) -> Response:
    """Answer `POST /api/datasets/{id}/discussions`."""
    repo = call.hub.proposable(call.id, call.caller)
    data = parse_object(call.body)
    title = _title(data)
    if data.get("pullRequest") is not True:
        raise bad_request("this hub keeps pull requests, not discussions")
    pull = call.hub.pulls.create(repo.key, call.caller.user, title, text(data, "description"), draft=True)
    return JSONResponse(
        {"num": pull.number, "pullRequest": True, "url": f"{call.base}/datasets/{repo.id}/discussions/{pull.number}"}
    )


def _title(data: dict[str, Any]) -> str:
    title = " ".join(text(data, "title", longest=1000).split())
    if len(title) < 3:
        raise bad_request("the title has at least 3 characters")
    return title


def details(call: Call) -> Response:
    """Answer `GET /api/datasets/{id}/discussions/{number}`."""
    repo = _repo(call)
    pull = call.hub.pulls.get(repo.key, _number(call))
    events = [_event(event) for event in call.hub.pulls.events(repo.key, pull.number)]
    conflicts = [] if pull.status in ("merged", "closed") else call.hub.pulls.conflicts(repo.key, pull)
    changes = {"base": pull.base, "mergeCommitId": pull.merged}
    return JSONResponse(
        {**_summary(repo, pull), "events": events, "filesWithConflicts": conflicts, "changes": changes, "diff": ""}
    )


def merge(call: Call) -> Response:
    """Answer `POST /api/datasets/{id}/discussions/{number}/merge`."""
    repo = call.hub.writable(call.id, call.caller)
    user = call.caller.user
    commit = call.hub.pulls.merge(repo.key, _number(call), user, lambda key: call.hub.readable_key(key, call.caller))
    return JSONResponse({"commitOid": commit.oid})


def _changeable(call: Call) -> tuple[StoredRepository, Pull]:
    """Return the pull request, if it is the caller's to change."""
    repo = call.hub.proposable(call.id, call.caller)
    pull = call.hub.pulls.get(repo.key, _number(call))
    if pull.author != call.caller.user and not call.caller.writes(repo.id.namespace):
        raise forbidden("only its author and the owner of the repository may do this")
    return repo, pull


def rename(call: Call) -> Response:
    """Answer `POST /api/datasets/{id}/discussions/{number}/title`."""
    repo, pull = _changeable(call)
    title = _title(parse_object(call.body))
    event = call.hub.pulls.rename(repo.key, pull.number, call.caller.user, title)
    return JSONResponse({"newTitle": _event(event)})


def set_status(call: Call) -> Response:
    """Answer `POST /api/datasets/{id}/discussions/{number}/status`."""
    repo, pull = _changeable(call)
    data = parse_object(call.body)
    event = call.hub.pulls.set_status(repo.key, pull.number, call.caller.user, text(data, "status"))
    return JSONResponse({"newStatus": _event(event)})


def comment(call: Call) -> Response:
    """Answer `POST /api/datasets/{id}/discussions/{number}/comment`."""
    repo = call.hub.proposable(call.id, call.caller)
    said = text(parse_object(call.body), "comment", longest=65_536)
    event = call.hub.pulls.comment(repo.key, _number(call), call.caller.user, said)
    return JSONResponse({"newMessage": _event(event)})
