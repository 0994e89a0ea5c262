"""Names of files: local paths, URLs, and members of archives (`zip://member::container`)."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from arrowsets.lazy import pattern

__all__ = [
    "ARCHIVE_SCHEMES",
    "is_http",
    "is_local",
    "is_plain_path",
    "link",
    "local_part",
    "name_part",
    "scheme",
    "split_chain",
]

ARCHIVE_SCHEMES = frozenset({"zip", "tar"})

# Two letters at least: `C:` is a drive.
_SCHEME = pattern(r"([A-Za-z][A-Za-z0-9+.\-]+)(?:://|::)")

# A path that `Path` would leave as it is: no empty component and none that is ".".
_NORMAL = pattern(r"/?(?!\.?(?:/|\Z))[^/]+(?:/(?!\.?(?:/|\Z))[^/]+)*\Z")


def scheme(url: str) -> str | None:
    """Return the URL scheme in lower case; None for a path."""
    match = _SCHEME.match(url) if ":" in url else None
    return match[1].lower() if match else None


def is_local(url: str) -> bool:
    """Tell whether a URL is a path of this machine."""
    return scheme(url) in (None, "file", "local") and "::" not in url.partition("://")[2]


def is_plain_path(url: str) -> bool:
    """Tell whether a URL is an absolute path that `Path` would not change: so are most, and `Path` is slow."""
    if os.name != "posix" or not url.startswith("/"):
        return False
    return "//" not in url and "/./" not in url and not url.endswith(("/", "/."))


def is_http(url: str) -> bool:
    """Tell whether a URL is fetched over HTTP."""
    return scheme(url) in ("http", "https")


def local_part(url: str) -> str:
    """Return the path that a local URL means."""
    if (name := scheme(url)) is None:
        return url
    rest = url[len(name) + len("://") :]
    path = unquote(rest) if name == "file" else rest
    return path[1:] if os.name == "nt" and re.match(r"/[A-Za-z]:", path) else path


def split_chain(url: str) -> tuple[str, str, str] | None:
    """Split `zip://member::container` into ("zip", "member", "container"); None for what is no member."""
    name = scheme(url)
    if name not in ARCHIVE_SCHEMES:
        return None
    member, found, container = url[len(name) + len("://") :].partition("::")
    return (name, member, container) if found else None


def link(archive: str, member: str, container: str) -> str:
    """Return the URL of a member: the opposite of `split_chain`."""
    return f"{archive}://{member}::{container}"


def name_part(url: str) -> str:
    """Return the part of a URL that names the file, with `/` between directories."""
    if is_plain_path(url):
        return url
    if chain := split_chain(url):
        return chain[1]
    if is_local(url):
        path = local_part(url)
        # Building a Path for each of many thousand files takes longer than all else that is done with their names.
        return path if os.sep == "/" and _NORMAL.match(path) else Path(path).as_posix()
    if is_http(url):
        return unquote(urlsplit(url).path)
    return url.partition("::")[0].partition("://")[2] or url.rpartition("::")[2]
