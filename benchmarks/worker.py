"""One measurement, in a process of its own: open the input, start the clock, run, stop it, summarise the result.

Only light parts of the standard library are imported before the clock starts where a step measures imports.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from harness import Step, all_steps, input_path, load_steps
from process import changed_bytes, cpu_seconds, sizes


def main() -> None:
    task = json.loads(sys.argv[1])
    answer = Path(task["answer"])
    try:
        result = describe() if task["do"] == "describe" else measure(task)
    except ModuleNotFoundError as error:
        result = {"absent": f"{error.name} is not installed"}
    except (AttributeError, NotImplementedError) as error:
        owner = getattr(error, "obj", None)
        ours = (owner.__name__ if hasattr(owner, "__path__") else type(owner).__module__).startswith("arrowsets")
        key = "absent" if ours or isinstance(error, NotImplementedError) else "error"
        result = {key: str(error), "trace": traceback.format_exc()}
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is told to the runner
        result = {"error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()}
    answer.write_text(json.dumps(result))


def describe() -> dict[str, Any]:
    """Tell what steps there are, and which versions are measured."""
    from importlib.metadata import PackageNotFoundError, version

    versions = {}
    for package in ("arrowsets", "datasets", "pyarrow", "numpy", "polars", "pandas", "torch", "tokenizers", "pillow"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = None
    steps = [step.describe() for step in all_steps().values()]
    for library in ("arrowsets", "datasets"):
        compile_modules(library)
    return {"versions": versions, "steps": steps, "python": sys.version.split()[0]}


def compile_modules(library: str) -> None:
    """Compile a package's modules to byte code, as an installation does, so that no measured import has to."""
    import compileall
    from importlib.util import find_spec

    spec = find_spec(library)
    for folder in (spec.submodule_search_locations if spec else None) or ():
        compileall.compile_dir(folder, quiet=2)
    __import__(library)


def measure(task: dict[str, Any]) -> dict[str, Any]:
    """Run one step with one library."""
    step = load_steps(task["module"])[task["step"]]
    library, run = task["library"], Path(task["run"])
    out = run / "out"
    out.mkdir(parents=True, exist_ok=True)
    function = step.functions[library]
    # A function has what it asks for: the input, or the input and the directory.
    given = (prepared(step, library, Path(task["data"])), out)[: function.__code__.co_argcount]
    if step.calls > 1:
        function(*given)
    before = sizes(run)
    cpu = cpu_seconds()
    start = time.monotonic()
    if task.get("profile"):
        result = profiled(function, given, step.calls, task["profile"])
    else:
        result = None
        for _ in range(step.calls):
            result = function(*given)
    stop = time.monotonic()
    cpu = cpu_seconds() - cpu
    measured = {
        "wall": (stop - start) / step.calls,
        "cpu": cpu / step.calls,
        "written": changed_bytes(before, sizes(run)) // step.calls,
        "start": start,
        "stop": stop,
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }
    if not task.get("earlier"):
        measured["summary"] = summary(step, library, result)
    return measured


def prepared(step: Step, library: str, data: Path) -> Any:
    """Return what the timed function is given."""
    if step.cold:
        return data / step.data if step.data else None
    if library != "limit":
        # What `import` leaves for later is imported with it: the steps about starting tell what that takes.
        module = __import__(library)
        _ = module.load_dataset, module.Dataset, module.concatenate_datasets, module.IterableDataset
        import pyarrow.compute  # noqa: F401
    if step.data is None:
        import pandas as pd  # noqa: F401

        given: Any = None
    else:
        path = input_path(data, step.data, library)
        given = path if "." in step.data or path.is_dir() else opened(path, library)
    prepare = step.preparations.get(library)
    return given if prepare is None else prepare(given) if prepare.__code__.co_argcount else prepare()


def opened(path: Path, library: str) -> Any:
    """Open an input as a user of the library would."""
    # pyarrow imports pandas when it first turns Python values into arrays, once in a process: not what these steps are about.
    import pandas as pd  # noqa: F401

    if library == "limit":
        from limits import open_arrow

        return open_arrow(path)
    module = __import__(library)
    return module.load_dataset("parquet", data_files=str(path), split="train")


def profiled(function: Any, given: tuple[Any, ...], calls: int, path: str) -> Any:
    """Run under Python's profiler and keep what it saw."""
    import cProfile

    profile = cProfile.Profile()
    result = None
    for _ in range(calls):
        result = profile.runcall(function, *given)
    profile.dump_stats(path)
    return result


def summary(step: Step, library: str, result: Any) -> Any:
    """Return the result as a small value."""
    from digest import summarise

    own = step.summaries.get(library)
    return summarise(own(result) if own is not None else result)


if __name__ == "__main__":
    main()
