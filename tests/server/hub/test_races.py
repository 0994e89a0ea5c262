"""Two who push at the same time: both land, or one is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.server.hub.conftest import Client


@pytest.fixture
def repo(alice: Client) -> str:
    return alice.create("corpus")


def test_commits_to_different_files_all_land(alice: Client, repo: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: alice.commit(repo, alice.small(f"{n:02}.txt", b"x")), range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert alice.files(repo) == [f"{n:02}.txt" for n in range(16)]
    assert len(alice.get(f"/api/datasets/{repo}/commits/main").json()) == 17


def test_of_commits_on_the_same_parent_one_lands_and_the_others_are_told(alice: Client, repo: str) -> None:
    parent = alice.push(repo, {"a.txt": b"a"})
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda n: alice.commit(repo, alice.small(f"{n}.txt", b"x"), parentCommit=parent), range(8))
        )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    assert len(alice.files(repo)) == 2


def overtaken(client: Client, repo: str, path: str, other: dict[str, bytes]) -> int:
    """Send a commit of a file; before its end somebody else commits. Return the answer's status."""
    begun, go_on = threading.Event(), threading.Event()

    def body() -> Iterator[bytes]:
        yield json.dumps({"key": "header", "value": {"summary": "slow"}}).encode() + b"\n"
        begun.set()
        go_on.wait(10)
        yield json.dumps(client.small(path, b"mine")).encode() + b"\n"

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(client.post, f"/api/datasets/{repo}/commit/main", data=body())
        begun.wait(10)
        # The first piece is with the hub once it answers another request of ours.
        client.get("/api/whoami-v2")
        client.push(repo, other)
        go_on.set()
        return slow.result().status_code


def test_a_commit_does_not_write_over_what_came_meanwhile(alice: Client, repo: str) -> None:
    assert overtaken(alice, repo, "a.txt", {"a.txt": b"theirs"}) == 409
    assert alice.read(repo, "a.txt").content == b"theirs"


def test_a_commit_lands_beside_what_came_meanwhile(alice: Client, repo: str) -> None:
    assert overtaken(alice, repo, "a.txt", {"b.txt": b"theirs"}) == 200
    assert alice.files(repo) == ["a.txt", "b.txt"]


def test_the_same_content_from_two_is_no_conflict(alice: Client, repo: str) -> None:
    assert overtaken(alice, repo, "a.txt", {"a.txt": b"mine"}) == 200


def test_of_two_who_make_a_repository_one_is_told(alice: Client) -> None:
    wanted = {"name": "same", "type": "dataset"}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: alice.post("/api/repos/create", json=wanted), range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
