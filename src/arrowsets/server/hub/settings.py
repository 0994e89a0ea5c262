"""How a hub is served: limits, names, times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from arrowsets.server.hosts import is_ours

__all__ = ["HubSettings"]

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class HubSettings:
    """How a hub is served.

    Attributes:
        public_url: What people type, if a proxy (with TLS) stands in front: https://hub.example.org.
        hosts: More names that requests may be addressed to.
        require_token: Refuse callers who do not say who they are.
        page_size: Entries in one answer of a listing.
        part_bytes: Larger files are received in parts of this size.
        link_seconds: How long the address that a file may be uploaded to is good for, at least.
        idle_seconds: How long a client may send or take nothing in the midst of a request.
        viewer: Show the rows of each repository, and answer the API of the public dataset viewer.
        preview: Returns HTML that is shown on a repository's page, given its id and commit; None: the viewer.
    """

    public_url: str = ""
    hosts: tuple[str, ...] = ()
    require_token: bool = False
    page_size: int = 1000
    part_bytes: int = 1024 * MIB
    link_seconds: float = 3600.0
    idle_seconds: float = 60.0
    header_seconds: float = 20.0
    json_bytes: int = 8 * MIB
    line_bytes: int = 32 * MIB
    commit_bytes: int = 2048 * MIB
    commit_operations: int = 50_000
    file_bytes: int = 5 * 1024**4
    preview: Callable[[str, str], str] | None = None
    viewer: bool = True

    def allows(self, host: str) -> bool:
        """Return whether a request may be addressed to a host."""
        public = [urlsplit(self.public_url).hostname or ""] if self.public_url else []
        return is_ours(host, [*self.hosts, *public])
