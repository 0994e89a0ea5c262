"""Loading: files into memory-mapped Arrow, the second time, and what is in memory already."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from harness import Step
from limits import open_arrow, row_maker, write_arrow


def load(library: str, builder: str, path: Path, **options: Any) -> Any:
    return __import__(library).load_dataset(builder, data_files=str(path), split="train", **options)


# CSV

csv_table = Step("load csv table", "table.csv", faster=2)
csv_text = Step("load csv text", "text.csv")


@csv_table.run("arrowsets")
@csv_text.run("arrowsets")
def _(path: Path) -> Any:
    return load("arrowsets", "csv", path)


@csv_table.run("datasets")
@csv_text.run("datasets")
def _(path: Path) -> Any:
    return load("datasets", "csv", path)


@csv_table.run("limit")
@csv_text.run("limit")
def _(path: Path, out: Path) -> Any:
    import pyarrow.csv as pc

    # Quoted line ends are allowed, as the libraries allow them.
    return write_arrow(pc.read_csv(path, parse_options=pc.ParseOptions(newlines_in_values=True)), out / "table.arrow")


# JSON lines

jsonl = Step("load jsonl nested", "nested.jsonl", faster=2.5)


@jsonl.run("arrowsets")
def _(path: Path) -> Any:
    return load("arrowsets", "json", path)


@jsonl.run("datasets")
def _(path: Path) -> Any:
    return load("datasets", "json", path)


@jsonl.run("limit")
def _(path: Path, out: Path) -> Any:
    import pyarrow.json as pj

    return write_arrow(pj.read_json(path, pj.ReadOptions(block_size=16 << 20)), out / "table.arrow")


# Parquet

parquet = Step("load parquet", "table.parquet", faster=1.5)


@parquet.run("arrowsets")
def _(path: Path) -> Any:
    return load("arrowsets", "parquet", path)


@parquet.run("datasets")
def _(path: Path) -> Any:
    return load("datasets", "parquet", path)


@parquet.run("limit")
def _(path: Path, out: Path) -> Any:
    import pyarrow.parquet as pq

    return write_arrow(pq.ParquetFile(path, memory_map=True, pre_buffer=True).read(), out / "table.arrow")


# Once more

again = Step("second load of an unchanged file", "table.csv", earlier=True, once=True)


@again.run("arrowsets")
def _(path: Path) -> Any:
    return load("arrowsets", "csv", path)


@again.run("datasets")
def _(path: Path) -> Any:
    return load("datasets", "csv", path)


@again.run("limit")
def _(path: Path, out: Path) -> Any:
    made = out / "table.arrow"
    if not made.exists():
        import pyarrow.csv

        write_arrow(pyarrow.csv.read_csv(path), made)
    return open_arrow(made)


# Images

folder = Step("imagefolder of 2,000 files", "images/part-0", faster=30)


@folder.run("arrowsets")
def _(path: Path) -> Any:
    import arrowsets

    return arrowsets.load_dataset("imagefolder", data_dir=str(path), split="train")


@folder.run("datasets")
def _(path: Path) -> Any:
    import datasets

    return datasets.load_dataset("imagefolder", data_dir=str(path), split="train")


@folder.run("limit")
def _(path: Path, out: Path) -> Any:
    paths, labels = [], []
    for label, name in enumerate(sorted(entry.name for entry in os.scandir(path))):
        files = sorted(entry.path for entry in os.scandir(path / name))
        paths += files
        labels += [label] * len(files)
    image = pa.StructArray.from_arrays([pa.nulls(len(paths), pa.binary()), strings(paths)], ["bytes", "path"])
    columns = [image, pa.Array.from_buffers(pa.int64(), len(labels), [None, pa.py_buffer(np.array(labels))])]
    return write_arrow(pa.Table.from_arrays(columns, ["image", "label"]), out / "table.arrow")


def strings(values: list[str]) -> pa.Array[Any]:
    """Make an array of its buffers: `pa.array` would import pandas, which takes longer than all the rest."""
    encoded = [value.encode() for value in values]
    offsets = np.cumsum([0, *map(len, encoded)]).astype(np.int32)
    return pa.Array.from_buffers(
        pa.string(), len(values), [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    )


@folder.summary()
def _(result: Any) -> Any:
    table = result if isinstance(result, pa.Table) else result.with_format("arrow")[:]
    images = table.column("image").combine_chunks()
    stored = images.storage if isinstance(images, pa.ExtensionArray) else images
    return [stored.field("path").to_pylist(), table.column("label").to_pylist()]


# From memory

from_dict = Step("from_dict", "rows", note="200,000 rows of 7 columns as lists")


@from_dict.prepare("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return {name: list(dataset[name]) for name in dataset.column_names}


@from_dict.prepare("limit")
def _(table: pa.Table) -> Any:
    return table.to_pydict()


@from_dict.run("arrowsets")
def _(columns: Any) -> Any:
    import arrowsets

    return arrowsets.Dataset.from_dict(columns)


@from_dict.run("datasets")
def _(columns: Any) -> Any:
    import datasets

    return datasets.Dataset.from_dict(columns)


@from_dict.run("limit")
def _(columns: Any) -> Any:
    return pa.table(columns)


from_generator = Step(
    "from_generator", "rows.arrow", note="a third of the limit is the generator, which makes dicts of 7 values"
)


def generated(path: str) -> Iterator[dict[str, Any]]:
    table = open_arrow(path)
    make = row_maker(table.column_names)
    for batch in table.to_batches(1000):
        yield from make([column.to_pylist() for column in batch.columns])


@from_generator.run("arrowsets")
def _(path: Path) -> Any:
    import arrowsets

    return arrowsets.Dataset.from_generator(generated, gen_kwargs={"path": str(path)})


@from_generator.run("datasets")
def _(path: Path) -> Any:
    import datasets

    return datasets.Dataset.from_generator(generated, gen_kwargs={"path": str(path)})


@from_generator.run("limit")
def _(path: Path, out: Path) -> Any:
    def batches() -> Iterator[pa.RecordBatch]:
        from itertools import islice

        rows = generated(str(path))
        while some := list(islice(rows, 1000)):
            yield pa.RecordBatch.from_pylist(some)

    return write_arrow(batches(), out / "table.arrow")


from_list = Step("from_list", "rows", note="200,000 dicts")


@from_list.prepare("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return list(dataset)


@from_list.prepare("limit")
def _(table: pa.Table) -> Any:
    return table.to_pylist()


@from_list.run("arrowsets")
def _(rows: Any) -> Any:
    import arrowsets

    return arrowsets.Dataset.from_list(rows)


@from_list.run("datasets")
def _(rows: Any) -> Any:
    import datasets

    return datasets.Dataset.from_list(rows)


@from_list.run("limit")
def _(rows: Any) -> Any:
    return pa.Table.from_pylist(rows)
