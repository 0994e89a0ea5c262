"""Bytes of URLs: HTTP through requests, everything else through fsspec."""

from __future__ import annotations

import contextlib
import functools
import io
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NoReturn, cast

from arrowsets.config import settings
from arrowsets.errors import BadData, DataFilesNotFound, OfflineError, RemoteError
from arrowsets.record import dataclass

if TYPE_CHECKING:
    from requests import PreparedRequest, Response, Session

__all__ = ["CHUNK", "FsspecStream", "HttpStream", "Retry", "Stat", "filesystem", "http_stat", "open_url"]

CHUNK: Final = 1 << 20
_TRANSIENT: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT: Final = 60.0


@dataclass(frozen=True)
class Retry:
    """How often a request is repeated, and the seconds between: `delay` doubles each time, with jitter."""

    attempts: int | None = None  # None: as the settings say
    delay: float = 0.5
    sleep: Callable[[float], None] = time.sleep

    @property
    def tries(self) -> int:
        """How often a request is made at most."""
        return settings().read_attempts if self.attempts is None else self.attempts

    def wait(self, attempt: int, response: Response | None = None) -> None:
        """Wait before attempt number `attempt` + 1, as long as the server asked for if it did."""
        import random

        seconds = self.delay * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
        asked = response.headers.get("Retry-After", "") if response is not None else ""
        self.sleep(min(_LONGEST_WAIT, max(seconds, float(asked)) if asked.isdigit() else seconds))


retry = Retry()


@dataclass(frozen=True)
class Stat:
    """What a server says of a file without sending it."""

    size: int | None
    etag: str


def _session(options: Mapping[str, Any]) -> Session:
    import requests

    session = requests.Session()
    # Compressed transfer would make sizes, ranges and the file's own compression ambiguous.
    session.headers.update({"Accept-Encoding": "identity", "User-Agent": "arrowsets"})
    client = options.get("client_kwargs") or {}
    session.headers.update({**client.get("headers", {}), **options.get("headers", {})})
    if isinstance(auth := options.get("auth") or client.get("auth"), (tuple, list)):
        session.auth = (str(auth[0]), str(auth[1]))
    if session.auth or "Authorization" in session.headers or not options.get("netrc", True):
        session.auth = session.auth or _as_it_is
        session.rebuild_auth = functools.partial(_keep_to_host, session)  # type: ignore[method-assign]
    return session


def _as_it_is(request: PreparedRequest) -> PreparedRequest:
    # Without any `auth`, requests puts what ~/.netrc has for a host in the place of the header that was given.
    return request


def _keep_to_host(session: Session, request: PreparedRequest, response: Response) -> None:
    """Take credentials off a request that leads to another host, and put none in their place."""
    if session.should_strip_auth(response.request.url, request.url):  # type: ignore[no-untyped-call]
        request.headers.pop("Authorization", None)


def _demand_network(url: str) -> None:
    if settings().offline:
        raise OfflineError(f"{url!r} is needed, and offline mode is on (ARROWSETS_OFFLINE or HF_HUB_OFFLINE)")


def _request(session: Session, method: str, url: str, headers: Mapping[str, str], timeout: float) -> Response:
    import requests

    _demand_network(url)
    for attempt in range(retry.tries):
        last = attempt == retry.tries - 1
        response = None
        try:
            response = session.request(
                method, url, headers=dict(headers), stream=True, timeout=timeout, allow_redirects=True
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            if last:
                raise RemoteError(f"no answer from {url!r} in {retry.tries} attempts: {error}") from error
        except requests.RequestException as error:
            # Redirects in a circle, or to what is no web address.
            raise RemoteError(f"{url!r} leads nowhere: {error}") from error
        if response is not None:
            if response.status_code not in _TRANSIENT or last:
                return response
            response.close()
        retry.wait(attempt, response)
    raise RemoteError(f"no attempt was allowed for {url!r}")


def _fail(response: Response, url: str) -> NoReturn:
    status, reason = response.status_code, response.reason
    response.close()
    if status in (404, 410):
        raise DataFilesNotFound(f"{url!r} does not exist: the server answered {status} {reason}")
    hint = "; credentials go into storage_options={'headers': {'Authorization': ...}}" if status in (401, 403) else ""
    raise RemoteError(f"{url!r}: the server answered {status} {reason}{hint}")


def _etag(response: Response) -> str:
    headers = response.headers
    if tag := headers.get("ETag"):
        return tag
    changed, size = headers.get("Last-Modified", ""), headers.get("Content-Length", "")
    return f"{changed}/{size}" if changed else ""


def http_stat(url: str, options: Mapping[str, Any]) -> Stat:
    """Ask a server for size and ETag.

    Raises:
        DataFilesNotFound: when the file does not exist.
        RemoteError: for any other refusal.
    """
    with _session(options) as session:
        timeout = float(options.get("timeout", 30))
        response = _request(session, "HEAD", url, {}, timeout)
        if response.status_code in (400, 403, 405, 501):  # signed URLs and small servers know GET only
            response.close()
            response = _request(session, "GET", url, {}, timeout)
        if not response.ok:
            _fail(response, url)
        size = response.headers.get("Content-Length")
        response.close()
        return Stat(int(size) if size and size.isdigit() else None, _etag(response))


class HttpStream(io.RawIOBase):
    """A file on a server: read as one download that goes on where the connection broke.

    Seeking drops the connection; the next read asks for the rest from there.

    Args:
        options: Those of fsspec for HTTP that concern authorisation, and `netrc`: False takes none from there.
        refused: Raises what a refusal means, given the answer and the URL.
    """

    def __init__(
        self,
        url: str,
        options: Mapping[str, Any],
        *,
        size: int | None = None,
        etag: str = "",
        refused: Callable[[Response, str], NoReturn] | None = None,
    ) -> None:
        self._url, self._options, self._refused = url, options, refused or _fail
        self._session = _session(options)
        self._timeout = float(options.get("timeout", 30))
        self._response: Response | None = None
        self._at = 0
        self.size, self.etag = size, etag
        _demand_network(url)

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move; nothing is requested before the next read."""
        if whence == io.SEEK_END and self.size is None:
            self._connect()
            if self.size is None:
                raise io.UnsupportedOperation(f"the size of {self._url!r} is not known")
        target = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size or 0}[whence])
        if target != self._at:
            self._disconnect()
            self._at = target
        return target

    def readinto(self, buffer: object) -> int:
        """Read into `buffer`; 0 at the end."""
        view = memoryview(cast(bytearray, buffer)).cast("B")
        data = self._read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the connection."""
        if not self.closed:
            super().close()
            self._disconnect()
            self._session.close()

    def _read(self, count: int) -> bytes:
        for attempt in range(retry.tries):
            if count == 0 or (self.size is not None and self._at >= self.size):
                return b""
            data = self._receive(count)
            # Of unknown size, the server's regular end of the answer is the end.
            if data or (data is not None and self.size is None):
                self._at += len(data)
                return data
            self._disconnect()
            if attempt < retry.tries - 1:
                retry.wait(attempt)
        raise BadData(f"the download broke off at byte {self._at} of {self.size or 'unknown'}", file=self._url)

    def _receive(self, count: int) -> bytes | None:
        """Return the next bytes, empty at the end of the answer; None when the connection broke."""
        from urllib3.exceptions import HTTPError

        response = self._connect()
        try:
            return cast(bytes, response.raw.read(count, decode_content=False))
        except (HTTPError, OSError):
            return None

    def _connect(self) -> Response:
        if self._response is None:
            headers = {"Range": f"bytes={self._at}-"} if self._at else {}
            if self._at and self.etag.startswith('"'):
                headers["If-Range"] = self.etag
            response = _request(self._session, "GET", self._url, headers, self._timeout)
            if not response.ok:
                self._refused(response, self._url)
            self._accept(response)
            self._response = response
        return self._response

    def _accept(self, response: Response) -> None:
        tag = _etag(response) if response.headers.get("ETag") else ""
        if self.etag.startswith(('"', "W/")) and tag and tag != self.etag:
            response.close()
            raise BadData(f"it changed on the server while it was read ({self.etag} -> {tag})", file=self._url)
        length = response.headers.get("Content-Length", "")
        if response.status_code == 200:
            if length.isdigit() and self.size is None:
                self.size = int(length)
            self.etag = self.etag or tag
            self._discard(response, self._at)

    def _discard(self, response: Response, count: int) -> None:
        # The server knows no ranges: what was read before comes again.
        while count > 0 and (data := response.raw.read(min(count, CHUNK), decode_content=False)):
            count -= len(data)

    def _disconnect(self) -> None:
        if self._response is not None:
            self._response.close()
            self._response = None


def filesystem(url: str, options: Mapping[str, Any]) -> tuple[Any, str]:
    """Return the fsspec file system of a URL, and the path in it."""
    from fsspec.core import url_to_fs

    fs, path = url_to_fs(url, **options)
    if not getattr(fs, "local_file", False) and "memory" not in _protocols(fs):
        _demand_network(url)
    return fs, cast(str, path)


def _protocols(fs: Any) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)


class FsspecStream(io.RawIOBase):
    """A file of an fsspec file system that is opened anew, at the byte it had come to, where reading it fails.

    Many file systems repeat requests themselves; this is for what they let through, and for those that do not.
    """

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        self._url = url
        self._fs, self._path = filesystem(url, options)
        self._file: Any = None
        self._at = 0
        self._attempted(self._opened)

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Tell whether one can go to a byte."""
        return bool(self._attempted(lambda: self._opened().seekable()))

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move."""
        self._at = int(self._attempted(lambda: self._opened().seek(offset, whence)))
        return self._at

    def readinto(self, buffer: object) -> int:
        """Read into `buffer`; 0 at the end."""
        view = memoryview(cast(bytearray, buffer)).cast("B")
        data = self._attempted(lambda: self._opened().read(len(view)))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            super().close()
            self._drop()

    def _attempted(self, act: Callable[[], Any]) -> Any:
        for attempt in range(retry.tries):
            try:
                return act()
            except FileNotFoundError as error:
                raise DataFilesNotFound(f"{self._url!r} does not exist") from error
            except (PermissionError, io.UnsupportedOperation):
                raise
            except OSError as error:
                self._drop()
                if attempt == retry.tries - 1:
                    raise RemoteError(f"{self._url!r} failed in {retry.tries} attempts: {error}") from error
            retry.wait(attempt)
        raise RemoteError(f"no attempt was allowed for {self._url!r}")

    def _opened(self) -> Any:
        if self._file is None:
            file = self._fs.open(self._path, "rb")
            if self._at:
                file.seek(self._at)
            self._file = file
        return self._file

    def _drop(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):
                file.close()


def open_url(url: str, options: Mapping[str, Any]) -> BinaryIO:
    """Open any URL that fsspec knows."""
    # The file has a buffer of its own; a large one here would fetch what nobody asks for after each seek.
    return cast(BinaryIO, io.BufferedReader(FsspecStream(url, options)))


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Read a stream to its end, a chunk at a time."""
    while data := stream.read(CHUNK):
        yield data
