"""Bounds that a process sets itself before it looks at what comes from others."""

from __future__ import annotations

from pathlib import Path

__all__ = ["bound", "open_nothing"]

_RESERVED_BYTES = 16 << 30
_LOADED_BYTES = 1 << 30


def bound(memory: int, mapped: int = 0) -> None:
    """Take no more memory than is allowed, and write no files.

    Maps of files are not counted: they are the system's to drop. Addresses are, but allocators reserve far more of them
    than they use, so that bound is a wide one.
    """
    try:
        import resource
    except ImportError:
        return  # Windows: the deadline remains, and what libraries bound themselves
    private = _private_bytes() + memory
    resource.setrlimit(resource.RLIMIT_DATA, (private, private))
    addresses = 2 * mapped + memory + _RESERVED_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (addresses, addresses))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def open_nothing() -> None:
    """Open no more files and no connections; those that are open stay so."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _private_bytes() -> int:
    """Return how much this process has taken already; a guess where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return _LOADED_BYTES
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmData:")), _LOADED_BYTES)
