"""Files: whole, by range, and what clients cache by."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.server.hub.conftest import Client

DATA = bytes(range(256)) * 10_000


@pytest.fixture
def repo(alice: Client) -> str:
    repo = alice.create("corpus")
    assert alice.upload(repo, DATA).status_code == 200
    lines = alice.small("a.txt", b"hello"), alice.small("empty", b""), alice.large("data/big.bin", DATA)
    assert alice.commit(repo, *lines).status_code == 200
    return repo


def test_a_head_request_tells_what_clients_need(alice: Client, repo: str) -> None:
    sha = alice.get(f"/api/datasets/{repo}").json()["sha"]
    small = alice.call("HEAD", f"/datasets/{repo}/resolve/main/a.txt")
    assert small.headers["X-Repo-Commit"] == sha
    assert small.headers["ETag"].strip('"') == hashlib.sha1(b"blob 5\0hello").hexdigest()
    big = alice.call("HEAD", f"/datasets/{repo}/resolve/{sha}/data/big.bin")
    assert big.headers["ETag"].strip('"') == hashlib.sha256(DATA).hexdigest()
    assert (big.headers["Content-Length"], big.content) == (str(len(DATA)), b"")


@pytest.mark.parametrize(
    ("span", "start", "stop"),
    [
        ("0-0", 0, 1),
        ("5-9", 5, 10),
        ("1000-", 1000, len(DATA)),
        ("-7", len(DATA) - 7, len(DATA)),
        ("0-99999999", 0, len(DATA)),
    ],
)
def test_ranges(alice: Client, repo: str, span: str, start: int, stop: int) -> None:
    answer = alice.read(repo, "data/big.bin", Range=f"bytes={span}")
    assert (answer.status_code, answer.content) == (206, DATA[start:stop])
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(DATA)}"


@pytest.mark.parametrize("span", ["99999999-", f"{len(DATA)}-", f"{len(DATA)}-{len(DATA) + 5}"])
def test_ranges_past_the_end(alice: Client, repo: str, span: str) -> None:
    answer = alice.read(repo, "data/big.bin", Range=f"bytes={span}")
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{len(DATA)}")


@pytest.mark.parametrize("span", ["bytes=9-5", "bytes=a-b", "rows=0-5", "bytes=", "bytes=-", "bytes=0-1,3-4"])
def test_ranges_that_make_no_sense_give_the_whole(alice: Client, repo: str, span: str) -> None:
    answer = alice.read(repo, "a.txt", Range=span)
    assert (answer.status_code, answer.content) == (200, b"hello")


def test_an_empty_file(alice: Client, repo: str) -> None:
    answer = alice.read(repo, "empty")
    assert (answer.status_code, answer.content, answer.headers["Content-Length"]) == (200, b"", "0")
    assert alice.read(repo, "empty", Range="bytes=0-").status_code == 416


def test_what_a_client_has_is_not_sent_again(alice: Client, repo: str) -> None:
    etag = alice.read(repo, "a.txt").headers["ETag"]
    assert alice.read(repo, "a.txt", **{"If-None-Match": etag}).status_code == 304
    assert alice.read(repo, "a.txt", **{"Range": "bytes=1-2", "If-Range": '"other"'}).status_code == 200
    assert alice.read(repo, "a.txt", **{"Range": "bytes=1-2", "If-Range": etag}).status_code == 206


def test_a_missing_file_tells_the_commit_that_lacks_it(alice: Client, repo: str) -> None:
    sha = alice.get(f"/api/datasets/{repo}").json()["sha"]
    answer = alice.read(repo, "absent.txt")
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (404, "EntryNotFound")
    assert answer.headers["X-Repo-Commit"] == sha
    assert alice.read(repo, "a.txt", "absent").headers["X-Error-Code"] == "RevisionNotFound"


def test_files_are_never_compressed_on_the_way(alice: Client, repo: str) -> None:
    answer = alice.read(repo, "a.txt", **{"Accept-Encoding": "gzip, deflate, br"})
    assert "Content-Encoding" not in answer.headers


def test_many_readers_get_their_own_bytes(alice: Client, repo: str) -> None:
    wrong: list[int] = []

    def read(at: int) -> None:
        if alice.read(repo, "data/big.bin", Range=f"bytes={at}-{at + 99_999}").content != DATA[at : at + 100_000]:
            wrong.append(at)

    readers = [threading.Thread(target=read, args=(number * 37_001,)) for number in range(40)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert wrong == []
