"""`config` under the names that scripts of the reference read and assign, and the variables that set them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pyarrow.parquet as pq
import pytest

import arrowsets
from arrowsets import Dataset, config, knobs, load_dataset, load_from_disk
from arrowsets.config import Settings
from arrowsets.errors import UnknownName


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "a.csv"
    path.write_text("x\n" + "".join(f"{i}\n" for i in range(1000)))
    return str(path)


def mapped(dataset: Dataset) -> bool:
    return bool(dataset.cache_files)


def test_a_small_split_is_read_into_memory_when_asked_for(file: str, tmp_path: Path) -> None:
    assert mapped(load_dataset("csv", data_files=file, split="train"))
    config.IN_MEMORY_MAX_SIZE = 10**6
    small = load_dataset("csv", data_files=file, split="train")
    assert (mapped(small), small["x"][-1]) == (False, 999)
    assert mapped(load_dataset("csv", data_files=file, split="train", keep_in_memory=False))
    small.save_to_disk(str(tmp_path / "saved"))
    assert not mapped(load_from_disk(str(tmp_path / "saved")))
    assert mapped(load_from_disk(str(tmp_path / "saved"), keep_in_memory=False))
    config.IN_MEMORY_MAX_SIZE = "1KB"
    assert mapped(load_from_disk(str(tmp_path / "saved")))


def test_splits_that_are_loaded_together_count_together(file: str) -> None:
    config.IN_MEMORY_MAX_SIZE = 12_000
    both = {"train": file, "test": file}
    assert all(mapped(each) for each in load_dataset("csv", data_files=both).values())
    assert not mapped(load_dataset("csv", data_files=both, split="test[:50%]"))
    config.IN_MEMORY_MAX_SIZE = 20_000
    small = load_dataset("csv", data_files=both)
    assert [(mapped(each), each["x"][-1]) for each in small.values()] == [(False, 999), (False, 999)]
    assert next(iter(load_dataset("csv", data_files=both, split="train", streaming=True))) == {"x": 0}


@pytest.mark.parametrize(("text", "size"), [("", 0.0), ("250", 250.0), ("1e9", 1e9), ("2 GiB", "2 GiB")])
def test_the_variable_for_memory(text: str, size: float | str) -> None:
    assert Settings.from_environment({"HF_DATASETS_IN_MEMORY_MAX_SIZE": text}).in_memory_max_size == size


def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(UnknownName, match="HF_DATASETS_IN_MEMORY_MAX_SIZE: 'much' is no size"):
        Settings.from_environment({"HF_DATASETS_IN_MEMORY_MAX_SIZE": "much"})


def test_variables_for_downloads_and_what_is_unpacked() -> None:
    chosen = Settings.from_environment(
        {
            "ARROWSETS_CACHE": "/c",
            "HF_DATASETS_DOWNLOADED_DATASETS_PATH": "/d",
            "HF_DATASETS_EXTRACTED_DATASETS_PATH": "/e",
        }
    )
    assert (chosen.downloads, chosen.extracted) == (Path("/d"), Path("/e"))
    assert (chosen.downloads_below(Path("/c")), chosen.downloads_below(Path("/x"))) == (
        Path("/d"),
        Path("/x/downloads"),
    )
    plain = Settings.from_environment({"ARROWSETS_CACHE": "/c"})
    assert (plain.downloads, plain.extracted) == (Path("/c/downloads"), Path("/c/downloads/extracted"))


def test_an_archive_is_unpacked_where_the_script_says(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("b.txt", "x")
    config.EXTRACTED_DATASETS_PATH = tmp_path / "here"
    config.DOWNLOADED_DATASETS_PATH = tmp_path / "there"
    found = arrowsets.DownloadManager().extract(str(tmp_path / "a.zip"))
    assert Path(found).is_relative_to(tmp_path / "here")
    assert (Path(found) / "b.txt").read_text() == "x"
    assert tmp_path / "there" == config.DOWNLOADED_DATASETS_PATH


def test_the_cache_is_where_the_script_says(file: str, tmp_path: Path) -> None:
    config.HF_DATASETS_CACHE = str(tmp_path / "elsewhere")
    assert config.settings().cache_dir == tmp_path / "elsewhere"
    dataset = load_dataset("csv", data_files=file, split="train")
    assert all(Path(each["filename"]).is_relative_to(tmp_path / "elsewhere") for each in dataset.cache_files)


def test_the_size_of_files_and_row_groups(tmp_path: Path) -> None:
    config.MAX_SHARD_SIZE = 2000
    dataset = Dataset.from_dict({"x": list(range(1000))})
    dataset.save_to_disk(str(tmp_path / "saved"))
    assert len(list((tmp_path / "saved").glob("data-*.arrow"))) == 4
    dataset.save_to_disk(str(tmp_path / "whole"), max_shard_size="1GB")
    assert len(list((tmp_path / "whole").glob("data-*.arrow"))) == 1
    assert config.MAX_SHARD_SIZE == 2000


def test_workers_have_the_settings_of_their_program() -> None:
    config.MAX_ROW_GROUP_SIZE = 1234
    found = Dataset.from_dict({"x": [1, 2]}).map(lambda row: {"y": config.MAX_ROW_GROUP_SIZE}, num_proc=2)
    assert found["y"][:] == [1234, 1234]


def test_no_more_asynchronous_calls_at_a_time_than_the_script_says() -> None:
    config.MAX_NUM_RUNNING_ASYNC_MAP_FUNCTIONS_IN_PARALLEL = 2
    running: list[int] = []
    most: list[int] = []

    async def call(row: dict[str, Any]) -> dict[str, Any]:
        running.append(1)
        most.append(len(running))
        await asyncio.sleep(0.001)
        running.pop()
        return {"y": row["x"]}

    Dataset.from_dict({"x": list(range(12))}).map(call)
    assert max(most) <= 2


@pytest.mark.parametrize("name", ["IN_MEMORY_MAX_SIZE", "MAX_SHARD_SIZE", "MAX_ROW_GROUP_SIZE"])
@pytest.mark.parametrize("value", ["much", None, True])
def test_what_is_no_size_is_an_error_at_once(name: str, value: Any) -> None:
    before = getattr(config, name)
    with pytest.raises(ValueError, match="is no size"):
        setattr(config, name, value)
    assert getattr(config, name) == before


def test_a_setting_that_is_patched_for_a_while_comes_back() -> None:
    config.IN_MEMORY_MAX_SIZE = 7
    with mock.patch("arrowsets.config.IN_MEMORY_MAX_SIZE", 8):
        assert config.IN_MEMORY_MAX_SIZE == 8
    assert config.IN_MEMORY_MAX_SIZE == 7
    del config.IN_MEMORY_MAX_SIZE
    assert config.IN_MEMORY_MAX_SIZE == 0


def test_other_names_are_those_of_the_reference(reference: ModuleType) -> None:
    for name in [*knobs.FACTS, "PYARROW_VERSION", "PANDAS_VERSION", "PY_VERSION"]:
        assert getattr(config, name) == getattr(reference.config, name), name
    theirs = [name for name in vars(reference.config) if name.endswith(("_AVAILABLE", "_VERSION"))]
    assert {name for name in theirs if getattr(config, name) != getattr(reference.config, name)} == set()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({}, True), ({"USE_TORCH": "0"}, False), ({"USE_TF": "1"}, False), ({"USE_TORCH": "1", "USE_TF": "auto"}, True)],
)
def test_frameworks_are_switched_by_variables(environ: dict[str, str], expected: bool) -> None:
    with mock.patch("importlib.util.find_spec", return_value=object()):
        assert knobs.fact("TORCH_AVAILABLE", environ) is expected


def test_a_bar_is_shown_where_the_variable_wants_it() -> None:
    code = "import arrowsets; arrowsets.enable_progress_bars(); list(arrowsets.tqdm(range(3), disable=None))"
    shown = [
        subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True).stderr
        for environ in ({}, {"TQDM_POSITION": "-1"})
    ]
    assert [("3/3" in text) for text in shown] == [False, True]


def test_an_experimental_function_warns() -> None:
    @arrowsets.experimental
    def double(x: int) -> int:
        return 2 * x

    with pytest.warns(UserWarning, match="'double' is experimental"):
        assert double(2) == 4


def test_a_backend_changes_nothing(file: str) -> None:
    with arrowsets.parallel.parallel_backend("spark"):
        assert load_dataset("csv", data_files=file, split="train", num_proc=2).num_rows == 1000
    with pytest.raises(ValueError, match="name of a backend"), arrowsets.parallel.parallel_backend(""):
        pass


def test_parquet_files_have_the_row_groups_of_the_settings(tmp_path: Path) -> None:
    config.MAX_ROW_GROUP_SIZE = "8KB"
    Dataset.from_dict({"x": list(range(300_000))}).to_parquet(tmp_path / "a.parquet")
    assert pq.read_metadata(tmp_path / "a.parquet").num_row_groups > 1
