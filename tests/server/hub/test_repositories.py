"""Making, renaming, hiding and removing repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.server.hub.conftest import Client, Running


def test_a_new_repository_belongs_to_the_user_of_the_token(alice: Client) -> None:
    repo = alice.create("corpus")
    answer = alice.get(f"/api/datasets/{repo}").json()
    assert (answer["id"], answer["author"], answer["private"], answer["gated"]) == (repo, alice.user, False, False)
    assert len(answer["sha"]) == 40
    assert answer["siblings"] == []


def test_making_it_twice_is_a_conflict_that_says_where_it_is(alice: Client) -> None:
    alice.create("corpus")
    answer = alice.post("/api/repos/create", json={"name": "corpus", "type": "dataset"})
    assert (answer.status_code, answer.json()["url"]) == (409, f"{alice.url}/datasets/{alice.user}/corpus")


def test_only_its_owner_makes_repositories_in_a_namespace(alice: Client, bob: Client, anyone: Client) -> None:
    wanted = {"name": "corpus", "organization": alice.user, "type": "dataset"}
    assert bob.post("/api/repos/create", json=wanted).status_code == 403
    assert anyone.post("/api/repos/create", json=wanted).status_code == 401


def test_a_read_token_cannot_write(hub: Running, alice: Client) -> None:
    repo = alice.create("corpus")
    reader = hub.client(alice.user, role="read")
    assert reader.commit(repo, reader.small("a.txt", b"a")).status_code == 403
    assert reader.get(f"/api/datasets/{repo}").status_code == 200


def test_members_share_a_namespace(hub: Running) -> None:
    first, second = hub.client(orgs=("team",)), hub.client(orgs=("team",))
    made = first.post("/api/repos/create", json={"name": "shared", "organization": "team", "type": "dataset"})
    assert made.status_code == 200
    second.push("team/shared", {"a.txt": b"a"})
    assert [org["name"] for org in second.get("/api/whoami-v2").json()["orgs"]] == ["team"]


@pytest.mark.parametrize("name", ["", "..", "a..b", "a--b", "-a", "a.git", "a/b", "a b", "é", "refs", "x" * 97, "a\nb"])
def test_names_that_cannot_be(alice: Client, name: str) -> None:
    assert alice.post("/api/repos/create", json={"name": name, "type": "dataset"}).status_code == 400


def test_models_are_refused(alice: Client) -> None:
    assert alice.post("/api/repos/create", json={"name": "net", "type": "model"}).status_code == 400


def test_a_renamed_repository_is_found_under_its_old_id(alice: Client) -> None:
    old = alice.create("old")
    alice.push(old, {"a.txt": b"a"})
    new = f"{alice.user}/new"
    assert alice.post("/api/repos/move", json={"fromRepo": old, "toRepo": new, "type": "dataset"}).status_code == 200
    answer = alice.get(f"/api/datasets/{old}/tree/refs%2Fheads%2Fmain?recursive=true")
    assert answer.status_code == 307
    assert answer.headers["Location"] == f"/api/datasets/{new}/tree/refs%2Fheads%2Fmain?recursive=true"
    assert alice.read(old, "a.txt").headers["Location"] == f"/datasets/{new}/resolve/main/a.txt"
    assert alice.batch(old, "0" * 64, 3).headers["Location"] == f"/datasets/{new}.git/info/lfs/objects/batch"


def test_a_new_repository_ends_the_redirect_from_its_name(alice: Client) -> None:
    old = alice.create("old")
    alice.post("/api/repos/move", json={"fromRepo": old, "toRepo": f"{alice.user}/new", "type": "dataset"})
    alice.create("old")
    assert alice.get(f"/api/datasets/{old}").status_code == 200


def test_an_id_in_other_letters_leads_to_the_right_one(alice: Client) -> None:
    repo = alice.create("Corpus")
    answer = alice.get(f"/api/datasets/{repo.lower()}")
    assert (answer.status_code, answer.headers["Location"]) == (307, f"/api/datasets/{repo}")


def test_a_bare_name_leads_to_the_only_repository_of_that_name(alice: Client, bob: Client, anyone: Client) -> None:
    repo = alice.create("uncommon")
    assert anyone.get("/api/datasets/uncommon/refs").headers["Location"] == f"/api/datasets/{repo}/refs"
    other = bob.create("uncommon")
    assert anyone.get("/api/datasets/uncommon").status_code == 401
    assert bob.get("/api/datasets/uncommon").headers["Location"] == f"/api/datasets/{other}"


def test_a_deleted_repository_is_gone(alice: Client) -> None:
    repo = alice.create("corpus")
    assert alice.call("DELETE", "/api/repos/delete", json={"name": "corpus", "type": "dataset"}).status_code == 200
    answer = alice.get(f"/api/datasets/{repo}")
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (404, "RepoNotFound")


def test_a_stranger_cannot_delete_rename_or_hide(alice: Client, bob: Client) -> None:
    repo = alice.create("corpus")
    wanted = {"name": "corpus", "organization": alice.user, "type": "dataset"}
    assert bob.call("DELETE", "/api/repos/delete", json=wanted).status_code == 403
    moved = {"fromRepo": repo, "toRepo": f"{bob.user}/mine", "type": "dataset"}
    assert bob.post("/api/repos/move", json=moved).status_code == 403
    assert bob.call("PUT", f"/api/datasets/{repo}/settings", json={"visibility": "private"}).status_code == 403


def test_lists_are_searched_filtered_and_paged(hub: Running, alice: Client) -> None:
    for name in ("red-cats", "red-dogs", "blue-cats"):
        alice.create(name)
    alice.push(f"{alice.user}/red-cats", {"README.md": b"---\nlanguage: [en, fr]\ntags: [pets]\n---\n# Cats"})
    query = f"/api/datasets?author={alice.user}"

    def names(more: str) -> list[str]:
        return [item["id"].partition("/")[2] for item in alice.get(query + more).json()]

    assert names("&search=red&sort=id") == ["red-cats", "red-dogs"]
    assert names("&filter=language:fr&filter=pets") == ["red-cats"]
    assert names("") == ["red-cats", "blue-cats", "red-dogs"]
    assert (
        alice.get(f"{query}&limit=2&sort=id").headers["Link"]
        == f'<{alice.url}{query.replace(":", "%3A")}&limit=2&sort=id&cursor=2>; rel="next"'
    )
