"""What is imported when it is first used, and known before."""

from __future__ import annotations

import importlib
import operator
import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest

import arrowsets
from arrowsets.lazy import lazily, modules


def test_a_module_is_imported_when_it_is_used() -> None:
    late = modules({"late": "colorsys"})("late")
    sys.modules.pop("colorsys", None)
    assert late.rgb_to_hsv(0, 0, 0) == (0.0, 0.0, 0)
    assert vars(late) is vars(sys.modules["colorsys"])


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(AttributeError, match="no module 'y'"):
        modules({"x": "colorsys"})("y")
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        _ = modules({"x": "no_such_module"})("x").name
    with pytest.raises(AttributeError, match="has no attribute 'y'"):
        lazily("colorsys", {"x": "colorsys"})("y")
    with pytest.raises(ModuleNotFoundError):
        lazily("colorsys", {"x": "no_such_module"})("x")


def _fresh(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("package", ["features", "formats", "store", "files", "transforms", "table", "hashing"])
def test_names_are_known_before_they_are_imported(package: str) -> None:
    code = f"from arrowsets import {package} as it; print(set(it.__all__) - set(dir(it)), '__path__' in dir(it))"
    assert _fresh(code) == "set() True\n"


def test_modules_are_imported_when_they_are_asked_for() -> None:
    code = (
        "import arrowsets as a; print(a.errors.ArrowsetsError.__name__, a.features.array.Array2D.__name__, "
        "a.registry.builder('csv').__name__, hasattr(a, 'no_such_module'), hasattr(a.features, 'a.b'))"
    )
    assert _fresh(code) == "ArrowsetsError Array2D CsvBuilder False False\n"


def test_a_module_that_misses_another_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "needy").mkdir()
    (tmp_path / "needy" / "__init__.py").write_text(
        "from arrowsets.lazy import lazily\n__getattr__ = lazily(__name__, {})\n"
    )
    (tmp_path / "needy" / "inner.py").write_text("import no_such_module\n")
    monkeypatch.syspath_prepend(tmp_path)
    needy = importlib.import_module("needy")
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        _ = needy.inner


@pytest.mark.parametrize(
    "name",
    [
        *("DatasetDict.as_rows", "DatasetDict.rejects", "Dataset", "Dataset.rejects", "Dataset.as_rows"),
        *("Dataset.get_index", "Dataset.get_nearest_examples", "Dataset.get_nearest_examples_batch"),
        *("Dataset.search", "Dataset.search_batch", "store.Store.prune", "formats.Format.lazy", "files.expand"),
    ],
)
def test_annotations_name_what_is_imported_later(name: str) -> None:
    found = operator.attrgetter(name)(arrowsets)
    hints = get_type_hints(found.fget if isinstance(found, property) else found)
    assert hints
