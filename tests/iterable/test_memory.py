"""Memory stays flat, however large what is streamed is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

READ = """
import resource, sys
from arrowsets import IterableDataset
stream = IterableDataset.from_parquet(sys.argv[1]).shuffle(seed=1, buffer_size=100).map(lambda row: {"n": len(row["b"])})
assert sum(row["n"] for row in stream) == int(sys.argv[2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no getrusage")
def test_peak_memory_is_the_same_for_four_times_the_rows(tmp_path: Path) -> None:
    row = np.random.default_rng(0).bytes(10_000)
    peaks = []
    for times in (1, 4):
        path = tmp_path / f"{times}.parquet"
        table = pa.table({"b": [row[number:] + row[:number] for number in range(1000)]})
        with pq.ParquetWriter(path, table.schema, compression="none", use_dictionary=False) as writer:
            for _ in range(4 * times):
                writer.write_table(table, row_group_size=250)
        command = [sys.executable, "-c", READ, str(path), str(4 * times * 1000 * 10_000)]
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks.append(int(answer.stdout))
    assert peaks[1] < peaks[0] + 40
