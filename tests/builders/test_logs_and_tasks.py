"""Logs of Inspect and Harbor tasks are read as the reference reads them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from arrowsets import load_dataset
from arrowsets.errors import BadData, DataFilesNotFound

SAMPLES: list[dict[str, Any]] = [
    {
        "input": "q",
        "target": ["a", 1],
        "messages": [{"content": "é"}],
        "scores": {"m": {"v": "C"}},
        "error": None,
        "t": 1.5,
    },
    {"input": "r", "target": ["b"], "messages": [], "scores": {}, "error": None, "t": 2.0, "more": 3},
]
TASK = """
schema_version = "1.1"
[task]
name = "org/a"
description = "does a"
keywords = ["k1", "k2"]
[metadata]
day = 2024-01-02
[agent]
timeout_sec = 1.5
"""
CANARY = "<!-- canary GUID 123 -->\n# Canary\n\nDo a.\n"


def log(path: Path, samples: dict[str, Any]) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("header.json", "{}")
        archive.writestr("_journal/start.json", "{}")
        for name, sample in samples.items():
            archive.writestr(f"samples/{name}.json", sample if isinstance(sample, str) else json.dumps(sample))
    return str(path)


def tasks(root: Path) -> Path:
    for name, text in {
        "README.md": "about",
        "dataset.toml": "",
        "tasks/a/task.toml": TASK,
        "tasks/a/instruction.md": CANARY,
        "tasks/a/README.md": "about a",
        "tasks/a/tests/test.sh": "true",
        "tasks/a/environment/Dockerfile": "FROM x",
        "tasks/a/environment/data.json": "{}",
        "tasks/a/.hidden": "",
        "tasks/b/task.toml": "",
        "tasks/b/instruction.md": "Do b",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def test_a_log_has_the_types_and_rows_of_the_reference(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    (tmp_path / "logs").mkdir()
    samples = {f"{n}_epoch_{e}": {"id": n, "epoch": e, **SAMPLES[n % 2]} for e in (2, 1) for n in (11, 2, 1)}
    log(tmp_path / "logs" / "a.eval", samples)
    ours = load_dataset(str(tmp_path / "logs"))
    theirs = datasets.load_dataset(str(tmp_path / "logs"), cache_dir=str(tmp_path / "theirs"))
    assert list(ours) == list(theirs) == ["logs"]
    assert ours["logs"].features.to_dict() == theirs["logs"].features.to_dict()
    assert ours["logs"].to_list() == theirs["logs"].to_list()
    assert [(row["epoch"], row["id"]) for row in ours["logs"]] == [(1, 1), (1, 2), (1, 11), (2, 1), (2, 2), (2, 11)]


def test_samples_of_any_name_and_of_several_kinds_are_read(tmp_path: Path) -> None:
    samples = {"q_a_epoch_1": {"id": "q_a", "target": "x"}, "7_epoch_1": {"id": 7, "target": ["x"]}}
    rows = load_dataset("eval", data_files=log(tmp_path / "a.eval", samples), split="train").to_list()
    assert rows == [{"id": "q_a", "target": "x"}, {"id": 7, "target": ['"x"']}]


def test_bad_logs_and_samples(tmp_path: Path) -> None:
    (tmp_path / "b.eval").write_text("no zip")
    with pytest.raises(BadData, match=r"b\.eval: no log of Inspect"):
        load_dataset("eval", data_files=str(tmp_path / "b.eval"))
    file = log(tmp_path / "c.eval", {"1_epoch_1": {"id": 1}, "2_epoch_1": "[]"})
    with pytest.raises(BadData, match=r"row 1: samples/2_epoch_1\.json: a sample is an object"):
        load_dataset("eval", data_files=file)
    assert load_dataset("eval", data_files=file, split="train", on_bad_rows="skip").to_list() == [{"id": 1}]


@pytest.mark.parametrize("options", [{}, {"strip_canary": False, "include_files": False}], ids=str)
def test_tasks_have_the_types_and_rows_of_the_reference(options: dict[str, Any], tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    root = tasks(tmp_path / "root")
    ours = load_dataset("harbor", data_dir=str(root), **options)
    theirs = datasets.load_dataset("harbor", data_dir=str(root), cache_dir=str(tmp_path / "theirs"), **options)
    assert list(ours) == list(theirs) == ["test"]
    assert ours["test"].features.to_dict() == theirs["test"].features.to_dict()
    expected = theirs["test"].to_list()
    for row in expected:
        row["files"] = row["files"] and sorted(row["files"])
        row["location"] = f"tasks/{row['location'][-1]}"  # theirs is relative to the working directory here
    assert ours["test"].to_list() == expected


def test_a_directory_with_tasks_is_known_by_them(tmp_path: Path) -> None:
    dataset = load_dataset(str(tasks(tmp_path / "root")), split="test")
    assert [(row["name"], row["instruction"], row["location"]) for row in dataset] == [
        ("org/a", "Do a.\n", "tasks/a"),
        ("b", "Do b", "tasks/b"),
    ]
    assert dataset[0]["metadata"] == {"day": "2024-01-02"}


def test_tasks_in_an_archive_and_without_an_instruction(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "tasks.zip", "w") as archive:
        archive.writestr("top.txt", "")
        archive.writestr("x/c/task.toml", TASK)
        archive.writestr("x/c/tests/run.sh", "true")
    (row,) = load_dataset("harbor", data_files=str(tmp_path / "tasks.zip"), split="train").to_list()
    assert (row["name"], row["instruction"], row["files"]) == ("org/a", None, ["task.toml", "tests/run.sh"])
    assert row["location"] == "x/c"


def test_what_is_no_task_is_named(tmp_path: Path) -> None:
    (tmp_path / "task.toml").write_text("a = ")
    with pytest.raises(BadData, match=r"task\.toml: no TOML"):
        load_dataset("harbor", data_files=str(tmp_path / "task.toml"))
    (tmp_path / "other.toml").write_text("a = 1")
    with pytest.raises(DataFilesNotFound, match=r"no file task\.toml among the 1 files"):
        load_dataset("harbor", data_files=str(tmp_path / "other.toml"))
