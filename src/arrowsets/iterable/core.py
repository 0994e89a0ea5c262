"""The stream itself: a plan, the types of its rows, its format and its lineage; iterating, and where one stands."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, Self

from arrowsets.dataset.described import Described
from arrowsets.dataset.reading import FormatSpec
from arrowsets.engine.plan import Context, Plan, Step
from arrowsets.engine.pool_pickle import dumps, loads
from arrowsets.engine.stages import Chunk, Cursor
from arrowsets.engine.steps import Share
from arrowsets.engine.steps_lower import count_rows, lower, open_plan
from arrowsets.engine.steps_state import seeded, seeds_of, signature
from arrowsets.errors import ColumnNotFound
from arrowsets.features import Features
from arrowsets.formats.collate import is_collating
from arrowsets.guise import class_seen
from arrowsets.info import DatasetInfo
from arrowsets.iterable.column import IterableColumn
from arrowsets.iterable.running import Run
from arrowsets.iterable.torch_seam import Epoch, worker_share
from arrowsets.lineage import Lineage
from arrowsets.splits_spec import NamedSplit

__all__ = ["IterableCore"]

VERSION = 1


class IterableCore(Described):
    """What every group of methods of `IterableDataset` builds on."""

    _plan: Plan
    _features: Features | None
    _lineage: Lineage
    _split: NamedSplit | None
    _format: FormatSpec
    _epoch: Epoch
    _pins: tuple[object, ...]
    _run: Run | None
    _loaded: dict[str, Any] | None

    def _init(
        self,
        plan: Plan,
        features: Features | None,
        lineage: Lineage,
        info: DatasetInfo | None = None,
        split: NamedSplit | str | None = None,
        format: FormatSpec = FormatSpec(),  # noqa: A002, B008 - the field's word; frozen
        epoch: Epoch | None = None,
        pins: tuple[object, ...] = (),
    ) -> None:
        self._plan, self._features, self._lineage = plan, features, lineage
        self._info = info if info is not None else DatasetInfo()
        self._split = NamedSplit(split) if isinstance(split, str) else split
        self._format, self._pins = format, pins
        self._epoch = epoch if epoch is not None else Epoch()
        self._run, self._loaded = None, None

    @classmethod
    def _make(cls, *args: Any, **keywords: Any) -> Self:
        made = cls.__new__(cls)
        made._init(*args, **keywords)
        return made

    def _then(
        self,
        operation: str,
        given: Mapping[str, Any] | None,
        *steps: Step,
        features: Features | None,
        format: FormatSpec | None = None,  # noqa: A002
    ) -> Self:
        """Make the stream that steps lead to."""
        lineage = Lineage(operation, (self._lineage,), given) if steps else self._lineage
        return self._make(
            self._plan.then(*steps),
            features,
            lineage,
            self._info,
            self._split,
            self._format if format is None else format,
            Epoch(self._epoch.value),
            self._pins,
        )

    # What it is

    @property
    def features(self) -> Features | None:
        """The columns and their types; None where only the rows tell, as behind a `map` without `features=`."""
        return self._features

    @property
    def column_names(self) -> list[str] | None:
        """The names of the columns; None where only the rows tell."""
        return None if self._features is None else list(self._features)

    @property
    def num_columns(self) -> int | None:
        """The number of columns; None where only the rows tell."""
        return None if self._features is None else len(self._features)

    @property
    def num_rows(self) -> int | None:
        """The number of rows; None where only reading tells, as behind a filter or of text files."""
        return count_rows(self._plan)

    @property
    def info(self) -> DatasetInfo:
        """What is known of the dataset besides its rows."""
        return replace(self._info, features=self._features)

    @property
    def split(self) -> NamedSplit | None:
        """The split that these rows are of."""
        return self._split

    @property
    def num_shards(self) -> int:
        """How many files or parts of files are read. Any number of workers gets equal shares, whatever it is."""
        return max(1, len(lower(self._plan, Context()).pieces.pieces))

    @property
    def n_shards(self) -> int:
        """The same as `num_shards`."""
        return self.num_shards

    @property
    def epoch(self) -> int:
        """The epoch, which decides the order of shuffled rows."""
        return self._epoch.value

    @property
    def _fingerprint(self) -> str:
        return self._lineage.digest

    def __fingerprint__(self) -> str:
        return self._lineage.digest

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        seen = class_seen(type(self), "IterableDataset", "IterableDataset")
        if seen is not type(self):
            self._epoch.share()
        return seen

    # Reading

    def _started(self) -> Run:
        """Begin an iteration: from a loaded state once, else from the beginning."""
        loaded, self._loaded = self._loaded, None
        share = worker_share()
        plan = self._plan
        position = None
        if loaded is not None:
            position = loaded["position"]
            if loaded["share"] != (None if share is None else list(share)) and position is not None:
                raise ValueError(
                    f"the state was taken by reader {_reader(loaded['share'])} and is loaded by {_reader(share)}; give "
                    "each reader its own state, or use a loader whose state is a number of samples: Dataset.loader"
                )
        if share is not None:
            plan = plan.then(Share(*share))
        self._run = Run(plan, Context(self._epoch.value), self._format, position)
        return self._run

    def __iter__(self) -> Iterator[Any]:
        """Yield the rows."""
        # A DataLoader may put rows together to columns: it gets them before they are taken apart.
        return chain.from_iterable(self._started().blocks(lazily=is_collating(sys._getframe(1))))

    def iter(self, batch_size: int, drop_last_batch: bool = False) -> Iterator[Any]:
        """Yield batches of rows.

        Args:
            batch_size: Rows of each batch; the last may have fewer.
            drop_last_batch: Leave out a last batch that has fewer.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size must be 1 or more, not {batch_size}")
        return self._started().batches(batch_size, drop_last_batch=drop_last_batch)

    def _chunks(self, rows: int) -> Iterator[Chunk]:
        """Yield all rows as stored; no state is kept of it."""
        return Run(self._plan, Context(self._epoch.value), self._format, None).chunks(rows)

    def _peek(self) -> Features:
        """Return the types of the rows, or of the first rows where no others are known."""
        if self._features is not None:
            return self._features
        cursor = Cursor(open_plan(self._plan, Context(self._epoch.value)))
        try:
            chunk = cursor.upto(1000)
        finally:
            cursor.close()
        return Features({}) if chunk is None else chunk.features

    def __getitem__(self, key: object) -> IterableColumn:
        """Return a column, to iterate over."""
        if isinstance(key, str):
            if self._features is not None and key not in self._features:
                raise ColumnNotFound.of(key, self._features)
            return IterableColumn(self, key)
        hint = f"itertools.islice, stream.skip({key}).take(1)" if isinstance(key, int) else "stream.skip(n).take(m)"
        raise TypeError(
            f"a stream has no rows by number, only columns by name, so {key!r} does not index it; iterate over it, use "
            f"{hint}, or materialise it: stream.to_dataset()[{key!r}]"
        )

    # Where an iteration stands

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch: the next iteration shuffles anew, also in workers of a DataLoader that are kept."""
        self._epoch.value = int(epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return where the latest iteration stands, as small JSON.

        It can be taken after any row and loaded in any process, by a stream that is made the same way: the rows that
        follow are exactly those that would have followed.

        >>> from arrowsets import Dataset
        >>> stream = Dataset.from_dict({"x": [1, 2, 3]}).to_iterable_dataset().shuffle(seed=42)
        >>> rows = iter(stream)
        >>> first, state = next(rows), stream.state_dict()
        >>> stream.load_state_dict(state)
        >>> list(stream) == list(rows)
        True
        """
        if self._loaded is not None:
            return copy.deepcopy(self._loaded)
        share = worker_share()
        return {
            "version": VERSION,
            "epoch": self._epoch.value if self._run is None else self._run.epoch,
            "seeds": seeds_of(self._plan),
            "share": None if share is None else list(share),
            "steps": signature(self._plan),
            "position": None if self._run is None else copy.deepcopy(self._run.position()),
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a state: the next iteration begins there, those after it at the beginning.

        Raises:
            ValueError: for a state of another version, or of a stream that is made in another way.
        """
        if state_dict.get("version") != VERSION:
            raise ValueError(
                f"the state has version {state_dict.get('version')!r}, and this library reads version {VERSION}; "
                "it is no state of this library's streams, or a newer one's"
            )
        own = signature(self._plan)
        if state_dict["steps"] != own:
            raise ValueError(
                f"the state is of a stream with the steps {state_dict['steps']}, and this one has {own}; "
                "load it into a stream that is made in the same way"
            )
        self._plan = seeded(self._plan, state_dict["seeds"])
        self._loaded = copy.deepcopy(dict(state_dict))
        self._run = None
        self._epoch.value = state_dict["epoch"]

    # Python's own

    def __reduce__(self) -> tuple[object, ...]:
        # Functions travel by value, so that lambdas reach workers that are started afresh.
        state = {
            "plan": self._plan,
            "features": self._features,
            "lineage": self._lineage,
            "info": self._info,
            "split": None if self._split is None else str(self._split),
            "format": self._format,
        }
        return _restored, (type(self), dumps((state, self._loaded), "the stream"), self._epoch)

    def __repr__(self) -> str:
        shown = "unknown" if self._features is None else list(self._features)
        rows = self.num_rows
        more = "" if rows is None else f",\n    num_rows: {rows}"
        return f"{type(self).__name__}({{\n    features: {shown},\n    num_shards: {self.num_shards}{more}\n}})"

    def _check_columns(self, names: Sequence[str]) -> None:
        for name in names:
            if self._features is not None and name not in self._features:
                raise ColumnNotFound.of(name, self._features)


def _restored(cls: type[IterableCore], data: bytes, epoch: Epoch) -> IterableCore:
    state, loaded = loads(data)
    made = cls._make(**state, epoch=epoch)
    made._loaded = loaded
    return made


def _reader(share: Sequence[int] | None) -> str:
    return "the only one" if share is None else f"number {share[1]} of {share[0]}"
