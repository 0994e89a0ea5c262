"""Where code comes from: Python itself, an installed package, or the user.

The user's code is hashed by what it does, the rest by name and version. A module counts as the user's unless
its file lies in the standard library or a site-packages folder, so a package installed in editable mode is
the user's. Nothing here imports what it looks at.
"""

from __future__ import annotations

import functools
import os
import sys
from importlib.machinery import ModuleSpec
from pathlib import PurePath
from types import ModuleType

from arrowsets.hashing.tree import Fingerprint, leaf

__all__ = ["find_spec", "is_users", "package_leaf"]

_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_INSTALLED = {"site-packages", "dist-packages"}
_OURS = "arrowsets"


@functools.cache
def _standard() -> tuple[PurePath, ...]:
    """Return where Python's own modules lie."""
    from sysconfig import get_path

    return tuple({PurePath(get_path(name)) for name in ("stdlib", "platstdlib")})


def is_users(module: str, file: str | None = None) -> bool:
    """Whether a module is the user's own.

    Args:
        file: Where it lies, used where the module is not loaded under its name.
    """
    if module in ("__main__", "__mp_main__"):
        return True
    loaded = sys.modules.get(module)
    return _is_users(module, getattr(loaded, "__file__", None) or file)


@functools.lru_cache(maxsize=4096)
def _is_users(module: str, file: str | None) -> bool:
    root = module.partition(".")[0]
    if root == _OURS:
        return False
    if file:
        path = PurePath(file)
        return _INSTALLED.isdisjoint(path.parts) and not any(path.is_relative_to(folder) for folder in _standard())
    if root in sys.stdlib_module_names or root in sys.builtin_module_names:
        return False
    # Made at run time, or C code without a file: the user's unless a package has that name.
    return _version(root) is None


def package_leaf(module: str, name: str = "") -> Fingerprint:
    """Return the fingerprint of something installed: its name and its package's version."""
    return _package_leaf(module, name)


@functools.lru_cache(maxsize=4096)
def _package_leaf(module: str, name: str) -> Fingerprint:
    root = module.partition(".")[0]
    full = f"{module}.{name}" if name else module
    if root in sys.stdlib_module_names or root in sys.builtin_module_names:
        return leaf("package", f"{full} {_PYTHON}".encode(), full if name else f"{full} (Python {_PYTHON})")
    version = _version(root) or "of unknown version"
    return leaf(
        "package",
        f"{full} {version}".encode(),
        f"{full} {version}" if not name else f"{full} ({root} {version})",
    )


@functools.cache
def _version(root: str) -> str | None:
    """Return the version of the distribution that brings a top-level module.

    Never the module's `__version__`, which is there only once the module is imported.
    """
    for place in sys.path:
        if root in (found := _versions_at(place)):
            return found[root]
    from importlib import metadata  # 12 ms, as it reads the files that the names of folders spare

    try:
        return metadata.version(root)
    except (metadata.PackageNotFoundError, ValueError):
        pass
    names = sorted(set(_distributions().get(root, ())))
    return ", ".join(f"{name} {metadata.version(name)}" for name in names) or None


@functools.cache
def _versions_at(place: str) -> dict[str, str]:
    """Return the versions of the distributions in a folder, as the names of their folders tell, but for names seen twice."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    try:
        names = os.listdir(place or os.curdir)  # noqa: PTH208 - names are all that is looked at
    except OSError:
        return {}
    for name in names:
        if name.endswith(".dist-info"):
            distribution, _, version = name.removesuffix(".dist-info").partition("-")
            twice.update({distribution} & found.keys())
            found[distribution] = version
    return {name: version for name, version in found.items() if name not in twice and version}


@functools.cache
def _distributions() -> dict[str, list[str]]:
    from importlib import metadata

    return dict(metadata.packages_distributions())


def find_spec(name: str) -> ModuleSpec | None:
    """Find a module by its dotted name without importing its parents."""
    loaded = sys.modules.get(name)
    if isinstance(loaded, ModuleType) and loaded.__spec__ is not None:
        return loaded.__spec__
    path = None
    spec: ModuleSpec | None = None
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        spec = _ask_finders(".".join(parts[:end]), path)
        if spec is None:
            return None
        path = list(spec.submodule_search_locations or ())
    return spec


def _ask_finders(name: str, path: list[str] | None) -> ModuleSpec | None:
    # All of them: packages in editable mode have a finder of their own.
    for finder in list(sys.meta_path):
        try:
            spec = finder.find_spec(name, path)
        except Exception:  # noqa: BLE001, S112  a finder is anybody's code
            continue
        if spec is not None:
            return spec
    return None
