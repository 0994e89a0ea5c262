"""What a function finds around it in a worker: directory, import path, environment and settings of its program.

Modules are imported by the worker from the same places; those found in no place on the path (a test module, a
module that was loaded from a file under a name of its own) the worker asks the pool for. A worker also
remembers how old the user's modules were when it imported them, so that one with yesterday's code is
replaced.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
import sysconfig
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

from arrowsets.config import Settings, settings, use
from arrowsets.logging import get_verbosity, set_verbosity
from arrowsets.record import dataclass

__all__ = ["AskingFinder", "LoadedModules", "ModulePlace", "World", "place_of"]

ModulePlace = tuple[str | None, list[str] | None]  # its file; where its submodules are, if it is a package


@dataclass(frozen=True)
class World:
    """What a worker takes over from the process that uses it."""

    directory: str | None
    path: tuple[str, ...]
    arguments: tuple[str, ...]
    environment: dict[str, str]
    verbosity: int
    settings: Settings

    @classmethod
    def current(cls) -> World:
        """Describe this process."""
        try:
            directory = os.getcwd()  # noqa: PTH109 - a str is what is compared and sent
        except FileNotFoundError:
            directory = None
        path = tuple(entry for entry in sys.path if isinstance(entry, str))
        return cls(directory, path, tuple(getattr(sys, "argv", ())), dict(os.environ), get_verbosity(), settings())

    def adopt(self) -> None:
        """Make this process like the one described."""
        if self.directory is not None:
            os.chdir(self.directory)
        sys.path[:] = self.path
        sys.argv[:] = self.arguments
        for name in os.environ.keys() - self.environment.keys():
            del os.environ[name]
        os.environ.update(self.environment)
        set_verbosity(self.verbosity)
        use(self.settings)


def place_of(name: str) -> ModulePlace | None:
    """Tell where the source of an imported module lies; None for one without a source file."""
    module = sys.modules.get(name)
    if module is None:
        return (None, []) if any(known.startswith(f"{name}.") for known in tuple(sys.modules)) else None
    file = getattr(module, "__file__", None)
    inside = getattr(module, "__path__", None)
    if not (isinstance(file, str) and file.endswith(".py")) and inside is None:
        return None
    places = None if inside is None else [str(entry) for entry in inside]
    return (file if isinstance(file, str) else None), places


class AskingFinder:
    """The last entry of a worker's `sys.meta_path`: imports what only the pool's process can find."""

    def __init__(self, ask: Callable[[str], ModulePlace | None]) -> None:
        self._ask = ask

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the import system passes it
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        """Find a module where the pool's process found it."""
        place = self._ask(name)
        if place is None:
            return None
        file, inside = place
        if file is not None:
            return importlib.util.spec_from_file_location(name, file, submodule_search_locations=inside)
        spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = inside
        return spec


class LoadedModules:
    """The user's modules of this process, with the times of their files when they were imported."""

    def __init__(self) -> None:
        places = sysconfig.get_paths()
        keys = ("stdlib", "platstdlib", "purelib", "platlib")
        self._installed = tuple({str(Path(places[key])) + os.sep for key in keys})
        self._times: dict[str, int] = {}
        self._seen: set[str] = set()

    def remember(self, since: float) -> None:
        """Note the modules that were imported after the time `since`."""
        for name in sys.modules.keys() - self._seen:
            self._seen.add(name)
            file = getattr(sys.modules.get(name), "__file__", None)
            if isinstance(file, str) and file.endswith(".py") and not file.startswith(self._installed):
                changed = _time_of(file)
                # Changed while it was being imported: nobody knows which of the two was read.
                self._times[file] = changed if changed < int(since * 1e9) else -1

    def changed(self) -> bool:
        """Tell whether a file has changed since it was imported."""
        return any(_time_of(file) != then for file, then in self._times.items())


def _time_of(file: str) -> int:
    try:
        return os.stat(file).st_mtime_ns  # noqa: PTH116 - called for every module of every call
    except OSError:
        return 0
