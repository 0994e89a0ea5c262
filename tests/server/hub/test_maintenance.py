"""Tokens on the command line, garbage collection, the database's version, pages."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

import pytest

from arrowsets.cli import main
from arrowsets.errors import StoreError
from arrowsets.server.hub import Hub, sweep
from arrowsets.server.hub.names import RepoId

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server.hub.conftest import Client, Running


def test_a_token_is_the_last_word_of_the_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hub", "token", "create", "--dir", str(tmp_path), "--user", "alice", "--role", "write"]) == 0
    token = capsys.readouterr().out.split()[-1]
    with Hub(tmp_path) as hub:
        caller = hub.accounts.identify(token)
    assert (caller.user, caller.role, caller.owns("ALICE"), caller.owns("bob")) == ("alice", "write", True, False)


def test_tokens_are_listed_and_revoked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--dir", str(tmp_path)]
    main(["hub", "token", "create", *words, "--user", "alice", "--label", "ci"])
    token = capsys.readouterr().out.split()[-1]
    main(["hub", "token", "list", *words])
    listed = capsys.readouterr().out
    assert ("alice" in listed, "ci" in listed, token in listed) == (True, True, False)
    assert main(["hub", "token", "revoke", *words, token.split("_")[1]]) == 0
    assert main(["hub", "token", "revoke", *words, token.split("_")[1]]) == 1


@pytest.mark.parametrize("words", [["--user", "a/b"], ["--user", ".."], ["--user", "a", "--role", "admin"]])
def test_tokens_that_cannot_be(tmp_path: Path, words: list[str]) -> None:
    with pytest.raises(SystemExit) if "admin" in words else pytest.MonkeyPatch.context():
        assert main(["hub", "token", "create", "--dir", str(tmp_path), *words]) == 1


def test_a_directory_must_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hub", "serve", str(tmp_path / "absent")]) == 1
    assert "no directory" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["65536", "-1"])
def test_a_port_that_cannot_be_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], port: str) -> None:
    assert main(["hub", "serve", str(tmp_path), f"--port={port}"]) == 1
    assert capsys.readouterr().err == f"arrowsets: port {port} cannot be: ports are 0 (a free one) to 65535\n"


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    Hub(tmp_path).close()
    with sqlite3.connect(tmp_path / ".hub" / "hub.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match="newer arrowsets"):
        Hub(tmp_path)


def test_what_nothing_leads_to_is_removed_after_a_while(hub: Running, alice: Client) -> None:
    repo = alice.create("corpus")
    kept, lost = b"\0kept" + alice.user.encode(), b"\0lost" + alice.user.encode()
    for data in (kept, lost):
        alice.upload(repo, data)
    old = alice.push(repo, {"a.txt": b"old" + alice.user.encode()})
    alice.commit(repo, alice.large("a.bin", kept), alice.removed("a.txt"))
    alice.post(f"/api/datasets/{repo}/super-squash/main", json={})
    with Hub(hub.directory) as opened:
        assert sweep(opened).commits == 0
        assert alice.read(repo, "a.txt", old).status_code == 200
        assert sweep(opened, grace=-5, dry_run=True).commits > 0
        found = sweep(opened, grace=-5)
    assert (found.commits > 0, found.files > 1, found.num_bytes > 0) == (True, True, True)
    assert alice.read(repo, "a.bin").content == kept
    assert alice.read(repo, "a.txt", old).status_code == 404
    assert alice.commit(repo, alice.large("b.bin", lost)).status_code == 400
    assert alice.upload(repo, lost).status_code == 200
    assert alice.commit(repo, alice.large("b.bin", lost)).status_code == 200


def test_a_deleted_repository_frees_its_files(tmp_path: Path) -> None:
    with Hub(tmp_path) as hub:
        token = hub.accounts.create("alice", "write")
        caller = hub.accounts.identify(token)
        record = hub.create(RepoId("alice", "corpus"), caller, private=False)
        arriving = hub.blobs.receive()
        arriving.write(b"data")
        digest = arriving.finish()
        with hub.db.write() as db:
            hub.blobs.publish(arriving.path, digest)
            hub.history.hold(db, record.key, [(digest, 4)])
        hub.repos.delete(record.key)
        assert sweep(hub, grace=-5).files == 1
        assert list(hub.blobs.names()) == []


def test_pages_show_what_there_is(alice: Client, anyone: Client) -> None:
    repo = alice.create("corpus")
    sha = alice.push(
        repo,
        {"README.md": b"---\nlicense: mit\n---\n# Hello *you*\n\n![x](img/x.png)", "data/a.txt": b"some text"},
        summary="Add data",
    )
    alice.commit(repo, alice.small("b.txt", b"b"), query="?create_pr=1")
    page = anyone.get(f"/datasets/{repo}").text
    assert "<h1>Hello <em>you</em></h1>" in page
    assert "<p>2 files, " in page
    assert f'src="/datasets/{repo}/resolve/main/img/x.png"' in page
    assert f"load_dataset(&quot;{repo}&quot;)" in page
    assert f'href="/datasets/{repo}/tree/main/data"' in anyone.get(f"/datasets/{repo}/tree/main").text
    assert f'href="/datasets/{repo}/resolve/main/data/a.txt"' in anyone.get(f"/datasets/{repo}/tree/main/data").text
    assert "some text" in anyone.get(f"/datasets/{repo}/blob/main/data/a.txt").text
    assert "Add data" in anyone.get(f"/datasets/{repo}/commits/main").text
    assert "data/a.txt" in anyone.get(f"/datasets/{repo}/commit/{sha}").text
    assert "#1 a commit" in anyone.get(f"/datasets/{repo}/discussions").text
    assert "refs/pr/1" in anyone.get(f"/datasets/{repo}/discussions/1").text.replace("%2F", "/")
    found = anyone.get(f"/?search={alice.user}/corp")
    assert (f'href="/datasets/{repo}"' in found.text, "1 dataset<" in found.text) == (True, True)
    assert anyone.get("/?search=nothing-like-it").text.count("<li>") == 0


def test_one_file_is_counted_as_one_and_pages_have_an_icon(alice: Client, anyone: Client) -> None:
    repo = alice.create("one")
    alice.commit(repo, alice.small("only.txt", b"x"))
    page = anyone.get(f"/datasets/{repo}").text
    assert "<p>1 file, " in page
    (icon,) = re.findall(r'<link rel="icon" href="([^"]+)"', page)
    for path in (icon, "/favicon.ico"):
        answer = anyone.get(path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml")
        assert answer.text.startswith("<svg")


def test_a_missing_page_says_so(anyone: Client) -> None:
    page = anyone.get("/datasets/nobody/nothing")
    assert (page.status_code, page.headers["Content-Type"]) == (401, "text/html; charset=utf-8")
