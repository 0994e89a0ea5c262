"""Answers that are errors: a status, a code that clients map to an exception, and a text for people.

Clients look at the headers `X-Error-Code` and `X-Error-Message`, not at the body.
"""

from __future__ import annotations

from collections.abc import Mapping

from arrowsets.server.errors import HttpError

__all__ = [
    "HubError",
    "bad_request",
    "conflict",
    "entry_not_found",
    "forbidden",
    "gated",
    "repo_not_found",
    "revision_not_found",
    "stale",
    "too_large",
]


class HubError(HttpError):
    """A request that the hub cannot serve; its code is RepoNotFound, RevisionNotFound, EntryNotFound, GatedRepo or empty."""


def repo_not_found(anonymous: bool) -> HubError:
    """Return the one answer for a repository that is missing and one that the caller may not see."""
    status = 401 if anonymous else 404
    return HubError(
        status, "Repository not found" if not anonymous else "Invalid username or password.", "RepoNotFound"
    )


def revision_not_found(revision: str) -> HubError:
    """Return the answer for a branch, tag or commit that does not exist."""
    return HubError(404, f"Invalid rev id: {revision}", "RevisionNotFound")


def entry_not_found(path: str, commit: str) -> HubError:
    """Return the answer for a path that a commit does not have; it carries the commit, so that clients may cache it."""
    return HubError(404, f"{path!r} does not exist on this revision", "EntryNotFound", {"X-Repo-Commit": commit})


def gated(anonymous: bool, repo: str) -> HubError:
    """Return the answer for the content of a gated repository."""
    if anonymous:
        return HubError(401, f"Access to dataset {repo} is restricted. You must log in to access it.", "GatedRepo")
    return HubError(
        403,
        f"Access to dataset {repo} is restricted and you are not in the authorized list. Ask for access.",
        "GatedRepo",
    )


def bad_request(message: str) -> HubError:
    """Return the answer for a request that makes no sense."""
    return HubError(400, message)


def forbidden(message: str) -> HubError:
    """Return the answer for something that the caller may not do, though it may know that it exists."""
    return HubError(403, message)


def conflict(message: str, extra: Mapping[str, object] | None = None) -> HubError:
    """Return the answer for something that exists already, or was changed by somebody else meanwhile."""
    return HubError(409, message, extra=extra)


def stale(parent: str, head: str) -> HubError:
    """Return the answer for a commit made on a state that is no longer the newest."""
    return HubError(
        412, f"A commit has happened since: parentCommit is {parent}, the branch is at {head}. Please retry."
    )


def too_large(what: str, limit: int) -> HubError:
    """Return the answer for more bytes than are taken."""
    return HubError(413, f"{what} is larger than {limit} bytes")
