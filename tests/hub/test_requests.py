"""How little is asked of a hub, and what happens when it does not answer as it should."""

from __future__ import annotations

import hashlib
import io
import json
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import HfApi, close_session, get_session

from arrowsets import Dataset, load_dataset
from arrowsets.engine.read_job import ReadJob
from arrowsets.errors import (
    BadData,
    BadToken,
    GatedRepository,
    HubError,
    OfflineError,
    RemoteError,
    RepositoryNotFound,
    RevisionNotFound,
)
from arrowsets.files import remote
from arrowsets.hub import snapshot

DATA = "/resolve/.*/data/"


def numbers(world: Any, files: int = 3) -> str:
    """Push a dataset of some files and forget it; return its id."""
    repo = world.id("numbers")
    Dataset.from_dict({"x": list(range(30))}).push_to_hub(repo, num_shards=files)
    world.forget()
    return str(repo)


def load(repo: str, **given: Any) -> list[int]:
    return list(load_dataset(repo, split="train", **given)["x"][:])


def test_two_requests_and_one_for_each_file(world: Any, proxy: Any) -> None:
    repo = numbers(world)
    proxy.requests.clear()
    assert load(repo) == list(range(30))
    card, data = proxy.count("README"), proxy.count(DATA)
    assert (card, data, len(proxy.requests)) == (1, 3, 2 + 1 + 3)
    assert proxy.count("^GET") == len(proxy.requests)


def test_one_request_the_second_time_and_none_for_a_commit(world: Any, proxy: Any) -> None:
    repo = numbers(world)
    load(repo)
    proxy.requests.clear()
    load(repo)
    assert len(proxy.requests) == 1
    commit = HfApi(endpoint=world.server.url, token=world.token).dataset_info(repo).sha
    load(repo, revision=commit)
    assert len(proxy.requests) == 1


def test_files_that_other_libraries_fetched_are_not_fetched_again(world: Any, proxy: Any) -> None:
    repo = numbers(world)
    home = str(world.home) + "-other"
    code = f"from huggingface_hub import snapshot_download; print(snapshot_download({repo!r}, repo_type='dataset'))"
    world.python(code, HF_HOME=home)
    proxy.requests.clear()
    load(repo)
    assert proxy.count(DATA) == 0


def test_other_libraries_do_not_fetch_what_is_here(world: Any, proxy: Any) -> None:
    repo = numbers(world)
    load(repo)
    proxy.requests.clear()
    code = f"from huggingface_hub import snapshot_download; print(snapshot_download({repo!r}, repo_type='dataset'))"
    folder = Path(world.python(code, HF_HOME=str(world.home) + "-other"))
    assert proxy.count(f"GET .*{DATA}") == 0
    assert len(list((folder / "data").iterdir())) == 3


def test_only_files_of_the_wanted_split_are_fetched(world: Any, proxy: Any) -> None:
    repo = numbers(world)
    Dataset.from_dict({"x": [1]}).push_to_hub(repo, split="test")
    world.forget("third")
    proxy.requests.clear()
    assert load_dataset(repo, split="test")["x"][:] == [1]
    assert proxy.count(DATA) == 1


def test_a_redirect_of_a_bare_name_is_followed(world: Any, proxy: Any) -> None:
    repo = numbers(world)
    where = {"Location": f"/api/datasets/{repo}/revision/main"}
    proxy.harm("/api/datasets/numbers/revision/main", "307", given=where)
    assert load("numbers") == list(range(30))
    world.set(HF_HUB_OFFLINE="1")
    assert load("numbers") == list(range(30))


@pytest.mark.parametrize("action", ["drop", "truncate", "500", "429", "corrupt"])
def test_a_file_is_fetched_again_when_something_goes_wrong(world: Any, proxy: Any, action: str) -> None:
    repo = numbers(world)
    proxy.harm(DATA, action, given={"Retry-After": "1"})
    assert load(repo) == list(range(30))
    assert [rule.times for rule in proxy.rules] == [0]


@pytest.mark.parametrize("action", ["drop", "500", "429"])
@pytest.mark.parametrize("path", ["/revision/main", "/tree/"])
def test_the_hub_is_asked_again(world: Any, proxy: Any, path: str, action: str) -> None:
    repo = numbers(world)
    # One library below repeats pages of listings itself, and waits for a second.
    proxy.harm(path, action, given={"Retry-After": "0"})
    assert load(repo) == list(range(30))
    assert [rule.times for rule in proxy.rules] == [0]


def test_as_long_as_the_hub_asks_for(world: Any, proxy: Any) -> None:
    repo = numbers(world)
    waits: list[float] = []
    world.monkeypatch.setattr(remote, "retry", remote.Retry(sleep=waits.append))
    proxy.harm("/revision/main", "429", given={"Retry-After": "17"})
    load(repo)
    assert waits == [17.0]


def test_a_file_that_always_comes_broken_is_an_error_and_is_not_kept(world: Any, proxy: Any) -> None:
    repo = numbers(world)
    proxy.harm(DATA, "corrupt", times=99)
    with pytest.raises(BadData, match="another hash than the hub announced"):
        load(repo)
    proxy.rules.clear()
    assert load(repo) == list(range(30))


def test_a_stream_goes_on_where_it_broke(world: Any, proxy: Any) -> None:
    repo = numbers(world)
    proxy.harm(DATA, "truncate", times=3)
    assert [row["x"] for row in load_dataset(repo, split="train", streaming=True)] == list(range(30))


def test_a_hub_that_is_down_leaves_the_copy(world: Any, proxy: Any, caplog: pytest.LogCaptureFixture) -> None:
    repo = numbers(world)
    load(repo)
    proxy.harm("", "500", times=99)
    with caplog.at_level("WARNING", "arrowsets"):
        assert load(repo) == list(range(30))
    assert "using the copy of commit" in caplog.text
    world.set(HF_ENDPOINT="http://127.0.0.1:9")
    assert load(repo) == list(range(30))


def test_a_hub_that_is_silent_is_not_waited_for_if_there_is_a_copy(world: Any, proxy: Any) -> None:
    repo = numbers(world)
    load(repo)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        world.set(HF_ENDPOINT=f"http://127.0.0.1:{silent.getsockname()[1]}")
        world.monkeypatch.setattr(snapshot, "PATIENCE", 0.05)
        assert load(repo) == list(range(30))


def test_a_name_that_is_looked_up_forever_is_not_waited_for_if_there_is_a_copy(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    repo = numbers(world)
    load(repo)
    end = threading.Event()
    world.monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [end.wait(60)][:0])
    world.monkeypatch.setattr(snapshot, "PATIENCE", 0.05)
    world.set(HF_ENDPOINT="http://hub.example")
    try:
        assert load(repo) == list(range(30))
        assert not end.is_set()
        assert "http://hub.example did not answer within" in caplog.text
    finally:
        end.set()


@pytest.mark.parametrize("path", ["/revision/main", "/tree/"])
@pytest.mark.parametrize("body", ["<html>Log in to the network</html>", "null", '["x"]', '{"error": "x"}'])
def test_who_does_not_answer_as_a_hub_is_taken_for_none(
    world: Any, proxy: Any, path: str, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    repo = numbers(world)
    proxy.harm(path, "200", times=99, given={"Content-Type": "application/json", "body": body})
    with pytest.raises((RemoteError, HubError), match=f"{proxy.url} (did not answer as a hub does|answered for)"):
        load(repo)
    proxy.rules.clear()
    load(repo)
    proxy.harm("/revision/main", "200", times=99, given={"Content-Type": "application/json", "body": "<html>"})
    assert load(repo) == list(range(30))
    assert "using the copy of commit" in caplog.text


@pytest.mark.parametrize("target", ["", "file:///etc/passwd"])
def test_a_redirect_to_nowhere_is_an_error(world: Any, proxy: Any, target: str) -> None:
    repo = numbers(world)
    where = f"{proxy.url}/datasets/{repo}/resolve/main/data/circle"
    proxy.harm(DATA, "302", times=999, given={"Location": target or where})
    with pytest.raises(RemoteError, match="leads nowhere"):
        load(repo)


def test_a_hub_that_is_down_without_a_copy_is_an_error(world: Any) -> None:
    world.set(HF_ENDPOINT="http://127.0.0.1:9")
    with pytest.raises(RemoteError, match=r"nothing is called 'a/b'.*http://127.0.0.1:9 did not answer"):
        load("a/b")


def test_no_network_is_touched_offline(world: Any, proxy: Any) -> None:
    repo = numbers(world)
    load(repo)
    proxy.requests.clear()
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        world.set(**{name: "1"})
        assert load(repo) == list(range(30))
        with pytest.raises(OfflineError, match="never fetched"):
            load(world.id("unknown"))
        world.set(**{name: None})
    assert proxy.requests == []


def test_offline_needs_no_list_of_files_if_others_fetched_them(world: Any) -> None:
    repo = numbers(world)
    home = str(world.home) + "-other"
    code = f"""
from huggingface_hub import hf_hub_download
for name in ("README.md", *(f"data/train-0000{{i}}-of-00003.parquet" for i in range(3))):
    hf_hub_download({repo!r}, name, repo_type="dataset")
"""
    world.python(code, HF_HOME=home)
    world.set(HF_HUB_OFFLINE="1")
    assert load(repo) == list(range(30))


def test_a_bad_token_never_leads_to_the_copy(world: Any) -> None:
    repo = numbers(world)
    load(repo)
    with pytest.raises(BadToken, match="does not know the token"):
        load(repo, token="hf_wrong")
    world.set(HF_TOKEN="hf_wrong")
    with pytest.raises(BadToken):
        load(repo)


def test_a_saved_token_that_is_demanded_must_be_there(world: Any) -> None:
    world.set(HF_TOKEN=None)
    with pytest.raises(BadToken, match="token=True asks for the saved token"):
        load(world.id("any"), token=True)


def test_what_is_missing_and_what_is_private_look_alike(world: Any) -> None:
    repo = world.id("secret")
    Dataset.from_dict({"x": [1]}).push_to_hub(repo, private=True)
    world.forget()
    assert load(repo) == [1]
    for name in (repo, world.id("missing")):
        world.forget(f"stranger-{name.rpartition('/')[2]}")
        with pytest.raises(RepositoryNotFound, match="or it is private: give token="):
            load(name, token=False)
        with pytest.raises(RepositoryNotFound, match="or it is private: the token may not see it"):
            load(name, token=world.server.token("stranger"))


def test_a_gated_dataset_says_what_to_do(world: Any) -> None:
    repo = numbers(world)
    HfApi(endpoint=world.server.url, token=world.token).update_repo_settings(repo, gated="auto", repo_type="dataset")
    with pytest.raises(GatedRepository, match=f"ask for access on {world.server.url}/datasets/{repo}"):
        load(repo, token=world.server.token("curious"))


def test_an_unknown_revision(world: Any) -> None:
    repo = numbers(world)
    with pytest.raises(RevisionNotFound, match="no revision 'v9'"):
        load(repo, revision="v9")


def test_no_token_is_sent_to_another_host(world: Any, proxy: Any) -> None:
    repo = numbers(world)
    seen: list[Any] = []
    content = Path(_blob(world, repo)).read_bytes()

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Authorization"))
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None: ...

    with ThreadingHTTPServer(("localhost", 0), Elsewhere) as other:
        thread = Thread(target=other.serve_forever)
        thread.start()
        path = "train-00000-of-00003.parquet"
        proxy.harm(path, "302", given={"Location": f"http://localhost:{other.server_address[1]}/blob"})
        assert load(repo) == list(range(30))
        other.shutdown()
        thread.join()
    assert seen == [None]


def _blob(world: Any, repo: str) -> str:
    home = str(world.home) + "-elsewhere"
    code = f"""
from huggingface_hub import hf_hub_download
print(hf_hub_download({repo!r}, "data/train-00000-of-00003.parquet", repo_type="dataset"))
"""
    return str(world.python(code, HF_HOME=home))


def test_passwords_for_other_programs_are_not_sent(world: Any, tmp_path: Path) -> None:
    repo = numbers(world)
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    world.set(NETRC=str(tmp_path / "netrc"))
    assert load(repo) == list(range(30))
    world.forget("without")
    assert load(repo, token=False) == list(range(30))
    HfApi(endpoint=world.server.url, token=world.token).move_repo(repo, world.id("moved"), repo_type="dataset")
    world.forget("moved")
    assert load(repo) == list(range(30))


def test_a_file_that_is_refused_says_why(world: Any) -> None:
    repo = numbers(world)
    api = HfApi(endpoint=world.server.url, token=world.token)
    commit = api.dataset_info(repo).sha
    stream = load_dataset(repo, split="train", streaming=True, revision=commit)
    with pytest.raises(BadToken, match="does not know the token"):
        list(load_dataset(repo, split="train", streaming=True, revision=commit, token="hf_wrong"))
    api.update_repo_settings(repo, gated="manual", repo_type="dataset")
    curious = world.server.token("curious")
    with pytest.raises(GatedRepository, match="ask for access"):
        list(load_dataset(repo, split="train", streaming=True, revision=commit, token=curious))
    api.update_repo_settings(repo, private=True, repo_type="dataset")
    with pytest.raises(RepositoryNotFound, match="or it is private"):
        list(load_dataset(repo, split="train", streaming=True, revision=commit, token=False))
    assert [row["x"] for row in stream] == list(range(30))


def test_a_hub_below_a_path_is_a_hub(world: Any, proxy: Any) -> None:
    repo = numbers(world)
    proxy.prefix = "/below"
    world.set(HF_ENDPOINT=f"{proxy.url}/below")
    proxy.requests.clear()
    assert load(repo) == list(range(30))
    assert all(" /below/" in request for request in proxy.requests)


def test_the_cache_holds_contents_under_their_hashes(world: Any) -> None:
    repo = numbers(world, files=1)
    load(repo)
    (file,) = (world.home.parent / "home-other").glob("hub/*/snapshots/*/data/*.parquet")
    assert hashlib.sha256(file.read_bytes()).hexdigest() == file.resolve().name


@pytest.mark.parametrize("path", ["../../../evil", "/tmp/evil", "a/../../b", "C:/evil", "a\\\\..\\\\b", "."])
def test_a_hub_cannot_name_files_outside_of_the_cache(world: Any, proxy: Any, path: str) -> None:
    repo = numbers(world)
    listed = f'[{{"type": "file", "path": "{path}", "size": 1, "oid": "{"0" * 40}"}}]'
    proxy.harm("/tree/", "200", given={"Content-Type": "application/json", "body": listed})
    with pytest.raises(HubError, match="no path in a dataset"):
        load(repo)


@pytest.mark.parametrize("answer", [{"sha": "../x"}, {"id": "../../x/y"}, {"id": "a/b/c"}, {"sha": None}])
def test_a_hub_cannot_name_a_directory_outside_of_the_cache(world: Any, proxy: Any, answer: dict[str, Any]) -> None:
    repo = numbers(world)
    body = json.dumps({"id": repo, "sha": "0" * 40, **answer})
    proxy.harm("/revision/main", "200", given={"Content-Type": "application/json", "body": body})
    with pytest.raises(HubError, match="which is none"):
        load(repo)


def test_a_revision_is_no_path(world: Any) -> None:
    with pytest.raises(RevisionNotFound, match="is no name of a branch"):
        load(world.id("any"), revision="../../x")


def upload_columns(world: Any, tables: Mapping[str, pa.Table]) -> str:
    """Make a dataset of Parquet files as somebody without a card would; return its id."""
    repo, api = str(world.id("columns")), HfApi(endpoint=world.server.url, token=world.token)
    api.create_repo(repo, repo_type="dataset")
    for path, table in tables.items():
        data = io.BytesIO()
        pq.write_table(table, data)
        api.upload_file(path_or_fileobj=data, path_in_repo=path, repo_id=repo, repo_type="dataset")
    return repo


def test_the_first_files_are_read_while_the_others_come(world: Any, proxy: Any) -> None:
    repo = numbers(world)
    begun = threading.Event()

    def read(self: ReadJob, first: int, last: int) -> Iterator[Any]:
        begun.set()
        return blocks(self, first, last)

    blocks = ReadJob.blocks
    world.monkeypatch.setattr(ReadJob, "blocks", read)
    waited: list[bool] = []
    # The last file is held back until a row of the first is asked for; with a deadline, so that nothing hangs.
    proxy.before.append((re.compile("data/train-00002-of-00003"), lambda: waited.append(begun.wait(30))))
    assert load(repo) == list(range(30))
    assert waited == [True]


def taken(what: threading.Semaphore, times: int) -> None:
    for _ in range(times):
        assert what.acquire(timeout=30)


@pytest.mark.parametrize("num_proc", [None, 2])
def test_the_store_is_the_same_whatever_comes_when(world: Any, proxy: Any, num_proc: int | None) -> None:
    small, large = pa.table({"x": pa.array([1, 2], "int32")}), pa.table({"x": [1 << 40], "y": ["a"]})
    repo = upload_columns(world, {"a.parquet": small, "b.parquet": small, "c.parquet": large})
    stores = []
    for name, late in (("early", "a.parquet"), ("late", "c.parquet")):
        world.forget(name)
        others = threading.Semaphore(0)
        for path in {"a.parquet", "b.parquet", "c.parquet"} - {late}:
            proxy.before.append((re.compile(rf"resolve/.*/{path}"), others.release))
        proxy.before.append((re.compile(rf"resolve/.*/{late}"), partial(taken, others, 2)))
        assert load_dataset(repo, split="train", num_proc=num_proc).to_dict() == {
            "x": [1, 2, 1, 2, 1 << 40],
            "y": [None, None, None, None, "a"],
        }
        entries = world.home.with_name(f"{world.home.name}-{name}") / "arrowsets" / "store" / "entries"
        stores.append({path.relative_to(entries): path.read_bytes() for path in entries.rglob("*.arrow")})
    assert stores[0] == stores[1] != {}


def test_what_was_read_before_a_download_failed_is_kept(
    world: Any, proxy: Any, caplog: pytest.LogCaptureFixture
) -> None:
    repo = numbers(world)
    proxy.harm("data/train-00002-of-00003", "500", times=99)
    with pytest.raises(RemoteError):
        load(repo)
    proxy.rules.clear()
    assert load(repo) == list(range(30))
    assert "resuming: " in caplog.text


def test_connections_that_another_thread_closed_are_made_anew(world: Any) -> None:
    repo = numbers(world)
    given = [get_session()]
    close_session()
    world.monkeypatch.setattr("huggingface_hub.hf_api.get_session", lambda: given.pop() if given else get_session())
    assert load(repo) == list(range(30))
    assert given == []
