"""Reading: single rows, some rows, all rows, batches, columns, tensors, images."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from harness import Step
from limits import Picked, gather, row_maker, rows_of

SINGLE = 5_000


def consumed(rows: Any) -> Any:
    """Look at every row; return how many there are, and the last one."""
    count, row = 0, None
    for row in rows:  # noqa: B007 - the last one is returned
        count += 1
    return count, row


# Single rows


class ByHand:
    """Rows of the table by position, read from Arrow's memory by somebody who knows its seven columns."""

    def __init__(self, table: pa.Table) -> None:
        batches = table.to_batches()
        self.starts = np.cumsum([0, *(batch.num_rows for batch in batches)])[:-1].tolist()
        self.readers = [self.reader(batch) for batch in batches]

    def reader(self, batch: pa.RecordBatch) -> Callable[[int], dict[str, Any]]:
        def numbers(name: str, code: str) -> Any:
            return memoryview(batch.column(name).buffers()[1]).cast(code)

        def strings(name: str) -> tuple[Any, Any]:
            _, offsets, data = batch.column(name).buffers()
            return memoryview(offsets).cast("i"), memoryview(data)

        ids, counts = numbers("id", "q"), numbers("count", "q")
        prices, scores = numbers("price", "d"), numbers("score", "d")
        (category, category_data), (name, name_data) = strings("category"), strings("name")
        flags = memoryview(batch.column("flag").buffers()[1])

        def read(at: int) -> dict[str, Any]:
            return {
                "id": ids[at],
                "count": counts[at],
                "price": prices[at],
                "score": scores[at],
                "category": str(category_data[category[at] : category[at + 1]], "utf-8"),
                "name": str(name_data[name[at] : name[at + 1]], "utf-8"),
                "flag": flags[at >> 3] >> (at & 7) & 1 == 1,
            }

        return read

    def __getitem__(self, row: int) -> dict[str, Any]:
        index = bisect_right(self.starts, row) - 1
        return self.readers[index](row - self.starts[index])


one_after_other = Step("ds[i] one after the other", "table", faster=6, note=f"{SINGLE:,} rows")
at_random = Step("ds[i] at random", "table", faster=6, note=f"{SINGLE:,} rows")
one_shuffled = Step("ds[i] after a shuffle", "table", faster=6, note=f"{SINGLE:,} rows")


def places(size: int) -> list[int]:
    return np.random.default_rng(3).integers(0, size, SINGLE).tolist()


@one_after_other.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return consumed(dataset[place] for place in range(SINGLE))


@one_after_other.run("limit")
def _(table: pa.Table) -> Any:
    rows = ByHand(table)
    return consumed(rows[place] for place in range(SINGLE))


@at_random.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return consumed(dataset[place] for place in places(len(dataset)))


@at_random.run("limit")
def _(table: pa.Table) -> Any:
    rows = ByHand(table)
    return consumed(rows[place] for place in places(len(table)))


@one_shuffled.prepare("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.shuffle(seed=5)


@one_shuffled.prepare("limit")
def _(table: pa.Table) -> Any:
    return Picked(table, np.random.default_rng(5).permutation(len(table)))


@one_shuffled.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return consumed(dataset[place] for place in places(len(dataset)))


@one_shuffled.run("limit")
def _(picked: Picked) -> Any:
    rows, order = ByHand(picked.table), picked.rows
    return consumed(rows[order[place]] for place in places(len(order)))


# Some rows

some = Step("1,000 random rows", "table", faster=10, calls=10)
some_shuffled = Step("1,000 random rows after a shuffle", "table", faster=10, calls=10)
a_slice = Step("slice of 1,000", "table", calls=50)


def some_places(size: int) -> list[int]:
    return np.random.default_rng(4).integers(0, size, 1000).tolist()


@some.run("arrowsets", "datasets")
@some_shuffled.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset[some_places(len(dataset))]


@some.run("limit")
def _(table: pa.Table) -> Any:
    return gather(table, some_places(len(table))).to_pydict()


@some_shuffled.prepare("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.shuffle(seed=5)


@some_shuffled.prepare("limit")
def _(table: pa.Table) -> Any:
    return Picked(table, np.random.default_rng(5).permutation(len(table)))


@some_shuffled.run("limit")
def _(picked: Picked) -> Any:
    return gather(picked.table, picked.rows[some_places(len(picked.rows))]).to_pydict()


@a_slice.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    middle = len(dataset) // 2
    return dataset[middle : middle + 1000]


@a_slice.run("limit")
def _(table: pa.Table) -> Any:
    return table.slice(len(table) // 2, 1000).to_pydict()


# All rows

iteration = Step("row iteration", "rows", faster=15)
shuffled_iteration = Step("row iteration after a shuffle", "rows", faster=15)
text_iteration = Step("row iteration of texts", "text", faster=10)


@iteration.run("arrowsets", "datasets")
@shuffled_iteration.run("arrowsets", "datasets")
@text_iteration.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return consumed(dataset)


@iteration.run("limit")
@text_iteration.run("limit")
def _(table: pa.Table) -> Any:
    return consumed(rows_of(table))


@shuffled_iteration.prepare("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.shuffle(seed=5)


@shuffled_iteration.prepare("limit")
def _(table: pa.Table) -> Any:
    return Picked(table, np.random.default_rng(5).permutation(len(table)))


@shuffled_iteration.run("limit")
def _(picked: Picked) -> Any:
    # Ten thousand rows are gathered at once: enough to pay for a take, little to hold.
    def blocks() -> Iterator[pa.Table]:
        for start in range(0, len(picked.rows), 10_000):
            yield gather(picked.table, picked.rows[start : start + 10_000])

    return consumed(row for block in blocks() for row in rows_of(block))


batches = Step("batches of 1,000", "table", note="dicts of lists")


@batches.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return consumed(dataset.iter(1000))


@batches.run("limit")
def _(table: pa.Table) -> Any:
    return consumed(batch.to_pydict() for batch in table.to_batches(1000))


numpy_rows = Step("numpy rows", "rows", faster=100, note="a quarter of the rows")


@numpy_rows.prepare("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.select(range(len(dataset) // 4)).with_format("numpy")


@numpy_rows.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return consumed(dataset)


@numpy_rows.prepare("limit")
def _(table: pa.Table) -> Any:
    return table[: len(table) // 4]


@numpy_rows.run("limit")
def _(table: pa.Table) -> Any:
    make = row_maker(table.column_names)

    def converted(column: pa.Array[Any]) -> Any:
        return (
            np.array(column.to_pylist()) if pa.types.is_string(column.type) else column.to_numpy(zero_copy_only=False)
        )

    return consumed(
        row for batch in table.to_batches(1000) for row in make([converted(each) for each in batch.columns])
    )


# Columns

numpy_column = Step("column as numpy", "table", faster=5, calls=5)
list_column = Step("column as list", "table", faster=0.9)


@numpy_column.prepare("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.with_format("numpy")


@numpy_column.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset["count"][:]


@numpy_column.run("limit")
def _(table: pa.Table) -> Any:
    return table["count"].to_numpy()


@list_column.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset["category"][:]


@list_column.run("limit")
def _(table: pa.Table) -> Any:
    return table["category"].to_pylist()


# Tensors

loader = Step(
    "torch DataLoader",
    "rows",
    faster=10,
    environment={"OMP_NUM_THREADS": "1"},
    note="4 columns, batches of 32, shuffled by the loader",
)
NUMERIC = ["id", "count", "price", "score"]


@loader.prepare("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    import torch.utils.data  # noqa: F401 - which takes seconds, and is nobody's own work

    return dataset.select_columns(NUMERIC).with_format("torch")


@loader.prepare("limit")
def _(table: pa.Table) -> Any:
    import torch.utils.data  # noqa: F401

    return table.select(NUMERIC)


def loaded(dataset: Any, **options: Any) -> Any:
    import torch

    generator = torch.Generator().manual_seed(0)
    return consumed(torch.utils.data.DataLoader(dataset, 32, shuffle=True, generator=generator, **options))


@loader.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return loaded(dataset)


@loader.run("limit")
def _(table: pa.Table) -> Any:
    import torch

    class Tensors:
        def __init__(self) -> None:
            self.columns = {name: table[name].to_numpy() for name in NUMERIC}
            self.kinds = {
                name: np.float32 if each.dtype == np.float64 else each.dtype for name, each in self.columns.items()
            }

        def __len__(self) -> int:
            return len(table)

        def __getitems__(self, places: list[int]) -> Any:
            rows = np.array(places)
            return {name: torch.from_numpy(each[rows].astype(self.kinds[name])) for name, each in self.columns.items()}

    return loaded(Tensors(), collate_fn=lambda batch: batch)


# Images

image_rows = Step("image rows", "pictures", note="2,000 images are decoded by Pillow")


@image_rows.prepare("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return dataset.select(range(min(2000, len(dataset))))


@image_rows.run("arrowsets", "datasets")
def _(dataset: Any) -> Any:
    return image_summary(row["image"] for row in dataset)


@image_rows.run("limit")
def _(table: pa.Table) -> Any:
    import io

    from PIL import Image

    def decoded() -> Iterator[Any]:
        for batch in table[:2000].to_batches(1000):
            for data in batch.column("image").field("bytes").to_pylist():
                image = Image.open(io.BytesIO(data))
                image.load()
                yield image

    return image_summary(decoded())


def image_summary(images: Iterator[Any]) -> Any:
    total = 0
    for image in images:
        image.load()
        total += image.width
    return total, image.getpixel((5, 5))
