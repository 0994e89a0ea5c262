"""The viewer on large files: time to the first rows, pages at random offsets, statistics and search beside plain DuckDB.

python benchmarks/viewer.py [--rows 100000000] [--text-megabytes 10000] [--clients 50] [--seconds 10] [--compared 1000000]

Prints JSON. `rows` is the length of a file of three narrow columns, `text-megabytes` the size of one of long texts.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

GROUP = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--text-megabytes", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--compared", type=int, default=1_000_000)
    parser.add_argument("--dir", type=Path, help="where to put the files (default: a temporary directory)")
    args = parser.parse_args()
    if args.dir is not None:
        args.dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=args.dir) as folder:
        os.environ["ARROWSETS_CACHE"] = str(Path(folder) / "cache")
        found = {
            "many rows": large(narrow(Path(folder) / "rows.parquet", args.rows), args),
            "much text": large(texts(Path(folder) / "text.parquet", args.text_megabytes), args),
            "compared": compared(texts(Path(folder) / "small.parquet", 0, args.compared), args),
        }
    print(json.dumps(found, indent=2))


def narrow(path: Path, rows: int) -> Path:
    """Write a file of many rows."""
    random_ = np.random.default_rng(0)
    schema = pa.schema({"id": pa.int64(), "score": pa.float32(), "label": pa.int8()})
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, GROUP):
            size = min(GROUP, rows - start)
            columns = (
                np.arange(start, start + size),
                random_.random(size, np.float32),
                random_.integers(0, 9, size, np.int8),
            )
            writer.write_table(pa.table(list(columns), schema=schema))
    return path


def texts(path: Path, megabytes: int, rows: int = 0) -> Path:
    """Write a file of many bytes: texts of words, of a kilobyte each."""
    random_ = random.Random(0)
    words = ["".join(random_.choices("abcdefghijklmnopqrstuvwxyz", k=random_.randint(2, 9))) for _ in range(5000)]
    pool = [" ".join(random_.choices(words, k=160)) for _ in range(4000)]
    size = 20_000
    schema = pa.schema({"id": pa.int64(), "text": pa.string(), "year": pa.int16()})
    total = rows or megabytes * 1000
    with pq.ParquetWriter(path, schema, compression="NONE", use_dictionary=False) as writer:
        for start in range(0, total, size):
            count = min(size, total - start)
            columns = {
                "id": np.arange(start, start + count),
                "text": random_.choices(pool, k=count),
                "year": np.asarray(random_.choices(range(1900, 2030), k=count), np.int16),
            }
            writer.write_table(pa.table(columns, schema=schema))
    return path


class Viewer:
    """A viewer in a process of its own."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, "-m", "arrowsets", "view", str(path), "--no-browser"]
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline().split("  (")[0]
        address, _, token = line.rpartition(" ")[2].partition("/#token=")
        self.host, self.headers = urlsplit(address).netloc, {"Authorization": f"Bearer {token.strip()}"}

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.host, timeout=600)

    def get(self, path: str, connection: http.client.HTTPConnection | None = None) -> Any:
        connection = connection or self.connection()
        connection.request("GET", path, headers=self.headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
        return json.loads(body)

    def finished(self, path: str) -> Any:
        """Ask until the answer is there: after 20 seconds a server says that it is still at work."""
        while True:
            try:
                return self.get(path)
            except RuntimeError as error:
                if "still being" not in str(error):
                    raise

    def own_megabytes(self) -> float:
        """Return the largest memory of its own that it had: pages of files are the system's."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")) - next(
            int(line.split()[1]) / 1000 for line in lines if line.startswith("RssFile")
        )

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


def large(path: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Measure the first page, and pages at random offsets."""
    viewer = Viewer(path)
    try:
        listening = time.perf_counter() - viewer.begun
        first = viewer.get("/api/x/rows?length=100")
        shown = time.perf_counter() - viewer.begun
        page = viewer.get("/api/x/rows?length=100&offset=100")["seconds"]
        memory = viewer.own_megabytes()
        total = first["num_rows_total"]
        times = hammered(viewer, total, quote(viewer.get("/api/x/dataset")["title"]), args)
        return {
            "file": f"{path.stat().st_size / 1e9:.2f} GB, {total:,} rows",
            "seconds from the command to the address": round(listening, 2),
            "seconds from the command to the first 100 rows": round(shown, 2),
            "milliseconds of a first page": round(1000 * first["seconds"], 1),
            "milliseconds of the next": round(1000 * page, 1),
            "memory after the first page, MB": round(memory),
            f"/rows?length=100 at random offsets, {args.clients} clients": times,
            "memory after that, MB": round(viewer.own_megabytes()),
        }
    finally:
        viewer.close()


def hammered(viewer: Viewer, rows: int, name: str, args: argparse.Namespace) -> dict[str, Any]:
    """Ask for pages at random offsets from many clients at once."""
    times: list[float] = []
    end = time.perf_counter() + args.seconds

    def client(seed: int) -> None:
        random_, connection = random.Random(seed), viewer.connection()
        while time.perf_counter() < end:
            offset = random_.randrange(max(rows - 100, 1))
            begun = time.perf_counter()
            viewer.get(f"/rows?dataset={name}&config=default&split=train&offset={offset}", connection)
            times.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=client, args=(seed,)) for seed in range(args.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cuts = statistics.quantiles(times, n=100)
    return {
        "requests a second": round(len(times) / args.seconds),
        "p50 ms": round(1000 * cuts[49], 1),
        "p99 ms": round(1000 * cuts[98], 1),
    }


def compared(path: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Measure statistics and search beside plain DuckDB on the same file."""
    viewer = Viewer(path)
    try:
        name = quote(viewer.get("/api/x/dataset")["title"])
        where = f"dataset={name}&config=default&split=train"
        viewer.get("/rows?" + where)
        searches = [
            timed(lambda word=word: viewer.finished(f"/search?{where}&query={word}"))
            for word in ("zzqy", "qzxv", "xqzw")
        ]
        filters = [
            timed(lambda year=year: viewer.finished(f"/filter?{where}&where=year%3D{year}"))
            for year in (1950, 1960, 1970)
        ]
        computed = timed(lambda: viewer.finished(f"/statistics?{where}"))
    finally:
        viewer.close()
    plain = duckdb.connect()
    plain.execute("SET threads=2")
    table = f"read_parquet('{path}')"
    scan = [
        timed(
            lambda word=word: plain.execute(f"SELECT count(*) FROM {table} WHERE contains(text, '{word}')").fetchall()
        )
        for word in ("zzqy", "qzxv", "xqzw")
    ]
    folded = [
        timed(
            lambda word=word: plain.execute(
                f"SELECT count(*) FROM {table} WHERE contains(lower(strip_accents(text)), '{word}')"
            ).fetchall()
        )
        for word in ("zzqy", "qzxv", "xqzw")
    ]
    filtered = [
        timed(lambda year=year: plain.execute(f"SELECT count(*) FROM {table} WHERE year={year}").fetchall())
        for year in (1950, 1960, 1970)
    ]
    summed = timed(lambda: plain.execute(f"SUMMARIZE SELECT id, length(text) AS text, year FROM {table}").fetchall())
    return {
        "rows": args.compared,
        "search, seconds": {"viewer": best(searches), "DuckDB contains": best(scan), "DuckDB folded": best(folded)},
        "filter, seconds": {"viewer": best(filters), "DuckDB": best(filtered)},
        "statistics, seconds": {
            "viewer": round(computed, 2),
            "DuckDB SUMMARIZE of numbers and lengths": round(summed, 2),
        },
    }


def timed(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def best(times: list[float]) -> float:
    return round(min(times), 3)


if __name__ == "__main__":
    main()
