"""What an attacker tries: one test for each."""

from __future__ import annotations

import html.parser
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest
import requests

from arrowsets.server.hub import HubSettings
from arrowsets.server.hub import serve as serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.server.hub.conftest import Client, Running

TRAVERSALS = [
    "../../../../etc/passwd",
    "..%2F..%2F..%2F..%2Fetc%2Fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "..\\..\\etc\\passwd",
    "%5c..%5c..%5cetc",
    "/etc/passwd",
    "%2Fetc%2Fpasswd",
    "a.txt%00.html",
    "../../.hub/hub.sqlite",
    ".git/config",
]


@pytest.fixture
def repo(alice: Client) -> str:
    repo = alice.create("corpus")
    alice.push(repo, {"a.txt": b"a"})
    return repo


@pytest.mark.parametrize("path", TRAVERSALS)
@pytest.mark.parametrize(
    "root", ["/datasets/{}/resolve/main/", "/api/datasets/{}/tree/main/", "/datasets/{}/blob/main/", "/datasets/"]
)
def test_no_address_leaves_a_repository(alice: Client, repo: str, root: str, path: str) -> None:
    status, _, body = alice.raw(root.format(repo) + path)
    assert status in (307, 400, 404)
    assert b"root:" not in body
    assert b"SQLite" not in body


def test_no_address_leaves_a_plain_folder(hub: Running, alice: Client) -> None:
    folder = hub.directory / "datasets" / "plain" / "folder"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.txt").write_text("a")
    for wrong in (*TRAVERSALS, "../../../.hub/hub.sqlite"):
        status, _, body = alice.raw(f"/datasets/plain/folder/resolve/main/{wrong}")
        assert status in (400, 404)
        assert b"SQLite" not in body


PATHS = [
    *("../a", "a/../b", "/a", "a//b", "./a", "a/.", "", ".git/config", "x/.GIT/config", ".git./x", ".cache/x"),
    *("a\\b", "a\0b", "a\nb", "\ud800", "x" * 300, "a/" * 600 + "a"),
]


@pytest.mark.parametrize("path", PATHS)
def test_no_commit_puts_a_file_outside(alice: Client, repo: str, path: str) -> None:
    for line in (alice.small(path, b"x"), alice.large(path, b"x"), alice.removed(path)):
        assert alice.commit(repo, line).status_code == 400
    assert (
        alice.post(f"/api/datasets/{repo}/preupload/main", json={"files": [{"path": path, "size": 1}]}).status_code
        == 400
    )
    assert alice.files(repo) == ["a.txt"]


def test_tokens_are_not_stored(hub: Running, alice: Client) -> None:
    secret = alice.token.split("_", 2)[2].encode()
    stored = b"".join(path.read_bytes() for path in (hub.directory / ".hub").glob("hub.sqlite*"))
    assert secret not in stored
    assert (hub.directory / ".hub" / "hub.sqlite").stat().st_mode & 0o077 == 0


def test_tokens_are_not_logged(hub: Running, alice: Client, repo: str) -> None:
    alice.upload(repo, b"\0data")
    href = alice.batch(repo, "0" * 64, 3).json()["objects"][0]["actions"]["upload"]["href"]
    requests.put(href, data=b"abc", timeout=10)
    log = (hub.directory / "server.log").read_text()
    assert "PUT '/lfs/upload'" in log
    assert alice.token not in log
    assert href.rpartition("/")[2] not in log


def test_many_wrong_tokens_are_slowed_down(own_hub: Callable[..., Running]) -> None:
    hub = own_hub()
    wrong = {"Authorization": "Bearer ash_x_y"}
    answers = [requests.get(f"{hub.url}/api/datasets", headers=wrong, timeout=10) for _ in range(32)]
    assert {answer.status_code for answer in answers[:30]} == {401}
    assert (answers[-1].status_code, answers[-1].headers["Retry-After"]) == (429, "60")
    assert hub.client().get("/api/whoami-v2").status_code == 200


EVIL = b"""---
license: mit
---
<script>alert(1)</script>
<img src=x onerror=alert(1)>
[link](javascript:alert(1)) [data](data:text/html,x) ![pic](https://evil.example/track.png)
<a href="vbscript:x">x</a> <svg onload=alert(1)> [ok](docs/more.md "t\\" onclick=alert(1)")
"""


class Elements(html.parser.HTMLParser):
    """The elements that a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_html_in_a_readme_does_nothing(alice: Client, repo: str) -> None:
    alice.push(repo, {"README.md": EVIL})
    page = alice.get(f"/datasets/{repo}")
    found = Elements(page.text).found
    assert not {tag for tag, _ in found} & {"script", "svg", "style", "object"}
    # The one frame is the page's own: the viewer.
    assert [attributes["src"] for tag, attributes in found if tag == "iframe"] == [f"/datasets/{repo}/viewer/"]
    assert not [name for _, attributes in found for name in attributes if name.startswith("on") or name == "style"]
    links = [attributes[name] or "" for _, attributes in found for name in ("href", "src") if name in attributes]
    assert not [link for link in links if link.startswith(("javascript", "data", "vbscript"))]
    assert f"/datasets/{repo}/resolve/main/docs/more.md" in links


def test_pages_allow_no_scripts_and_no_foreign_pictures(alice: Client, repo: str) -> None:
    policy = alice.get(f"/datasets/{repo}").headers["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert (rules["default-src"], rules["img-src"], rules["frame-ancestors"]) == ("'none'", "'self'", "'none'")
    assert "script-src" not in rules


def test_html_in_names_and_messages_does_nothing(alice: Client, repo: str) -> None:
    name = "<img src=x onerror=alert(1)>.txt"
    sha = alice.push(repo, {name: b"<script>alert(1)</script>"}, summary="<script>alert(2)</script>", description="<b>")
    pages = [
        f"/datasets/{repo}/tree/main",
        f"/datasets/{repo}/commits/main",
        f"/datasets/{repo}/commit/{sha}",
        "/?search=%22%3E%3Cscript%3E",
    ]
    for path in (*pages, f"/datasets/{repo}/blob/main/{quote(name)}"):
        assert not {tag for tag, _ in Elements(alice.get(path).text).found} & {"script", "img"}


@pytest.mark.parametrize("name", ["page.html", "image.svg", "code.js", "doc.pdf"])
def test_uploaded_pages_do_not_run_in_the_hub(alice: Client, repo: str, name: str) -> None:
    alice.push(repo, {name: b"<script>alert(1)</script>"})
    for kind in ("resolve", "raw"):
        headers = alice.get(f"/datasets/{repo}/{kind}/main/{name}").headers
        assert headers["Content-Type"] == "application/octet-stream"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in headers["Content-Security-Policy"]


def test_names_do_not_become_headers(alice: Client, repo: str) -> None:
    name = 'a";\u00a0x=\u202e.txt'
    alice.push(repo, {name: b"x"})
    headers = alice.read(repo, quote(name)).headers
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%22%3B%C2%A0x%3D%E2%80%AE.txt"
    for path in ("a%0d%0aSet-Cookie:%20x=1", "a%0aX-Repo-Commit:%20evil", "%F0%9F%98%80%0d"):
        status, answer, _ = alice.raw(f"/datasets/{repo}/resolve/main/{path}")
        assert (status, answer["x-error-code"]) == (404, "EntryNotFound")
        assert "set-cookie" not in answer
        assert answer["x-repo-commit"] != "evil"


def test_requests_for_other_names_are_refused(alice: Client, repo: str) -> None:
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil", "", "127.0.0.1/x"):
        assert alice.raw(f"/api/datasets/{repo}", Host=host)[0] == 403
    for host in ("localhost:1", "127.0.0.1", "[::1]:80", "192.168.1.5"):
        assert alice.raw(f"/api/datasets/{repo}", Host=host)[0] == 200


def test_a_hub_may_have_names_of_its_own(own_hub: Callable[..., Running]) -> None:
    client = own_hub(hosts=("hub.lan",), public_url="https://data.example").client()
    assert client.raw("/api/datasets", Host="hub.lan")[0] == 200
    assert client.raw("/api/datasets", Host="data.example")[0] == 200
    made = client.post("/api/repos/create", json={"name": "a", "type": "dataset"}).json()
    assert made["url"] == f"https://data.example/datasets/{client.user}/a"


def test_pages_of_other_sites_cannot_change_anything(alice: Client, repo: str) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert alice.post(f"/api/datasets/{repo}/branch/b", json={}, headers=headers).status_code == 403
    assert (
        alice.get("/api/datasets", headers={"Origin": "https://evil.example"}).headers.get(
            "Access-Control-Allow-Origin"
        )
        is None
    )


def test_redirects_stay_on_the_hub(alice: Client) -> None:
    old = alice.create("old")
    alice.post("/api/repos/move", json={"fromRepo": old, "toRepo": f"{alice.user}/new", "type": "dataset"})
    for path in (f"/datasets/{old}", f"/api/datasets/{old}/refs?next=//evil.example"):
        assert alice.raw(path)[1]["location"].startswith(("/datasets/", "/api/datasets/"))
    for path in (f"//evil.example/datasets/{old}", f"/%2F%2Fevil.example/datasets/{old}", f"/datasets//{old}"):
        status, headers, _ = alice.raw(path)
        assert (status, "location" in headers) == (404, False)


def test_bodies_have_limits(own_hub: Callable[..., Running]) -> None:
    hub = own_hub(json_bytes=20_000, line_bytes=10_000, commit_bytes=30_000, commit_operations=50)
    client = hub.client()
    repo = client.create("corpus")
    assert client.post("/api/validate-yaml", json={"content": "x" * 30_000}).status_code == 413
    assert client.post("/api/validate-yaml", data=iter([b"x" * 30_000])).status_code == 413
    assert client.commit(repo, client.small("a.txt", b"x" * 20_000)).status_code == 413
    assert client.commit(repo, *(client.small(f"{n}.txt", b"x" * 5000) for n in range(9))).status_code == 413
    assert client.commit(repo, *(client.removed(f"{n}.txt") for n in range(60))).status_code == 400
    assert client.files(repo) == []
    assert list(hub.directory.glob(".hub/incoming/*")) == []


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"GET / HTTP/1.1\r\n",
        b"POST /api/validate-yaml HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
    ],
)
def test_slow_clients_are_let_go(own_hub: Callable[..., Running], start: bytes) -> None:
    hub = own_hub(header_seconds=0.3, idle_seconds=0.3)
    with socket.create_connection(("127.0.0.1", urlsplit(hub.url).port or 0)) as client:
        client.settimeout(20)
        client.sendall(start)
        begun = time.monotonic()
        try:
            answer = b"".join(iter(lambda: client.recv(4096), b""))
        except ConnectionResetError:
            answer = b""
    assert answer == b"" or b" 408 " in answer.split(b"\r\n")[0]
    assert time.monotonic() - begun < 15


def test_readers_who_do_not_read_are_let_go(own_hub: Callable[..., Running]) -> None:
    hub = own_hub(idle_seconds=0.3)
    alice = hub.client()
    repo = alice.create("corpus")
    data = bytes(30_000_000)
    alice.upload(repo, data)
    alice.commit(repo, alice.large("a.bin", data))
    with socket.create_connection(("127.0.0.1", urlsplit(hub.url).port or 0)) as client:
        client.sendall(f"GET /datasets/{repo}/resolve/main/a.bin HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        time.sleep(1.5)
        client.settimeout(10)
        got = 0
        try:
            while piece := client.recv(1 << 20):
                got += len(piece)
        except ConnectionResetError:
            pass
    assert got < len(data)


@pytest.mark.parametrize(
    "head",
    [
        "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)),
        "a0: &a0 {k: v}\n" + "".join(f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)),
        f"a: &a {'x' * 10_000}\nb: [{'*a, ' * 1000}]",
        "a: &a [*a]",
        "a: [",
        "- a",
        "a: " + "[" * 3000,
        "a: !!python/object/apply:os.system [x]",
    ],
    ids=range(8),
)
def test_yaml_bombs_in_a_card_do_no_harm(alice: Client, repo: str, head: str) -> None:
    text = f"---\n{head}\n---\n"
    assert alice.post("/api/validate-yaml", json={"content": text, "repoType": "dataset"}).status_code == 400
    alice.push(repo, {"README.md": text.encode()})
    assert alice.get(f"/api/datasets/{repo}").json()["cardData"] == {}
    assert alice.get(f"/datasets/{repo}").status_code == 200


def test_anchors_in_a_card_are_followed(alice: Client, repo: str) -> None:
    text = "---\na: &x [1]\nb: *x\nc: &y {k: v}\nd:\n  <<: *y\n---\n"
    assert alice.post("/api/validate-yaml", json={"content": text, "repoType": "dataset"}).status_code == 200
    alice.push(repo, {"README.md": text.encode()})
    assert alice.get(f"/api/datasets/{repo}").json()["cardData"] == {
        "a": [1],
        "b": [1],
        "c": {"k": "v"},
        "d": {"k": "v"},
    }


def test_a_card_that_is_very_long_is_shown_as_it_was_written(alice: Client, repo: str) -> None:
    alice.push(repo, {"README.md": b"# **Title** <b>\n" + b"![" * 100_000})
    assert "<pre># **Title** &lt;b&gt;" in alice.get(f"/datasets/{repo}").text
    alice.push(repo, {"README.md": b"# **Title** <b>\n"})
    assert "<h1><strong>Title</strong> &lt;b&gt;</h1>" in alice.get(f"/datasets/{repo}").text


def test_dates_and_odd_numbers_in_a_card_are_json(alice: Client, repo: str) -> None:
    alice.push(repo, {"README.md": b"---\nday: 2024-01-02\nx: .nan\n1: yes\n---\n"})
    assert alice.get(f"/api/datasets/{repo}").json()["cardData"] == {"day": "2024-01-02", "x": None, "1": True}


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b"{", b"[]", b"5", b"\xff", b'{"files": 5}', b'{"files": [5]}', b'{"files": [{"path": 5}]}'],
)
def test_odd_json_is_refused(alice: Client, repo: str, body: bytes) -> None:
    assert alice.post(f"/api/datasets/{repo}/preupload/main", data=body).status_code == 400


def test_it_listens_on_this_machine_only(hub: Running) -> None:
    assert urlsplit(hub.url).hostname == "127.0.0.1"


@pytest.mark.parametrize(
    ("host", "url", "warned"),
    [
        ("0.0.0.0", "", True),
        ("127.0.0.1", "", False),
        ("0.0.0.0", "https://hub.example", False),
        ("0.0.0.0", "http://hub.example", True),
    ],
)
def test_it_warns_of_listening_to_others_without_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, host: str, url: str, warned: bool
) -> None:
    monkeypatch.setattr(serving, "listen", lambda *_: None)
    with pytest.raises(AttributeError):
        serving.serve(tmp_path, host, settings=HubSettings(public_url=url))
    assert ("without TLS" in caplog.text) == warned


def test_nothing_goes_wrong_inside(hub: Running) -> None:
    """Holds for all tests before it: no request ended in a traceback."""
    log = (hub.directory / "server.log").read_text()
    assert "Traceback" not in log
    assert '" 500' not in log
