"""JSON that comes from outside: objects, with values of the type that is wanted."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from arrowsets.server.hub.errors import bad_request

__all__ = ["parse_object", "text", "typed"]

T = TypeVar("T")


def parse_object(body: bytes) -> dict[str, Any]:
    """Return a JSON object; an empty body is an empty one."""
    if not body.strip():
        return {}
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise bad_request(f"this is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise bad_request("a JSON object is expected")
    return data


def typed(data: dict[str, Any], name: str, kind: type[T]) -> T:
    """Return a value that must be there and of a type."""
    value = data.get(name)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise bad_request(f"`{name}` is {value!r:.80} and not of type {kind.__name__}")
    return value


def text(data: dict[str, Any], name: str, default: str = "", longest: int = 10_000) -> str:
    """Return a text that may be absent; without surrogates, which no file and no database holds."""
    value = data.get(name)
    if value is None:
        return default
    if not isinstance(value, str) or len(value) > longest:
        raise bad_request(f"`{name}` is a text of at most {longest} characters")
    return value.encode("utf-8", "replace").decode()
