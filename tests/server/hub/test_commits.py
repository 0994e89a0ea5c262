"""Commits: what they change, and what they refuse."""

from __future__ import annotations

import hashlib
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server.hub.conftest import Client


@pytest.fixture
def repo(alice: Client) -> str:
    return alice.create("corpus")


def test_operations_apply_in_order(alice: Client, repo: str) -> None:
    alice.push(repo, {"a.txt": b"a", "sub/b.txt": b"b", "sub/c.txt": b"c"})
    folder = {"key": "deletedFolder", "value": {"path": "sub/"}}
    answer = alice.commit(repo, folder, alice.small("sub/d.txt", b"d"), alice.removed("a.txt"))
    assert answer.status_code == 200
    assert alice.files(repo) == ["sub/d.txt"]


def test_older_commits_stay_as_they_were(alice: Client, repo: str) -> None:
    first = alice.push(repo, {"a.txt": b"one"})
    alice.push(repo, {"a.txt": b"two"})
    assert [alice.read(repo, "a.txt", rev).content for rev in (first, first[:7], "main")] == [b"one", b"one", b"two"]


def test_a_commit_on_an_older_parent_is_refused(alice: Client, repo: str) -> None:
    first = alice.push(repo, {"a.txt": b"a"})
    second = alice.push(repo, {"b.txt": b"b"}, parentCommit=first)
    answer = alice.commit(repo, alice.small("c.txt", b"c"), parentCommit=first)
    assert answer.status_code == 412
    assert alice.get(f"/api/datasets/{repo}").json()["sha"] == second


def test_a_commit_sent_again_after_a_lost_answer_is_not_made_twice(alice: Client, repo: str) -> None:
    first = alice.push(repo, {"a.txt": b"a"})
    second = alice.push(repo, {"b.txt": b"b"}, parentCommit=first)
    assert alice.push(repo, {"b.txt": b"b"}, parentCommit=first) == second
    assert alice.push(repo, {"b.txt": b"b"}) == second


@pytest.mark.parametrize("path", ["absent.txt", "sub"])
def test_removing_what_is_not_there_is_an_error(alice: Client, repo: str, path: str) -> None:
    alice.push(repo, {"sub/a.txt": b"a"})
    answer = alice.commit(repo, alice.removed(path))
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (404, "EntryNotFound")
    assert "A file with this name doesn't exist" in answer.headers["X-Error-Message"]


def test_a_file_cannot_be_a_folder_too(alice: Client, repo: str) -> None:
    alice.push(repo, {"a": b"a"})
    assert alice.commit(repo, alice.small("a/b", b"b")).status_code == 400
    assert alice.commit(repo, alice.small("x/y", b"b"), alice.small("x", b"c")).status_code == 400
    assert alice.files(repo) == ["a"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b'{"key": "file", "value": {"path": "a", "content": "", "encoding": "base64"}}',
        b'{"key": "header", "value": {"summary": "x"}}\n{"key": "header", "value": {"summary": "x"}}',
        b'{"key": "header", "value": {"summary": 5}}',
        b'{"key": "header", "value": {}}\n{"key": "file", "value": {"path": "a", "content": "?", "encoding": "base64"}}',
        b'{"key": "header", "value": {"summary": "x"}}\n{"key": "lfsFile", "value": {"path": "a", "oid": "../x", "size": 1}}',
        b'{"key": "header", "value": {"summary": "x"}}\n{"key": "chmod", "value": {"path": "a"}}',
        b"[" * 100_000,
    ],
)
def test_lines_that_make_no_sense_are_refused(alice: Client, repo: str, body: bytes) -> None:
    assert alice.post(f"/api/datasets/{repo}/commit/main", data=body).status_code == 400
    assert alice.files(repo) == []


def test_a_branch_must_exist_and_a_tag_takes_no_commits(alice: Client, repo: str) -> None:
    line = alice.small("a.txt", b"a")
    answer = alice.commit(repo, line, rev="absent")
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (404, "RevisionNotFound")
    assert alice.commit(repo, line, rev="refs%2Ftags%2Fv1").status_code == 400


def test_branches_go_their_own_way(alice: Client, repo: str) -> None:
    alice.push(repo, {"a.txt": b"a"})
    assert alice.post(f"/api/datasets/{repo}/branch/other%2Fway", json={}).status_code == 200
    assert alice.post(f"/api/datasets/{repo}/branch/other%2Fway", json={}).status_code == 409
    alice.push(repo, {"b.txt": b"b"}, rev="other%2Fway")
    assert (alice.files(repo), alice.files(repo, "other%2Fway")) == (["a.txt"], ["a.txt", "b.txt"])
    assert alice.call("DELETE", f"/api/datasets/{repo}/branch/main").status_code == 400
    assert alice.call("DELETE", f"/api/datasets/{repo}/branch/other%2Fway").status_code == 200


@pytest.mark.parametrize(("first", "second"), [("dev", "dev%2Fnew"), ("dev%2Fnew", "dev"), ("a", "a%2Fb%2Fc")])
def test_a_branch_is_not_inside_of_another(alice: Client, repo: str, first: str, second: str) -> None:
    assert alice.post(f"/api/datasets/{repo}/branch/{first}", json={}).status_code == 200
    # Not 409: clients that may find the branch there would go on as if it were.
    assert alice.post(f"/api/datasets/{repo}/branch/{second}", json={}).status_code == 400
    assert alice.post(f"/api/datasets/{repo}/branch/{first}ish", json={}).status_code == 200


@pytest.mark.parametrize("name", ["a b", "a..b", "refs%2Fpr%2F1", "-a", "a.lock", "a~1", "HEAD", "0" * 40, "a%0Ab"])
def test_names_of_branches_that_cannot_be(alice: Client, repo: str, name: str) -> None:
    assert alice.post(f"/api/datasets/{repo}/branch/{name}", json={}).status_code == 400


def test_a_pull_request_is_merged_file_by_file(alice: Client, bob: Client, repo: str) -> None:
    alice.push(repo, {"a.txt": b"a", "b.txt": b"b"})
    answer = bob.commit(repo, bob.small("a.txt", b"better"), query="?create_pr=1")
    assert answer.json()["pullRequestUrl"].endswith(f"/datasets/{repo}/discussions/1")
    alice.push(repo, {"b.txt": b"newer"})
    assert bob.post(f"/api/datasets/{repo}/discussions/1/merge", json={}).status_code == 403
    assert alice.post(f"/api/datasets/{repo}/discussions/1/merge", json={}).status_code == 200
    assert [alice.read(repo, name).content for name in ("a.txt", "b.txt")] == [b"better", b"newer"]
    assert alice.get(f"/api/datasets/{repo}/discussions/1").json()["status"] == "merged"


def test_a_pull_request_that_conflicts_is_not_merged(alice: Client, bob: Client, repo: str) -> None:
    alice.push(repo, {"a.txt": b"a"})
    bob.commit(repo, bob.small("a.txt", b"his"), query="?create_pr=1")
    alice.push(repo, {"a.txt": b"hers"})
    assert alice.get(f"/api/datasets/{repo}/discussions/1").json()["filesWithConflicts"] == ["a.txt"]
    assert alice.post(f"/api/datasets/{repo}/discussions/1/merge", json={}).status_code == 409


def test_a_pull_request_whose_commit_is_refused_is_not_opened(alice: Client, bob: Client, repo: str) -> None:
    assert bob.commit(repo, bob.large("a.bin", b"never uploaded"), query="?create_pr=1").status_code == 400
    assert alice.get(f"/api/datasets/{repo}/discussions").json()["count"] == 0


def test_only_its_author_and_the_owner_add_to_a_pull_request(
    alice: Client, bob: Client, hub: object, repo: str
) -> None:
    carol = hub.client()  # type: ignore[attr-defined]
    bob.commit(repo, bob.small("a.txt", b"a"), query="?create_pr=1")
    assert bob.commit(repo, bob.small("b.txt", b"b"), rev="refs%2Fpr%2F1").status_code == 200
    assert alice.commit(repo, alice.small("c.txt", b"c"), rev="refs%2Fpr%2F1").status_code == 200
    assert carol.commit(repo, carol.small("d.txt", b"d"), rev="refs%2Fpr%2F1").status_code == 403
    assert alice.files(repo, "refs%2Fpr%2F1") == ["a.txt", "b.txt", "c.txt"]


def test_files_and_folders_have_the_ids_that_git_gives(alice: Client, repo: str, tmp_path: Path) -> None:
    files = {"a.txt": b"a\n", "a/b.txt": b"b", "a.d/c.txt": b"c", "ü/d.txt": b"d"}
    alice.push(repo, files)
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(data)
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    subprocess.run(["git", "write-tree"], cwd=tmp_path, check=True, capture_output=True)
    command = ["git", "ls-files", "-s", "-z"]
    listed = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    expected = {line.split("\t")[1]: line.split()[1] for line in listed.split("\0") if line}
    tree = alice.get(f"/api/datasets/{repo}/tree/main?recursive=true").json()
    assert {item["path"]: item["oid"] for item in tree if item["type"] == "file"} == expected
    folder = subprocess.run(
        ["git", "write-tree", "--prefix=a.d/"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert {item["path"]: item["oid"] for item in tree}["a.d"] == folder.stdout.strip()


def test_listings_are_paged(alice: Client, repo: str) -> None:
    alice.push(repo, {f"data/{number:02}.txt": b"x" for number in range(7)} | {"a.txt": b"a"})
    path, seen, pages = f"/api/datasets/{repo}/tree/main?recursive=true&limit=3", [], 0
    while path:
        answer = alice.get(path)
        seen += [item["path"] for item in answer.json()]
        path, pages = answer.links.get("next", {}).get("url", ""), pages + 1
    assert (seen, pages) == (["a.txt", "data", *(f"data/{number:02}.txt" for number in range(7))], 3)


def test_listings_tell_the_last_commit_of_each_path(alice: Client, repo: str) -> None:
    first = alice.push(repo, {"a.txt": b"a", "sub/b.txt": b"b", "sub/c.txt": b"c"})
    second = alice.push(repo, {"sub/b.txt": b"newer"})
    tree = alice.get(f"/api/datasets/{repo}/tree/main?expand=true&recursive=true").json()
    last = {item["path"]: item["lastCommit"]["id"] for item in tree}
    assert last == {"a.txt": first, "sub": second, "sub/b.txt": second, "sub/c.txt": first}


def test_history_is_listed_and_can_be_squashed(alice: Client, repo: str) -> None:
    commits = [alice.push(repo, {"a.txt": str(number).encode()}) for number in range(3)]
    answer = alice.get(f"/api/datasets/{repo}/commits/main?limit=2")
    assert [each["id"] for each in answer.json()] == commits[:0:-1]
    rest = alice.get(answer.links["next"]["url"]).json()
    assert [each["title"] for each in rest] == ["a commit", "initial commit"]
    alice.post(f"/api/datasets/{repo}/super-squash/main", json={"message": "one"})
    assert [each["title"] for each in alice.get(f"/api/datasets/{repo}/commits/main").json()] == ["one"]
    assert alice.read(repo, "a.txt").content == b"2"


def test_paths_info_leaves_out_what_is_not_there(alice: Client, repo: str) -> None:
    alice.push(repo, {"sub/a.txt": b"abc"})
    found = alice.post(
        f"/api/datasets/{repo}/paths-info/main", data={"paths": ["sub/a.txt", "sub", "x"], "expand": "false"}
    )
    assert [(item["type"], item["path"], item["size"]) for item in found.json()] == [
        ("file", "sub/a.txt", 3),
        ("directory", "sub", 0),
    ]


def test_preupload_sends_data_and_large_files_the_large_way(alice: Client, repo: str) -> None:
    alice.push(repo, {"a.txt": b"a"})
    files = [
        {"path": "a.txt", "size": 1, "sample": ""},
        {"path": "b.parquet", "size": 9, "sample": ""},
        {"path": "c.txt", "size": 1_000_000, "sample": ""},
        {"path": "d.unknown", "size": 5, "sample": "AAECAw=="},
        {"path": "empty.parquet", "size": 0, "sample": ""},
    ]
    answer = alice.post(f"/api/datasets/{repo}/preupload/main", json={"files": files}).json()["files"]
    assert [item["uploadMode"] for item in answer] == ["regular", "lfs", "lfs", "lfs", "regular"]
    assert answer[0]["oid"] == hashlib.sha1(b"blob 1\0a").hexdigest()
