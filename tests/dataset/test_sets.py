"""Sets are stored in an order of their members' own: that of hashes is another one in each process."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from arrowsets import Dataset, Features, List, Value

SCRIPT = """
from arrowsets import Dataset
names = {"b", "zz", "a", "q"}
dataset = Dataset.from_dict({"i": [0]})
print(dataset.map(lambda row: {"s": names, "f": frozenset(names), "n": [{"deep": names}], "mixed": {"a", "b", 1, None}})[0])
"""


def test_sets_do_not_depend_on_the_seed_of_hashes() -> None:
    texts = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT], env=_seeded(seed), capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(texts) == 1
    assert "'s': ['a', 'b', 'q', 'zz']" in texts.pop()


def _seeded(seed: str) -> dict[str, str]:
    return {**os.environ, "PYTHONHASHSEED": seed}


@pytest.mark.parametrize("feature", [List(Value("string")), None])
def test_sets_are_sorted_with_and_without_a_type(feature: Any) -> None:
    features = None if feature is None else Features({"s": feature})
    assert Dataset.from_dict({"s": [{"b", "a"}, None, set()]}, features=features)["s"][:] == [["a", "b"], None, []]
