"""Choosing rows and columns: order, splits, names, and putting datasets together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from harness import Step
from limits import Picked, gather, rows_of, write_arrow

CALLS = 50


# Order

shuffle = Step("shuffle", "table", once=True)


@shuffle.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.shuffle(seed=42)


@shuffle.run("limit")
def _(table: pa.Table) -> Any:
    return Picked(table, np.random.default_rng(42).permutation(len(table)))


flatten = Step("shuffle and flatten_indices", "rows", faster=50)


@flatten.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.shuffle(seed=42).flatten_indices()


@flatten.run("limit")
def _(table: pa.Table, out: Path) -> Any:
    return write_arrow(gather(table, np.random.default_rng(42).permutation(len(table))), out / "flat.arrow")


split = Step("train_test_split", "table", once=True)


@split.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.train_test_split(test_size=0.1, seed=42)


@split.run("limit")
def _(table: pa.Table) -> Any:
    rows = np.random.default_rng(42).permutation(len(table))
    tests = -(-len(table) // 10)
    return {"train": Picked(table, rows[tests:]), "test": Picked(table, rows[:tests])}


sort = Step("sort", "table")


@sort.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.sort("score")


@sort.run("limit")
def _(table: pa.Table) -> Any:
    return Picked(table, pc.sort_indices(table["score"]))


@sort.summary()
def _(result: Any) -> Any:
    # Rows with equal scores may come in any order.
    from digest import table_of

    table = table_of(result)
    assert table is not None
    return table["score"], pc.sum(table["id"]).as_py()


select = Step("contiguous select", "table", once=True, calls=CALLS)


@select.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.select(range(1000, len(dataset) // 2))


@select.run("limit")
def _(table: pa.Table) -> Any:
    return table.slice(1000, len(table) // 2 - 1000)


# Columns

unique = Step("unique", "table", calls=3)


@unique.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.unique("category")


@unique.run("limit")
def _(table: pa.Table) -> Any:
    return pc.unique(table["category"]).to_pylist()


class_encode = Step("class_encode_column", "rows")


@class_encode.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.class_encode_column("category")


@class_encode.run("limit")
def _(table: pa.Table, out: Path) -> Any:
    names = sorted(pc.unique(table["category"]).to_pylist())
    codes = pc.index_in(table["category"], pa.array(names)).cast(pa.int64())
    made = write_arrow(pa.table({"category": codes}), out / "category.arrow")
    return table.set_column(table.column_names.index("category"), "category", made["category"])


rename = Step("rename_column", "table", once=True, calls=CALLS)


@rename.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.rename_column("price", "cost")


@rename.run("limit")
def _(table: pa.Table) -> Any:
    return table.rename_columns(["cost" if name == "price" else name for name in table.column_names])


# Together

concatenate = Step("concatenate", "rows", once=True, calls=CALLS, note="ten datasets")
concatenated = Step("row iteration of a concatenation", "rows", faster=10, note="of ten datasets")


@concatenate.prepare("arrowsets", "datasets", "limit")
@concatenated.prepare("arrowsets", "datasets")
def _(given: Any) -> Any:
    size = len(given) // 10
    if isinstance(given, pa.Table):
        return [given.slice(size * index, size) for index in range(10)]
    return [given.select(range(size * index, size * (index + 1))) for index in range(10)]


@concatenate.run("arrowsets")
def _(parts: Any) -> Any:
    import arrowsets

    return arrowsets.concatenate_datasets(parts)


@concatenate.run("datasets")
def _(parts: Any) -> Any:
    import datasets

    return datasets.concatenate_datasets(parts)


@concatenate.run("limit")
def _(parts: Any) -> Any:
    return pa.concat_tables(parts)


def count_rows(rows: Any) -> Any:
    count, row = 0, None
    for row in rows:  # noqa: B007 - the last one is returned
        count += 1
    return count, row


@concatenated.run("arrowsets")
def _(parts: Any) -> Any:
    import arrowsets

    return count_rows(arrowsets.concatenate_datasets(parts))


@concatenated.run("datasets")
def _(parts: Any) -> Any:
    import datasets

    return count_rows(datasets.concatenate_datasets(parts))


@concatenated.run("limit")
def _(table: pa.Table) -> Any:
    return count_rows(rows_of(table.slice(0, len(table) // 10 * 10)))


interleave = Step("interleave", "rows", once=True, note="three datasets")
interleaved = Step("row iteration of an interleaving", "rows", faster=10, note="of three datasets")


@interleave.prepare("arrowsets", "datasets")
@interleaved.prepare("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    size = len(dataset) // 3
    return [dataset.select(range(size * index, size * (index + 1))) for index in range(3)]


@interleave.run("arrowsets")
def _(parts: Any) -> Any:
    import arrowsets

    return arrowsets.interleave_datasets(parts)


@interleave.run("datasets")
def _(parts: Any) -> Any:
    import datasets

    return datasets.interleave_datasets(parts)


def woven(size: int) -> Any:
    return np.arange(size * 3).reshape(3, size).T.ravel()


@interleave.run("limit")
def _(table: pa.Table) -> Any:
    return Picked(table, woven(len(table) // 3))


@interleaved.run("arrowsets")
def _(parts: Any) -> Any:
    import arrowsets

    return count_rows(arrowsets.interleave_datasets(parts))


@interleaved.run("datasets")
def _(parts: Any) -> Any:
    import datasets

    return count_rows(datasets.interleave_datasets(parts))


@interleaved.run("limit")
def _(table: pa.Table) -> Any:
    rows = woven(len(table) // 3)
    blocks = (gather(table, rows[start : start + 10_000]) for start in range(0, len(rows), 10_000))
    return count_rows(row for block in blocks for row in rows_of(block))
