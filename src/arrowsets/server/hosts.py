"""Names that a server has: which `Host` a request may be addressed to, so that no other site's name can lead here."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

__all__ = ["is_loopback", "is_ours", "split_host"]


def is_ours(host: str, names: Iterable[str] = ()) -> bool:
    """Return whether a request may be addressed to a host.

    An address made of numbers cannot be another site's name that was made to lead here; a name can, so it must be ours.

    Args:
        names: Those of this server, besides `localhost` and the machine's.
    """
    name, port = split_host(host)
    name = name.lower().rstrip(".")
    if port.strip("0123456789"):
        return False
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        ours = {"localhost", socket.gethostname().lower(), *(known.lower() for known in names)}
        return bool(name) and (name in ours or name.endswith(".localhost"))
    return True


def split_host(host: str) -> tuple[str, str]:
    """Return the name in a Host header, and its port, "" if there is none.

    >>> split_host("[::1]:8000"), split_host("[::1]"), split_host("hub.local")
    (('[::1]', '8000'), ('[::1]', ''), ('hub.local', ''))
    """
    name, colon, port = host.rpartition(":")
    return (name, port) if colon and not host.endswith("]") else (host, "")


def is_loopback(host: str) -> bool:
    """Return whether an address to listen on can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
