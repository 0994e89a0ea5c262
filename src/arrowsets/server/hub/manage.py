"""Writing routes that are not commits: repositories, settings, branches, tags, who may see what."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from arrowsets.server.hub.auth import bad_token
from arrowsets.server.hub.body import parse_object, text
from arrowsets.server.hub.card import check_card
from arrowsets.server.hub.errors import HubError, bad_request, conflict, forbidden, gated, repo_not_found
from arrowsets.server.hub.history import Draft
from arrowsets.server.hub.hub import Moved, StoredRepository
from arrowsets.server.hub.listing import date_text
from arrowsets.server.hub.names import RepoId, check_user
from arrowsets.server.hub.routing import Call

__all__ = [
    "access_requests",
    "ask_access",
    "auth_check",
    "auth_check_write",
    "create_branch",
    "create_repo",
    "create_tag",
    "delete_branch",
    "delete_repo",
    "delete_tag",
    "handle_access",
    "move_repo",
    "settings",
    "squash",
    "validate_yaml",
    "whoami",
]


def whoami(call: Call) -> Response:
    """Answer `GET /api/whoami-v2`."""
    if call.caller.anonymous:
        raise bad_token()
    user = call.caller.user
    role = {"displayName": "arrowsets", "role": call.caller.role}
    orgs = [{"type": "org", "name": name} for name in call.hub.accounts.organisations(call.caller)]
    return JSONResponse(
        {"type": "user", "id": user, "name": user, "fullname": user, "orgs": orgs, "auth": {"accessToken": role}}
    )


def _only_datasets(data: dict[str, Any]) -> None:
    # No type is a model, to all clients: who means to delete a model must not lose the dataset of that name.
    if text(data, "type", "model") != "dataset":
        raise bad_request("this hub keeps datasets only: pass repo_type='dataset'")


def _ident(call: Call, data: dict[str, Any]) -> RepoId:
    _only_datasets(data)
    namespace = text(data, "organization") or call.caller.user
    if not namespace:
        raise repo_not_found(anonymous=True)
    return RepoId.of(namespace, text(data, "name"))


def create_repo(call: Call) -> Response:
    """Answer `POST /api/repos/create`."""
    data = parse_object(call.body)
    ident = _ident(call, data)
    private = text(data, "visibility") == "private" or data.get("private") is True
    url = f"{call.base}/datasets/{ident}"
    try:
        record = call.hub.create(ident, call.caller, private=private)
    except HubError as error:
        if error.status == 409:
            error.extra["url"] = url
        raise
    return JSONResponse({"url": url, "name": str(record.id), "id": str(record.id)})


def delete_repo(call: Call) -> Response:
    """Answer `DELETE /api/repos/delete`."""
    repo = _stored(call, str(_ident(call, parse_object(call.body))))
    call.hub.repos.delete(repo.key)
    return JSONResponse({})


def _stored(call: Call, ident: str) -> StoredRepository:
    """Return a repository named in a body: there is no address that a redirect could lead to."""
    try:
        return call.hub.writable(ident, call.caller)
    except Moved as moved:
        raise repo_not_found(call.caller.anonymous) from moved


def move_repo(call: Call) -> Response:
    """Answer `POST /api/repos/move`."""
    data = parse_object(call.body)
    _only_datasets(data)
    source = _stored(call, text(data, "fromRepo"))
    target = RepoId.parse(text(data, "toRepo"))
    call.hub.move(source, target, call.caller)
    return JSONResponse({"url": f"{call.base}/datasets/{target}"})


def settings(call: Call) -> Response:
    """Answer `PUT /api/datasets/{id}/settings`."""
    repo = call.hub.writable(call.id, call.caller)
    data = parse_object(call.body)
    private: bool | None = None
    if "visibility" in data:
        if data["visibility"] not in ("public", "private"):
            raise bad_request("`visibility` is 'public' or 'private'")
        private = data["visibility"] == "private"
    elif isinstance(data.get("private"), bool):
        private = data["private"]
    locked = data.get("gated")
    if locked not in (None, False, "auto", "manual"):
        raise bad_request("`gated` is 'auto', 'manual' or false")
    call.hub.repos.settings(repo.key, private=private, gated=None if locked is None else locked or "")
    return JSONResponse({"private": repo.private if private is None else private, "gated": locked or False})


def auth_check(call: Call) -> Response:
    """Answer `GET /api/datasets/{id}/auth-check`."""
    call.hub.content(call.id, call.caller)
    return JSONResponse({})


def auth_check_write(call: Call) -> Response:
    """Answer `GET /api/datasets/{id}/auth-check/write`."""
    call.hub.writable(call.id, call.caller)
    return JSONResponse({})


def validate_yaml(call: Call) -> Response:
    """Answer `POST /api/validate-yaml`."""
    content = text(parse_object(call.body), "content", longest=call.settings.json_bytes)
    errors = [{"message": message} for message in check_card(content)]
    return JSONResponse({"errors": errors, "warnings": []}, 400 if errors else 200)


def create_branch(call: Call) -> Response:
    """Answer `POST /api/datasets/{id}/branch/{rev}`."""
    repo = call.hub.writable(call.id, call.caller)
    start = text(parse_object(call.body), "startingPoint", "main")
    call.hub.history.create_ref(repo.key, "heads", call.params["rev"], start)
    return JSONResponse({})


def delete_branch(call: Call) -> Response:
    """Answer `DELETE /api/datasets/{id}/branch/{rev}`."""
    repo = call.hub.writable(call.id, call.caller)
    call.hub.history.delete_ref(repo.key, "heads", call.params["rev"])
    return JSONResponse({})


def create_tag(call: Call) -> Response:
    """Answer `POST /api/datasets/{id}/tag/{rev}`."""
    repo = call.hub.writable(call.id, call.caller)
    call.hub.history.create_ref(repo.key, "tags", text(parse_object(call.body), "tag"), call.params["rev"])
    return JSONResponse({})


def delete_tag(call: Call) -> Response:
    """Answer `DELETE /api/datasets/{id}/tag/{rev}`."""
    repo = call.hub.writable(call.id, call.caller)
    call.hub.history.delete_ref(repo.key, "tags", call.params["rev"])
    return JSONResponse({})


def squash(call: Call) -> Response:
    """Answer `POST /api/datasets/{id}/super-squash/{rev}`."""
    repo = call.hub.writable(call.id, call.caller)
    ref = call.hub.history.branch(repo.key, call.params["rev"])
    title = text(parse_object(call.body), "message", "Squash")
    commit = call.hub.history.squash(repo.key, ref, Draft(call.caller.user, title))
    return JSONResponse({"commitOid": commit.oid})


def ask_access(call: Call) -> Response:
    """Answer `POST /api/datasets/{id}/ask-access`: let the caller in at once, or remember that it asked."""
    repo = call.hub.find(call.id, call.caller)
    if not isinstance(repo, StoredRepository) or not repo.gated:
        raise bad_request(f"{repo.id} is not gated")
    if call.caller.anonymous:
        raise gated(anonymous=True, repo=str(repo.id))
    status = call.hub.repos.access(repo.key, call.caller.user)
    if not status:
        status = "accepted" if repo.gated == "auto" else "pending"
        call.hub.repos.set_access(repo.key, call.caller.user, status)
    if status == "rejected":
        raise forbidden("Your request to access this repo has been rejected by the repo's authors.")
    return JSONResponse({"status": status})


def access_requests(call: Call) -> Response:
    """Answer `GET /api/datasets/{id}/user-access-request/{status}`."""
    repo = call.hub.writable(call.id, call.caller)
    found = call.hub.repos.requests(repo.key, call.params["status"])
    return JSONResponse(
        [
            {
                "requestId": each.user,
                "user": {"user": each.user, "fullname": each.user, "email": None},
                "status": each.status,
                "timestamp": date_text(each.added),
            }
            for each in found
        ]
    )


def handle_access(call: Call) -> Response:
    """Answer `POST /api/datasets/{id}/user-access-request/{handle|grant}`."""
    repo = call.hub.writable(call.id, call.caller)
    if not repo.gated:
        raise bad_request(f"{repo.id} is not gated")
    data = parse_object(call.body)
    user = check_user(text(data, "user") or text(data, "requestId"))
    if not call.hub.accounts.knows(user):
        raise HubError(404, f"there is no user {user}")
    if call.params["status"] == "grant":
        if call.hub.repos.access(repo.key, user) == "accepted":
            raise conflict(f"{user} has access already")
        status = "accepted"
    else:
        status = text(data, "status")
    if status not in ("accepted", "pending", "rejected"):
        raise bad_request("`status` is 'accepted', 'pending' or 'rejected'")
    call.hub.repos.set_access(repo.key, user, status)
    return JSONResponse({})
