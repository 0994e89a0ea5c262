"""A hub on a free loopback port, and clients of it: plain HTTP, and the real libraries in a process of their own."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from arrowsets.server.hub import Hub, HubSettings
from arrowsets.server.hub.serve import running

NAMES = (f"user{number}" for number in itertools.count())


@dataclass
class Client:
    """A user of a hub."""

    url: str
    user: str
    token: str
    home: Path

    def call(self, method: str, path: str, **given: Any) -> requests.Response:
        """Send a request; redirects are shown, not followed."""
        headers = {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), **given.pop("headers", {})}
        address = path if path.startswith("http") else self.url + path
        return requests.request(method, address, headers=headers, timeout=30, allow_redirects=False, **given)

    def get(self, path: str, **given: Any) -> requests.Response:
        return self.call("GET", path, **given)

    def post(self, path: str, **given: Any) -> requests.Response:
        return self.call("POST", path, **given)

    def create(self, name: str, **more: Any) -> str:
        """Make a repository and return its id."""
        answer = self.post("/api/repos/create", json={"name": name, "organization": None, "type": "dataset", **more})
        assert answer.status_code == 200, answer.text
        return f"{self.user}/{name}"

    def commit(
        self, repo: str, *lines: dict[str, Any], rev: str = "main", query: str = "", **header: Any
    ) -> requests.Response:
        """Send a commit."""
        head = {"key": "header", "value": {"summary": "a commit", "description": "", **header}}
        body = b"".join(json.dumps(line).encode() + b"\n" for line in (head, *lines))
        return self.post(f"/api/datasets/{repo}/commit/{rev}{query}", data=body)

    def upload(self, repo: str, data: bytes) -> requests.Response:
        """Send a large file; the answer is the PUT's, or the batch call's if the file is there."""
        oid = hashlib.sha256(data).hexdigest()
        answer = self.batch(repo, oid, len(data))
        actions = answer.json()["objects"][0].get("actions")
        return requests.put(actions["upload"]["href"], data=data, timeout=30) if actions else answer

    def batch(self, repo: str, oid: str, size: int, **more: Any) -> requests.Response:
        body = {
            "operation": "upload",
            "transfers": ["basic", "multipart"],
            "objects": [{"oid": oid, "size": size}],
            **more,
        }
        return self.post(f"/datasets/{repo}.git/info/lfs/objects/batch", json=body)

    def push(self, repo: str, files: dict[str, bytes], **given: Any) -> str:
        """Commit files and return the commit."""
        answer = self.commit(repo, *(self.small(path, data) for path, data in files.items()), **given)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["commitOid"])

    def files(self, repo: str, rev: str = "main") -> list[str]:
        """List the files of a repository."""
        answer = self.get(f"/api/datasets/{repo}/tree/{rev}?recursive=true")
        assert answer.status_code == 200, answer.text
        return [item["path"] for item in answer.json() if item["type"] == "file"]

    def read(self, repo: str, path: str, rev: str = "main", **headers: str) -> requests.Response:
        return self.get(f"/datasets/{repo}/resolve/{rev}/{path}", headers=headers)

    def raw(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Send a request whose path nobody tidies up."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            if self.token:
                headers.setdefault("Authorization", f"Bearer {self.token}")
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def python(self, code: str, **environment: str) -> str:
        """Run a script with the real libraries and return what it prints."""
        answer = self.run(code, **environment)
        assert answer.returncode == 0, answer.stderr[-4000:]
        return answer.stdout.strip()

    def run(self, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
        mine = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(self.home),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_DISABLE_IMPLICIT_TOKEN": "" if self.token else "1",
            **({"HF_TOKEN": self.token} if self.token else {}),
            **environment,
        }
        head = f"USER = {self.user!r}\nfrom huggingface_hub import *\napi = HfApi()\n"
        command = [sys.executable, "-c", head + code]
        return subprocess.run(command, env=mine, capture_output=True, text=True, timeout=120, check=False)

    @staticmethod
    def small(path: str, data: bytes) -> dict[str, Any]:
        """Return the line of a small file."""
        return {
            "key": "file",
            "value": {"path": path, "content": base64.b64encode(data).decode(), "encoding": "base64"},
        }

    @staticmethod
    def large(path: str, data: bytes, **more: Any) -> dict[str, Any]:
        """Return the line of a large file."""
        oid = hashlib.sha256(data).hexdigest()
        return {"key": "lfsFile", "value": {"path": path, "algo": "sha256", "oid": oid, "size": len(data), **more}}

    @staticmethod
    def removed(path: str) -> dict[str, Any]:
        """Return the line that removes a file."""
        return {"key": "deletedFile", "value": {"path": path}}


@dataclass
class Running:
    """A hub that runs in a process of its own."""

    directory: Path
    url: str
    process: subprocess.Popen[str] | None = None

    def client(self, user: str | None = None, role: str = "write", orgs: tuple[str, ...] = ()) -> Client:
        """Return a client of a new user, or of one more token of a user."""
        user = user or next(NAMES)
        with Hub(self.directory) as hub:
            token = hub.accounts.create(user, role, namespaces=orgs)
        return Client(self.url, user, token, self.directory / "homes" / user)

    def anonymous(self) -> Client:
        return Client(self.url, "", "", self.directory / "homes" / next(NAMES))

    def kill(self) -> None:
        """End it at once, as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()


def start(directory: Path, *options: str, code: str = "") -> Running:
    """Start a hub.

    Args:
        code: Python that runs before, to make the hub behave otherwise.
    """
    program = f"import sys\n{code}\nfrom arrowsets.cli import main\nsys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", program, "hub", "serve", str(directory), "--port", "0", *options]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    log = (directory / "server.log").open("a")
    with log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
    assert process.stdout is not None
    line = process.stdout.readline()
    if "serving on" not in line:
        process.kill()
        raise AssertionError((directory / "server.log").read_text())
    # What else it prints fits into the pipe.
    return Running(directory, line.split()[-1], process)


def stop(started: Running) -> None:
    assert started.process is not None
    with started.process as process:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One hub for all tests that do not harm it; each test has users of its own."""
    started = start(tmp_path_factory.mktemp("hub"))
    yield started
    stop(started)


@pytest.fixture
def own_hub(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start hubs for one test, in threads, with settings of their own."""
    with contextlib.ExitStack() as stack:

        def begin(**settings: Any) -> Running:
            directory = tmp_path / "own"
            directory.mkdir(exist_ok=True)
            return Running(directory, stack.enter_context(running(directory, settings=HubSettings(**settings))))

        yield begin


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start hubs for one test, in processes, on the command line."""
    started: list[Running] = []

    def begin(*options: str, code: str = "", directory: Path | None = None) -> Running:
        directory = directory or tmp_path / f"hub{len(started)}"
        directory.mkdir(exist_ok=True)
        started.append(start(directory, *options, code=code))
        return started[-1]

    yield begin
    for each in started:
        stop(each)


@pytest.fixture
def alice(hub: Running) -> Client:
    """A user that can write."""
    return hub.client()


@pytest.fixture
def bob(hub: Running) -> Client:
    """Another one."""
    return hub.client()


@pytest.fixture
def anyone(hub: Running) -> Client:
    """A caller without a token."""
    return hub.anonymous()
