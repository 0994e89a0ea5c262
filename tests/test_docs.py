"""The README and the documentation: their code runs, their links lead somewhere, and so do the docstrings' examples."""

from __future__ import annotations

import doctest
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
SHOWN = re.compile(r"^ *print\(.*\)  # -> (.*)$", re.MULTILINE)
MODULES = [
    ".".join((package, *path.relative_to(ROOT / folder).with_suffix("").parts)).removesuffix(".__init__")
    for package, folder in (("arrowsets", "src/arrowsets"), ("arrowsets.builders", "builders"))
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path.name != "__main__.py"
]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    return [code for kind, code in FENCED.findall(page.read_text(encoding="utf-8")) if kind == language]


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=name)
def test_code_runs_and_prints_what_the_page_says(page: Path, tmp_path: Path) -> None:
    code = "\n".join(blocks(page, "python"))
    settings = {"ARROWSETS_CACHE": str(tmp_path / "cache"), "ARROWSETS_NO_PROGRESS": "1"}
    (tmp_path / "page.py").write_text(code, encoding="utf-8")
    answer = subprocess.run(
        [sys.executable, "-W", "error", "page.py"],
        cwd=tmp_path,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    printed = answer.stdout.splitlines()
    assert [line for line in printed if line in SHOWN.findall(code)] == SHOWN.findall(code)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_to_files(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_first_two_blocks_of_the_readme_are_the_set_up() -> None:
    first, second, *_ = FENCED.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert [language for language, _ in (first, second)] == ["sh", "sh"]
    assert [code.count("\n") for _, code in (first, second)] == [1, 1]
    assert first[1].startswith("python3 -m venv .venv && .venv/bin/pip install .")
    assert second[1].endswith("-m pytest\n")


@pytest.mark.parametrize("module", MODULES)
def test_docstring_examples(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(importlib.import_module(module), verbose=False)
    assert result.failed == 0
