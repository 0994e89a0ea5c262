"""How a hub is served: limits, names, times."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["HubSettings", "is_loopback", "split_host"]

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
        preview: Returns HTML that is shown on a repository's page, given its id and commit; None: nothing is shown.
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

    def allows(self, host: str) -> bool:
        """Return whether a request may be addressed to a host.

        An address made of numbers cannot be another site's name that was made to lead here; a name can, so it must be ours.
        """
        name = split_host(host).lower().rstrip(".")
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            ours = {"localhost", socket.gethostname().lower(), *(known.lower() for known in self.hosts)}
            if self.public_url:
                ours.add((urlsplit(self.public_url).hostname or "").lower())
            return bool(name) and (name in ours or name.endswith(".localhost"))
        return True


def split_host(host: str) -> str:
    """Return the name in a Host header, without its port.

    >>> split_host("[::1]:8000"), split_host("hub.local:80")
    ('[::1]', 'hub.local')
    """
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


def is_loopback(host: str) -> bool:
    """Return whether an address to listen on can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
