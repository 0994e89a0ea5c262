"""A worker process: takes one task at a time from its pool.

A worker is a fresh interpreter that never imports the program's `__main__`. It lives as long as its standard
input stays open, which ends with the process that started it, however that one ends. It ignores Ctrl-C, which
reaches every process of a terminal: the pool decides. Nothing about threads is set, neither for BLAS nor for
tokenizers: fresh processes need no protection from forks, and a `worker_init` function can limit them.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from arrowsets.engine import worker
from arrowsets.engine.pool_outcome import attempt, failure
from arrowsets.engine.pool_pickle import loads
from arrowsets.engine.pool_wire import Channel, Message
from arrowsets.engine.worker_world import AskingFinder, LoadedModules, ModulePlace, World
from arrowsets.progress import disable_progress_bars

__all__ = ["TOKEN_BYTES", "main"]

_REPORT_SECONDS = 0.1
TOKEN_BYTES = 32


class _Worker:
    """The loop of a worker process."""

    def __init__(self, channel: Channel, number: int) -> None:
        self.rank = number
        self._channel = channel
        self._process = os.getpid()
        self._functions: dict[str, Callable[..., object]] = {}
        self._payloads: dict[str, bytes] = {}
        self._modules = LoadedModules()
        self._asking = threading.Lock()
        self._unreported = 0
        self._reported_at = 0.0
        self._reporting = threading.Lock()

    def serve(self) -> None:
        """Answer messages until the pool closes its end."""
        sys.meta_path.append(AskingFinder(self._place_of))
        started = time.time()
        while (message := self._channel.receive()) is not None:
            if message[0] == "start":
                self._start(*message[1:])
            else:
                started = time.time()
                self._task(*message[1:])
            self._modules.remember(since=started)

    def _start(self, world: World, init: bytes | None) -> None:
        try:
            world.adopt()
            if init is not None:
                loads(init)()
        except BaseException as error:  # noqa: BLE001 - it is raised where the pool is used
            self._channel.send("unusable", failure(error))
        else:
            self._channel.send("ready")

    def _task(self, digest: str, payload: bytes | None, forgotten: list[str], *rest: Any) -> None:
        arguments, world, check = rest
        if check and self._modules.changed():
            self._channel.send("stale")
            return
        for old in forgotten:
            self._functions.pop(old, None)
            self._payloads.pop(old, None)
        if payload is not None:
            self._payloads[digest] = payload
        outcome = self._run(digest, arguments, world)
        if os.getpid() != self._process:
            os._exit(0)  # a fork that the task made and that came back out of it
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        self._send_report()
        self._channel.send("done", outcome)

    def _run(self, digest: str, arguments: bytes, world: World | None) -> bytes:
        try:
            if world is not None:
                world.adopt()
            # The bytes are kept until they could be loaded: a missing module may be there the next time.
            if digest in self._payloads:
                self._functions[digest] = loads(self._payloads[digest])
                del self._payloads[digest]
        except BaseException as error:  # noqa: BLE001 - what a function needs may fail to be imported
            return failure(error)
        return attempt(self._functions[digest], arguments)

    def _place_of(self, name: str) -> ModulePlace | None:
        if os.getpid() != self._process:
            return None
        with self._asking:
            self._channel.send("where", name)
            answer: Message | None = self._channel.receive()
        return answer[1] if answer is not None else None

    def report(self, done: int) -> None:
        """Add up what is reported, and send it a few times a second."""
        with self._reporting:
            self._unreported += done
            if time.monotonic() - self._reported_at < _REPORT_SECONDS:
                return
        self._send_report()

    def _send_report(self) -> None:
        with self._reporting:
            done, self._unreported, self._reported_at = self._unreported, 0, time.monotonic()
        if done:
            self._channel.send("progress", done)


def main(address: str, number: int) -> None:
    """Run a worker: connect to the pool at `address` and serve it."""
    lifeline = os.dup(0)
    token = _read_token(lifeline)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - it lives as long as the process
    signal.signal(signal.SIGINT, _ignore)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    channel = Channel(_connect(address, token))
    threading.Thread(target=_end_with, args=(lifeline,), name="arrowsets-lifeline", daemon=True).start()
    if hasattr(os, "register_at_fork"):
        # A child of a task must not keep the pool from seeing that this worker has ended.
        os.register_at_fork(after_in_child=channel.close)
    with contextlib.suppress(Exception):
        faulthandler.enable()
    disable_progress_bars()
    serving = _Worker(channel, number)
    worker.serve_as(serving)
    with contextlib.suppress(OSError):  # the pool went away while it was being answered
        serving.serve()


def _ignore(*_: Any) -> None:
    """Ignore a signal; unlike SIG_IGN this is not inherited by programs that a task starts."""


def _read_token(source: int) -> bytes:
    token = b""
    while len(token) < TOKEN_BYTES:
        part = os.read(source, TOKEN_BYTES - len(token))
        if not part:
            os._exit(1)
        token += part
    return token


def _connect(address: str, token: bytes) -> socket.socket:
    kind, _, place = address.partition(":")
    if kind == "fd":
        return socket.socket(fileno=int(place))
    connection = socket.create_connection(("127.0.0.1", int(place)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(token)
    return connection


def _end_with(lifeline: int) -> None:
    """End this process, in the middle of whatever it does, when the one that started it has ended."""
    with contextlib.suppress(OSError):
        while os.read(lifeline, 1):
            pass
    os._exit(1)
