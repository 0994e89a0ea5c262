"""Digests are the same in every process, whatever its hash seed and imports, wherever the code was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

RunPython = Callable[..., str]

BODY = """
import functools, json, re
import numpy as np
import pyarrow as pa, pyarrow.compute as pc
TABLE = {"a": [1, 2.5, None]}
NAMES = {"x", "y", "zeta", "alpha", 3}
class Cleaner:
    words = frozenset({"the", "a", "of"})
    def __init__(self, k): self.k = k
    def clean(self, text): return [w for w in text.split() if w not in self.words][: self.k]
def helper(x): return x in {"p", "q", "r"} and other(x)
def other(x): return helper(x[1:]) if x else np.log(2)
def function(row):
    import json
    return [helper(row), TABLE["a"], NAMES, Cleaner(3).clean(row), re.compile("a"), json.dumps(1)]
"""
PRINT = """
from arrowsets.hashing import fingerprint
values = [function, Cleaner(2), Cleaner(2).clean, NAMES, TABLE, functools.partial(function, k=1)]
values += [np.arange(4), (pc.field("a") > 1) & (pc.field("b") == "x"), pa.table({"a": ["x", None]}), Cleaner]
print([fingerprint(value).digest for value in values])
"""


@pytest.fixture
def expected(run_python: RunPython) -> str:
    return run_python("-c", BODY + PRINT)


def test_the_hash_seed_does_not_count(run_python: RunPython, expected: str) -> None:
    assert {run_python("-c", BODY + PRINT, seed=seed) for seed in (1, 2)} == {expected}


def test_a_script_equals_python_c(run_python: RunPython, tmp_path: Path, expected: str) -> None:
    (tmp_path / "script.py").write_text("# a script\n\n\n" + BODY + "\n\n" + PRINT)
    assert run_python("script.py") == expected
    (tmp_path / "renamed.py").write_text(BODY + PRINT)
    assert run_python("-m", "renamed") == expected


def test_a_notebook_equals_a_script(run_python: RunPython, expected: str) -> None:
    cells = [(BODY, "/tmp/ipykernel_9/77.py"), (PRINT, "<ipython-input-2-abc>")]
    code = "\n".join(f"exec(compile({text!r}, {name!r}, 'exec'))" for text, name in cells)
    assert run_python("-c", code) == expected


def test_other_imports_do_not_count(run_python: RunPython, expected: str) -> None:
    assert run_python("-c", "import pandas, pyarrow.dataset, decimal, colorsys\n" + BODY + PRINT) == expected


def test_a_spawned_process_finds_the_same(run_python: RunPython, tmp_path: Path) -> None:
    script = BODY + (
        "from arrowsets.hashing import fingerprint\n"
        "def work(_): return fingerprint(function).digest + fingerprint(Cleaner(2)).digest\n"
        "if __name__ == '__main__':\n"
        "    import multiprocessing\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.map(work, [0])[0] == work(0))\n"
    )
    (tmp_path / "spawning.py").write_text(script)
    assert run_python("spawning.py") == "True"


def test_hashing_imports_nothing_heavy(run_python: RunPython) -> None:
    code = (
        "import sys\nfrom arrowsets.hashing import fingerprint\nfingerprint(lambda row: [row, {1: 2}, 'a'])\n"
        "heavy = {'pandas', 'polars', 'torch', 'dill', 'tokenizers', 'pyarrow.dataset'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert run_python("-c", code) == "[]"
