"""Plain folders: shown as they lie there, read-only, edits included."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.hub.conftest import Client, Running


@pytest.fixture
def folder(hub: Running, request: pytest.FixtureRequest) -> Path:
    """A folder of a dataset that is served, `lab/<name of the test>`."""
    name: str = request.node.originalname[5:90].rstrip("_.")
    path: Path = hub.directory / "datasets" / "lab" / name
    path.mkdir(parents=True)
    (path / "README.md").write_text("---\nlanguage: en\n---\n# Lab")
    (path / "data").mkdir()
    (path / "data" / "train.csv").write_text("x\n1\n")
    return path


@pytest.fixture
def repo(folder: Path) -> str:
    return f"lab/{folder.name}"


def test_files_are_served_from_where_they_lie(anyone: Client, repo: str) -> None:
    answer = anyone.get(f"/api/datasets/{repo}").json()
    assert [each["rfilename"] for each in answer["siblings"]] == ["README.md", "data/train.csv"]
    assert (answer["author"], answer["cardData"]) == ("lab", {"language": "en"})
    file = anyone.read(repo, "data/train.csv", answer["sha"])
    assert file.content == b"x\n1\n"
    assert file.headers["ETag"].strip('"') == hashlib.sha1(b"blob 4\0x\n1\n").hexdigest()
    assert anyone.read(repo, "data/train.csv", Range="bytes=2-2").content == b"1"


def test_the_same_content_has_the_same_commit(anyone: Client, repo: str, folder: Path) -> None:
    before = anyone.get(f"/api/datasets/{repo}").json()["sha"]
    os.utime(folder / "data" / "train.csv", (1_000_000, 1_000_000))
    assert anyone.get(f"/api/datasets/{repo}").json()["sha"] == before


def test_an_edit_is_seen_and_the_older_commit_does_not_lie(anyone: Client, repo: str, folder: Path) -> None:
    before = anyone.get(f"/api/datasets/{repo}").json()["sha"]
    (folder / "data" / "train.csv").write_text("x\n1\n2\n")
    after = anyone.get(f"/api/datasets/{repo}").json()["sha"]
    assert after != before
    assert anyone.read(repo, "data/train.csv", after).content == b"x\n1\n2\n"
    old = anyone.read(repo, "data/train.csv", before)
    assert (old.status_code, old.headers["X-Error-Code"]) == (404, "EntryNotFound")
    assert anyone.read(repo, "README.md", before).status_code == 200


def test_new_folders_and_files_appear(anyone: Client, hub: Running, folder: Path, repo: str) -> None:
    (folder / "more.txt").write_text("more")
    assert anyone.files(repo) == ["README.md", "data/train.csv", "more.txt"]
    (hub.directory / "datasets" / "lab" / "later").mkdir()
    (hub.directory / "datasets" / "lab" / "later" / "a.txt").write_text("a")
    assert anyone.files("lab/later") == ["a.txt"]


def test_links_that_leave_the_datasets_are_not_followed(
    anyone: Client, hub: Running, folder: Path, repo: str, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (folder / "file.txt").symlink_to(secret)
    (folder / "folder").symlink_to(tmp_path)
    (folder / "tokens").symlink_to(hub.directory / ".hub")
    (folder / "loop").symlink_to(folder)
    (folder / "inside.csv").symlink_to(folder / "data" / "train.csv")
    (folder.parent / "outside").symlink_to(tmp_path)
    assert anyone.files(repo) == ["README.md", "data/train.csv", "inside.csv"]
    assert anyone.get("/api/datasets/lab/outside").status_code == 401
    assert anyone.read(repo, "folder/secret.txt").status_code == 404


def test_a_file_replaced_by_a_link_is_not_served(anyone: Client, folder: Path, repo: str, tmp_path: Path) -> None:
    sha = anyone.get(f"/api/datasets/{repo}").json()["sha"]
    (tmp_path / "secret").write_text("abcd")
    (folder / "data" / "train.csv").unlink()
    (folder / "data" / "train.csv").symlink_to(tmp_path / "secret")
    assert anyone.read(repo, "data/train.csv", sha).status_code == 404


def test_hidden_and_odd_files_are_not_shown(anyone: Client, folder: Path, repo: str) -> None:
    for name in (".env", ".huggingface.yaml", "back\\slash", "line\nbreak"):
        (folder / name).write_text("secret")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("secret")
    os.mkfifo(folder / "pipe")
    assert anyone.files(repo) == [".huggingface.yaml", "README.md", "data/train.csv"]


def test_a_folder_without_files_is_as_old_as_it_is(anyone: Client, hub: Running) -> None:
    folder = hub.directory / "datasets" / "lab" / "nothing_yet"
    folder.mkdir(parents=True)
    os.utime(folder, (1_000_000_000, 1_000_000_000))
    answer = anyone.get("/api/datasets/lab/nothing_yet").json()
    assert (answer["siblings"], answer["lastModified"]) == ([], "2001-09-09T01:46:40.000Z")


def test_folders_cannot_be_written(hub: Running, repo: str, folder: Path) -> None:
    owner = hub.client("lab")
    assert owner.commit(repo, owner.small("a.txt", b"a")).status_code == 403
    assert (
        owner.call(
            "DELETE", "/api/repos/delete", json={"name": folder.name, "organization": "lab", "type": "dataset"}
        ).status_code
        == 403
    )
    assert owner.post("/api/repos/create", json={"name": folder.name, "type": "dataset"}).status_code == 409
    assert (folder / "data" / "train.csv").read_text() == "x\n1\n"


def test_contents_are_hashed_once(process: Callable[..., Running], tmp_path: Path) -> None:
    folder = tmp_path / "hub" / "datasets" / "lab" / "big"
    folder.mkdir(parents=True)
    (folder / "a.bin").write_bytes(b"abc")
    os.utime(folder / "a.bin", (1_000_000, 1_000_000))
    first = process(directory=tmp_path / "hub")
    sha = first.anonymous().get("/api/datasets/lab/big").json()["sha"]
    first.kill()
    broken = "import arrowsets.server.hub.readonly as r\ndef never(*_): raise AssertionError\nr.hash_file = never"
    again = process(code=broken, directory=tmp_path / "hub")
    assert again.anonymous().get("/api/datasets/lab/big").json()["sha"] == sha
