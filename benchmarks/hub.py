"""Datasets of a hub by id: loading cold, warm and with the hub gone, and pushing, against Hugging Face datasets.

python benchmarks/hub.py [--megabytes 1000] [--files 8] [--rounds 3] [--only load|push]

One hub on a loopback port counts requests. Each measurement is a process of its own, with caches of its own for "cold";
the libraries take turns, and times are the best of the rounds: of the call, and with the imports that it needs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from process import MemorySampler

from arrowsets.server.hub import Hub, serve

LIBRARIES = ("arrowsets", "datasets")
LOAD = """
import json, time
started = time.perf_counter()
from {library} import load_dataset
import huggingface_hub.hf_api, pyarrow.parquet
begun, cpu = time.perf_counter(), time.process_time()
loaded = load_dataset("alice/numbers", split="train", **{options})
rows = loaded.num_rows
now = time.perf_counter()
cpu = time.process_time() - cpu
print(json.dumps({{"seconds": now - begun, "cpu": cpu, "all": now - started, "rows": rows}}))
"""
PUSH = """
import json, time
started = time.perf_counter()
from {library} import Dataset
import huggingface_hub.hf_api, pyarrow.parquet
data = Dataset.from_file({path!r})
begun, cpu, at = time.perf_counter(), time.process_time(), time.monotonic()
data.push_to_hub("{user}/pushed", max_shard_size="100MB", private=True)
now = time.perf_counter()
cpu = time.process_time() - cpu
print(json.dumps({{"seconds": now - begun, "cpu": cpu, "all": now - started, "from": at, "to": time.monotonic()}}))
"""


@dataclass
class Counting:
    """The hub's application, with a count of what is asked of it."""

    application: Callable[..., Awaitable[None]]
    asked: list[str] = field(default_factory=list)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.asked.append(f"{scope['method']} {scope['path']}")
        await self.application(scope, receive, send)


@dataclass
class World:
    """A hub, and machines that use it."""

    root: Path
    url: str
    counting: Counting

    def run(self, code: str, home: Path, user: str = "alice", **environment: str) -> dict[str, Any]:
        """Run a script at a machine and return what it found, with the requests, the memory and the disk that it took."""
        given = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("HF_", "ARROWSETS_"))},
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(home),
            "HF_TOKEN": self.token(user),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            **environment,
        }
        before = len(self.counting.asked)
        process = subprocess.Popen([sys.executable, "-c", code], env=given, stdout=subprocess.PIPE, text=True)
        with MemorySampler(process.pid) as sampler, process:
            out, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"a measurement failed with {process.returncode}")
        answer: dict[str, Any] = json.loads(out.splitlines()[-1])
        if "from" in answer:
            answer["peak"] = sampler.peak(answer["from"], answer["to"])
        answer["requests"] = len(self.counting.asked) - before
        answer["disk"] = sum(
            file.stat().st_size for file in home.rglob("*") if file.is_file() and not file.is_symlink()
        )
        return answer

    def token(self, user: str) -> str:
        with Hub(self.root / "hub") as opened:
            return opened.accounts.create(user, "write")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--files", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("load", "push"))
    args = parser.parse_args()
    with hub() as world:
        if args.only != "push":
            show("load", loads(world, args))
        if args.only != "load":
            show("push", pushes(world, args))


@contextmanager
def hub() -> Iterator[World]:
    made: list[Counting] = []
    original = serve.create_app

    def counted(*given: Any) -> Any:
        made.append(Counting(original(*given)))
        return made[0]

    serve.create_app = counted
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "hub"
        directory.mkdir()
        with serve.running(directory) as url:
            yield World(Path(folder), url, made[0])


def table(path: Path, megabytes: int) -> None:
    """Write rows of numbers and texts, a tenth of which is like others."""
    import numpy as np
    import pyarrow as pa

    random = np.random.default_rng(0)
    rows = 1 << 16
    with pa.OSFile(str(path), "wb") as file:
        writer = None
        while writer is None or file.tell() < megabytes * 1_000_000:
            letters = random.bytes(rows * 40).hex()
            text = pa.array([letters[at : at + 80] for at in range(0, rows * 80, 80)])
            batch = pa.record_batch({"x": random.random(rows), "label": random.integers(0, 9, rows), "text": text})
            writer = writer or pa.ipc.new_stream(file, batch.schema)
            writer.write_batch(batch)
        writer.close()


def loads(world: World, args: argparse.Namespace) -> dict[str, dict[str, Any]]:
    source = world.root / "load.arrow"
    table(source, max(8, args.megabytes // 10))
    code = f"""
import arrowsets, json
data = arrowsets.Dataset.from_file({str(source)!r})
made = data.push_to_hub("alice/numbers", num_shards={args.files})
print(json.dumps({{"commit": made.oid}}))
"""
    commit = world.run(code, world.root / "pusher")["commit"]
    best: dict[str, dict[str, Any]] = {}
    for number in range(args.rounds):
        for library in LIBRARIES:
            home = world.root / f"{library}-{number}"
            plain, pinned = LOAD.format(library=library, options={}), {"revision": commit}
            keep(best, f"{library} cold", world.run(plain, home))
            keep(best, f"{library} warm", world.run(plain, home))
            keep(best, f"{library} warm, commit given", world.run(LOAD.format(library=library, options=pinned), home))
            if number == 0:
                gone = world.run(plain, home, HF_ENDPOINT="http://127.0.0.1:9")
                keep(best, f"{library} warm, hub gone", gone)
            shutil.rmtree(home)
    return best


def pushes(world: World, args: argparse.Namespace) -> dict[str, dict[str, Any]]:
    source = world.root / "push.arrow"
    table(source, args.megabytes)
    best: dict[str, dict[str, Any]] = {}
    for number in range(args.rounds):
        for library in LIBRARIES:
            # Both write the same bytes, and a hub does not ask for what the user has in another dataset.
            user, home = f"{library}{number}", world.root / f"push-{library}"
            code = PUSH.format(library=library, path=str(source), user=user)
            keep(best, f"{library} push", world.run(code, home, user))
            keep(best, f"{library} the same again", world.run(code, home, user))
    return best


def keep(best: dict[str, dict[str, Any]], name: str, answer: dict[str, Any]) -> None:
    if name not in best or answer["seconds"] < best[name]["seconds"]:
        best[name] = answer


def show(title: str, found: dict[str, dict[str, Any]]) -> None:
    print(f"\n{title:<36}{'seconds':>9}{'cpu':>9}{'+imports':>9}{'requests':>10}{'disk MB':>9}{'peak MB':>9}")
    for name, each in found.items():
        peak = f"{each['peak'] / 1e6:.0f}" if each.get("peak") else ""
        disk = f"{each['disk'] / 1e6:.1f}"
        print(
            f"{name:<36}{each['seconds']:>9.3f}{each['cpu']:>9.3f}{each['all']:>9.3f}{each['requests']:>10}{disk:>9}{peak:>9}",
            flush=True,
        )


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"\n{time.monotonic() - started:.0f} s in all", file=sys.stderr)
