"""Mapping: functions called with rows and with batches, filters, the cache."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from harness import Step
from limits import BATCH_ROWS, Picked, open_arrow, write_arrow


def joined(table: pa.Table, made: pa.Table) -> pa.Table:
    """Show new columns beside those of a table, in place where the name is known."""
    for name in made.column_names:
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, made.column(name))
        else:
            table = table.append_column(name, made.column(name))
    return table


def pieces(table: pa.Table, names: list[str], size: int = 1000) -> Iterator[dict[str, list[Any]]]:
    for batch in table.select(names).to_batches(size):
        yield batch.to_pydict()


# One row at a time

row_map = Step("row map", "rows", faster=10, note="the limit reads only the column that the function uses")


def add_total(row: Any) -> Any:
    return {"total": row["count"] + 1}


@row_map.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.map(add_total)


@row_map.run("limit")
def _(table: pa.Table, out: Path) -> Any:
    values = [add_total({"count": value})["total"] for value in table["count"].to_pylist()]
    return joined(table, write_arrow(pa.table({"total": values}), out / "total.arrow"))


whole_rows = Step("row map that reads all columns", "rows", faster=10)


def add_width(row: Any) -> Any:
    return {"width": sum(1 for value in row.values() if value)}


@whole_rows.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.map(add_width)


@whole_rows.run("limit")
def _(table: pa.Table, out: Path) -> Any:
    from limits import rows_of

    values = [add_width(row)["width"] for row in rows_of(table)]
    return joined(table, write_arrow(pa.table({"width": values}), out / "width.arrow"))


text_map = Step("row map of texts (adds an integer)", "text", faster=10)


def add_length(row: Any) -> Any:
    return {"length": len(row["text"])}


@text_map.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.map(add_length)


@text_map.run("limit")
def _(table: pa.Table, out: Path) -> Any:
    values: list[int] = []
    for batch in pieces(table, ["text"]):
        values += [add_length({"text": text})["length"] for text in batch["text"]]
    return joined(table, write_arrow(pa.table({"length": values}), out / "length.arrow"))


in_place = Step("row map in place", "rows", faster=10, note="the function changes the row that it got")


def change(row: Any) -> Any:
    row["count"] = row["count"] * 2
    return row


@in_place.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.map(change)


@in_place.run("limit")
def _(table: pa.Table, out: Path) -> Any:
    values = [change({"count": value})["count"] for value in table["count"].to_pylist()]
    return joined(table, write_arrow(pa.table({"count": values}), out / "count.arrow"))


# Batches

batched = Step("batched map", "text", within=1.6)


def first_words(batch: Any) -> Any:
    return {"start": [" ".join(text.split(" ", 5)[:5]) for text in batch["text"]]}


@batched.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.map(first_words, batched=True)


@batched.run("limit")
def _(table: pa.Table, out: Path) -> Any:
    made = [pa.record_batch(first_words(batch)) for batch in pieces(table, ["text"])]
    return joined(table, write_arrow(pa.Table.from_batches(made), out / "start.arrow"))


numbers = Step("numpy in/out map", "table", faster=2)


def double(batch: Any) -> Any:
    return {"double": batch["count"] * 2}


@numbers.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.with_format("numpy").map(double, batched=True)


@numbers.run("limit")
def _(table: pa.Table, out: Path) -> Any:
    def made() -> Iterator[pa.RecordBatch]:
        for batch in table.select(["count"]).to_batches(BATCH_ROWS):
            column = batch.column(0).to_numpy()
            parts = [double({"count": column[at : at + 1000]})["double"] for at in range(0, len(column), 1000)]
            yield pa.record_batch({"double": np.concatenate(parts)})

    return joined(table, write_arrow(made(), out / "double.arrow"))


@numbers.summary("arrowsets", "datasets")
def _(result: Any) -> Any:
    return result.with_format(None)


vectors = Step("numpy map to vectors", "rows", faster=2, note="64 numbers of 32 bits for each row")


def embed(batch: Any) -> Any:
    return {"vector": np.outer(batch["count"], np.arange(64)).astype(np.float32)}


@vectors.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.with_format("numpy").map(embed, batched=True)


@vectors.run("limit")
def _(table: pa.Table, out: Path) -> Any:
    def made() -> Iterator[pa.RecordBatch]:
        for batch in table.select(["count"]).to_batches(BATCH_ROWS):
            column = batch.column(0).to_numpy()
            for at in range(0, len(column), 1000):
                made = embed({"count": column[at : at + 1000]})["vector"]
                ends = np.arange(len(made) + 1, dtype=np.int32) * 64
                yield pa.record_batch({"vector": pa.ListArray.from_arrays(pa.array(ends), pa.array(made.ravel()))})

    return joined(table, write_arrow(made(), out / "vector.arrow"))


@vectors.summary("arrowsets", "datasets")
def _(result: Any) -> Any:
    return result.with_format(None)


# Tokens

QUIET = {"TOKENIZERS_PARALLELISM": "false"}
tokens = Step(
    "tokenise",
    "text",
    also=("tokenizer",),
    within=1.6,
    environment=QUIET,
    note="a quarter of the texts; the tokenizer uses one thread in each process",
)
tokens_by_two = Step("tokenise with 2 processes", "text", also=("tokenizer",), within=1.6, environment=QUIET)


class Tokenise:
    """A tokenizer as a user's script holds it: in an object that is called with batches."""

    def __init__(self, path: Path) -> None:
        from tokenizers import Tokenizer

        self.tokenizer = Tokenizer.from_file(str(path))

    def __call__(self, batch: Any) -> Any:
        encoded = self.tokenizer.encode_batch(batch["text"])
        return {
            "input_ids": [each.ids for each in encoded],
            "attention_mask": [each.attention_mask for each in encoded],
        }


def tokenizer_path() -> Path:
    return Path(os.environ["BENCHMARK_DATA"]) / "tokenizer.json"


@tokens.prepare("arrowsets", "datasets", "limit")
@tokens_by_two.prepare("arrowsets", "datasets", "limit")
def _(given: Any) -> Any:
    rows = len(given) // 4
    part = given.slice(0, rows) if isinstance(given, pa.Table) else given.select(range(rows))
    return part, Tokenise(tokenizer_path())


@tokens.run("arrowsets", "datasets")
def _(given: Any) -> Any:
    dataset, tokenise = given
    return dataset.map(tokenise, batched=True)


@tokens_by_two.run("arrowsets", "datasets")
def _(given: Any) -> Any:
    dataset, tokenise = given
    return dataset.map(tokenise, batched=True, num_proc=2)


def tokenised(table: pa.Table, tokenise: Tokenise) -> Iterator[pa.RecordBatch]:
    kinds = {"input_ids": pa.list_(pa.int32()), "attention_mask": pa.list_(pa.int8())}
    for batch in pieces(table, ["text"]):
        made = tokenise(batch)
        yield pa.record_batch({name: pa.array(made[name], kind) for name, kind in kinds.items()})


@tokens.run("limit")
def _(given: Any, out: Path) -> Any:
    table, tokenise = given
    return joined(table, write_arrow(tokenised(table, tokenise), out / "tokens.arrow"))


@tokens_by_two.run("limit")
def _(given: Any, out: Path) -> Any:
    from multiprocessing import get_context

    table, tokenise = given
    half = len(table) // 2 // 1000 * 1000
    paths = [out / "tokens-0.arrow", out / "tokens-1.arrow"]
    parts = [table[:half], table[half:]]

    def work(part: pa.Table, path: Path) -> None:
        write_arrow(tokenised(part, tokenise), path)

    processes = [get_context("fork").Process(target=work, args=each) for each in zip(parts, paths, strict=True)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return joined(table, pa.concat_tables([open_arrow(path) for path in paths]))


# Filters

row_filter = Step("row filter", "rows", faster=5)


def expensive(row: Any) -> bool:
    return bool(row["count"] > 500)


@row_filter.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.filter(expensive)


@row_filter.run("limit")
def _(table: pa.Table) -> Any:
    kept = [expensive({"count": value}) for value in table["count"].to_pylist()]
    return Picked(table, np.flatnonzero(kept))


batch_filter = Step("batched filter", "rows")


@batch_filter.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.filter(lambda batch: [count > 500 for count in batch["count"]], batched=True)


@batch_filter.run("limit")
def _(table: pa.Table) -> Any:
    kept: list[bool] = []
    for batch in pieces(table, ["count"]):
        kept += [count > 500 for count in batch["count"]]
    return Picked(table, np.flatnonzero(kept))


# The cache

hit = Step(
    "cached map hit", "rows", also=("tokenizer",), earlier=True, once=True, note="the function closes over a tokenizer"
)


@hit.prepare("arrowsets", "datasets", "limit")
def _(given: Any) -> Any:
    return given, Tokenise(tokenizer_path()).tokenizer


@hit.run("arrowsets", "datasets")
def _(given: Any) -> Any:
    dataset, tokenizer = given

    def tokenise(batch: Any) -> Any:
        return {"ids": [encoded.ids for encoded in tokenizer.encode_batch(batch["category"])]}

    return dataset.map(tokenise, batched=True)


@hit.run("limit")
def _(given: Any, out: Path) -> Any:
    table, tokenizer = given
    made = out / "ids.arrow"
    if made.exists():
        # What there is to know: whether the tokenizer is still the one that made the file.
        import hashlib

        hashlib.blake2b(tokenizer.to_str().encode()).hexdigest()
        return joined(table, open_arrow(made))
    ids: list[Any] = []
    for batch in pieces(table, ["category"]):
        ids += [encoded.ids for encoded in tokenizer.encode_batch(batch["category"])]
    return joined(table, write_arrow(pa.table({"ids": pa.array(ids, pa.list_(pa.int64()))}), made))


small = Step("20 small maps in a row", faster=10, once=True, note="100 rows in memory")


@small.prepare("arrowsets")
def _() -> Any:
    import arrowsets

    return arrowsets.Dataset.from_dict({"x": list(range(100))})


@small.prepare("datasets")
def _() -> Any:
    import datasets

    return datasets.Dataset.from_dict({"x": list(range(100))})


@small.prepare("limit")
def _() -> Any:
    return pa.table({"x": list(range(100))})


@small.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    for step in range(20):
        dataset = dataset.map(lambda row, step=step: {"x": row["x"] + step})
    return dataset


@small.run("limit")
def _(table: pa.Table) -> Any:
    for step in range(20):
        function = lambda row, step=step: {"x": row["x"] + step}  # noqa: E731 - as the libraries get it
        table = pa.table({"x": [function({"x": value})["x"] for value in table["x"].to_pylist()]})
    return table
