"""`demo` does the main job, finds its results again, and can be repeated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from arrowsets import load_dataset
from arrowsets.cli import demo
from arrowsets.cli.corpus import write_docstrings
from arrowsets.errors import DataFilesNotFound

Call = Callable[..., tuple[int, str, str]]

SOURCE = '''
"""A module about nothing much, with a docstring of more than eight words."""
class A:
    """Short."""
    def f(self):
        """A function that does not do anything, which is why it has no body."""
def g(): pass
'''


@pytest.fixture
def library(tmp_path: Path) -> Path:
    root = tmp_path / "library"
    (root / "test").mkdir(parents=True)
    (root / "a.py").write_text(SOURCE)
    (root / "broken.py").write_text("def (:")
    (root / "test" / "t.py").write_text('"""Left out, as are all tests."""')
    return root


def test_docstrings_are_found_without_importing(library: Path, tmp_path: Path) -> None:
    assert write_docstrings(tmp_path / "out.jsonl", library) == 3
    rows = load_dataset("json", data_files=str(tmp_path / "out.jsonl"), split="train")
    assert list(zip(rows["module"], rows["kind"], rows["name"], rows["line"], strict=True)) == [
        ("a", "module", "a", 1),
        ("a", "class", "A", 3),
        ("a", "function", "f", 5),
    ]


def test_writing_the_same_again_leaves_the_file(library: Path, tmp_path: Path) -> None:
    write_docstrings(tmp_path / "out.jsonl", library)
    before = (tmp_path / "out.jsonl").stat().st_mtime_ns
    write_docstrings(tmp_path / "out.jsonl", library)
    assert (tmp_path / "out.jsonl").stat().st_mtime_ns == before


def test_no_sources_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataFilesNotFound, match="without sources"):
        write_docstrings(tmp_path / "out.jsonl", tmp_path / "empty")


def test_the_demo_shows_its_steps_and_the_cache_hits(
    arrowsets: Call, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "write_docstrings", lambda path: write_docstrings(path, library))
    for _ in range(2):
        code, out, err = arrowsets("demo", "--dir", tmp_path / "demo", "--num-proc", 2)
        assert (code, err) == (0, "")
        fresh, _, again = out.partition("The same again")
        assert fresh.count("from cache") == 0
        assert again.count("from cache") == 3
        assert len(load_dataset(str(tmp_path / "demo" / "train.parquet"), split="train")) == 1
        assert len(list((tmp_path / "demo" / "cache" / "store" / "entries").glob("*/*"))) == 3


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # of huggingface_hub
def test_the_demo_pushes_to_a_hub_and_loads_from_it(
    arrowsets: Call, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "write_docstrings", lambda path: write_docstrings(path, library))
    for _ in range(2):
        code, out, err = arrowsets("demo", "--hub", "--dir", tmp_path / "demo", "--num-proc", 2)
        assert (code, err) == (0, "")
        _, _, told = out.partition("A hub of one's own")
        assert "What came back is what was sent" in told
        assert "/datasets/demo/docstrings" in told
        assert f"hub serve {tmp_path / 'demo' / 'hub'}" in told
