"""Private and gated repositories, and tokens: who learns what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from arrowsets.server.hub import Hub

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.hub.conftest import Client, Running

READING = [
    "/api/datasets/{}",
    "/api/datasets/{}/revision/main",
    "/api/datasets/{}/refs",
    "/api/datasets/{}/commits/main",
    "/api/datasets/{}/tree/main",
    "/api/datasets/{}/auth-check",
    "/api/datasets/{}/discussions",
    "/datasets/{}/resolve/main/a.txt",
    "/datasets/{}",
    "/datasets/{}/tree/main",
]


@pytest.fixture
def secret(alice: Client) -> str:
    repo = alice.create("secret", visibility="private")
    alice.push(repo, {"a.txt": b"a"})
    return repo


@pytest.mark.parametrize("path", READING)
def test_a_private_repository_answers_as_if_it_did_not_exist(
    path: str, alice: Client, bob: Client, anyone: Client, secret: str
) -> None:
    for stranger, status in ((bob, 404), (anyone, 401)):
        hidden, missing = stranger.get(path.format(secret)), stranger.get(path.format(f"{alice.user}/absent"))
        assert hidden.status_code == missing.status_code == status
        assert hidden.headers["X-Error-Code"] == missing.headers["X-Error-Code"] == "RepoNotFound"
        assert hidden.text == missing.text
    assert alice.get(path.format(secret)).status_code == 200


def test_writing_to_a_private_repository_answers_as_if_it_did_not_exist(bob: Client, secret: str) -> None:
    assert bob.commit(secret, bob.small("a.txt", b"b")).status_code == 404
    assert bob.batch(secret, "0" * 64, 1).status_code == 404
    assert bob.post(f"/api/datasets/{secret}/branch/b", json={}).status_code == 404


def test_lists_and_bare_names_hide_what_is_private(bob: Client, alice: Client, secret: str) -> None:
    assert secret not in bob.get("/api/datasets").text
    assert secret in alice.get("/api/datasets").text
    assert bob.get("/api/datasets/secret").status_code == 404


def test_a_renamed_private_repository_does_not_tell_its_new_name(alice: Client, bob: Client, secret: str) -> None:
    alice.post("/api/repos/move", json={"fromRepo": secret, "toRepo": f"{alice.user}/hidden", "type": "dataset"})
    answer = bob.get(f"/api/datasets/{secret}")
    assert (answer.status_code, "hidden" in str(answer.headers)) == (404, False)


def test_a_repository_may_become_private_later(alice: Client, anyone: Client) -> None:
    repo = alice.create("corpus")
    assert anyone.get(f"/api/datasets/{repo}").status_code == 200
    alice.call("PUT", f"/api/datasets/{repo}/settings", json={"visibility": "private"})
    assert anyone.get(f"/api/datasets/{repo}").status_code == 401


@pytest.fixture
def gated(alice: Client) -> str:
    repo = alice.create("gated")
    alice.push(repo, {"a.txt": b"a", "README.md": b"# A"})
    alice.call("PUT", f"/api/datasets/{repo}/settings", json={"gated": "manual"})
    return repo


def test_a_gated_repository_shows_itself_but_not_its_files(gated: str, bob: Client, anyone: Client) -> None:
    for stranger, status in ((bob, 403), (anyone, 401)):
        assert stranger.get(f"/api/datasets/{gated}").json()["gated"] == "manual"
        for path in ("/datasets/{}/resolve/main/a.txt", "/api/datasets/{}/tree/main", "/api/datasets/{}/auth-check"):
            answer = stranger.get(path.format(gated))
            assert (answer.status_code, answer.headers["X-Error-Code"]) == (status, "GatedRepo")


def test_the_owner_lets_people_in(gated: str, alice: Client, bob: Client) -> None:
    assert bob.post(f"/datasets/{gated}/ask-access").json() == {"status": "pending"}
    assert bob.read(gated, "a.txt").status_code == 403
    asked = alice.get(f"/api/datasets/{gated}/user-access-request/pending").json()
    assert [each["user"]["user"] for each in asked] == [bob.user]
    alice.post(f"/api/datasets/{gated}/user-access-request/handle", json={"user": bob.user, "status": "accepted"})
    assert bob.read(gated, "a.txt").content == b"a"


def test_a_repository_gated_automatically_lets_in_who_asks(gated: str, alice: Client, bob: Client) -> None:
    alice.call("PUT", f"/api/datasets/{gated}/settings", json={"gated": "auto"})
    assert bob.post(f"/datasets/{gated}/ask-access").json() == {"status": "accepted"}
    assert bob.read(gated, "a.txt").content == b"a"


@pytest.mark.parametrize("token", ["nonsense", "ash_0_0", "ash_" + "0" * 12 + "_" + "x" * 43, "ash__", "é"])
def test_a_wrong_token_is_refused_even_where_none_is_needed(alice: Client, token: str) -> None:
    repo = alice.create("corpus")
    answer = alice.get(f"/api/datasets/{repo}", headers={"Authorization": f"Bearer {token}".encode()})
    assert answer.status_code == 401
    assert answer.headers["X-Error-Message"] == "Invalid credentials in Authorization header"
    assert "X-Error-Code" not in answer.headers


def test_a_revoked_token_ends_at_once(hub: Running, alice: Client) -> None:
    assert alice.get("/api/whoami-v2").json()["name"] == alice.user
    with Hub(hub.directory) as opened:
        assert opened.accounts.revoke(alice.token)
    assert alice.get("/api/whoami-v2").status_code == 401


def test_a_token_ends_on_its_day(hub: Running, alice: Client) -> None:
    with Hub(hub.directory) as opened:
        token = opened.accounts.create(alice.user, "read", days=-1)
    assert alice.get("/api/whoami-v2", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_hub_may_want_a_token_from_everybody(own_hub: Callable[..., Running]) -> None:
    hub = own_hub(require_token=True)
    anyone, user = hub.anonymous(), hub.client()
    assert anyone.get("/api/datasets").status_code == 401
    page = anyone.get("/")
    assert (page.status_code, page.headers["WWW-Authenticate"][:5]) == (401, "Basic")
    assert user.get("/api/datasets").status_code == 200


def test_browsers_log_in_with_a_token_as_password_and_only_read(alice: Client, secret: str) -> None:
    logged_in = (alice.user, alice.token)
    assert requests.get(f"{alice.url}/datasets/{secret}", auth=logged_in, timeout=10).status_code == 200
    assert requests.post(f"{alice.url}/api/datasets/{secret}/branch/b", auth=logged_in, timeout=10).status_code == 401
