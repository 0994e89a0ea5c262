"""Leases: how a process tells the others that it lives, and which entries it reads.

Each process that pins or writes holds one file `leases/<id>`, locked for as long as it lives, so that the
system lets go of it however the process ends. The file's first line says who holds it; then `+key` and
`-key` lines say what is pinned. Nothing is ever wrong for want of a lease: it only keeps `prune` from
removing what somebody uses.

Whether a holder lives is read off the lock. Where locks do not reach (some network file systems), the
file's age decides: it is touched whenever its process uses the store.
"""

from __future__ import annotations

import atexit
import json
import os
import platform
import sys
import threading
import time
import uuid
import weakref
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from arrowsets.store.disk import boot_id, remove_file

__all__ = ["Lease", "Pin", "current", "living", "pinned"]

UNLOCKED_GRACE = 3 * 86400.0  # a reader may train for days without a call to the store
REBOOT_GRACE = 600.0
HEADER_GRACE = 60.0
_TOUCH = 60.0
_SWEEP = 64
_KEPT = 16

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, shared: bool) -> bool | None:
        del shared
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # locked bytes cannot be read, so lock where none are
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _lock(descriptor: int, *, shared: bool) -> bool | None:
        """Lock a file; True: locked, False: another holds it, None: no locks here."""
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return None
        return True


class Lease:
    """The lease of this process on one store."""

    def __init__(self, root: Path, held: Mapping[str, int] | None = None) -> None:
        self.pid = os.getpid()
        self.id = f"{self.pid}-{uuid.uuid4().hex[:12]}"
        self.path = root / "leases" / self.id
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # The descriptor lives as long as the process: closing it is what ends the lease.
        self._descriptor: int | None = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o666)
        _lock(self._descriptor, shared=False)
        self._touched = time.monotonic()
        self._held = Counter(held or {})
        header = json.dumps({"host": platform.node(), "pid": self.pid, "boot": boot_id()})
        self._append(header + "".join(f"\n+{key}" for key in self._held))
        _own.add(self.id)

    def pin(self, key: str) -> None:
        """Say that this process reads an entry."""
        self._held[key] += 1
        if self._held[key] == 1:
            self._append(f"+{key}")
        self.touch()

    def release(self, key: str) -> None:
        """Take back one `pin`."""
        self._held[key] -= 1
        if self._held[key] <= 0:
            del self._held[key]
            if self.pid == os.getpid():  # in a forked child, the file is the parent's
                self._append(f"-{key}")

    def held(self) -> dict[str, int]:
        """Return how often each entry is pinned."""
        return dict(self._held)

    def touch(self) -> None:
        """Show a sign of life, at most once a minute."""
        now = time.monotonic()
        if now - self._touched > _TOUCH:
            self._touched = now
            with suppress(OSError):
                os.utime(self.path)

    def end(self) -> None:
        """Give the lease back. Twice does no harm: by then the number of its descriptor may be another file's."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        os.close(descriptor)
        _own.discard(self.id)
        remove_file(self.path)

    def _append(self, line: str) -> None:
        if self._descriptor is not None:
            with suppress(OSError):
                os.write(self._descriptor, f"{line}\n".encode())


_leases: dict[Path, Lease] = {}
_own: set[str] = set()
# Reentrant, because a pin may be released by the garbage collector in the middle of any of this.
_guard = threading.RLock()


def _forget_guard() -> None:
    global _guard  # noqa: PLW0603 - a fork may copy it locked by a thread that the child does not have
    _guard = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_guard)


def current(root: Path) -> Lease:
    """Return this process's lease on a store; raise `OSError` where the store cannot be written."""
    with _guard:
        lease = _leases.get(root)
        own = lease is not None and lease.pid == os.getpid()
        if lease is not None and own and lease.path.exists():
            lease.touch()
            return lease
        if lease is not None and own:
            lease.end()
        _retire()
        # After a fork the parent's file stays open here, and so stays locked for what the child took over.
        _leases[root] = Lease(root, lease.held() if lease else None)
        if sum(1 for _ in (root / "leases").iterdir()) > _SWEEP:
            living(root)
        return _leases[root]


def _retire() -> None:
    """End leases that hold nothing, so that a process may use any number of stores."""
    idle = [root for root, lease in _leases.items() if lease.pid == os.getpid() and not lease.held()]
    for root in idle if len(_leases) > _KEPT else ():
        _leases.pop(root).end()


@atexit.register
def _end_all() -> None:
    for lease in _leases.values():
        if lease.pid == os.getpid():
            lease.end()


class Pin:
    """Keeps an entry from being pruned until it is released or collected."""

    def __init__(self, root: Path, key: str) -> None:
        self._root, self.key = root, key
        pinned = False
        with _guard, suppress(OSError):  # who cannot write to a store cannot tell others either
            current(root).pin(key)
            pinned = True
        self._release = weakref.finalize(self, _release if pinned else _nothing, root, key)
        self._release.atexit = False

    def release(self) -> None:
        """Let go of the entry; twice does no harm."""
        self._release()

    def __reduce__(self) -> tuple[type[Pin], tuple[Path, str]]:
        """A copy, in whatever process, keeps the entry as well."""
        return Pin, (self._root, self.key)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _release(root: Path, key: str) -> None:
    with _guard:
        if lease := _leases.get(root):
            lease.release(key)


def _nothing(root: Path, key: str) -> None: ...


def living(root: Path) -> dict[str, set[str]]:
    """Return the living leases and what each pins; files of dead ones are removed."""
    found = {}
    try:
        paths = list((root / "leases").iterdir())
    except FileNotFoundError:
        return {}
    for path in paths:
        lines = _read(path)
        if lines is None:
            continue
        if path.name in _own or _is_live(path, lines[0] if lines else ""):
            found[path.name] = _pins(lines[1:])
        else:
            remove_file(path)
    return found


def pinned(root: Path) -> set[str]:
    """Return the keys that living processes read."""
    return set().union(*living(root).values())


def _pins(lines: list[str]) -> set[str]:
    keys: set[str] = set()
    for line in lines:
        (keys.add if line[:1] == "+" else keys.discard)(line[1:])
    return keys


def _read(path: Path) -> list[str] | None:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    except OSError:
        return []


def _is_live(path: Path, header: str) -> bool:
    try:
        age = time.time() - path.stat().st_mtime
        locked = _is_locked(path)
    except FileNotFoundError:
        return False
    if locked:
        return True
    return age < _grace(header, known=locked is not None)


def _grace(header: str, *, known: bool) -> float:
    """Return how long a lease that nobody seems to hold counts as held."""
    try:
        holder = json.loads(header)
        host, boot = holder["host"], holder["boot"]
    except (ValueError, KeyError, TypeError):
        return HEADER_GRACE  # just made: the lock and the header come next
    if known and boot and boot == boot_id():
        return 0.0  # the same kernel: its word on the lock is final
    if known and host == platform.node():
        return REBOOT_GRACE
    return UNLOCKED_GRACE


def _is_locked(path: Path) -> bool | None:
    try:
        descriptor = os.open(path, os.O_RDWR)
    except PermissionError:
        return None
    try:
        got = _lock(descriptor, shared=True)
        return None if got is None else not got
    finally:
        os.close(descriptor)
