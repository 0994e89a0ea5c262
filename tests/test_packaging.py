"""What is built from the tree: a wheel and a source distribution that hold everything, and an editable install."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import Parser
from importlib.metadata import version
from pathlib import Path

import pytest

import arrowsets

ROOT = Path(__file__).parent.parent
# Files that were never part of a checkout: what tools and tests leave behind.
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "build", "dist", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis", ".cache"
)
BUILD = "import sys, setuptools.build_meta as backend; print(getattr(backend, 'build_' + sys.argv[1])(sys.argv[2]))"


def build(tree: Path, kind: str, target: Path) -> Path:
    """Build a distribution with the build backend itself: no network, nothing installed."""
    command = [sys.executable, "-c", BUILD, kind, str(target)]
    answer = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return target / answer.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packaging")


@pytest.fixture(scope="module")
def tree(folder: Path) -> Path:
    return Path(shutil.copytree(ROOT, folder / "tree", ignore=LEFT_OUT))


@pytest.fixture(scope="module")
def sdist(tree: Path, folder: Path) -> Path:
    return build(tree, "sdist", folder)


@pytest.fixture(scope="module")
def wheel(tree: Path, folder: Path) -> Path:
    return build(tree, "wheel", folder)


def files_of(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_holds_every_module_and_marker(wheel: Path) -> None:
    sources = {f"arrowsets/{path.relative_to(ROOT / 'src/arrowsets').as_posix()}" for path in modules("src/arrowsets")}
    builders = {f"arrowsets/builders/{path.name}" for path in modules("builders")}
    held = {name for name in files_of(wheel) if ".dist-info/" not in name}
    assert held == sources | builders | {"arrowsets/py.typed"} | {
        f"arrowsets/{path.relative_to(ROOT / 'src/arrowsets').as_posix()}" for path in static()
    }


def modules(folder: str) -> list[Path]:
    return [path for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts]


def static() -> list[Path]:
    """Files of the package that are no modules: the pages of servers."""
    kinds = {".html", ".css", ".js", ".svg"}
    return [path for path in (ROOT / "src/arrowsets").rglob("*") if path.suffix in kinds]


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    files = {
        name.partition(".dist-info/")[2]: data.decode()
        for name, data in files_of(wheel).items()
        if ".dist-info/" in name
    }
    metadata = Parser().parsestr(files["METADATA"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert metadata["Version"] == arrowsets.__version__
    assert metadata["License-Expression"] == project["license"]
    assert files["licenses/LICENSE"] == (ROOT / "LICENSE").read_text(encoding="utf-8")
    for group, points in {"console_scripts": project["scripts"], **project["entry-points"]}.items():
        block = files["entry_points.txt"].partition(f"[{group}]\n")[2].partition("\n[")[0]
        assert dict(line.split(" = ") for line in block.split("\n") if line) == points


def test_the_source_distribution_holds_what_a_checkout_holds(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"README.md", "LICENSE", "pyproject.toml", "MANIFEST.in", ".ci/run", "docs/README.md"}
    wanted |= {path.relative_to(ROOT).as_posix() for top in ("src", "builders", "tests") for path in modules(top)}
    assert sorted(wanted - held) == []


def test_a_wheel_built_from_the_source_distribution_is_the_same(sdist: Path, wheel: Path, folder: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (again,) = (folder / "unpacked").iterdir()
    (folder / "again").mkdir()
    # RECORD lists its own archive's files; order may differ.
    first, second = (
        {name: data for name, data in files_of(each).items() if not name.endswith("RECORD")}
        for each in (wheel, build(again, "wheel", folder / "again"))
    )
    assert first == second


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_an_editable_install_finds_the_builders(tree: Path, folder: Path) -> None:
    site = without_arrowsets(folder / "site")
    with zipfile.ZipFile(build(tree, "editable", folder)) as archive:
        archive.extractall(site)
    code = (
        f"import site; site.addsitedir({str(site)!r})\n"
        "import arrowsets.registry\n"
        "for name in arrowsets.registry.builder_names(): arrowsets.registry.builder(name)\n"
        "print(arrowsets.__file__, arrowsets.registry.builder('csv').__module__)"
    )
    answer = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False, cwd=folder, env=clean()
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split() == [str(tree / "src" / "arrowsets" / "__init__.py"), "arrowsets.builders.csv"]


def without_arrowsets(target: Path) -> Path:
    """Make a folder with links to all that is installed, but for arrowsets."""
    target.mkdir()
    for folder in map(Path, sys.path):
        if folder.name in {"site-packages", "dist-packages"} and folder.is_dir():
            for path in folder.iterdir():
                if "arrowsets" not in path.name and not (target / path.name).exists():
                    (target / path.name).symlink_to(path)
    return target


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def test_the_installed_version_is_that_of_the_tree() -> None:
    assert version("arrowsets") == arrowsets.__version__
