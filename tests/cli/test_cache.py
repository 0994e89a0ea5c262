"""`cache` lists, measures, prunes and verifies the store."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from arrowsets import load_dataset
from arrowsets.derive import default_store

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def key(csv: Path) -> str:
    """The key of one stored dataset that nobody uses."""
    load_dataset("csv", data_files=str(csv))
    (entry,) = default_store().entries()
    return entry.key


def test_ls_names_what_made_an_entry(arrowsets: Call, key: str) -> None:
    header, line = arrowsets("cache", "ls")[1].splitlines()
    assert header.split() == ["key", "made", "by", "rows", "size", "used"]
    assert line.split()[:3] == [key, "load(csv)", "3"]


def test_ls_as_json(arrowsets: Call, key: str) -> None:
    (row,) = json.loads(arrowsets("cache", "ls", "--json")[1])
    assert (row["key"], row["label"], row["num_rows"], row["finished"]) == (key, "load(csv)", 3, True)


def test_du_adds_up(arrowsets: Call, key: str) -> None:
    usage = json.loads(arrowsets("cache", "du", "--json")[1])
    assert (usage["entries"], usage["drafts"], usage["download_bytes"]) == (1, 0, 0)
    assert usage["entry_bytes"] > 0
    assert arrowsets("cache", "du")[1].splitlines()[1].split()[:2] == ["results", "1"]


def test_an_empty_cache_is_no_error(arrowsets: Call, tmp_path: Path) -> None:
    assert arrowsets("cache", "ls", "--dir", tmp_path / "none")[0] == 0
    assert arrowsets("cache", "du", "--dir", tmp_path / "none")[0] == 0
    assert arrowsets("cache", "verify", "--dir", tmp_path / "none")[1] == "0 of 0 entries are whole\n"


def test_prune_removes_what_is_too_old(arrowsets: Call, key: str) -> None:
    entry = default_store().get(key)
    assert entry is not None
    (entry.path / "used").touch()
    long_ago = time.time() - 40 * 86400
    os.utime(entry.path / "used", (long_ago, long_ago))
    assert key in arrowsets("cache", "prune", "--older-than", "30d", "--dry-run")[1]
    assert entry.path.exists()
    assert key in arrowsets("cache", "prune", "--older-than", "30d")[1]
    assert not entry.path.exists()


def test_prune_keeps_to_a_size(arrowsets: Call, key: str) -> None:
    report = json.loads(arrowsets("cache", "prune", "--max-bytes", "1GB", "--json")[1])
    assert (report["removed"], report["freed"]) == ([], 0)
    report = json.loads(arrowsets("cache", "prune", "--max-bytes", "1", "--json")[1])
    assert [item["key"] for item in report["removed"]] == [key]


@pytest.mark.parametrize("words", [("--max-bytes", "ten"), ("--older-than", "3x")])
def test_prune_refuses_what_is_no_size_or_time(arrowsets: Call, words: tuple[str, str]) -> None:
    code, _, err = arrowsets("cache", "prune", *words)
    assert (code, repr(words[1]) in err) == (2, True)


def test_verify_names_what_is_damaged(arrowsets: Call, key: str) -> None:
    assert arrowsets("cache", "verify") == (0, "1 of 1 entries are whole\n", "")
    entry = default_store().get(key)
    assert entry is not None
    entry.files[0].write_bytes(b"\0" * entry.files[0].stat().st_size)
    code, out, err = arrowsets("cache", "verify")
    assert code == 1
    assert entry.files[0].name in out
    assert "1 entries are damaged" in err
