"""Names that come from outside: repository ids, refs and paths in a repository. Each is checked before it is used.

A path in a repository is a key of a mapping and never joined to a path of the file system.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from arrowsets.server.hub.errors import bad_request

__all__ = ["RESERVED", "RepoId", "check_path", "check_ref", "check_user", "is_commit"]

# What may follow an id in a URL; a repository cannot be called so, or `name/refs` would mean two things.
RESERVED = frozenset(
    (
        *(
            "auth-check",
            "ask-access",
            "blob",
            "branch",
            "commit",
            "commits",
            "croissant",
            "discussions",
            "info",
            "lfs-files",
        ),
        *(
            "parquet",
            "paths-info",
            "preupload",
            "raw",
            "refs",
            "resolve",
            "revision",
            "settings",
            "super-squash",
            "tag",
        ),
        *("tree", "user-access-request", "viewer", "xet-read-token", "xet-write-token"),
    )
)
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}", re.ASCII)
_REF_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|//|@\{|\.lock(/|$)|(^|/)[.-]|[./]$|^/")
_LONGEST_PATH = 1000
_LONGEST_SEGMENT = 255
_LONGEST_REF = 200
_FORBIDDEN_SEGMENTS = frozenset({"", ".", "..", ".git", ".cache"})


@dataclass(frozen=True, slots=True)
class RepoId:
    """The id of a repository, `namespace/name`."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> RepoId:
        """Read an id.

        >>> str(RepoId.parse("team/corpus"))
        'team/corpus'
        """
        namespace, slash, name = text.partition("/")
        if not slash:
            raise bad_request(f"{text!r} is no repository id; write namespace/name")
        return cls.of(namespace, name)

    @classmethod
    def of(cls, namespace: str, name: str) -> RepoId:
        """Check the two halves of an id."""
        if name.lower() in RESERVED:
            raise bad_request(f"no repository can be called {name!r}: in addresses the word means something else")
        if not is_name(namespace) or not is_name(name):
            raise bad_request(
                f"{namespace!r}/{name!r} cannot be a repository id: each half is 1 to 96 of A-Z a-z 0-9 _ . -, "
                "without '--', '..' or '.git', and does not begin or end with '-' or '.'"
            )
        return cls(namespace, name)


def is_name(text: str) -> bool:
    """Return whether a text can be half of an id."""
    return _NAME.fullmatch(text) is not None and "--" not in text and ".." not in text and not text.endswith(".git")


def check_user(user: str) -> str:
    """Return a user's name if it can be one."""
    if not is_name(user):
        raise bad_request(f"{user!r} cannot be a user's name: use 1 to 96 of A-Z a-z 0-9 _ . - (not first or last)")
    return user


def is_commit(text: str) -> bool:
    """Return whether a text looks like the full name of a commit."""
    return _COMMIT.fullmatch(text) is not None


def check_ref(name: str) -> str:
    """Return the name of a branch or tag if it can be one."""
    bad = not name or len(name) > _LONGEST_REF or _REF_FORBIDDEN.search(name) or is_commit(name)
    if bad or name.startswith("refs/") or name == "HEAD" or not name.isprintable():
        raise bad_request(f"{name!r} cannot be the name of a branch or tag")
    return name


def check_path(path: str) -> str:
    """Return a path in a repository if it can be one.

    >>> check_path("data/train.parquet")
    'data/train.parquet'
    """
    segments = path.split("/")
    # Case and look-alike forms of `.git` reach the real one on some file systems of those who download.
    folded = {unicodedata.normalize("NFKC", segment).casefold().rstrip(". ") or segment for segment in segments}
    if folded & _FORBIDDEN_SEGMENTS or any(segment in _FORBIDDEN_SEGMENTS for segment in segments):
        raise bad_request(f"{path!r} cannot be a path: empty parts, '.', '..', '.git' and '.cache' are not allowed")
    if "\\" in path or any(unicodedata.category(character) in {"Cc", "Cs"} for character in path):
        raise bad_request(f"{path!r} cannot be a path: no backslash and no control characters")
    if len(path.encode()) > _LONGEST_PATH or any(len(segment.encode()) > _LONGEST_SEGMENT for segment in segments):
        raise bad_request(f"the path {path[:80]!r}… is too long")
    return path
