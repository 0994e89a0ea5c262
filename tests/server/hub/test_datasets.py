"""The real datasets library, in a process of its own, against the hub."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server.hub.conftest import Client, Running

HEAD = "from datasets import *\nimport datasets\n"


def test_datasets_are_pushed_and_loaded(alice: Client) -> None:
    assert (
        alice.python(
            HEAD
            + """
ds = Dataset.from_dict({"x": list(range(100)), "s": [f"row {n} é" for n in range(100)]})
parts = DatasetDict(train=ds, test=ds.select(range(10)))
repo = f"{USER}/corpus"
ds.push_to_hub(repo)
parts.push_to_hub(repo, "second", num_shards={"train": 3, "test": 1})
ds.select(range(5)).push_to_hub(repo, "third", split="only", private=None)
ds.select(range(7)).push_to_hub(repo, revision="other")
ds.select(range(3)).push_to_hub(repo, create_pr=True)
assert sorted(get_dataset_config_names(repo)) == ["default", "second", "third"]
loaded = load_dataset(repo, split="train")
assert loaded.to_dict() == ds.to_dict() and loaded.features == ds.features
second = load_dataset(repo, "second")
assert {name: len(part) for name, part in second.items()} == {"train": 100, "test": 10}
assert len(load_dataset(repo, "third", split="only")) == 5
assert len(load_dataset(repo, revision="other", split="train")) == 7
assert len(load_dataset(repo, revision="refs/pr/1", split="train")) == 3
streamed = load_dataset(repo, "second", split="train", streaming=True)
assert [row["x"] for row in streamed] == list(range(100))
print(len(api.list_repo_files(repo, repo_type="dataset")))
"""
        )
        == "7"
    )


def test_plain_folders_are_loaded_and_streamed(hub: Running, anyone: Client) -> None:
    folder = hub.directory / "datasets" / "lab" / "plain-folder"
    (folder / "en").mkdir(parents=True)
    (folder / "fr").mkdir()
    (folder / "en" / "train.csv").write_text("x,s\n1,a\n2,b\n")
    (folder / "fr" / "train.jsonl").write_text('{"x": 3}\n')
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: en\n  data_files: en/*.csv\n  default: true\n---\n"
    )
    assert (
        anyone.python(
            HEAD
            + """
loaded = load_dataset("lab/plain-folder", "en", split="train")
streamed = load_dataset("lab/plain-folder", split="train", streaming=True)
print(loaded.to_dict(), list(streamed)[1]["s"])
"""
        )
        == "{'x': [1, 2], 's': ['a', 'b']} b"
    )


def test_a_config_is_removed_by_a_pull_request(alice: Client) -> None:
    seen = alice.python(
        HEAD
        + """
from datasets.hub import delete_from_hub
ds = Dataset.from_dict({"x": [1, 2]})
repo = f"{USER}/corpus"
ds.push_to_hub(repo, "a")
ds.push_to_hub(repo, "b")
delete_from_hub(repo, "a")
print(get_dataset_config_names(repo), get_dataset_config_names(repo, revision="refs/pr/1"))
"""
    )
    assert seen.splitlines()[-1] == "['a', 'b'] ['b']"


def test_a_stale_cache_is_not_used_with_a_wrong_token(hub: Running, alice: Client) -> None:
    repo = alice.create("secret", visibility="private")
    alice.push(repo, {"train.csv": b"x\n1\n"})
    code = HEAD + f"print(load_dataset({repo!r}, split='train')['x'][:])"
    assert alice.python(code) == "[1]"
    failed = hub.client().run(code)
    assert "DatasetNotFoundError" in failed.stderr


def wait_for(url: str) -> None:
    for _ in range(200):
        try:
            requests.get(url, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{url} does not answer")


@pytest.mark.skipif(shutil.which("olah-cli") is None, reason="olah is not installed")
def test_olah_caches_the_hub(alice: Client, tmp_path: Path) -> None:
    repo = alice.create("corpus")
    data = b"x,s\n" + b"".join(b"%d,row %d\n" % (n, n) for n in range(1000))
    big = os.urandom(1_500_000)
    alice.upload(repo, big)
    assert alice.commit(repo, alice.small("train.csv", data), alice.large("extra/big.bin", big)).status_code == 200
    port = free_port()
    netloc = alice.url.removeprefix("http://")
    words = ["--hf-scheme", "http", "--hf-netloc", netloc, "--hf-lfs-netloc", netloc, "--mirror-scheme", "http"]
    words += ["--mirror-netloc", f"127.0.0.1:{port}", "--mirror-lfs-netloc", f"127.0.0.1:{port}", "--port", str(port)]
    words += ["--host", "127.0.0.1", "--repos-path", str(tmp_path / "cache"), "--log-path", str(tmp_path / "logs")]
    with (tmp_path / "olah.log").open("w") as log:
        olah = subprocess.Popen(["olah-cli", *words], stdout=log, stderr=log, cwd=tmp_path, start_new_session=True)
        try:
            wait_for(f"http://127.0.0.1:{port}/")
            seen = alice.python(HEAD + f"""
import hashlib
print(len(load_dataset({repo!r}, split="train", data_files="train.csv")), api.dataset_info({repo!r}).id)
print(hashlib.sha256(open(hf_hub_download({repo!r}, "extra/big.bin", repo_type="dataset"), "rb").read()).hexdigest())
""", HF_ENDPOINT=f"http://127.0.0.1:{port}")  # fmt: skip
        finally:
            os.killpg(olah.pid, signal.SIGTERM)
            olah.wait(20)
    assert seen.split() == ["1000", repo, hashlib.sha256(big).hexdigest()]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port
