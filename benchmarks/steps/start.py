"""Starting: imports, and a script whose every result is in the cache. Nothing heavy is imported here before the clock starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness import Step

# ruff: noqa: F401 - importing is what is measured

import_ = Step(
    "import",
    cold=True,
    faster=6,
    note="the names that scripts begin with, which arrowsets imports when they are asked for",
)


@import_.run("arrowsets")
def _() -> None:
    from arrowsets import Dataset, load_dataset


@import_.run("datasets")
def _() -> None:
    from datasets import Dataset, load_dataset


@import_.run("limit")
def _() -> None:
    import numpy as np
    import pyarrow as pa


first = Step(
    "import and load a small csv",
    "small.csv",
    cold=True,
    faster=4,
    note="100 rows: all that happens before the first row is seen",
)


@first.run("arrowsets")
def _(path: Path) -> Any:
    import arrowsets

    return arrowsets.load_dataset("csv", data_files=str(path), split="train")[0]


@first.run("datasets")
def _(path: Path) -> Any:
    import datasets

    return datasets.load_dataset("csv", data_files=str(path), split="train")[0]


@first.run("limit")
def _(path: Path, out: Path) -> Any:
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv

    with pa.OSFile(str(out / "small.arrow"), "wb") as sink:
        table = pa.csv.read_csv(path)
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    return pa.ipc.open_file(pa.memory_map(str(out / "small.arrow"))).get_batch(0).slice(0, 1).to_pylist()[0]


rerun = Step(
    "rerun of a cached script",
    "rows.csv",
    cold=True,
    earlier=True,
    faster=5,
    note="imports included: load, batched map, filter, shuffle, split; an earlier process has done it all",
)


def script(library: Any, path: Path) -> Any:
    dataset = library.load_dataset("csv", data_files=str(path), split="train")
    dataset = dataset.map(lambda batch: {"total": [count * 2 for count in batch["count"]]}, batched=True)
    dataset = dataset.filter(lambda batch: [count > 300 for count in batch["count"]], batched=True)
    parts = dataset.shuffle(seed=7).train_test_split(test_size=0.1, seed=7)
    return {name: (len(part), part[0]) for name, part in parts.items()}


@rerun.run("arrowsets")
def _(path: Path) -> Any:
    import arrowsets

    return script(arrowsets, path)


@rerun.run("datasets")
def _(path: Path) -> Any:
    import datasets

    return script(datasets, path)


@rerun.run("limit")
def _(path: Path, out: Path) -> Any:
    import numpy as np
    import pyarrow as pa

    kept = out / "kept.arrow"
    if not kept.exists():
        import pyarrow.compute as pc
        import pyarrow.csv
        from limits import write_arrow

        table = pyarrow.csv.read_csv(path)
        table = table.append_column("total", pc.multiply(table["count"], 2))
        write_arrow(table.filter(pc.field("count") > 300), kept)
    batches = pa.ipc.open_file(pa.memory_map(str(kept)))
    sizes = np.cumsum([0] + [batches.get_batch(index).num_rows for index in range(batches.num_record_batches)])
    rows = np.random.default_rng(7).permutation(int(sizes[-1]))
    order = np.random.default_rng(7).permutation(len(rows))
    tests = -(-len(rows) // 10)

    def first(rows: Any) -> Any:
        batch = int(np.searchsorted(sizes, rows[0], side="right")) - 1
        return len(rows), batches.get_batch(batch).slice(int(rows[0] - sizes[batch]), 1).to_pylist()[0]

    return {"train": first(rows[order[tests:]]), "test": first(rows[order[:tests]])}
