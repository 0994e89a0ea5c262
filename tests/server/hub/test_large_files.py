"""Large files: addresses that prove themselves, and bytes that are what was announced."""

from __future__ import annotations

import errno
import hashlib
from typing import TYPE_CHECKING

import pytest
import requests

from arrowsets.server.hub import Hub

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.hub.conftest import Client, Running

DATA = b"\0some bytes" * 1000
OID = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def repo(alice: Client) -> str:
    return alice.create("corpus")


def address(client: Client, repo: str, oid: str = OID, size: int = len(DATA)) -> str:
    href: str = client.batch(repo, oid, size).json()["objects"][0]["actions"]["upload"]["href"]
    return href


def test_a_file_that_is_there_is_not_asked_for_again(alice: Client, repo: str) -> None:
    data = repo.encode()
    assert alice.upload(repo, data).headers["ETag"].strip('"') == hashlib.sha256(data).hexdigest()
    answer = alice.batch(repo, hashlib.sha256(data).hexdigest(), len(data)).json()["objects"][0]
    assert "actions" not in answer
    check = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data)}
    assert alice.post(f"/datasets/{repo}.git/info/lfs/objects/verify", json=check).status_code == 200


@pytest.mark.parametrize("sent", [DATA[:-1] + b"x", DATA[:-1], DATA + b"x", b""])
def test_other_bytes_than_announced_are_refused(alice: Client, repo: str, sent: bytes) -> None:
    assert requests.put(address(alice, repo), data=sent, timeout=10).status_code == 400
    assert requests.put(address(alice, repo), data=iter([sent]), timeout=10).status_code == 400
    assert alice.commit(repo, alice.large("a.bin", DATA)).status_code == 400
    assert "actions" in alice.batch(repo, OID, len(DATA)).json()["objects"][0]


def test_a_file_that_was_never_uploaded_cannot_be_committed(alice: Client, repo: str) -> None:
    answer = alice.commit(repo, alice.large("a.bin", b"never"))
    assert (answer.status_code, "was not uploaded" in answer.json()["error"]) == (400, True)
    assert alice.files(repo) == []


def test_nobody_takes_a_file_out_of_a_private_repository_by_its_hash(alice: Client, bob: Client) -> None:
    data = b"\0secret" + alice.user.encode()
    hidden, mine = alice.create("hidden", visibility="private"), bob.create("mine")
    alice.upload(hidden, data)
    alice.commit(hidden, alice.large("a.bin", data))
    assert bob.commit(mine, bob.large("a.bin", data)).status_code == 400
    # Not even whether the hub has it can be learned: the bytes are asked for.
    assert "actions" in bob.batch(mine, hashlib.sha256(data).hexdigest(), len(data)).json()["objects"][0]
    assert bob.upload(mine, data).status_code == 200
    assert bob.commit(mine, bob.large("a.bin", data)).status_code == 200


def test_a_file_of_a_readable_repository_is_copied_without_upload(alice: Client, bob: Client) -> None:
    data = b"\0shared" + alice.user.encode()
    theirs, mine = alice.create("open"), bob.create("mine")
    alice.upload(theirs, data)
    line = bob.large("a.bin", data)
    del line["value"]["size"]
    assert bob.commit(mine, line).status_code == 200
    assert bob.read(mine, "a.bin").content == data


def test_a_pointer_committed_as_text_does_not_become_the_file(alice: Client, bob: Client) -> None:
    data = b"\0secret" + alice.user.encode()
    hidden, mine = alice.create("hidden", visibility="private"), bob.create("mine")
    alice.upload(hidden, data)
    alice.commit(hidden, alice.large("a.bin", data))
    text = (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{hashlib.sha256(data).hexdigest()}\nsize {len(data)}\n"
    )
    assert bob.commit(mine, bob.small("a.bin", text.encode())).status_code == 400


def test_the_size_of_a_known_file_must_be_right(alice: Client, repo: str) -> None:
    data = b"\0sized" + repo.encode()
    alice.upload(repo, data)
    assert alice.commit(repo, alice.large("a.bin", data, size=5)).status_code == 400
    assert "error" in alice.batch(repo, hashlib.sha256(data).hexdigest(), 5).json()["objects"][0]


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t[:-1] + ("0" if t[-1] != "0" else "1"),
        lambda t: "x" + t,
        lambda t: t.split(".")[0],
        lambda _: "%C3%A9.%C3%A9",
    ],
)
def test_an_address_that_was_tampered_with_is_refused(alice: Client, repo: str, change: Callable[[str], str]) -> None:
    base, _, token = address(alice, repo).rpartition("/")
    assert requests.put(f"{base}/{change(token)}", data=DATA, timeout=10).status_code == 403


def test_an_address_ends_with_the_token_of_its_maker(hub: Running, alice: Client, repo: str) -> None:
    href = address(alice, repo)
    with Hub(hub.directory) as opened:
        opened.accounts.revoke(alice.token)
    assert requests.put(href, data=DATA, timeout=10).status_code == 403


def test_an_address_ends_with_its_repository(alice: Client, repo: str) -> None:
    href = address(alice, repo)
    alice.call("DELETE", "/api/repos/delete", json={"name": "corpus", "type": "dataset"})
    assert requests.put(href, data=DATA, timeout=10).status_code == 401


def test_an_address_ends_with_its_time(own_hub: Callable[..., Running]) -> None:
    client = own_hub(link_seconds=-10.0).client()
    assert requests.put(address(client, client.create("corpus")), data=DATA, timeout=10).status_code == 403


def test_parts_are_put_together(own_hub: Callable[..., Running]) -> None:
    client = own_hub(part_bytes=3000).client()
    repo = client.create("corpus")
    upload = client.batch(repo, OID, len(DATA)).json()["objects"][0]["actions"]["upload"]
    parts = {int(name): href for name, href in upload["header"].items() if name.isdigit()}
    assert (upload["header"]["chunk_size"], sorted(parts)) == ("3000", [1, 2, 3, 4])
    assert requests.post(upload["href"], json={}, timeout=10).status_code == 400
    for number in (4, 2, 1, 3):
        piece = DATA[(number - 1) * 3000 : number * 3000]
        assert requests.put(parts[number], data=piece, timeout=10).headers["ETag"]
    assert requests.put(parts[1], data=b"too short", timeout=10).status_code == 400
    for _ in range(2):
        assert requests.post(upload["href"], json={"oid": OID, "parts": []}, timeout=10).status_code == 200
    assert client.commit(repo, client.large("a.bin", DATA)).status_code == 200
    assert client.read(repo, "a.bin").content == DATA


def test_parts_that_are_not_the_file_are_refused(own_hub: Callable[..., Running]) -> None:
    client = own_hub(part_bytes=6000).client()
    upload = client.batch(client.create("corpus"), OID, len(DATA)).json()["objects"][0]["actions"]["upload"]
    for number, size in (("1", 6000), ("2", 5000)):
        requests.put(upload["header"][number], data=b"x" * size, timeout=10)
    assert requests.post(upload["href"], json={}, timeout=10).status_code == 400


def test_a_full_disk_is_said_and_changes_nothing(
    own_hub: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = own_hub().client()
    repo = client.create("corpus")
    client.push(repo, {"a.txt": b"a"})

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("arrowsets.server.hub.blobs.Incoming.write", full)
        for answer in (client.commit(repo, client.small("b.txt", b"b")), client.upload(repo, b"\0" * 100)):
            assert (answer.status_code, answer.headers["X-Error-Message"]) == (
                507,
                "the hub's disk is full; nothing was changed",
            )
    assert client.files(repo) == ["a.txt"]
    assert client.upload(repo, b"\0" * 100).status_code == 200
