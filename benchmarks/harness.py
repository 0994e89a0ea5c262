"""A step: one thing that a user waits for, done by arrowsets, by Hugging Face datasets, and by the best plain code.

A step file holds steps and, beside each, its three functions::

    sort = Step("sort", "table", faster=1)

    @sort.run("arrowsets", "datasets")
    def _(dataset):
        return dataset.sort("price")

    @sort.run("limit")
    def _(table):
        return Picked(table, pc.sort_indices(table["price"]))

Each function gets its input, opened before the clock starts, and if it takes two arguments an empty directory to write to.
What it returns is compared between the three once the clock has stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["LIBRARIES", "MODULES", "Step", "all_steps", "load_steps"]

LIBRARIES = ("arrowsets", "datasets", "limit")

MODULES = (
    "start",
    "loading",
    "mapping",
    "reading",
    "streaming",
    "resuming",
    "feeding",
    "choosing",
    "exporting",
    "memory",
)
"""The files of `steps/`, in the order of the report."""

Function = Callable[..., Any]

_registry: dict[str, Step] = {}


@dataclass
class Step:
    """One thing that a user waits for.

    Attributes:
        name: What the report calls it.
        data: The input: "table" is opened (a dataset for the libraries, a memory-mapped table for the limit), "table.csv" is
            handed over as a path. None: no input.
        faster: At least so many times faster than datasets.
        within: At most so many times the limit.
        once: A call of which a script makes a few: a millisecond above the limit is granted.
        calls: The timed function is called so often, after one call that is not timed; figures are for one call.
        cold: The library is not imported before the clock starts.
        earlier: An earlier process did the same, with the same caches.
        environment: Variables for the process.
        differs: For a library whose result is not that of the others, why.
        also: Other data that is needed.
        memory: Only peak memory is of interest.
        note: What a reader must know of the figures.
    """

    name: str
    data: str | None = None
    faster: float = 1.0
    within: float = 3.0
    once: bool = False
    calls: int = 1
    cold: bool = False
    earlier: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    differs: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    memory: bool = False
    note: str = ""
    module: str = field(default="", init=False)
    functions: dict[str, Function] = field(default_factory=dict, init=False, repr=False)
    preparations: dict[str, Function] = field(default_factory=dict, init=False, repr=False)
    summaries: dict[str, Function] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.name in _registry:
            raise ValueError(f"two steps are named {self.name!r}")
        _registry[self.name] = self

    def run(self, *libraries: str) -> Callable[[Function], Function]:
        """Register what is timed: a function of the input, and of a directory if it writes."""
        return self._register(self.functions, libraries)

    def prepare(self, *libraries: str) -> Callable[[Function], Function]:
        """Register what is done with the opened input before the clock starts."""
        return self._register(self.preparations, libraries)

    def summary(self, *libraries: str) -> Callable[[Function], Function]:
        """Register what is done with the result, once the clock has stopped, so that results can be compared."""
        return self._register(self.summaries, libraries or LIBRARIES)

    def _register(self, where: dict[str, Function], libraries: tuple[str, ...]) -> Callable[[Function], Function]:
        def register(function: Function) -> Function:
            self.module = function.__module__
            for library in libraries:
                if library not in LIBRARIES:
                    raise ValueError(f"unknown library {library!r}; known: {', '.join(LIBRARIES)}")
                if library in where:
                    raise ValueError(f"step {self.name!r} has two functions for {library}")
                where[library] = function
            return function

        return register

    def describe(self) -> dict[str, Any]:
        """Return what the report needs to know, as JSON."""
        return {
            "name": self.name,
            "module": self.module,
            "needs": [*self.also, *([] if self.data is None else [self.data.partition("/")[0].partition(".")[0]])],
            "faster": self.faster,
            "within": self.within,
            "once": self.once,
            "earlier": self.earlier,
            "environment": dict(self.environment),
            "differs": dict(self.differs),
            "memory": self.memory,
            "note": self.note,
            "libraries": list(self.functions),
        }


def load_steps(module: str) -> dict[str, Step]:
    """Import one file of steps."""
    import_module(module)
    return {name: step for name, step in _registry.items() if step.module == module}


def all_steps() -> dict[str, Step]:
    """Import every file of steps."""
    for module in MODULES:
        import_module(f"steps.{module}")
    return dict(_registry)


def input_path(data: Path, name: str, library: str) -> Path:
    """Return the file that a step's input lies in; the limit opens Arrow files where the libraries load Parquet."""
    if "." in name or (data / name).is_dir():
        return data / name
    return data / f"{name}{'.arrow' if library == 'limit' else '.parquet'}"
