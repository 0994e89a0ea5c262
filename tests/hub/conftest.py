"""A hub on a loopback port, what can go wrong on the way to it, and the reference in a process of its own."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from arrowsets import config
from arrowsets.files import remote
from arrowsets.server.hub import Hub
from arrowsets.server.hub.serve import running

NAMES = (f"user{number}" for number in itertools.count())
# Read when huggingface_hub is imported, which is after this.
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Pass over what huggingface_hub does to the library below it."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"))


@dataclass
class Server:
    """A hub that runs in this process."""

    directory: Path
    url: str

    def token(self, user: str, role: str = "write") -> str:
        with Hub(self.directory) as hub:
            return hub.accounts.create(user, role)


@dataclass
class Rule:
    """What happens to some requests, so many times."""

    method: str
    path: re.Pattern[str]
    action: str
    times: int
    given: Any = None


@dataclass
class Proxy:
    """A hub's front that counts requests and does harm when it is told to."""

    target: str
    url: str = ""
    prefix: str = ""
    requests: list[str] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    before: list[tuple[re.Pattern[str], Callable[[], object]]] = field(default_factory=list)

    def harm(self, path: str, action: str, times: int = 1, method: str = "GET", given: Any = None) -> None:
        """Let `times` requests to a path end otherwise: "drop", "truncate", "corrupt", "wrong" or a status."""
        self.rules.append(Rule(method, re.compile(path), action, times, given))

    def rule(self, method: str, path: str) -> Rule | None:
        for rule in self.rules:
            if rule.times and rule.method == method and rule.path.search(path):
                rule.times -= 1
                return rule
        return None

    def count(self, pattern: str = "") -> int:
        return sum(re.search(pattern, request) is not None for request in self.requests)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        line = f"{self.command} {self.path}"
        self.proxy.requests.append(line)
        for pattern, action in list(self.proxy.before):
            if pattern.search(line):
                self.proxy.before.remove((pattern, action))
                action()
        rule = self.proxy.rule(self.command, self.path)
        if rule is not None and rule.action == "drop":
            self.close_connection = True
            return
        if rule is not None and rule.action.isdigit():
            given = dict(rule.given or {})
            body = given.pop("body", "no").encode()
            self._answer(int(rule.action), list(given.items()), body)
            return
        connection = http.client.HTTPConnection(urlsplit(self.proxy.target).netloc, timeout=30)
        with contextlib.closing(connection):
            connection.request(self.command, self.path.removeprefix(self.proxy.prefix), body, dict(self.headers))
            answer = connection.getresponse()
            data = b"" if self.command == "HEAD" else answer.read()
            headers = [(k, v) for k, v in answer.getheaders() if k.lower() not in ("transfer-encoding", "connection")]
        if rule is not None and rule.action == "corrupt":
            data = bytes([data[0] ^ 1]) + data[1:]
        if rule is not None and rule.action == "lost":
            self.close_connection = True
            return
        self._answer(answer.status, headers, data, cut=rule is not None and rule.action == "truncate")

    def _answer(self, status: int, headers: list[tuple[str, str]], data: bytes, *, cut: bool = False) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in headers):
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)
        self.close_connection = self.close_connection or cut

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _forward


@contextlib.contextmanager
def in_front(target: str) -> Iterator[Proxy]:
    proxy = Proxy(target)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": proxy}))
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class World:
    """One user's machine and the hub that it talks to."""

    server: Server
    user: str
    token: str
    home: Path
    monkeypatch: pytest.MonkeyPatch

    def set(self, **environment: str | None) -> None:
        """Change the environment of this process."""
        for name, value in environment.items():
            if value is None:
                self.monkeypatch.delenv(name, raising=False)
            else:
                self.monkeypatch.setenv(name, value)
        config.use(None)

    def forget(self, name: str = "other") -> None:
        """Go on at a machine that has nothing cached."""
        home = self.home.with_name(f"{self.home.name}-{name}")
        self.set(HF_HOME=str(home), ARROWSETS_CACHE=str(home / "arrowsets"))

    def id(self, name: str) -> str:
        return f"{self.user}/{name}"

    def python(self, code: str, **environment: str) -> str:
        """Run a script and return what it prints; what it imports is its own affair."""
        answer = self.run(code, **environment)
        assert answer.returncode == 0, answer.stderr[-4000:]
        return answer.stdout.strip()

    def run(self, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", f"USER = {self.user!r}\n{code}"]
        return subprocess.run(
            command, env=self.environment(**environment), capture_output=True, text=True, timeout=120, check=False
        )

    def environment(self, **more: str) -> dict[str, str]:
        return {**os.environ, "HF_HUB_DISABLE_XET": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1", **more}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("hub")
    with running(directory) as url:
        yield Server(directory, url)


@pytest.fixture
def world(server: Server, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A new user with an empty cache; no test waits before it asks again."""
    user = next(NAMES)
    made = World(server, user, server.token(user), tmp_path / "home", monkeypatch)
    for name in [name for name in os.environ if name.startswith("HF_") and "DISABLE" not in name]:
        monkeypatch.delenv(name)
    made.set(HF_ENDPOINT=server.url, HF_HOME=str(made.home), HF_TOKEN=made.token)
    monkeypatch.setattr(remote, "retry", remote.Retry(sleep=lambda _: None))
    return made


@pytest.fixture
def proxy(server: Server, world: World) -> Iterator[Proxy]:
    """What the user's requests go through."""
    with in_front(server.url) as made:
        world.set(HF_ENDPOINT=made.url)
        yield made
