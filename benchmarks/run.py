"""Run the benchmark steps and show the table: `python benchmarks/run.py --help`.

Each measurement is a fresh process with fresh caches; the libraries take turns (A B C A B C ...), so that what else the
machine does falls on all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from environment import STAMP, source_digest
from harness import LIBRARIES
from process import MemorySampler
from report import Outcome, markdown, seconds, times

HERE = Path(__file__).resolve().parent
BEGIN, END = "<!-- results: written by run.py --write -->", "<!-- end of results -->"
TIMEOUT = 900


def main() -> int:
    options = parsed()
    runner = Runner(options.python, Path(options.cache).resolve(), options.scale, keep=options.keep)
    about = runner.ask({"do": "describe"})
    if "steps" not in about:
        print(about.get("trace") or about, file=sys.stderr)
        return 1
    steps = chosen(about["steps"], options.only, options.skip)
    if options.list:
        print("\n".join(step["name"] for step in steps))
        return 0
    runner.make_data({kind for step in steps for kind in step["needs"]})
    if options.profile:
        return profile(runner, steps, options.library)
    about["load"] = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    outcomes = [measured(runner, step, options) for step in steps]
    return concluded(about, outcomes, options)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Measure arrowsets beside Hugging Face datasets and the physical limit.",
        epilog="Examples:\n"
        "  python benchmarks/environment.py                       make the environment that is measured\n"
        "  python benchmarks/run.py --write                       everything, into benchmarks/README.md\n"
        "  python benchmarks/run.py --scale 0.05 --rounds 1       a first look\n"
        "  python benchmarks/run.py --only 'row map' --profile    where the time goes\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="steps whose names contain one of these")
    parser.add_argument(
        "--skip", nargs="+", metavar="NAME", default=[], help="no steps whose names contain one of these"
    )
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each step with each library (5)")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the data (1: 2 million rows)")
    parser.add_argument("--library", nargs="+", choices=LIBRARIES, default=list(LIBRARIES), help="measure only these")
    parser.add_argument("--python", help="interpreter that has both libraries, instead of that of environment.py")
    parser.add_argument("--cache", default=str(HERE / ".cache"), help="where data, caches and results lie")
    parser.add_argument("--list", action="store_true", help="show the names of the steps and stop")
    parser.add_argument(
        "--profile", action="store_true", help="run each step once under cProfile and show where time goes"
    )
    parser.add_argument("--keep", action="store_true", help="keep what the measured processes wrote and said")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    options = parser.parse_args()
    if options.write and (options.only or options.skip or len(options.library) < len(LIBRARIES)):
        parser.error("--write is for a run of all steps with all libraries")
    return options


class Runner:
    """Starts measured processes and reads their answers."""

    def __init__(self, python: str | None, cache: Path, scale: float, *, keep: bool = False) -> None:
        environment = cache / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
        if python is None and not environment.exists():
            raise SystemExit(f"{environment} is missing: run python benchmarks/environment.py, or give --python")
        self.python = python or str(environment)
        stamp = cache / "venv" / STAMP
        if python is None and (not stamp.exists() or stamp.read_text() != source_digest()):
            print(
                "WARNING: the environment has another state of this tree; run python benchmarks/environment.py",
                file=sys.stderr,
            )
        # What leads to another copy of the library is kept only for an interpreter that was asked for.
        dropped = {"PYTHONDONTWRITEBYTECODE"} | (set() if python else {"PYTHONPATH"})
        self.inherited = {name: value for name, value in os.environ.items() if name not in dropped}
        self.cache, self.scale, self.keep = cache, scale, keep
        self.data = cache / "data" / f"scale-{scale:g}"

    @contextmanager
    def directory(self) -> Iterator[Path]:
        """Make a directory for one measurement, and remove it."""
        (self.cache / "runs").mkdir(parents=True, exist_ok=True)
        path = Path(tempfile.mkdtemp(dir=self.cache / "runs"))
        try:
            yield path
        finally:
            if not self.keep:
                shutil.rmtree(path, ignore_errors=True)

    def make_data(self, kinds: set[str]) -> None:
        """Make the inputs that are not there, and read all once, so that no measurement waits for the disk."""
        subprocess.run(
            [self.python, HERE / "data.py", self.data, str(self.scale), *sorted(kinds)], env=self.inherited, check=True
        )
        for path in self.data.rglob("*"):
            if path.is_file():
                path.read_bytes()

    def measure(self, step: Mapping[str, Any], library: str, **more: Any) -> dict[str, Any]:
        """Measure a step once with one library."""
        with self.directory() as run:
            task = {"do": "measure", "module": step["module"], "step": step["name"], "library": library, **more}
            task |= {"data": str(self.data), "run": str(run / "run")}
            if step["earlier"]:
                first = self.ask({**task, "earlier": True, "profile": None}, run, step["environment"])
                if "wall" not in first:
                    return first
            return self.ask(task, run, step["environment"])

    def ask(
        self, task: dict[str, Any], run: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Start a process, watch it, and return its answer."""
        if run is None:
            with self.directory() as fresh:
                return self.ask(task, fresh, environment)
        answer = run / "answer.json"
        answer.unlink(missing_ok=True)
        command = [self.python, str(HERE / "worker.py"), json.dumps({**task, "answer": str(answer)})]
        caches = run / "run"
        (caches / "tmp").mkdir(parents=True, exist_ok=True)
        variables = {
            **self.inherited,
            **(environment or {}),
            "ARROWSETS_CACHE": str(caches / "arrowsets"),
            "HF_HOME": str(caches / "huggingface"),
            "HF_DATASETS_CACHE": str(caches / "huggingface" / "datasets"),
            "HF_HUB_OFFLINE": "1",
            "XDG_CACHE_HOME": str(caches / "xdg"),
            "TMPDIR": str(caches / "tmp"),
            "BENCHMARK_DATA": str(self.data),
            "BENCHMARK_RUN": str(caches),
        }
        with (run / "said.txt").open("ab") as said:
            process = subprocess.Popen(command, env=variables, cwd=caches, stdout=said, stderr=said)
            try:
                with MemorySampler(process.pid) as memory:
                    process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                return {"error": f"not finished after {TIMEOUT} s"}
        if not answer.exists():
            said_last = (run / "said.txt").read_text(errors="replace")[-2000:]
            return {"error": f"the process ended with {process.returncode}", "trace": said_last}
        result: dict[str, Any] = json.loads(answer.read_text())
        if "start" in result:
            result["peak"] = memory.peak(result["start"], result["stop"])
        return result


def chosen(steps: Sequence[dict[str, Any]], only: Sequence[str] | None, skip: Sequence[str]) -> list[dict[str, Any]]:
    """Return the steps that were asked for: a whole name alone, else every name that contains the words."""
    names = {step["name"] for step in steps}

    def matches(name: str, words: Sequence[str]) -> bool:
        return any(word == name or (word not in names and word in name) for word in words)

    found = [step for step in steps if (not only or matches(step["name"], only)) and not matches(step["name"], skip)]
    if not found:
        raise SystemExit(f"no step is named {only}; there are: {', '.join(sorted(names))}")
    return found


def measured(runner: Runner, step: Mapping[str, Any], options: argparse.Namespace) -> Outcome:
    """Measure one step, the libraries taking turns."""
    outcome = Outcome(step)
    libraries = [library for library in LIBRARIES if library in step["libraries"] and library in options.library]
    for _ in range(options.rounds):
        outcome.rounds.append({library: runner.measure(step, library) for library in libraries})
    figures = [f"{library} {seconds(outcome.median(library)) or outcome.status(library)[:60]}" for library in libraries]
    ratios = f"{times(outcome.ratio('arrowsets', 'limit')):>6} limit, datasets {times(outcome.ratio('datasets', 'arrowsets')):>6}"
    print(f"{step['name']:<40} {ratios}   ({', '.join(figures)})", flush=True)
    return outcome


def concluded(about: Mapping[str, Any], outcomes: Sequence[Outcome], options: argparse.Namespace) -> int:
    """Show, keep and write the report; return 1 if a step failed or results differ."""
    text = f"{header(about, options)}\n\n{markdown(outcomes)}\n"
    errors = [error for outcome in outcomes for error in outcome.errors()]
    missed = [miss for outcome in outcomes for miss in outcome.missed()]
    results = Path(options.cache) / "results"
    results.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    kept = {"about": about, "options": vars(options), "steps": [{"step": o.step, "rounds": o.rounds} for o in outcomes]}
    (results / f"{stamp}.json").write_text(json.dumps(kept))
    print(f"\n{text}")
    if missed:
        print("Targets missed:\n" + "\n".join(f"  {miss}" for miss in missed))
    for error in errors:
        print(f"ERROR {error}", file=sys.stderr)
    if options.write and not errors:
        write(HERE / "README.md", text)
    return 1 if errors else 0


def header(about: Mapping[str, Any], options: argparse.Namespace) -> str:
    """Say on what, when and how the figures were taken."""
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items() if version)
    command = " ".join(["python benchmarks/run.py", *sys.argv[1:]])
    load = f"; load before the run {about['load']:.1f}" if about.get("load") is not None else ""
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({machine()}), Python {about['python']}, {versions}{load}. "
        f"`{command}`: {options.rounds} rounds at scale {options.scale:g}."
    )


def machine() -> str:
    """Return what processor this is."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def write(readme: Path, text: str) -> None:
    """Put the report between its marks."""
    before, _, rest = readme.read_text().partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{readme} lacks the lines {BEGIN!r} and {END!r}")
    readme.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}")


def profile(runner: Runner, steps: Sequence[Mapping[str, Any]], libraries: Sequence[str]) -> int:
    """Run each step once under Python's profiler and show the functions that take most."""
    import pstats

    libraries = libraries if len(libraries) < len(LIBRARIES) else ["arrowsets"]
    for step in steps:
        for library in libraries:
            with tempfile.NamedTemporaryFile(suffix=".prof") as seen:
                answer = runner.measure(step, library, profile=seen.name)
                print(f"\n=== {step['name']}, {library}: {seconds(answer.get('wall')) or answer}")
                if "wall" in answer:
                    stats = pstats.Stats(seen.name)
                    stats.sort_stats("tottime").print_stats(18)
                    stats.sort_stats("cumtime").print_stats(30)
    print(
        "Threads and C code: py-spy record --native --format speedscope -o profile.json -- <python> benchmarks/worker.py '<task>'"
    )
    return 0


if __name__ == "__main__":
    started = time.monotonic()
    code = main()
    print(f"{time.monotonic() - started:.0f} s")
    sys.exit(code)
