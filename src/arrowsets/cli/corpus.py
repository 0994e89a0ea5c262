"""A corpus that every machine has: the docstrings of Python's own standard library."""

from __future__ import annotations

import ast
import json
import sysconfig
import tokenize
import warnings
from collections.abc import Iterator
from pathlib import Path

from arrowsets.errors import DataFilesNotFound

__all__ = ["write_docstrings"]

_LEFT_OUT = {"test", "tests", "idle_test", "site-packages", "dist-packages", "__pycache__", "lib2to3"}


def write_docstrings(path: Path, library: Path | None = None) -> int:
    """Write the docstrings as JSON lines of module, kind, name, line and text; return how many.

    A file that holds them already is left as it is, and so is what was made of it.

    Args:
        library: Where the source files lie. None: the standard library of this Python.

    Raises:
        DataFilesNotFound: if there are none, as in some installations without sources.
    """
    root = library if library is not None else Path(sysconfig.get_path("stdlib"))
    lines = [
        json.dumps(row, ensure_ascii=False) + "\n"
        for file in sorted(_sources(root), key=lambda file: file.relative_to(root).parts)
        for row in _docstrings(file, ".".join(file.relative_to(root).with_suffix("").parts))
    ]
    if not lines:
        raise DataFilesNotFound(f"no Python source with docstrings in {str(root)!r}; this Python comes without sources")
    content = "".join(lines).encode("utf-8", "surrogatepass")
    if not path.is_file() or path.read_bytes() != content:
        path.write_bytes(content)
    return len(lines)


def _sources(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in _LEFT_OUT:
            continue
        if path.is_dir() and (path / "__init__.py").is_file():
            yield from _sources(path)
        elif path.suffix == ".py" and path.is_file():
            yield path


def _docstrings(file: Path, module: str) -> Iterator[dict[str, str | int]]:
    try:
        with tokenize.open(file) as source, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old escapes in strings are no business of ours
            tree = ast.parse(source.read())
    except (SyntaxError, UnicodeDecodeError):
        return  # a few files are there to be wrong
    kinds = {ast.Module: "module", ast.ClassDef: "class", ast.FunctionDef: "function", ast.AsyncFunctionDef: "function"}
    for node in ast.walk(tree):
        kind = kinds.get(type(node))
        if kind is None:
            continue
        assert isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        if text := ast.get_docstring(node):
            name = module if isinstance(node, ast.Module) else node.name
            yield {"module": module, "kind": kind, "name": name, "line": getattr(node, "lineno", 1), "text": text}
