"""Nobody's work is lost: not by a push that is cut off, nor by two at once, nor by an answer that never came."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from typing import Any

import pytest
from huggingface_hub import HfApi

from arrowsets import Dataset, load_dataset
from arrowsets.errors import CommitConflict, RemoteError
from arrowsets.files import remote


def numbers(count: int = 40) -> Dataset:
    return Dataset.from_dict({"x": list(range(count))})


def test_a_push_that_was_killed_uploads_only_what_is_missing(world: Any, proxy: Any) -> None:
    repo = world.id("killed")
    code = f"""
from arrowsets import Dataset
Dataset.from_dict({{"x": list(range(40))}}).push_to_hub({repo!r}, num_shards=10)
"""
    process = subprocess.Popen([sys.executable, "-c", code], env=world.environment())
    reached = threading.Event()

    def kill() -> None:
        process.send_signal(signal.SIGKILL)
        process.wait()
        reached.set()

    # The sixth file never comes through.
    uploads = iter(range(100))
    forward = proxy.rule

    def rule(method: str, path: str) -> Any:
        if method == "PUT" and next(uploads) == 5:
            kill()
        return forward(method, path)

    proxy.rule = rule
    assert reached.wait(60)
    api = HfApi(endpoint=world.server.url, token=world.token)
    assert not [name for name in api.list_repo_files(repo, repo_type="dataset") if name.endswith(".parquet")]
    proxy.rule = forward
    proxy.requests.clear()
    numbers().push_to_hub(repo, num_shards=10)
    assert proxy.count("^PUT") <= 5
    assert load_dataset(repo, split="train")["x"][:] == list(range(40))


def test_a_commit_of_somebody_else_is_kept(world: Any, proxy: Any) -> None:
    repo = world.id("raced")
    numbers(1).push_to_hub(repo)
    other = HfApi(endpoint=world.server.url, token=world.token)

    def meanwhile() -> None:
        other.upload_file(path_or_fileobj=b"mine", path_in_repo="note.txt", repo_id=repo, repo_type="dataset")

    proxy.before.append((re.compile("POST .*/commit/main"), meanwhile))
    numbers(2).push_to_hub(repo, "second")
    assert "note.txt" in other.list_repo_files(repo, repo_type="dataset")
    assert load_dataset(repo, "second", split="train").num_rows == 2
    assert proxy.count("POST .*/commit/main") == 3


def test_a_card_that_somebody_else_changed_keeps_the_change(world: Any, proxy: Any) -> None:
    repo = world.id("card-race")
    numbers(1).push_to_hub(repo)

    def meanwhile() -> None:
        Dataset.from_dict({"y": [5]}).push_to_hub(repo, "theirs")

    proxy.before.append((re.compile("POST .*/commit/main"), meanwhile))
    numbers(2).push_to_hub(repo, "ours")
    rows = {name: load_dataset(repo, name, split="train").num_rows for name in ("default", "ours", "theirs")}
    assert rows == {"default": 1, "ours": 2, "theirs": 1}


def test_two_appends_at_once_are_both_there(world: Any) -> None:
    repo = world.id("appends")
    numbers(1).push_to_hub(repo)
    threads = [
        threading.Thread(target=Dataset.from_dict({"x": [number]}).push_to_hub, args=(repo,), kwargs={"mode": "append"})
        for number in (10, 20, 30)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(load_dataset(repo, split="train")["x"][:]) == [0, 10, 20, 30]


def test_two_processes_push_different_configurations(world: Any) -> None:
    repo = world.id("two")
    numbers(1).push_to_hub(repo)
    code = "from arrowsets import Dataset; Dataset.from_dict({{'x': [1]}}).push_to_hub({!r}, {!r})"
    processes = [
        subprocess.Popen([sys.executable, "-c", code.format(repo, name)], env=world.environment())
        for name in ("a", "b", "c")
    ]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert all(load_dataset(repo, name, split="train").num_rows == 1 for name in ("default", "a", "b", "c"))


def test_a_file_that_came_back_as_it_was_is_committed_again(world: Any, proxy: Any) -> None:
    repo = world.id("undone")
    numbers(3).push_to_hub(repo)

    def meanwhile() -> None:
        api = HfApi(endpoint=world.server.url, token=world.token)
        api.delete_file("data/train-00000-of-00001.parquet", repo, repo_type="dataset")

    # The hub says that it has the file; then somebody removes it, before the commit.
    proxy.before.append((re.compile("GET .*/revision/main"), meanwhile))
    proxy.before.append((re.compile("/preupload/"), lambda: None))
    numbers(3).push_to_hub(repo)
    assert load_dataset(repo, split="train").num_rows == 3


@pytest.mark.parametrize("mode", ["overwrite", "append"])
def test_an_answer_that_got_lost_is_no_second_commit(world: Any, proxy: Any, mode: str) -> None:
    repo = world.id(f"lost-{mode}")
    numbers(2).push_to_hub(repo)
    proxy.harm("/commit/main", "lost", method="POST")
    made = Dataset.from_dict({"x": [7, 8]}).push_to_hub(repo, mode=mode)
    assert load_dataset(repo, split="train")["x"][:] == ([7, 8] if mode == "overwrite" else [0, 1, 7, 8])
    api = HfApi(endpoint=world.server.url, token=world.token)
    assert made.oid == api.dataset_info(repo).sha
    assert [rule.times for rule in proxy.rules] == [0]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/preupload/"), ("POST", "/batch"), ("PUT", ""), ("POST", "/verify")]
)
def test_an_upload_is_repeated(world: Any, proxy: Any, method: str, path: str) -> None:
    repo = world.id("again")
    proxy.harm(path, "500", method=method)
    # Rows of its own: what the hub has already is not uploaded.
    data = Dataset.from_dict({"x": [f"{method} {path}"]})
    data.push_to_hub(repo)
    assert load_dataset(repo, split="train")["x"][:] == data["x"][:]
    assert [rule.times for rule in proxy.rules] == [0]


def test_a_commit_waits_as_long_as_the_hub_asks_for(world: Any, proxy: Any) -> None:
    waits: list[float] = []
    world.monkeypatch.setattr(remote, "retry", remote.Retry(sleep=waits.append))
    proxy.harm("/commit/main", "429", method="POST", given={"Retry-After": "17"})
    numbers(3).push_to_hub(world.id("busy"))
    assert waits == [17.0]
    assert load_dataset(world.id("busy"), split="train").num_rows == 3


def test_who_always_comes_too_late_is_told(world: Any, proxy: Any) -> None:
    repo = world.id("late")
    numbers(1).push_to_hub(repo)
    proxy.harm("/commit/main", "412", times=99, method="POST")
    with pytest.raises(CommitConflict, match="changed by others each of 12 times"):
        numbers(2).push_to_hub(repo)


def test_a_hub_that_is_down_is_said(world: Any) -> None:
    world.set(HF_ENDPOINT="http://127.0.0.1:9")
    with pytest.raises(RemoteError, match=r"http://127.0.0.1:9 did not answer"):
        numbers(1).push_to_hub("a/b")
