"""What was computed is found again when it is the same, and only then."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arrowsets import Dataset, Features, Value
from arrowsets.store import Store

SCRIPT = """
import sys
from arrowsets import Dataset
from helper import helped
def mapped(row):
    return {"y": helped(row["x"])}
data = Dataset.load_from_disk(sys.argv[1]).map(mapped)
print(data.explain().hit, data["y"][:])
"""


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = str(tmp_path / "source")
    Dataset.from_dict({"x": [1, 2, 3]}).save_to_disk(path)
    return path


@pytest.fixture
def run(tmp_path: Path, source: str) -> Callable[..., str]:
    """Run the script with a helper module, as a file or as text."""

    def start(helper: str, *, as_text: bool = False, script: str = SCRIPT) -> str:
        (tmp_path / "helper.py").write_text(textwrap.dedent(helper))
        (tmp_path / "script.py").write_text(script)
        what = ["-c", script] if as_text else ["script.py"]
        done = subprocess.run(
            [sys.executable, "-B", *what, source], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return start


HELPER = "def helped(x):\n    return x * 2\n"


def test_a_helper_in_another_module_counts(run: Callable[..., str]) -> None:
    assert run(HELPER) == "False [2, 4, 6]"
    assert run(HELPER) == "True [2, 4, 6]"
    assert run(HELPER.replace("2", "20")) == "False [20, 40, 60]"


@pytest.mark.parametrize(
    "same",
    [
        "# a comment\n\n" + HELPER,
        "def helped(x):\n    '''Twice.'''\n    return x * 2  # twice\n",
        "UNUSED = 1\n" + HELPER,
        "def helped(number):\n    return number * 2\n",
    ],
)
def test_what_changes_no_result_changes_no_key(same: str, run: Callable[..., str]) -> None:
    run(HELPER)
    assert run(same) == "True [2, 4, 6]"


def test_a_script_and_its_text_have_the_same_keys(run: Callable[..., str]) -> None:
    run(HELPER)
    assert run(HELPER, as_text=True) == "True [2, 4, 6]"
    assert run(HELPER, script="# moved\n\n\n" + SCRIPT) == "True [2, 4, 6]"


calls: list[int] = []


def plain(row: dict[str, Any]) -> dict[str, Any]:
    return {"y": row["x"] * 2}


@pytest.mark.parametrize(
    "how",
    [{"num_proc": 2}, {"writer_batch_size": 7}, {"desc": "Doubling"}, {"batch_size": 5}, {"suffix_template": "x"}],
)
def test_how_it_is_done_is_not_in_the_key(how: dict[str, Any], source: str) -> None:
    Dataset.load_from_disk(source).map(plain)
    assert Dataset.load_from_disk(source).map(plain, **how).explain().hit is True


@pytest.mark.parametrize(
    "what",
    [
        {"batched": True},
        {"with_indices": True},
        {"remove_columns": ["x"]},
        {"input_columns": ["x"]},
        {"fn_kwargs": {"k": 1}},
    ],
)
def test_what_is_done_is_in_the_key(what: dict[str, Any], source: str) -> None:
    def any_way(*_: Any, **__: Any) -> dict[str, Any]:
        return {"y": [1, 2, 3]}

    Dataset.load_from_disk(source).map(any_way)
    made = Dataset.load_from_disk(source).map(any_way, **what)
    assert made.explain().hit is False


def test_filters_do_not_depend_on_workers(source: str) -> None:
    Dataset.load_from_disk(source).filter(lambda row: row["x"] > 1)
    made = Dataset.load_from_disk(source).filter(lambda row: row["x"] > 1, num_proc=2)
    assert made.explain().hit is True


def test_a_result_is_computed_again_if_one_says_so(source: str) -> None:
    def function(row: dict[str, Any]) -> dict[str, Any]:
        calls.append(row["x"])
        return {"y": 1}

    dataset = Dataset.load_from_disk(source)
    first = dataset.map(function, new_fingerprint="named")
    calls.clear()
    assert dataset.map(function, new_fingerprint="named")["y"][:] == [1, 1, 1]
    assert calls == []
    assert dataset.map(function, new_fingerprint="named", load_from_cache_file=False)["y"][:] == [1, 1, 1]
    assert calls == [1, 2, 3]
    assert first["y"][:] == [1, 1, 1]


def arrow_files(cache: Path) -> list[Path]:
    return sorted(cache.glob("store/entries/*/*/*.arrow"))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-50])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


@pytest.mark.filterwarnings("ignore::arrowsets.store.StoreWarning")
@pytest.mark.parametrize("damage", [Path.unlink, cut, flip, lambda path: path.write_bytes(b"")])
def test_a_damaged_result_is_made_again(damage: Callable[[Path], object], source: str, cache: Path) -> None:
    Dataset.load_from_disk(source).map(plain)
    for path in arrow_files(cache):
        damage(path)
    again = Dataset.load_from_disk(source).map(plain)
    assert again["y"][:] == [2, 4, 6]
    assert again.explain().hit is False


RACE = """
import sys, time
from arrowsets import Dataset
def slow(row):
    time.sleep(0.002)
    return {"y": row["x"] * 2}
data = Dataset.load_from_disk(sys.argv[1]).map(slow)
print(data["y"][-1], len(data))
"""


def test_two_processes_make_one_entry(tmp_path: Path, cache: Path) -> None:
    path = str(tmp_path / "many")
    Dataset.from_dict({"x": range(1500)}).save_to_disk(path)
    (tmp_path / "race.py").write_text(RACE)
    start = [sys.executable, str(tmp_path / "race.py"), path]
    runs = [subprocess.Popen(start, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    answers = [run.communicate(timeout=60) for run in runs]
    assert [out for out, _ in answers] == ["2998 1500\n"] * 3, answers
    assert len(list(cache.glob("store/entries/*/*/manifest.json"))) == 1
    assert [problem for _, problem in Store(cache / "store").verify()] == [""]


def scaled(factor: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def scale(row: dict[str, Any]) -> dict[str, Any]:
        return {"y": row["x"] * factor}

    return scale


def test_explain_tells_hits_misses_and_why(source: str) -> None:
    dataset = Dataset.load_from_disk(source)
    first, again, other = (dataset.map(scaled(factor)) for factor in (2, 2, 3))
    assert "no earlier result" in str(first.explain())
    assert "hit, found in the store" in str(again.explain())
    assert "factor" in str(other.explain())
    assert "2 -> 3" in str(other.explain())


def test_explain_tells_of_memory_and_views(source: str) -> None:
    assert "in memory" in str(Dataset.from_dict({"x": [1]}).explain())
    assert "a view on its input" in str(Dataset.load_from_disk(source).shuffle(seed=0).explain())


def test_explain_of_declared_types(source: str) -> None:
    dataset = Dataset.load_from_disk(source)
    declared = Features({"x": Value("int64"), "y": Value("int8")})
    assert "no earlier result" in str(dataset.map(plain, features=declared).explain())
    assert "hit" in str(dataset.map(plain, features=declared).explain())


def test_the_same_rows_are_the_same_input(source: str) -> None:
    dataset = Dataset.load_from_disk(source)
    dataset.select([0, 1, 2]).map(plain)
    assert dataset.map(plain).explain().hit is True
    dataset.shuffle(seed=1).map(plain)
    assert dataset.shuffle(seed=1).map(plain).explain().hit is True
    assert dataset.shuffle(seed=2).map(plain).explain().hit is False
