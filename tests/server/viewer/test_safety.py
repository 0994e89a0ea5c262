"""What a viewer must not do: one test, at least, for each point of the list in docs/viewer.md."""

from __future__ import annotations

import io
import socket
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests

from arrowsets import Audio, Dataset, Features, Image, List
from arrowsets.server.viewer import serve
from arrowsets.server.viewer.settings import ViewerSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.viewer.conftest import Client, Show

DATA = Dataset.from_dict({"x": [1, 2, 3], "t": ["<script>alert(1)</script>", "b", "c"]})


@pytest.fixture
def client(show: Show) -> Client:
    return show(DATA)


# 1: paths


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static/..\\app.py",
        "/static//etc/passwd",
        "/static/%00",
        "/static/",
    ],
)
def test_no_path_leads_out_of_the_page(client: Client, path: str) -> None:
    assert b"__future__" not in _raw(client, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert _raw(client, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").startswith(
        b"HTTP/1.1 4"
    )


def test_a_cell_opens_no_file_outside_of_its_dataset(show: Show, tmp_path: Path, png: Callable[..., bytes]) -> None:
    (tmp_path / "secret.png").write_bytes(png())
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "own.png").write_bytes(png())
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    names = [str(tmp_path / "secret.png"), str(folder / "own.png"), "../secret.png", str(folder / "link.png")]
    cells = [{"bytes": None, "path": name} for name in names]
    features = Features({"image": Image()})
    table = pa.table({"image": pa.array(cells, Image().storage)}, schema=features.arrow_schema)
    pq.write_table(table, folder / "a.parquet")
    answer = show(folder / "a.parquet").own("rows")
    assert [row["row"]["image"] is not None for row in answer["rows"]] == [False, True, False, False]
    assert "outside of the dataset" in answer["errors"][0]["error"]


def test_an_address_of_a_file_cannot_be_made_up_or_changed(show: Show, png: Callable[..., bytes]) -> None:
    client = show(Dataset.from_dict({"i": [png(), png()]}, features=Features({"i": Image()})))
    source = client.get("/rows").json()["rows"][0]["row"]["i"]["src"]
    assert requests.get(source, timeout=10).status_code == 200
    for changed in (source.replace("/0/i/", "/1/i/"), source.partition("?")[0], source[:-1], f"{source}&place=.x"):
        assert requests.get(changed, timeout=10).status_code == 401


# 2: addresses in cells


def test_no_address_in_a_cell_is_fetched(show: Show) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/a.png"
        cells = [{"bytes": None, "path": address}] * 2
        features = Features({"i": Image(), "l": List(Image())})
        client = show(Dataset.from_dict({"i": cells, "l": [cells, []]}, features=features))
        assert client.own("rows")["rows"][0]["row"] == {"i": None, "l": [None, None]}
        client.get("/rows")
        client.own("statistics")
        listening.settimeout(0.3)
        with pytest.raises(TimeoutError):
            listening.accept()


# 3: SQL is in test_sql.py and test_finding.py. 4 and 5: limits


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("rows", {"length": 201}),
        ("rows", {"query": "x" * 5000}),
        ("rows", {"filters": "[" * 5000}),
        ("rows", {"filters": [{"column": "x", "op": "=", "value": 1}] * 101}),
        ("rows", {"columns": "{}"}),
        ("rows", {"offset": "9" * 30}),
        ("cell", {"row": 99, "column": "x"}),
    ],
)
def test_what_is_too_much_is_refused(client: Client, path: str, params: dict[str, object]) -> None:
    lists = {key: str(value).replace("'", '"') if isinstance(value, list) else value for key, value in params.items()}
    answer = client.send("GET", f"/api/x/{path}", params=lists)
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_a_large_cell_is_cut_on_a_page_and_whole_when_asked_for(show: Show) -> None:
    client = show(Dataset.from_dict({"t": ["é" * 10_000], "l": [list(range(5000))]}), cell_bytes=25_000)
    row = client.own("rows")["rows"][0]
    assert (len(row["row"]["t"]), row["truncated_cells"]) == (2000, ["t", "l"])
    assert client.own("cell", row=0, column="t") == {"value": "é" * 10_000}
    assert client.own("cell", row=0, column="l") == {"value": list(range(5000))}


def test_a_cell_that_is_too_large_is_told_with_its_size(show: Show) -> None:
    client = show(Dataset.from_dict({"t": ["x" * 10_000]}), cell_bytes=5000)
    answer = client.send("GET", "/api/x/cell", params={"row": 0, "column": "t"})
    assert answer.status_code == 413
    assert "10," in answer.json()["error"]


def test_a_request_of_many_bytes_is_refused(client: Client) -> None:
    answer = client.send("POST", "/api/x/sql", data=b" " * (2 << 20), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_an_image_of_too_many_pixels_is_not_decoded(show: Show) -> None:
    bomb = _bomb(20_000, 20_000)
    client = show(Dataset.from_dict({"i": [bomb]}, features=Features({"i": Image()})))
    answer = client.get("/rows")
    assert answer.status_code == 200
    cell = answer.json()["rows"][0]["row"]["i"]
    assert cell is None or requests.get(cell["src"], timeout=10).status_code == 413


def test_damaged_files_are_told_and_not_logged_as_failures(show: Show, caplog: pytest.LogCaptureFixture) -> None:
    features = Features({"i": Image(), "a": Audio()})
    client = show(Dataset.from_dict({"i": [b"\x89PNG"], "a": [b"none"]}, features=features))
    row = client.get("/rows").json()["rows"][0]["row"]
    answer = requests.get(row["a"][0]["src"], timeout=10)
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (500, "TransformRowsProcessingError")
    assert row["i"] is None
    assert caplog.records == []


# 6: what comes from data does not run


def test_the_page_runs_only_its_own_scripts(client: Client) -> None:
    policy = client.send("GET", "/").headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_pages_that_may_frame_it_are_named(show: Show) -> None:
    policy = show(DATA, embed=("https://a.example",)).send("GET", "/").headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors https://a.example")


@pytest.mark.parametrize(
    "origin", ["", "https://a.example; script-src *", "https://a.example\n", "https://a.example,b"]
)
def test_what_is_no_origin_is_refused_before_anything_is_served(origin: str) -> None:
    with pytest.raises(ValueError, match="is no origin"), serve.running(DATA, settings=ViewerSettings(embed=(origin,))):
        pass


def test_data_come_as_json_that_no_browser_takes_for_a_page(client: Client) -> None:
    answer = client.get("/rows")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_files_in_cells_are_sent_as_what_they_are_or_not_at_all(show: Show, png: Callable[..., bytes]) -> None:
    cells = [png(), b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", b"<html>"]
    client = show(Dataset.from_dict({"i": cells}, features=Features({"i": Image()})))
    rows = [row["row"]["i"] for row in client.get("/rows").json()["rows"]]
    assert rows[1:] == [None, None]
    answer = requests.get(rows[0]["src"], timeout=10)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


# 7: this machine only


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "a b"),
        *("[::1].evil.example", "[::1]evil", "localhost:evil", "localhost:80:80", "::1"),
    ],
)
def test_requests_to_another_name_are_refused(client: Client, host: str) -> None:
    request = (
        f"GET /api/x/rows HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {client.token}\r\nConnection: close\r\n\r\n"
    )
    assert _raw(client, request).split()[1] in (b"403", b"400")


@pytest.mark.parametrize("path", ["/api/x/rows", "/api/x/dataset", "/rows", "/statistics", "/api/x/sql"])
def test_nothing_is_told_without_the_token(client: Client, path: str) -> None:
    method = "POST" if path.endswith("sql") else "GET"
    for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": client.token}, {"Cookie": client.token}):
        answer = requests.request(
            method, f"{client.url}{path}", headers=header, timeout=10, params={"token": client.token}
        )
        assert answer.status_code == 401
        assert "script" not in answer.text


def test_the_token_is_long_random_and_in_the_part_of_the_address_that_is_not_sent() -> None:
    with serve.running(DATA) as one, serve.running(DATA) as other:
        assert len(one.token) >= 32
        assert one.token != other.token
        assert urlsplit(one.link).fragment == f"token={one.token}"
        assert one.token not in one.link.partition("#")[0]


def test_no_other_origin_is_let_in(client: Client) -> None:
    answer = client.send("GET", "/rows", params=client.where, headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers
    preflight = client.send("OPTIONS", "/api/x/sql", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in preflight.headers


def test_pages_of_other_sites_cannot_post(client: Client) -> None:
    cross = client.send("POST", "/api/x/sql", json={"query": "select 1"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert cross.status_code == 403
    form = client.send("POST", "/api/x/sql", data={"query": "select 1"})
    assert form.status_code == 415


# 8 is the hub's, in tests/server/hub. 9: what is shared tells no secrets


def test_a_shared_viewer_tells_no_causes(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("/home/somebody/secret")

    client = show(DATA, tell_causes=False)
    monkeypatch.setattr("arrowsets.server.viewer.cells.CellWriter.rows", broken)
    answer = client.get("/rows")
    assert answer.status_code == 500
    assert "secret" not in answer.text


@pytest.mark.parametrize("path", ["/rows", "/info", "/splits", "/api/x/rows", "/api/x/dataset", "/api/x/errors"])
def test_a_shared_viewer_tells_no_place_of_a_file(show: Show, tmp_path: Path, path: str) -> None:
    for name, good in (("one", False), ("two", True)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "bad.parquet").write_bytes(b"no parquet")
        if good:
            pq.write_table(pa.table({"x": [1]}), tmp_path / name / "good.parquet")
    lines = ["---", "configs:", *(f"- {{config_name: {name}, data_dir: {name}}}" for name in ("one", "two")), "---"]
    (tmp_path / "README.md").write_text("\n".join(lines))
    client = show(tmp_path, tell_causes=False)
    answer = client.send("GET", path, params={**client.where, "config": "one"})
    assert str(tmp_path) not in answer.text
    if path in ("/rows", "/api/x/dataset"):
        assert "bad.parquet" in answer.text


# 10: slow clients


def test_a_client_that_sends_half_a_request_is_hung_up_on() -> None:
    with (
        serve.running(DATA, settings=ViewerSettings(header_seconds=0.2)) as viewer,
        socket.create_connection(("127.0.0.1", urlsplit(viewer.url).port or 0)) as slow,
    ):
        slow.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        slow.settimeout(10)
        assert slow.recv(100) == b""


def test_a_client_whose_body_does_not_come_is_answered() -> None:
    with serve.running(DATA, settings=ViewerSettings(idle_seconds=0.2)) as viewer:
        head = f"POST /api/x/sql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {viewer.token}\r\n"
        with socket.create_connection(("127.0.0.1", urlsplit(viewer.url).port or 0)) as slow:
            slow.sendall(head.encode() + b"Content-Length: 10\r\nContent-Type: application/json\r\n\r\n{")
            slow.settimeout(10)
            assert b" 408 " in slow.recv(100)


def _raw(client: Client, request: str) -> bytes:
    with socket.create_connection(("127.0.0.1", urlsplit(client.url).port or 0)) as connection:
        connection.sendall(request.encode())
        connection.settimeout(10)
        found = io.BytesIO()
        while piece := connection.recv(1 << 16):
            found.write(piece)
    return found.getvalue()


def _bomb(width: int, height: int) -> bytes:
    """Return a small PNG of very many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * ((width // 8 + 1) * height), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
