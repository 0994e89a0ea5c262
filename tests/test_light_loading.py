"""Loading, writing and mapping import nothing that takes longer than they do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

TABLE = pa.table(
    {"n": [1, None, 3] * 5, "t": ["a", None, "ccc"] * 5, "l": [[1], None, []] * 5, "b": [True, None, False] * 5}
)
CODE = """
import sys
from arrowsets import load_dataset
dataset = load_dataset({name!r}, data_{what}={path!r}, split="train", cache_dir={cache!r})
{then}
print(len(dataset), "pandas" in sys.modules, "asyncio" in sys.modules)
"""
CSV = "n,t,b\n" + '1,"a",True\n,,\n3,ccc,False\n' * 5
JSON = '{"n": 1, "l": [1], "s": {"t": "a"}}\n{"n": null}\n{"s": null, "l": []}\n' * 5
BATCHED = (
    "dataset = dataset.map(lambda batch: {'m': batch['n']}, batched=True, batch_size=4); dataset.select([2, 0, 1])[:]"
)
ARROW = """
dataset = dataset.with_format("arrow").map(lambda batch: batch, batched=True)
dataset = dataset.filter(lambda batch: [True] * len(batch), batched=True)
"""


NUMPY = """
import numpy as np
dataset = dataset.with_format("numpy").map(lambda batch: {"m": batch["n"] + np.float32(1)}, batched=True)
dataset[0], dataset[:3], dataset["n"][1:3], dataset.with_format("numpy", columns=["m"])[[2, 0]]
"""


def _parquet(path: Path) -> None:
    pq.write_table(TABLE, path)


def _loaded(name: str, path: Path, then: str = "") -> str:
    what = "dir" if path.is_dir() else "files"
    code = CODE.format(name=name, what=what, path=str(path), cache=str(path.parent / "cache"), then=then)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("then", ["", BATCHED, ARROW, NUMPY], ids=["load", "batched map", "arrow map", "numpy map"])
@pytest.mark.parametrize(("name", "text"), [("csv", CSV), ("json", JSON)])
def test_reading_text_imports_no_pandas(name: str, text: str, then: str, tmp_path: Path) -> None:
    (tmp_path / "data").write_text(text)
    assert _loaded(name, tmp_path / "data", then) == "15 False False\n"


@pytest.mark.parametrize("then", ["", BATCHED, ARROW], ids=["load", "batched map", "arrow map"])
def test_reading_parquet_imports_no_pandas(then: str, tmp_path: Path) -> None:
    _parquet(tmp_path / "data")
    assert _loaded("parquet", tmp_path / "data", then) == "15 False False\n"


def test_reading_lines_imports_no_pandas(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a\nb\n")
    assert _loaded("text", tmp_path / "data") == "2 False False\n"


def test_reading_a_folder_imports_no_pandas(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "1.png").write_bytes(b"")
    assert _loaded("imagefolder", tmp_path / "data") == "2 False False\n"
