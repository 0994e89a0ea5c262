"""Many concurrent Range readers of one large file on the embedded hub: errors, throughput, memory of the server.

python benchmarks/hub_range_readers.py [--readers 200] [--megabytes 256] [--piece 1000000] [--seconds 10]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

from arrowsets.server.hub import Hub


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--megabytes", type=int, default=256)
    parser.add_argument("--piece", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=10)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        with Hub(directory) as hub:
            token = hub.accounts.create("alice", "write")
        command = [sys.executable, "-m", "arrowsets", "hub", "serve", directory, "--port", "0"]
        with (Path(directory) / "log").open("w") as log:
            server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert server.stdout is not None
            url = server.stdout.readline().split()[-1]
            data = random.Random(0).randbytes(1 << 20) * args.megabytes
            push(url, token, data)
            print(json.dumps(asyncio.run(read(url, data, args, server.pid)), indent=2))
        finally:
            server.terminate()
            server.wait()


def push(url: str, token: str, data: bytes) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    requests.post(f"{url}/api/repos/create", json={"name": "big", "type": "dataset"}, headers=headers, timeout=60)
    oid = hashlib.sha256(data).hexdigest()
    batch = {"operation": "upload", "transfers": ["basic"], "objects": [{"oid": oid, "size": len(data)}]}
    answer = requests.post(
        f"{url}/datasets/alice/big.git/info/lfs/objects/batch", json=batch, headers=headers, timeout=60
    )
    begun = time.perf_counter()
    requests.put(answer.json()["objects"][0]["actions"]["upload"]["href"], data=data, timeout=600).raise_for_status()
    print(f"upload: {len(data) / 1e6 / (time.perf_counter() - begun):.0f} MB/s", file=sys.stderr)
    lines = [{"key": "header", "value": {"summary": "x"}}]
    lines += [{"key": "lfsFile", "value": {"path": "big.bin", "algo": "sha256", "oid": oid, "size": len(data)}}]
    body = "\n".join(map(json.dumps, lines))
    requests.post(
        f"{url}/api/datasets/alice/big/commit/main", data=body, headers=headers, timeout=60
    ).raise_for_status()


async def read(url: str, data: bytes, args: argparse.Namespace, server: int) -> dict[str, object]:
    host, port = url.removeprefix("http://").split(":")
    until = time.perf_counter() + args.seconds
    results = await asyncio.gather(*(reader(host, int(port), data, args.piece, until) for _ in range(args.readers)))
    times = sorted(each for result in results for each in result[0])
    errors = sum(result[1] for result in results)
    peak = next(line for line in Path(f"/proc/{server}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return {
        "readers": args.readers,
        "piece_bytes": args.piece,
        "requests": len(times),
        "errors": errors,
        "requests_per_second": round(len(times) / args.seconds),
        "megabytes_per_second": round(len(times) * args.piece / 1e6 / args.seconds),
        "median_ms": round(times[len(times) // 2] * 1000),
        "p99_ms": round(times[int(len(times) * 0.99)] * 1000),
        "server_peak_memory": peak.split(":")[1].strip(),
        "cpus": os.cpu_count(),
    }


async def reader(host: str, port: int, data: bytes, piece: int, until: float) -> tuple[list[float], int]:
    times: list[float] = []
    errors = 0
    source, sink = await asyncio.open_connection(host, port, limit=1 << 21)
    while (begun := time.perf_counter()) < until:
        at = random.randrange(len(data) - piece)
        sink.write(
            f"GET /datasets/alice/big/resolve/main/big.bin HTTP/1.1\r\nHost: {host}\r\n"
            f"Range: bytes={at}-{at + piece - 1}\r\n\r\n".encode()
        )
        head = await source.readuntil(b"\r\n\r\n")
        body = await source.readexactly(piece) if b" 206 " in head.split(b"\r\n")[0] else b""
        errors += body[:64] != data[at : at + 64] or body[-64:] != data[at + piece - 64 : at + piece]
        times.append(time.perf_counter() - begun)
    sink.close()
    return times, errors


if __name__ == "__main__":
    main()
