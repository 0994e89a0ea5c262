"""A web server with faults, for streams over a network."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest

from arrowsets.files import remote


@dataclass
class Server:
    """What is served, how it fails next, and what was asked."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    etags: bool = True
    ranges: bool = True
    faults: list[int | str] = field(default_factory=list)  # a status, or "drop" after half the bytes; for GETs only
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    serving: Server

    def log_message(self, *args: object) -> None: ...

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        server = self.serving
        server.asked.append((self.command, self.path, self.headers.get("Range")))
        server.headers.append(dict(self.headers))
        fault = server.faults.pop(0) if body and server.faults else None
        content = server.files.get(unquote(self.path.partition("?")[0]))
        if isinstance(fault, int) or content is None:
            self.send_response(fault if isinstance(fault, int) else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = 0
        asked = self.headers.get("Range")
        if asked and server.ranges:
            start = int(asked.removeprefix("bytes=").partition("-")[0])
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        if server.etags:
            self.send_header("ETag", f'"{hash(content)}"')
        self.end_headers()
        if body:
            self._send(content[start:], drop=fault == "drop")

    def _send(self, content: bytes, *, drop: bool) -> None:
        self.wfile.write(content[: len(content) // 2] if drop else content)
        if drop:
            self.close_connection = True


class QuietServer(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that hang up: the tests make them do so."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A web server on the loopback interface; requests are repeated without waiting."""
    monkeypatch.setattr(remote, "retry", remote.Retry(attempts=4, sleep=lambda _: None))
    serving = Server()
    httpd = QuietServer(("127.0.0.1", 0), type("Bound", (Handler,), {"serving": serving}))
    serving.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
    thread.start()
    yield serving
    httpd.shutdown()
    thread.join()
    httpd.server_close()
