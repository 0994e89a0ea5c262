"""Messages between a pool and its workers: length-prefixed pickles of small tuples over a stream socket.

The worker's end (`Channel`) may block; the pool's end (`Link`) never does, so that two full pipes cannot wait
for each other. User objects travel as bytes inside a message and are pickled elsewhere.
"""

from __future__ import annotations

import pickle
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any

__all__ = ["Channel", "Link", "Message"]

Message = tuple[Any, ...]  # (kind, what the kind needs …)

_HEADER = struct.Struct("!Q")
_READ_AT_ONCE = 16 << 20


def _encode(message: Message) -> tuple[bytes, bytes]:
    body = pickle.dumps(message, protocol=5)
    return _HEADER.pack(len(body)), body


class Channel:
    """The worker's end: blocking, and safe to send on from several threads."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(True)
        self._socket = connection
        self._sending = threading.Lock()

    def send(self, *message: Any) -> None:
        """Send one message, or raise OSError where the pool is gone."""
        header, body = _encode(message)
        with self._sending:
            self._socket.sendall(header)
            self._socket.sendall(body)

    def receive(self) -> Message | None:
        """Wait for one message; None once the pool has closed its end."""
        header = self._read(_HEADER.size)
        if header is None:
            return None
        body = self._read(_HEADER.unpack(header)[0])
        if body is None:
            return None
        message: Message = pickle.loads(body)  # noqa: S301 - from the process that started this one
        return message

    def _read(self, size: int) -> bytearray | None:
        data = bytearray(size)
        view = memoryview(data)
        while view:
            try:
                received = self._socket.recv_into(view)
            except ConnectionError:
                return None
            if not received:
                return None
            view = view[received:]
        return data

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()


class Link:
    """The pool's end: sends and receives what is possible now."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.socket = connection
        self._outgoing: deque[memoryview] = deque()
        self._incoming = bytearray(_HEADER.size)
        self._filled = 0
        self._in_body = False

    def put(self, *message: Any) -> None:
        """Queue a message; `flush` sends it."""
        self._outgoing.extend(memoryview(part) for part in _encode(message))

    def flush(self) -> bool:
        """Send what the socket takes and tell whether everything is sent; a dead peer takes everything."""
        try:
            while self._outgoing:
                part = self._outgoing[0]
                sent = self.socket.send(part)
                if sent < len(part):
                    self._outgoing[0] = part[sent:]
                else:
                    self._outgoing.popleft()
        except BlockingIOError:
            return False
        except OSError:
            # The reading side reports the end, after what the peer still had to say.
            self._outgoing.clear()
        return True

    def take(self) -> Iterator[Message]:
        """Yield the messages that have arrived; raise EOFError at the end of the stream."""
        budget = _READ_AT_ONCE
        while budget > 0:
            if self._filled < len(self._incoming):
                try:
                    received = self.socket.recv_into(memoryview(self._incoming)[self._filled :])
                except BlockingIOError:
                    return
                except OSError as error:
                    raise EOFError from error
                if not received:
                    raise EOFError
                self._filled += received
                budget -= received
            if self._filled == len(self._incoming):
                yield from self._complete()

    def readable(self) -> bool:
        """Tell whether `take` would find something, be it the end."""
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            pass
        return True

    def _complete(self) -> Iterator[Message]:
        data, self._filled = self._incoming, 0
        if self._in_body:
            self._incoming, self._in_body = bytearray(_HEADER.size), False
            yield pickle.loads(data)  # noqa: S301 - from a process that this one started
        else:
            self._incoming, self._in_body = bytearray(_HEADER.unpack(data)[0]), True

    def close(self) -> None:
        """Close the socket; the worker sees the end of the stream."""
        self.socket.close()
