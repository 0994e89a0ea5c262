"""Memory does not grow with the data."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MEASURE = """
import sys, threading, time
from arrowsets import Dataset, load_dataset

def anonymous():
    # What is mapped from files is the system's to take back.
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))

peak, done = [0], threading.Event()
def watch():
    while not done.wait(0.005):
        peak[0] = max(peak[0], anonymous())

what, source = sys.argv[1:]
Dataset.from_dict({"x": [1]}).map(lambda row: {"y": 1})  # what is imported late is imported now
threading.Thread(target=watch).start()
if what in ("csv", "parquet"):
    load_dataset(what, data_files=source, split="train")
else:
    data = Dataset.load_from_disk(source)
    if what == "map":
        data.map(lambda batch: {"t": [text[::-1] for text in batch["t"]]}, batched=True, batch_size=100)
    elif what == "filter":
        data.filter(lambda row: len(row["t"]) > 5)
    elif what == "shuffle":
        data.shuffle(seed=0).flatten_indices()
    elif what == "save":
        data.save_to_disk(source + "-again")
done.set()
print(peak[0])
"""
BUILD = """
import sys
import pyarrow as pa, pyarrow.parquet as pq
from arrowsets import Dataset
folder, rows = sys.argv[1], int(sys.argv[2])
def made():
    for start in range(0, rows, 1000):
        yield pa.record_batch({"t": [f"{i} " * 1500 for i in range(start, start + 1000)]})
batches = list(made())
table = pa.Table.from_batches(batches)
with open(folder + "/data.csv", "w") as file:
    file.write("t\\n")
    for batch in batches[::2]:
        file.writelines(text + "\\n" for text in batch["t"].to_pylist())
pq.write_table(table, folder + "/data.parquet", row_group_size=1000)
Dataset.from_arrow(table).save_to_disk(folder + "/saved", max_shard_size="20MB")
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """About 90 and 360 MB of texts, half of it as CSV: more than what is buffered, whatever the size."""
    made = {}
    for name, rows in (("small", 12_000), ("large", 48_000)):
        made[name] = tmp_path_factory.mktemp(name)
        subprocess.run([sys.executable, "-c", BUILD, str(made[name]), str(rows)], check=True, capture_output=True)
    return made


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("what", ["map", "filter", "shuffle", "save", "parquet", "csv"])
def test_memory_is_flat(what: str, folders: dict[str, Path]) -> None:
    # What is bounded by the clock is bounded by nothing on a busy machine: so Arrow's allocator is told never to look at it.
    environment = {**os.environ, "MIMALLOC_PURGE_DELAY": "1000000"}
    peaks = {}
    for name, folder in folders.items():
        source = folder / (f"data.{what}" if what in {"csv", "parquet"} else "saved")
        run = subprocess.run(
            [sys.executable, "-c", MEASURE, what, str(source)],
            check=True,
            capture_output=True,
            text=True,
            env=environment,
        )
        peaks[name] = int(run.stdout)
    # 10 MB are a 27th of what the larger has more.
    assert peaks["large"] < peaks["small"] * 1.2 + 10_000, peaks
