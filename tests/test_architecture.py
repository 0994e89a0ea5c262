"""The house rules that a machine can check: layers, file sizes, packaging, imports."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from arrowsets import late

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "arrowsets"
BUILDERS = ROOT / "builders"

# Higher numbers may import lower ones; within a layer the order decides: a room imports those before it.
LAYERS = {
    "lazy": 0,
    "late": 1,
    "record": 0,
    "errors": 0,
    "sizes": 0,
    "writing": 0,
    "guise": 0,
    "knobs": 1,
    "config": 2,
    "progress": 3,
    "logging": 4,
    "hashing": 5,
    "features": 6,
    "store": 7,
    "lineage": 8,
    "splits_spec": 10,
    "info": 11,
    "files": 12,
    "table": 13,
    "formats": 14,
    "transforms": 15,
    "builder": 20,
    "engine": 21,
    "registry": 22,
    "hub": 23,
    "resolve": 24,
    "explanation": 30,
    "search": 30,
    "sampling": 30,
    "derive": 31,
    "prepare": 32,
    "export": 33,
    "statistics": 34,
    "push": 34,
    "withdraw": 34,
    "dataset": 40,
    "iterable": 45,
    "loader": 46,
    "distributed": 46,
    "combine": 50,
    "load": 60,
    "peek": 60,
    "describe": 61,
    "compat": 62,
    "server": 70,
    "cli": 71,
}
HEAVY = (
    "pandas",
    "requests",
    "huggingface_hub",
    "dill",
    "multiprocess",
    "torch",
    "yaml",
    "tqdm",
    "PIL",
    "polars",
    "fsspec",
)


def _modules(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*.py") if "__pycache__" not in path.parts)


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the modules that a file imports at run time, with their lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "arrowsets.late":
            # They are imported later, and stand where they stand.
            yield from ((_late_modules()[alias.name], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if _is_module(inner) else node.module, node.lineno


@cache
def _late_modules() -> dict[str, str]:
    """Return the modules that the names in `late.py` stand for, as it tells type checkers."""
    tree = ast.parse((SOURCE / "late.py").read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.col_offset]
    return {alias.asname or alias.name: f"{node.module}.{alias.name}" for node in imports for alias in node.names}


def _is_module(name: str) -> bool:
    path = SOURCE.parent.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def _room(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "arrowsets" and len(parts) > 1 else None


@pytest.mark.parametrize("path", _modules(SOURCE), ids=lambda path: str(path.relative_to(SOURCE)))
def test_modules_import_only_what_stands_below(path: Path) -> None:
    relative = path.relative_to(SOURCE)
    own = relative.parts[0].removesuffix(".py")
    if own in {"__init__", "__main__"}:
        return
    for module, line in _imports(path):
        room = _room(module)
        if room is not None and room != own:
            assert LAYERS[room] < LAYERS[own], f"{relative}:{line} imports {module}, which stands above it"


@pytest.mark.parametrize("path", _modules(BUILDERS), ids=lambda path: path.name)
def test_builders_import_only_the_builder_interface(path: Path) -> None:
    for module, line in _imports(path):
        room = _room(module)
        assert room in {None, "builder", "features", "errors", "files", "lazy", "record"}, (
            f"{path.name}:{line} imports {module}"
        )


@pytest.mark.parametrize("path", _modules(SOURCE), ids=lambda path: str(path.relative_to(SOURCE)))
def test_nothing_imports_a_builder(path: Path) -> None:
    assert not [line for module, line in _imports(path) if module.startswith("arrowsets.builders")]


def test_no_module_of_ours_is_imported_inside_of_a_function() -> None:
    found = [
        f"{path.name}:{node.lineno}"
        for path in _modules(SOURCE) + _modules(BUILDERS)
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("arrowsets")
    ]
    assert found == []


def test_modules_have_no_import_cycle() -> None:
    graph: dict[str, set[str]] = {}
    for path in _modules(SOURCE):
        name = ".".join(("arrowsets", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")
        graph[name] = {module for module, _ in _imports(path) if module.startswith("arrowsets.")}
    # A package's own modules are imported past its `__init__`, which gathers them.
    known = {name: {module for module in found if module in graph} for name, found in graph.items()}
    done: set[str] = set()
    while leaves := [name for name, found in known.items() if name not in done and found <= done]:
        done.update(leaves)
    assert sorted(set(known) - done) == []


def test_names_stand_for_the_modules_that_type_checkers_are_told() -> None:
    assert sorted(late.__all__) == sorted(_late_modules())
    for name, module in _late_modules().items():
        found = getattr(late, name)
        assert found.__name__ == module
        assert vars(found) is vars(sys.modules[module])


@pytest.mark.parametrize("path", _modules(SOURCE) + _modules(BUILDERS), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_stay_under_six_hundred_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 600


def test_every_package_is_listed_for_the_wheel() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    found = {".".join(("arrowsets", *path.parent.relative_to(SOURCE).parts)) for path in SOURCE.rglob("__init__.py")}
    assert sorted(listed) == sorted(found | {"arrowsets.builders"})


def test_importing_loads_no_heavy_package() -> None:
    code = "import sys; from arrowsets import *; print([name for name in sys.argv[1:] if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code, *HEAVY], capture_output=True, text=True, check=True, cwd=ROOT)
    assert answer.stdout.strip() == "[]"
