"""The example of a builder in a package of its own really installs, and is found."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parent / "plugin_example"
LOG = 'level=info msg="all is \\"well\\""\nlevel=warn code=007\n'
CODE = """
import json, sys
from arrowsets import load_dataset
keywords = json.loads(sys.argv[2])
dataset = load_dataset(*json.loads(sys.argv[1]), split="train", **keywords)
print(json.dumps([dataset.to_list(), dataset.rejects]))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plugin")
    source = shutil.copytree(EXAMPLE, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--target", str(folder / "site"), str(source)], check=True, capture_output=True)
    return folder / "site"


def load(site: Path, folder: Path, *given: str, **keywords: object) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    settings = {"PYTHONPATH": path, "ARROWSETS_CACHE": str(folder / "cache"), "ARROWSETS_NO_PROGRESS": "1"}
    command = [sys.executable, "-c", CODE, json.dumps(given), json.dumps(keywords)]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("given", [("app.logfmt",), ("logfmt", None, None, "*.logfmt")], ids=["extension", "name"])
@pytest.mark.parametrize("num_proc", [None, 2])
def test_files_are_read(site: Path, tmp_path: Path, given: tuple[str, ...], num_proc: int | None) -> None:
    (tmp_path / "app.logfmt").write_text(LOG)
    answer = load(site, tmp_path, *given, num_proc=num_proc)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)[0] == [
        {"level": "info", "msg": 'all is "well"', "code": None},
        {"level": "warn", "msg": None, "code": "007"},
    ]


def test_a_bad_row_is_named_or_left_out(site: Path, tmp_path: Path) -> None:
    (tmp_path / "app.logfmt").write_text(LOG + "not logfmt\n")
    assert "row 2: no key=value at 'not logfmt'" in load(site, tmp_path, "app.logfmt").stderr
    rows, rejects = json.loads(load(site, tmp_path, "app.logfmt", on_bad_rows="quarantine").stdout)
    assert (len(rows), [reject[1:] for reject in rejects]) == (2, [[2, "no key=value", "not logfmt\n"]])


def test_its_options_are_checked(site: Path, tmp_path: Path) -> None:
    (tmp_path / "app.logfmt").write_text(LOG)
    assert "did you mean 'encoding'" in load(site, tmp_path, "app.logfmt", encodin="utf-8").stderr


def test_the_documentation_shows_the_example_as_it_is() -> None:
    page = (EXAMPLE.parent.parent / "docs" / "builders.md").read_text(encoding="utf-8")
    for name, language in (("pyproject.toml", "toml"), ("arrowsets_logfmt.py", "python")):
        content = (EXAMPLE / name).read_text(encoding="utf-8")
        assert f"```{language}\n{content}```\n" in page
