"""One worker process as its pool sees it: started, spoken to, and accounted for when it ends.

Workers are started, not forked from a server: an interpreter with pyarrow and numpy takes 0.15 s once per
session, all of them at the same time, while a server must stay free of threads, which numpy starts when
it is imported.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections import OrderedDict
from typing import Any

from arrowsets.engine.pool_wire import Link
from arrowsets.engine.worker_process import TOKEN_BYTES
from arrowsets.engine.worker_world import World
from arrowsets.record import dataclass

__all__ = ["Death", "WorkerProcess"]

_CODE = """
import sys
sys.path[:] = sys.argv[3:]
from arrowsets.engine.worker_process import main
main(sys.argv[1], int(sys.argv[2]))
"""
_KEPT_FUNCTIONS = 8


@dataclass(frozen=True)
class Death:
    """How a process ended."""

    pid: int
    returncode: int | None
    peak_bytes: int | None = None

    def __str__(self) -> str:
        memory = f", peak memory {self.peak_bytes / (1 << 20):,.0f} MiB" if self.peak_bytes else ""
        return f"worker process {self.pid} {self._manner()}{memory}"

    def _manner(self) -> str:
        if self.returncode is None:
            return "is gone"
        if self.returncode >= 0:
            return f"ended with exit code {self.returncode}"
        try:
            name = signal.Signals(-self.returncode).name
        except ValueError:
            name = f"signal {-self.returncode}"
        return f"was killed by {name}"

    @property
    def hint(self) -> str:
        """What usually lies behind an end like this."""
        if self.returncode == -getattr(signal, "SIGKILL", 9):
            return "If nobody killed it, memory ran out: use fewer processes or smaller batches."
        if self.returncode is not None and self.returncode < 0:
            return "A library crashed; the lines above this error on stderr show where."
        return "The function, or a library it calls, ended the process."


@functools.cache
def _hash_seed() -> str:
    # One seed for all workers of this process: they must agree on hash(str) and on the order of sets.
    return str(secrets.randbelow(1 << 32))


class WorkerProcess:
    """A worker process and the messages to and from it. Used by the thread of its pool only.

    Attributes:
        link: The messages; None until the worker has connected.
        listener: Where it will connect, on systems that hand over no sockets.
    """

    def __init__(self, rank: int, *, inherit: bool = os.name == "posix") -> None:
        self.rank = rank
        self.world = World.current()
        self.link: Link | None = None
        self.listener: socket.socket | None = None
        self._waiting: list[tuple[Any, ...]] = []
        self._functions: OrderedDict[str, None] = OrderedDict()
        self._death: Death | None = None
        self._token = secrets.token_bytes(TOKEN_BYTES)
        if inherit:
            ours, theirs = socket.socketpair()
            with theirs:
                self._process = self._start(f"fd:{theirs.fileno()}", theirs.fileno())
            self.link = Link(ours)
        else:
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.listener.setblocking(False)
            self._process = self._start(f"tcp:{self.listener.getsockname()[1]}")
        assert self._process.stdin is not None
        self._lifeline = self._process.stdin
        with contextlib.suppress(OSError):  # it has ended already, which is seen elsewhere
            self._lifeline.write(self._token)

    def _start(self, address: str, *inherited: int) -> subprocess.Popen[bytes]:
        flags: list[str] = getattr(subprocess, "_args_from_interpreter_flags", list)()
        from multiprocessing.spawn import get_executable

        executable = os.fsdecode(get_executable() or sys.executable)
        posix = os.name == "posix"
        return subprocess.Popen(
            [executable, *flags, "-c", _CODE, address, str(self.rank), *self.world.path],
            stdin=subprocess.PIPE,
            bufsize=0,
            pass_fds=inherited,
            env={"PYTHONHASHSEED": _hash_seed(), **self.world.environment},
            # Elsewhere the mask of the pool's thread keeps Ctrl-C away while the interpreter starts.
            creationflags=0 if posix else getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def accept(self) -> bool:
        """Take the connection that waits at the listener, if it is the worker's."""
        assert self.listener is not None
        try:
            connection, _ = self.listener.accept()
        except OSError:
            return False
        try:
            connection.settimeout(1)
            token = connection.recv(TOKEN_BYTES, socket.MSG_WAITALL)
        except OSError:
            token = b""
        if not secrets.compare_digest(token, self._token):
            connection.close()
            return False
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.listener.close()
        self.link = Link(connection)
        for message in self._waiting:
            self.link.put(*message)
        self._waiting.clear()
        return True

    def put(self, *message: Any) -> None:
        """Queue a message to the worker."""
        if self.link is None:
            self._waiting.append(message)
        else:
            self.link.put(*message)

    def put_task(self, digest: str, payload: bytes, arguments: bytes, world: World, *, check: bool) -> None:
        """Queue a task, with its function and the state of the world where the worker has them not yet."""
        known = digest in self._functions
        self._functions[digest] = None
        self._functions.move_to_end(digest)
        surplus = len(self._functions) - _KEPT_FUNCTIONS
        forgotten = [self._functions.popitem(last=False)[0] for _ in range(surplus)]
        news = None if world == self.world else world
        self.world = world
        self.put("task", digest, None if known else payload, forgotten, arguments, news, check or not known)

    def say_goodbye(self) -> None:
        """Close the connection: an idle worker ends by itself."""
        if self.link is not None:
            self.link.close()
        if self.listener is not None:
            self.listener.close()

    def kill(self) -> None:
        """End the process now."""
        if self.death() is None:
            with contextlib.suppress(OSError):
                self._process.kill()

    def death(self) -> Death | None:
        """Tell how the process ended; None while it runs."""
        if self._death is None:
            self._death = _wait4(self._process) if hasattr(os, "wait4") else _poll(self._process)
            if self._death is not None:
                self._lifeline.close()
        return self._death

    def abandon(self) -> None:
        """Close what a forked copy of the pool's process holds, so that it does not keep the worker alive."""
        self.say_goodbye()
        self._lifeline.close()
        self._process.returncode = 0


def _wait4(process: subprocess.Popen[bytes]) -> Death | None:
    try:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
    except ChildProcessError:
        # Someone else collected it (SIGCHLD is ignored?): its end is known, not its manner.
        process.returncode = 0
        return Death(process.pid, None)
    if not pid:
        return None
    process.returncode = os.waitstatus_to_exitcode(status)
    return Death(pid, process.returncode, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def _poll(process: subprocess.Popen[bytes]) -> Death | None:
    code = process.poll()
    return None if code is None else Death(process.pid, code)
