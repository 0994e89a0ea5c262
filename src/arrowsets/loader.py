"""The elastic loader: batches of a dataset whose order is a function of seed and position, on any number of machines.

Sample number g of a training run is a row that can be computed from (seed, g) alone. So the whole state is one integer, the
number of samples seen; it resumes on another number of ranks and workers in the same global order; and nothing is kept in
memory, however many rows there are. Global batch b is samples [b * size, (b + 1) * size), of which each rank takes its part.

- One dataset: its rows in random order, another in each epoch.
- A mixture: each block of 65,536 samples has each dataset's share exactly, in random order within the block; a dataset that
  ends starts over in another order.
- Packed: the tokens of all rows, one after the other, cut into sequences of equal length, which are what is shuffled.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.dataset import Dataset
from arrowsets.engine.permute import permuted
from arrowsets.engine.stages import picked
from arrowsets.errors import ColumnNotFound, SchemaConflict
from arrowsets.record import dataclass

__all__ = ["Loader"]

VERSION = 1
BLOCK = 1 << 16
Numbers = npt.NDArray[np.int64]


class Loader:
    """Batches of rows for one rank of a training run, in an order that does not depend on how many ranks there are.

    Args:
        datasets: One, or several that are mixed.
        batch_size: Rows of a batch of all ranks together.
        rank, world_size: Which part of each batch is read here.
        weights: How often rows of each dataset come, if there are several. None: by their numbers of rows.
        seed: What the order is a function of.
        shuffle: False reads the rows in their order.
        epochs: How often the rows come; of a mixture, how often as many samples as there are rows. None: without end.
        drop_last: Leave out a last batch that is smaller.
        pack: A column of lists of tokens; batches are then sequences of `sequence_length` of them.
        workers: Threads that read ahead.
        prefetch: Batches that are read ahead. None: two per worker.

    >>> dataset = Dataset.from_dict({"x": range(6)})
    >>> halves = [Loader(dataset, 4, rank=rank, world_size=2, seed=1) for rank in range(2)]
    >>> sorted(x for half in halves for batch in half for x in batch["x"])
    [0, 1, 2, 3, 4, 5]
    """

    def __init__(
        self,
        datasets: Dataset | Sequence[Dataset],
        batch_size: int,
        *,
        rank: int = 0,
        world_size: int = 1,
        weights: Sequence[float] | None = None,
        seed: int = 0,
        shuffle: bool = True,
        epochs: int | None = 1,
        drop_last: bool = False,
        pack: str | None = None,
        sequence_length: int | None = None,
        workers: int = 1,
        prefetch: int | None = None,
    ) -> None:
        if batch_size < 1 or not 0 <= rank < world_size:
            raise ValueError(
                f"batch_size must be 1 or more and rank in [0, {world_size - 1}], not {batch_size} and {rank}"
            )
        counts = {
            "epochs": (epochs, 0),
            "workers": (workers, 0),
            "prefetch": (prefetch, 0),
            "sequence_length": (sequence_length, 1),
        }
        for name, (given, least) in counts.items():
            if given is not None and given < least:
                raise ValueError(f"{name} must be {least} or more, not {given}")
        parts = [datasets] if isinstance(datasets, Dataset) else list(datasets)
        if not parts or any(not isinstance(part, Dataset) for part in parts):
            raise TypeError(
                f"a loader goes to rows in any order, so it takes datasets, not {[type(part).__name__ for part in parts]}; "
                "materialise a stream first: stream.to_dataset()"
            )
        if (pack is None) != (sequence_length is None):
            raise ValueError("pack= (a column of tokens) and sequence_length= go together")
        if pack is None:
            for number, part in enumerate(parts):
                if part.features != parts[0].features:
                    raise SchemaConflict(
                        f"datasets of a mixture must have the same columns and types; dataset 0 has {parts[0].features}, "
                        f"dataset {number} has {part.features}; select and cast them first"
                    )
        sources = [_source(part, pack, sequence_length) for part in parts]
        self._order = _Order([len(source) for source in sources], weights, seed, shuffle)
        self._sources = sources
        self._batch_size, self._rank, self._world_size = batch_size, rank, world_size
        self._epochs, self._drop_last = epochs, drop_last
        self._workers, self._prefetch = workers, prefetch if prefetch is not None else 2 * workers
        self._seed = seed
        self._seen = 0

    @property
    def num_samples(self) -> int | None:
        """How many samples all ranks read together; None without end."""
        if self._epochs is None and self._order.per_epoch:
            return None
        return (self._epochs or 0) * self._order.per_epoch

    @property
    def samples_seen(self) -> int:
        """How many samples all ranks have read, up to the batch that was handed out last."""
        return self._seen

    def __len__(self) -> int:
        """The number of batches from the first sample on."""
        total = self.num_samples
        if total is None:
            raise TypeError("a loader with epochs=None has no end, and no length")
        return total // self._batch_size if self._drop_last else -(-total // self._batch_size)

    def __iter__(self) -> Iterator[Any]:
        """Yield this rank's part of each batch, from the position of the loader on; at the end, it starts over."""
        ahead: deque[tuple[int, Future[Any]]] = deque()
        spans = self._spans(self._seen)
        with ThreadPoolExecutor(max(self._workers, 1), "arrowsets-loader") as pool:
            try:
                while True:
                    while len(ahead) <= self._prefetch and (span := next(spans, None)) is not None:
                        ahead.append((span[1], pool.submit(self._read, *span)))
                    if not ahead:
                        break
                    stop, future = ahead.popleft()
                    batch = future.result()
                    self._seen = stop
                    if batch is not None:
                        yield batch
            finally:
                for _, future in ahead:
                    future.cancel()
        self._seen = 0

    def _spans(self, start: int) -> Iterator[tuple[int, int]]:
        """Yield the samples of each batch."""
        total = self.num_samples
        while total is None or start < total:
            stop = start + self._batch_size if total is None else min(start + self._batch_size, total)
            if self._drop_last and stop - start < self._batch_size:
                return
            yield start, stop
            start = stop

    def _read(self, start: int, stop: int) -> Any:
        """Read this rank's part of the samples; None if it has none."""
        size = stop - start
        low = start + size * self._rank // self._world_size
        high = start + size * (self._rank + 1) // self._world_size
        if low == high:
            return None
        numbers, rows = self._order.rows(np.arange(low, high))
        if len(self._sources) == 1:
            return self._sources[0].batch(rows)
        return self._mixed(numbers, rows)

    def _mixed(self, numbers: Numbers, rows: Numbers) -> Any:
        tables, order = [], np.empty(len(rows), dtype=np.int64)
        at = 0
        for number, source in enumerate(self._sources):
            places = np.flatnonzero(numbers == number)
            if len(places):
                tables.append(source.table(rows[places]))
                order[places] = np.arange(at, at + len(places))
                at += len(places)
        table = picked(pa.concat_tables(tables, promote_options="permissive"), order)
        return self._sources[0].shown(table)

    def state_dict(self) -> dict[str, int]:
        """Return where the loader stands: the number of samples seen, and what it must be loaded with."""
        return {"version": VERSION, "samples": self._seen, "seed": self._seed, "rows": self._order.per_epoch}

    def load_state_dict(self, state_dict: Mapping[str, int]) -> None:
        """Go on from a state, of any number of ranks and any batch size.

        Raises:
            ValueError: for a state of other rows or another seed.
        """
        own = {"version": VERSION, "seed": self._seed, "rows": self._order.per_epoch}
        for key, value in own.items():
            if state_dict.get(key) != value:
                raise ValueError(
                    f"the state has {key} {state_dict.get(key)!r} and this loader has {value!r}; load it into a loader of "
                    "the same rows and seed"
                )
        self._seen = int(state_dict["samples"])


class _Order:
    """Which row sample number g is."""

    def __init__(self, lengths: Sequence[int], weights: Sequence[float] | None, seed: int, shuffle: bool) -> None:
        if weights is not None and len(weights) != len(lengths):
            raise ValueError(f"{len(weights)} weights for {len(lengths)} datasets; give one for each")
        self._lengths, self._seed, self._shuffle = list(lengths), seed, shuffle
        self.per_epoch = sum(lengths)
        shares = np.asarray(lengths if weights is None else weights, dtype=np.float64)
        if len(lengths) > 1 and (
            not np.all(np.isfinite(shares))
            or np.any(shares < 0)
            or not shares.sum()
            or np.any((shares > 0) & (np.array(lengths) == 0))
        ):
            raise ValueError(f"weights must be positive, and those of empty datasets zero; they are {shares.tolist()}")
        self._quotas = _quotas(shares)
        self._edges = np.concatenate([[0], np.cumsum(self._quotas)])

    def rows(self, samples: Numbers) -> tuple[Numbers, Numbers]:
        """Return the dataset of each sample, and the row in it."""
        if len(self._lengths) == 1:
            return np.zeros_like(samples), self._within(0, samples)
        blocks = samples // BLOCK
        slots = np.empty_like(samples)
        for block in np.unique(blocks).tolist():
            own = blocks == block
            slots[own] = permuted(samples[own] % BLOCK, BLOCK, [self._seed, 1, block])
        numbers = self._edges.searchsorted(slots, side="right") - 1
        rows = np.empty_like(samples)
        for number in np.unique(numbers).tolist():
            own = numbers == number
            drawn = blocks[own] * self._quotas[number] + slots[own] - self._edges[number]
            rows[own] = self._within(number, drawn)
        return numbers.astype(np.int64), rows

    def _within(self, number: int, drawn: Numbers) -> Numbers:
        """Return the rows of one dataset that are drawn at these positions, epoch after epoch."""
        length = self._lengths[number]
        epochs, positions = np.divmod(drawn, max(length, 1))
        if not self._shuffle:
            return positions
        for epoch in np.unique(epochs).tolist():
            own = epochs == epoch
            positions[own] = permuted(positions[own], length, [self._seed, 2, number, epoch])
        return positions


def _quotas(shares: npt.NDArray[np.float64]) -> Numbers:
    """Return how many samples of a block each dataset has: whole numbers nearest to its share."""
    exact = shares / max(shares.sum(), 1e-300) * BLOCK
    quotas = np.floor(exact).astype(np.int64)
    missing = BLOCK - int(quotas.sum())
    quotas[np.argsort(quotas - exact, kind="stable")[:missing]] += 1
    counted: Numbers = quotas
    return counted


class _Source(ABC):
    """Rows by their numbers."""

    dataset: Dataset

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def table(self, rows: Numbers) -> pa.Table:
        """Read rows."""

    def shown(self, table: pa.Table) -> Any:
        """Show rows as a batch."""
        return self.dataset._reading().format.batch(table)

    def batch(self, rows: Numbers) -> Any:
        """Read rows and show them."""
        return self.shown(self.table(rows))


def _source(dataset: Dataset, pack: str | None, length: int | None) -> _Source:
    if pack is None or length is None:
        return _Rows(dataset)
    return _Packed.of(dataset, pack, length)


@dataclass
class _Rows(_Source):
    """The rows of a dataset."""

    dataset: Dataset

    def __len__(self) -> int:
        return self.dataset.num_rows

    def table(self, rows: Numbers) -> pa.Table:
        return self.dataset._reading().view.read(rows)


@dataclass
class _Packed(_Source):
    """Sequences of equal length, cut out of the tokens of all rows.

    Attributes:
        starts: The first token of each record batch, and the number of tokens.
        rows: The first row of each record batch.
    """

    dataset: Dataset
    column: str
    length: int
    starts: Numbers
    rows: Numbers

    @classmethod
    def of(cls, dataset: Dataset, column: str, length: int) -> _Packed:
        if column not in dataset.features:
            raise ColumnNotFound.of(column, dataset.features)
        kind = dataset._view.schema.field(column).type
        if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
            raise TypeError(f"column {column!r} is {dataset.features[column]}; only lists of tokens can be packed")
        if not all(group.rows.is_contiguous for group in dataset._view.groups):
            raise ValueError(
                "packing reads tokens in the order in which they lie: write the rows first, flatten_indices()"
            )
        counts, rows = [0], [0]
        for chunk in dataset._view.column(column).chunks:
            counts.append(len(_tokens(chunk)))
            rows.append(len(chunk))
        return cls(dataset, column, length, np.cumsum(counts), np.cumsum(rows))

    def __len__(self) -> int:
        return int(self.starts[-1]) // self.length

    def table(self, rows: Numbers) -> pa.Table:
        tokens, documents = zip(*map(self._sequence, rows.tolist()), strict=True)
        flat = pa.concat_arrays(tokens)
        numbers = np.concatenate(documents)
        return pa.table(
            {
                self.column: pa.FixedSizeListArray.from_arrays(flat, self.length),
                "document": pa.FixedSizeListArray.from_arrays(pa.array(numbers), self.length),
            }
        )

    def batch(self, rows: Numbers) -> Any:
        return self.shown(self.table(rows))

    def shown(self, table: pa.Table) -> Any:
        whole: dict[str, Any] = {name: table.column(name).combine_chunks() for name in table.column_names}
        shaped = {
            name: column.flatten().to_numpy(zero_copy_only=False).reshape(-1, self.length)
            for name, column in whole.items()
        }
        if self.dataset._format.type != "torch":
            return shaped
        import torch

        return {name: torch.from_numpy(np.array(values)) for name, values in shaped.items()}

    def _sequence(self, number: int) -> tuple[pa.Array[Any], Numbers]:
        """Return the tokens of a sequence, and which document of it each is of."""
        start, stop = number * self.length, (number + 1) * self.length
        tokens, documents = [], []
        index = int(self.starts.searchsorted(start, side="right")) - 1
        while start < stop:
            chunk = self._chunk(index)
            base = int(self.starts[index])
            end = min(stop, int(self.starts[index + 1]))
            offsets = chunk.offsets.to_numpy() - chunk.offsets[0].as_py()
            tokens.append(_tokens(chunk).slice(start - base, end - start))
            places = np.arange(start - base, end - base)
            documents.append(offsets.searchsorted(places, side="right") - 1 + int(self.rows[index]))
            start, index = end, index + 1
        return pa.concat_arrays(tokens), np.concatenate(documents)

    def _chunk(self, index: int) -> Any:
        rows = range(int(self.rows[index]), int(self.rows[index + 1]))
        column: pa.ChunkedArray[Any] = self.dataset._view.column(self.column, rows)
        return column.chunk(0)


def _tokens(lists: Any) -> pa.Array[Any]:
    flat: pa.Array[Any] = lists.flatten()
    return flat
