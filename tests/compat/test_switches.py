"""Switches, environment variables and import paths that scripts of the reference use."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import arrowsets
from arrowsets import Dataset, config, disable_caching, enable_caching, is_caching_enabled
from arrowsets.config import Settings


def test_without_caching_each_step_is_computed_anew(
    capsys: pytest.CaptureFixture[str], cache: Path, tmp_path: Path
) -> None:
    def tell(row: dict[str, Any]) -> dict[str, Any]:
        print("computed")
        return {"y": row["x"] + 1}

    Dataset.from_dict({"x": [1]}).save_to_disk(str(tmp_path / "saved"))
    stored = Dataset.load_from_disk(str(tmp_path / "saved"))
    for _ in range(2):
        assert stored.map(tell)["y"][:] == [2]
    assert capsys.readouterr().out == "computed\n"
    try:
        disable_caching()
        assert not is_caching_enabled()
        before = sorted(cache.glob("store/entries/**/*"))
        results = [stored.map(tell) for _ in range(2)]
        assert capsys.readouterr().out == "computed\n" * 2
        assert [result["y"][:] for result in results] == [[2], [2]]
        assert before
        assert sorted(cache.glob("store/entries/**/*")) == before  # a lease ends when Python collects what held it
    finally:
        enable_caching()
    stored.map(tell)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"HF_HOME": "/a"}, "/a/arrowsets"),
        ({"HF_HOME": "/a", "HF_DATASETS_CACHE": "/b"}, "/b/arrowsets"),
        ({"HF_DATASETS_CACHE": "/b", "ARROWSETS_CACHE": "/c"}, "/c"),
        ({"XDG_CACHE_HOME": "/d"}, "/d/huggingface/arrowsets"),
    ],
)
def test_where_the_cache_is(environ: dict[str, str], expected: str) -> None:
    assert Settings.from_environment(environ).cache_dir == Path(expected)


@pytest.mark.parametrize("variable", ["ARROWSETS_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_OFFLINE"])
@pytest.mark.parametrize(("value", "offline"), [("1", True), ("ON", True), ("0", False), ("", False)])
def test_offline_mode(variable: str, value: str, offline: bool) -> None:
    assert Settings.from_environment({variable: value}).offline is offline


def test_progress_bars_and_verbosity_follow_the_environment() -> None:
    code = (
        "import json, arrowsets as a; "
        "print(json.dumps([a.are_progress_bars_disabled(), a.is_progress_bar_enabled(), a.logging.get_verbosity()]))"
    )
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("ARROWSETS", "HF_", "DATASETS"))
    }
    given = {"HF_DATASETS_DISABLE_PROGRESS_BARS": "1", "DATASETS_VERBOSITY": "error"}
    answers = [
        subprocess.run(
            [sys.executable, "-c", code], env=environ | more, capture_output=True, text=True, check=True
        ).stdout
        for more in ({}, given)
    ]
    assert [json.loads(answer) for answer in answers] == [[False, True, 30], [True, False, 40]]


def test_the_bar_is_silent_when_bars_are_disabled(capsys: pytest.CaptureFixture[str]) -> None:
    arrowsets.disable_progress_bars()
    assert list(arrowsets.tqdm(range(3))) == [0, 1, 2]
    assert capsys.readouterr().err == ""
    arrowsets.enable_progress_bars()
    assert list(arrowsets.tqdm(range(3))) == [0, 1, 2]
    assert "3/3" in capsys.readouterr().err
    arrowsets.disable_progress_bars()


def test_settings_are_read_under_the_names_of_the_reference(cache: Path) -> None:
    assert (cache, False) == (config.HF_DATASETS_CACHE, config.HF_DATASETS_OFFLINE)
    with pytest.raises(AttributeError, match="NOTHING"):
        config.__getattr__("NOTHING")


def test_paths_lead_to_the_same_objects() -> None:
    assert arrowsets.arrow_dataset.Dataset is Dataset
    assert arrowsets.utils.logging.set_verbosity is arrowsets.logging.set_verbosity
    module = importlib.import_module("arrowsets.iterable_dataset")
    assert module.IterableDataset is arrowsets.IterableDataset
    with pytest.raises(ValueError, match="no column"):
        Dataset.from_dict({"x": [1]})["y"]
    with pytest.raises(arrowsets.exceptions.DatasetNotFoundError):
        arrowsets.load_dataset("no/such/directory/at/all")


def test_hashes_tell_values_apart() -> None:
    hasher = arrowsets.fingerprint.Hasher
    first, second = hasher(), hasher()
    first.update(1)
    second.update(2)
    assert first.hexdigest() != second.hexdigest()
    assert hasher.hash(1) == hasher.hash(1)


def test_files_are_opened_wherever_they_are(tmp_path: Path) -> None:
    files = importlib.import_module("arrowsets.utils.file_utils")
    path = tmp_path / "a.txt"
    path.write_text("ü", encoding="utf-8")
    with files.xopen(str(path)) as text, files.xopen(str(path), "rb") as data:
        assert (text.read(), data.read()) == ("ü", "ü".encode())
    assert files.cached_path(str(path)) == str(path)
    assert (files.is_remote_url("https://x/y"), files.is_local_path(str(path))) == (True, True)
    with pytest.raises(ValueError, match="read only"):
        files.xopen(str(path), "w")
