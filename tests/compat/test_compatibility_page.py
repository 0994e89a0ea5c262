"""docs/compatibility.md says what is there and what is not, of everything that the reference has."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import arrowsets
from arrowsets import registry
from arrowsets.errors import MissingDependency

PAGE = Path(__file__).parents[2] / "docs" / "compatibility.md"
ROW = re.compile(r"^\| (?!item )(.+?) \| (\w+) \| (.*?) ?\|$", re.MULTILINE)
ROWS = ROW.findall(PAGE.read_text(encoding="utf-8"))
NAMES = [(name, state) for item, state, _ in ROWS for name in re.findall(r"(?<!reader )`([\w.]+)`", item)]
READERS = [(name, state) for item, state, _ in ROWS for name in re.findall(r"reader `(\w+)`", item)]
CLASSES = ["Dataset", "DatasetDict", "IterableDataset", "IterableDatasetDict"]
ABSENT = {name for name, state in NAMES if state == "no"}


def found(name: str) -> bool:
    value: Any = arrowsets
    path = "arrowsets"
    for part in name.split("."):
        path = f"{path}.{part}"
        if not hasattr(value, part):
            try:
                value = importlib.import_module(path)
            except ImportError:
                return False
        else:
            value = getattr(value, part)
    return True


def test_states_are_one_of_three() -> None:
    assert {state for _, state, _ in ROWS} == {"same", "better", "no"}
    assert len(NAMES) > 150


@pytest.mark.parametrize(("name", "state"), NAMES)
def test_a_name_is_there_where_the_page_says_so(name: str, state: str) -> None:
    assert found(name) == (state != "no")


@pytest.mark.parametrize(("name", "state"), READERS)
def test_a_reader_is_there_where_the_page_says_so(name: str, state: str) -> None:
    assert (name in registry.builder_names()) == (state != "no")


@pytest.mark.parametrize("name", [name for name, state in READERS if state == "no"])
@pytest.mark.parametrize("streaming", [False, True])
def test_a_reader_that_is_not_there_says_what_to_install(name: str, streaming: bool) -> None:
    with pytest.raises(MissingDependency, match=f"no builder '{name}': .*Dataset.from_"):
        arrowsets.load_dataset(name, data_files="some.file", streaming=streaming)


def test_a_directory_with_the_name_of_such_a_reader_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spark").mkdir()
    (tmp_path / "spark" / "train.csv").write_text("a\n1\n")
    monkeypatch.chdir(tmp_path)
    assert arrowsets.load_dataset("spark", split="train", cache_dir=str(tmp_path / "cache")).to_list() == [{"a": 1}]


def test_every_reader_of_ours_is_on_the_page() -> None:
    assert set(registry.builder_names()) - {"logfmt"} <= {name for name, _ in READERS}


def test_every_reader_of_the_reference_is_on_the_page(reference: ModuleType) -> None:
    theirs = set(reference.packaged_modules._PACKAGED_DATASETS_MODULES) - {"cache"}
    assert theirs <= {name for name, _ in READERS}


def test_every_name_of_the_reference_is_there_or_on_the_page(reference: ModuleType) -> None:
    theirs = {
        name for name, value in vars(reference).items() if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert {name for name in theirs if not found(name)} <= ABSENT


@pytest.mark.parametrize("cls", CLASSES)
def test_every_method_of_the_reference_is_there_or_on_the_page(cls: str, reference: ModuleType) -> None:
    theirs = {f"{cls}.{name}" for name in dir(getattr(reference, cls)) if not name.startswith("_")}
    assert {name for name in theirs if not found(name)} <= ABSENT
