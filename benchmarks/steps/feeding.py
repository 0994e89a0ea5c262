"""Streams that feed a training: PyTorch's DataLoader over them, without and with worker processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from harness import Step
from steps.streaming import stream, without_sleep

NUMERIC = ["id", "count", "price", "score"]
BATCH = 32


def counted(loader: Any) -> Any:
    """Look at every batch; return how many rows there are and the sum of a column, whatever the order of batches."""
    rows = total = 0
    for batch in loader:
        rows += len(batch["id"])
        total += int(batch["id"].sum())
    return rows, total


def fed(name: str, workers: int, **options: Any) -> None:
    """Make a step with so many workers."""
    made = Step(name, "rows.parquet", environment={"OMP_NUM_THREADS": "1"}, within=2, **options)

    def tensors(library: str, source: Path) -> Any:
        import torch.utils.data  # noqa: F401 - which takes seconds, and is nobody's own work

        return without_sleep(stream(library, source), library).select_columns(NUMERIC).with_format("torch")

    def loaded(data: Any) -> Any:
        from torch.utils.data import DataLoader

        return counted(DataLoader(data, BATCH, num_workers=workers))

    made.prepare("arrowsets")(lambda source: tensors("arrowsets", source))
    made.prepare("datasets")(lambda source: tensors("datasets", source))
    made.prepare("limit")(with_torch)
    made.run("arrowsets", "datasets")(loaded)
    made.run("limit")(lambda source: counted(by_hand(source, workers)))
    made.module = __name__


def with_torch(source: Path) -> Path:
    import torch.utils.data  # noqa: F401

    return source


def by_hand(source: Path, workers: int) -> Any:
    """Return a DataLoader over batches of tensors that are cut out of the columns of row groups."""
    import torch
    from torch.utils.data import DataLoader, IterableDataset, get_worker_info

    class Batches(IterableDataset[Any]):
        def __iter__(self) -> Iterator[Any]:
            file = pq.ParquetFile(source)
            groups = list(range(file.num_row_groups))
            if (worker := get_worker_info()) is not None:
                groups = groups[worker.id :: worker.num_workers]
            for read in file.iter_batches(BATCH * 512, row_groups=groups, columns=NUMERIC):
                columns = {name: read.column(name).to_numpy() for name in NUMERIC}
                kinds = {name: np.float32 if each.dtype == np.float64 else each.dtype for name, each in columns.items()}
                for at in range(0, read.num_rows, BATCH):
                    # A copy: what Arrow holds must not be written to.
                    yield {
                        name: torch.from_numpy(np.array(each[at : at + BATCH], dtype=kinds[name]))
                        for name, each in columns.items()
                    }

    return DataLoader(Batches(), batch_size=None, num_workers=workers)


fed("stream to a torch DataLoader", 0, faster=10, note="4 columns, batches of 32")
fed(
    "stream to a torch DataLoader, 2 workers",
    2,
    faster=1.5,
    note="4 columns, batches of 32; the processes are started anew",
)
