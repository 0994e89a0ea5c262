"""Exporting: CSV, JSON lines, Parquet, and datasets saved to disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
from harness import Step
from limits import open_arrow, write_arrow

# CSV

to_csv = Step("to_csv", "rows", faster=10)


@to_csv.run("arrowsets", "datasets")
def _(dataset: Any, out: Path) -> Path:
    dataset.to_csv(str(out / "rows.csv"))
    return out / "rows.csv"


@to_csv.prepare("limit")
def _(table: pa.Table) -> Any:
    import polars as pl

    return pl.from_arrow(table)


@to_csv.run("limit")
def _(frame: Any, out: Path) -> Path:
    frame.write_csv(out / "rows.csv")
    return out / "rows.csv"


@to_csv.summary()
def _(path: Path) -> Any:
    from pyarrow import csv

    return csv.read_csv(path)


# JSON

to_json = Step("to_json", "rows", faster=6)


@to_json.run("arrowsets", "datasets")
def _(dataset: Any, out: Path) -> Path:
    dataset.to_json(str(out / "rows.jsonl"))
    return out / "rows.jsonl"


@to_json.prepare("limit")
def _(table: pa.Table) -> Any:
    import polars as pl

    return pl.from_arrow(table)


@to_json.run("limit")
def _(frame: Any, out: Path) -> Path:
    frame.write_ndjson(out / "rows.jsonl")
    return out / "rows.jsonl"


@to_json.summary()
def _(path: Path) -> Any:
    from pyarrow import json

    return json.read_json(path)


# Parquet

to_parquet = Step("to_parquet", "table", within=1.6)


@to_parquet.run("arrowsets", "datasets")
def _(dataset: Any, out: Path) -> Path:
    dataset.to_parquet(str(out / "table.parquet"))
    return out / "table.parquet"


@to_parquet.run("limit")
def _(table: pa.Table, out: Path) -> Path:
    import pyarrow.parquet as pq

    pq.write_table(table, out / "table.parquet")
    return out / "table.parquet"


@to_parquet.summary()
def _(path: Path) -> Any:
    from pyarrow import parquet

    return parquet.read_table(path)


# Disk

save = Step("save_to_disk", "table", faster=10)


@save.run("arrowsets", "datasets")
def _(dataset: Any, out: Path) -> Path:
    dataset.save_to_disk(str(out / "saved"))
    return out / "saved"


@save.run("limit")
def _(table: pa.Table, out: Path) -> Path:
    (out / "saved").mkdir()
    write_arrow(table, out / "saved" / "data.arrow")
    return out / "saved"


@save.summary()
def _(path: Path) -> Any:
    return pa.concat_tables([opened(file) for file in sorted(path.glob("*.arrow"))]).replace_schema_metadata(None)


def opened(path: Path) -> pa.Table:
    try:
        return open_arrow(path)
    except pa.ArrowInvalid:
        return pa.ipc.open_stream(pa.memory_map(str(path))).read_all()


load = Step("load_from_disk", "table", once=True, calls=5)


@load.prepare("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    import os

    path = str(Path(os.environ["BENCHMARK_RUN"]) / "saved")
    dataset.save_to_disk(path)
    return path


@load.prepare("limit")
def _(table: pa.Table) -> Any:
    import os

    path = Path(os.environ["BENCHMARK_RUN"]) / "saved.arrow"
    write_arrow(table, path)
    return path


@load.run("arrowsets")
def _(path: Any) -> Any:
    import arrowsets

    return arrowsets.load_from_disk(path)


@load.run("datasets")
def _(path: Any) -> Any:
    import datasets

    return datasets.load_from_disk(path)


@load.run("limit")
def _(path: Any) -> Any:
    return open_arrow(path)
