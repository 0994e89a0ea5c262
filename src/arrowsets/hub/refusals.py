"""What a hub's refusal means: huggingface_hub's exceptions as ours, each with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from arrowsets.errors import (
    ArrowsetsError,
    BadToken,
    DataFilesNotFound,
    GatedRepository,
    HubError,
    RemoteError,
    RepositoryNotFound,
    RevisionNotFound,
)

__all__ = ["Unreachable", "refusal", "retry_after", "status_of", "told"]

_BATCH = "LFS batch API returned errors:"
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


class Unreachable(RemoteError):
    """A hub that gave no answer, or only that it cannot now: what was cached may serve."""


@contextmanager
def told(what: str, endpoint: str, *, with_token: bool, revision: str | None = None) -> Iterator[None]:
    """Turn what huggingface_hub raises in the block into errors of ours, which name the dataset and the hub."""
    try:
        yield
    except ArrowsetsError:
        raise
    except Exception as error:
        blamed = _blamed(error)
        ours = refusal(blamed, what, endpoint, with_token=with_token, revision=revision)
        if ours is None:
            raise
        raise ours from blamed


def _blamed(error: Exception) -> Exception:
    """Return the exception that says what the hub answered: uploads are reported by another one around it."""
    inner: BaseException | None = error
    while isinstance(inner, Exception):
        if status_of(inner) is not None or _is_lost(inner):
            return inner
        inner = inner.__cause__
    return error


def refusal(
    error: Exception, what: str, endpoint: str, *, with_token: bool, revision: str | None = None
) -> ArrowsetsError | None:
    """Return the error that a request for a dataset ended with; None if the request is not to blame."""
    status = status_of(error)
    if status is None:
        if isinstance(error, ValueError) and str(error).startswith(_BATCH):
            # What is wrong with single files comes in an answer that is none of an error.
            said = str(error).removeprefix(_BATCH)
            return HubError(f"{endpoint} does not take a file for {what!r}{_quoted(said)}")
        lost = f"{endpoint} did not answer when asked for {what!r}: {type(error).__name__}: {error}"
        return Unreachable(lost) if _is_lost(error) else None
    code, said = _header(error, "X-Error-Code"), _header(error, "X-Error-Message")
    if status in _TRANSIENT:
        return Unreachable(f"{endpoint} answered {status} when asked for {what!r}{_quoted(said)}")
    if status == 401 and ("credential" in said.lower() or "token" in said.lower() or "expired" in said.lower()):
        return BadToken(
            f"{endpoint} does not know the token that it was sent{_quoted(said)}; log in again with `hf auth login`, "
            "correct HF_TOKEN, or give token=False to send none"
        )
    if code == "GatedRepo":
        how = "with that token's account" if with_token else "and log in with `hf auth login`, or give token="
        return GatedRepository(f"{what!r} is gated: ask for access on {endpoint}/datasets/{what} {how}{_quoted(said)}")
    if code == "RevisionNotFound":
        return RevisionNotFound(f"{what!r} on {endpoint} has no revision {revision!r}")
    if code == "EntryNotFound":
        return DataFilesNotFound(f"{what!r} on {endpoint} lacks a file{_quoted(said)}")
    if code == "RepoNotFound" or status in (401, 404):
        how = "the token may not see it" if with_token else "give token=, or log in with `hf auth login`, if it is"
        return RepositoryNotFound(f"{endpoint} has no dataset {what!r}, or it is private: {how}")
    if status == 403:
        return HubError(f"{endpoint} does not allow this on {what!r}{_quoted(said or str(error))}")
    return HubError(f"{endpoint} refused a request about {what!r} with {status}{_quoted(said or str(error))}")


def status_of(error: Exception) -> int | None:
    """Return the status code of the answer that an exception is about."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def retry_after(error: BaseException | None) -> float | None:
    """Return how long the server asked to wait."""
    text = _header(error, "Retry-After")
    return float(text) if text.isdigit() else None


def _header(error: BaseException | None, name: str) -> str:
    headers: Any = getattr(getattr(error, "response", None), "headers", None) or {}
    return str(headers.get(name) or "")


def _quoted(said: str) -> str:
    text = " ".join(said.split())
    return f" ({text[:300]})" if text else ""


def _is_lost(error: Exception) -> bool:
    # A refused connection in one thread makes huggingface_hub close the connections of all threads.
    if isinstance(error, RuntimeError) and "client has been closed" in str(error):
        return True
    # httpx, its successor or requests, whichever huggingface_hub is built on.
    kinds = {kind.__name__ for kind in type(error).__mro__}
    return isinstance(error, (ConnectionError, TimeoutError)) or bool(
        kinds & {"TransportError", "RequestException", "OfflineModeIsEnabled"}
    )
