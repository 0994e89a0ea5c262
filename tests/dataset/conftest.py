"""The reference beside which datasets are compared."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from arrowsets import Dataset

Rows = Mapping[str, Sequence[Any]]


@pytest.fixture(scope="session")
def reference() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    module: ModuleType = datasets
    return module


@pytest.fixture(params=["memory", "file"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Rows], Dataset]:
    """Make a dataset, once in memory and once in files."""

    def build(rows: Rows, **keywords: Any) -> Dataset:
        dataset = Dataset.from_dict(rows, **keywords)
        if request.param == "memory":
            return dataset
        path = tmp_path / f"made-{len(list(tmp_path.glob('made-*')))}"
        dataset.save_to_disk(str(path))
        return Dataset.load_from_disk(str(path))

    return build
