"""Connections that do not wait for ever: uvicorn's, with limits on the time that headers and unread answers may take.

uvicorn closes idle connections between requests only. A client that sends half a header, or takes no bytes of its answer,
would hold a connection (and an open file) for as long as it likes.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["protocol"]


def protocol(header_seconds: float, idle_seconds: float) -> type[asyncio.Protocol]:
    """Return the class of a connection with these limits."""

    class Patient(_Patient):
        headers_within, read_within = header_seconds, idle_seconds

    return Patient


class _Patient(H11Protocol):
    headers_within: float
    read_within: float
    _headers_due: asyncio.TimerHandle | None = None
    _read_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        if self._idle():
            self._await_headers()
        super().data_received(data)
        if not self._idle() and self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._headers_due, self._read_due):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._read_due = self.loop.call_later(self.read_within, self.transport.abort)

    def resume_writing(self) -> None:
        if self._read_due is not None:
            self._read_due.cancel()
            self._read_due = None
        super().resume_writing()

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _await_headers(self) -> None:
        if self._headers_due is None:
            self._headers_due = self.loop.call_later(self.headers_within, self._expire)

    def _expire(self) -> None:
        self._headers_due = None
        if self._idle():
            self.transport.abort()
