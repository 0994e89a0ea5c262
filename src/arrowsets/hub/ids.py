"""Names of datasets on a hub.

    id  = [namespace "/"] name ["@" revision]
    url = "hf://datasets/" id ["/" path]        in a URL the namespace may be absent only if there is no path

A revision is a branch, a tag, a commit or a reference such as `refs/pr/1`; in a URL its slashes are written `%2F`.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

from arrowsets.record import dataclass

__all__ = ["HubId", "hub_url", "is_commit", "is_hub_id"]

DEFAULT_REVISION: Final = "main"
PREFIX: Final = "hf://datasets/"

_PART = r"(?!-|\.)(?![^/@]*(?:--|\.\.))[\w.\-]{1,96}(?<![.\-])"
_ID = re.compile(rf"((?:{_PART}/)?{_PART})(?:@(.+))?", re.ASCII)
_COMMIT = re.compile("[0-9a-f]{40}")
_SPECIAL = re.compile(r"(refs)/((?:convert|pr)/[^/]+)")


@dataclass(frozen=True)
class HubId:
    """A dataset on a hub, at a revision, and perhaps a path in it.

    >>> HubId.parse("user/name@v1.0")
    HubId(name='user/name', revision='v1.0', path='')
    """

    name: str
    revision: str | None = None
    path: str = ""

    @classmethod
    def parse(cls, text: str) -> HubId:
        """Read an id or a URL.

        Raises:
            ValueError: if it is none.
        """
        if text.startswith(PREFIX):
            return cls._from_url(text.removeprefix(PREFIX).rstrip("/"))
        match = _ID.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is no id of a dataset: 'name', 'user/name' or 'user/name@revision'")
        return cls(match[1], match[2])

    @classmethod
    def _from_url(cls, rest: str) -> HubId:
        parts = rest.split("/", 2)
        if len(parts) > 1 and "@" not in parts[0]:
            namespace, named, path = parts[0], parts[1], parts[2] if len(parts) > 2 else ""
        else:
            namespace, (named, _, path) = "", rest.partition("/")
        name, _, revision = named.partition("@")
        if special := _SPECIAL.match(f"{revision}/{path}"):
            revision, path = special[0], f"{revision}/{path}"[special.end() :].lstrip("/")
        name = f"{namespace}/{name}" if namespace else name
        if not _ID.fullmatch(name):
            raise ValueError(f"{PREFIX + rest!r} names no dataset: 'hf://datasets/user/name/path'")
        return cls(name, unquote(revision) or None, path)


def is_hub_id(text: str) -> bool:
    """Tell whether a text could be the id of a dataset on a hub.

    >>> is_hub_id("user/name"), is_hub_id("user/name/file.csv")
    (True, False)
    """
    return _ID.fullmatch(text) is not None


def is_commit(revision: str) -> bool:
    """Tell whether a revision is a whole commit hash, which never changes its meaning."""
    return _COMMIT.fullmatch(revision) is not None


def hub_url(name: str, revision: str) -> str:
    """Return the URL of a dataset's root at a revision.

    >>> hub_url("user/name", "refs/pr/1")
    'hf://datasets/user/name@refs%2Fpr%2F1'
    """
    return f"{PREFIX}{name}@{quote(revision, safe='')}"
