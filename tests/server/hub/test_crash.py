"""A hub that is killed in the midst of a push: the old state or the new, never something between."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.hub.conftest import Client, Running

# Once the file `armed` stands in the directory, the process ends at that point as if the power had gone.
DIE = """
import os, signal, sys, arrowsets.server.hub.{module} as m
real = m.{name}
def die(*a, **k):
    armed = os.path.exists(os.path.join(sys.argv[3], "armed"))
    if {after} or not armed:
        done = real(*a, **k)
    if armed:
        os.kill(os.getpid(), signal.SIGKILL)
    return done
m.{name} = die
"""
POINTS = {
    "before the small files get their names": ("blobs", "BlobStore.publish_all", False),
    "after the small files got their names": ("blobs", "BlobStore.publish_all", True),
    "after the folders are written": ("forest", "Forest.put", True),
    "before the branch moves": ("history", "History._append", True),
}


def dying(module: str, name: str, after: bool) -> str:
    return DIE.format(module=module, name=name, after=after)


@pytest.mark.parametrize("point", POINTS)
def test_a_commit_that_is_killed_leaves_the_old_state(process: Callable[..., Running], point: str) -> None:
    hub = process(code=dying(*POINTS[point]))
    client = hub.client()
    repo = client.create("corpus")
    sha = client.push(repo, {"a.txt": b"old"})
    (hub.directory / "armed").touch()
    with pytest.raises(requests.ConnectionError):
        client.commit(repo, client.small("a.txt", b"new"), client.small("b.txt", b"new"))
    client.url = process(directory=hub.directory).url
    assert client.get(f"/api/datasets/{repo}").json()["sha"] == sha
    assert (client.files(repo), client.read(repo, "a.txt").content) == (["a.txt"], b"old")
    client.push(repo, {"a.txt": b"new", "b.txt": b"new"})
    assert client.read(repo, "b.txt").content == b"new"


def test_an_upload_that_is_killed_leaves_nothing(process: Callable[..., Running]) -> None:
    hub = process(code=dying("lfs", "_settle", after=False))
    client = hub.client()
    repo, data = client.create("corpus"), b"\0data" * 1000
    (hub.directory / "armed").touch()
    with pytest.raises(requests.ConnectionError):
        client.upload(repo, data)
    client.url = process(directory=hub.directory).url
    assert client.commit(repo, client.large("a.bin", data)).status_code == 400
    assert client.upload(repo, data).status_code == 200
    assert client.commit(repo, client.large("a.bin", data)).status_code == 200


def test_a_hub_killed_at_any_moment_keeps_what_it_confirmed(process: Callable[..., Running]) -> None:
    hub = process()
    client = hub.client()
    repo = client.create("corpus")
    for round_number in range(3):
        confirmed: list[str] = []
        pusher = threading.Thread(target=push_until_broken, args=(client, repo, round_number, confirmed))
        pusher.start()
        while not confirmed and pusher.is_alive():
            time.sleep(0.01)
        time.sleep(0.1 + 0.13 * round_number)
        hub.kill()
        pusher.join()
        hub = process(directory=hub.directory)
        client.url = hub.url
        head = client.get(f"/api/datasets/{repo}").json()["sha"]
        history = [each["id"] for each in client.get(f"/api/datasets/{repo}/commits/main?limit=50").json()]
        assert confirmed, "nothing was confirmed, and then the hub was killed"
        # What was under way may have landed; nothing that was confirmed is missing.
        assert confirmed[-1] in history[:2]
        assert history[0] == head
        assert_whole(client, repo)


def push_until_broken(client: Client, repo: str, round_number: int, confirmed: list[str]) -> None:
    try:
        for number in range(1000):
            data = b"\0%d-%d" % (round_number, number) * 20_000
            client.upload(repo, data)
            lines = [client.small(f"{round_number}/{number}-{each}.txt", b"%d" % each) for each in range(3)]
            answer = client.commit(repo, client.large(f"{round_number}/{number}.bin", data), *lines)
            confirmed.append(answer.json()["commitOid"])
    except requests.RequestException:
        return


def assert_whole(client: Client, repo: str) -> None:
    for item in client.get(f"/api/datasets/{repo}/tree/main?recursive=true").json():
        if item["type"] == "file":
            data = client.read(repo, item["path"]).content
            digest = (
                hashlib.sha256(data).hexdigest()
                if "lfs" in item
                else hashlib.sha1(b"blob %d\0%s" % (len(data), data)).hexdigest()
            )
            assert digest == item.get("lfs", item)["oid"]
            assert item["path"].endswith(".bin") == ("lfs" in item)
