"""Requests that are refused, by whichever server."""

from __future__ import annotations

from collections.abc import Mapping

from arrowsets.errors import ArrowsetsError

__all__ = ["HttpError"]


class HttpError(ArrowsetsError):
    """A request that cannot be served.

    Attributes:
        code: What the header `X-Error-Code` says; empty: no such header.
        extra: More fields of the answer.
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str = "",
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code
        self.headers, self.extra = dict(headers or {}), dict(extra or {})
