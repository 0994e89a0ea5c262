"""Fingerprints of modules: what is read of the user's own, name and version of installed ones."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import CodeType, ModuleType

from arrowsets.hashing.bytecode import WHOLE, Chain, Import
from arrowsets.hashing.packages import find_spec, is_users, package_leaf
from arrowsets.hashing.tree import Fingerprint, leaf, node
from arrowsets.hashing.visiting import Visitor

__all__ = ["inline_import", "module", "module_reads"]

_compiled: dict[tuple[str, int, int], CodeType] = {}


def module_reads(visitor: Visitor, value: ModuleType, chains: Iterable[Chain]) -> Fingerprint:
    """Fingerprint what chains of attributes read from a module."""
    if not is_users(value.__name__, getattr(value, "__file__", None)):
        return package_leaf(value.__name__)
    if WHOLE in chains:
        return module(visitor, value)
    wanted: dict[str, set[Chain]] = {}
    for chain in chains:
        wanted.setdefault(chain[0], set()).add(chain[1:])
    parts = [(f".{name}", _attribute(visitor, value, name, wanted[name])) for name in sorted(wanted)]
    return node("module", parts, f"module {value.__name__}")


def _attribute(visitor: Visitor, value: ModuleType, name: str, chains: Iterable[Chain]) -> Fingerprint:
    try:
        found = getattr(value, name)
    except Exception:  # noqa: BLE001  a module's __getattr__ may raise anything
        return leaf("missing", name.encode(), "not defined")
    return visitor.look(found, chains)


def module(visitor: Visitor, value: ModuleType) -> Fingerprint:
    """Fingerprint a whole module by its source, or by what it holds where it has none."""
    if not is_users(value.__name__, getattr(value, "__file__", None)):
        return package_leaf(value.__name__)
    origin = getattr(value, "__file__", None)
    if origin and value.__name__ not in ("__main__", "__mp_main__"):
        return _source(visitor, value.__name__, Path(origin))
    names = sorted(name for name in vars(value) if not name.startswith("__"))
    parts = [(f".{name}", visitor.visit(vars(value)[name])) for name in names]
    return node("module", parts, f"module {value.__name__}")


def inline_import(visitor: Visitor, item: Import, package: str) -> Fingerprint:
    """Fingerprint what an import statement inside a function brings, without importing it."""
    name = item.name
    if item.level:
        base = package.rsplit(".", item.level - 1)[0] if item.level > 1 else package
        name = f"{base}.{name}" if name else base
    spec = find_spec(name)
    if spec is None or not is_users(name, spec.origin if spec.has_location else None):
        return package_leaf(name)
    parts = [("module", _source(visitor, name, Path(spec.origin)))] if spec.origin and spec.has_location else []
    for attribute in item.names:
        inner = find_spec(f"{name}.{attribute}") if spec.submodule_search_locations is not None else None
        if inner is not None and inner.origin and inner.has_location:
            parts.append((f"module {attribute}", _source(visitor, inner.name, Path(inner.origin))))
    return node("module", parts, f"module {name}", name.encode() if not parts else b"")


def _source(visitor: Visitor, name: str, path: Path) -> Fingerprint:
    return visitor.within(("module", name), lambda: _read_source(visitor, name, path))


def _read_source(visitor: Visitor, name: str, path: Path) -> Fingerprint:
    summary = f"module {name}"
    try:
        if path.name.endswith(tuple(EXTENSION_SUFFIXES)) or path.suffix != ".py":
            return leaf("module", path.read_bytes(), summary)
        code = _compile(path)
    except (OSError, SyntaxError, ValueError):
        return leaf("missing", name.encode(), f"{summary}, unreadable")
    shape = visitor.shape(code)
    is_package = path.name == "__init__.py"
    package = name if is_package else name.rpartition(".")[0]
    parts = [("code", shape.fingerprint)]
    parts += [
        (f"import {'.' * item.level}{item.name}", inline_import(visitor, item, package)) for item in shape.imports
    ]
    return node("module", parts, summary)


def _compile(path: Path) -> CodeType:
    status = path.stat()
    key = (str(path), status.st_mtime_ns, status.st_size)
    code = _compiled.get(key)
    if code is None:
        code = _compiled[key] = compile(path.read_bytes(), path.name, "exec", dont_inherit=True)
    return code
