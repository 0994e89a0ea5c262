"""The dataset itself: a view on Arrow data, its features, its format and its lineage; reading rows from it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, overload

import numpy as np
import pyarrow as pa

from arrowsets import store as stores
from arrowsets.dataset.described import Described
from arrowsets.dataset.reading import FormatSpec, Reader
from arrowsets.errors import ColumnNotFound
from arrowsets.features import Features
from arrowsets.formats import Column
from arrowsets.guise import class_seen, restored
from arrowsets.info import DatasetInfo
from arrowsets.late import collate, display, explanation, transforms
from arrowsets.lineage import Lineage
from arrowsets.splits_spec import NamedSplit
from arrowsets.table import View

__all__ = ["DatasetCore"]

ROWS_PER_READ = 1000


class DatasetCore(Described):
    """What every group of methods of `Dataset` builds on."""

    _view: View
    _features: Features
    _split: NamedSplit | None
    _format: FormatSpec
    _lineage: Lineage
    _pins: tuple[object, ...]
    _origin: explanation.Origin | None
    _reader: Reader | None
    _rejects: tuple[transforms.Reject, ...] = ()
    _store: stores.Store | None = None
    """Where results are kept: beside the rows that they are of. None: the user's cache."""

    def _init(
        self,
        view: View,
        features: Features,
        lineage: Lineage,
        info: DatasetInfo | None = None,
        split: NamedSplit | str | None = None,
        format: FormatSpec = FormatSpec(),  # noqa: A002, B008 - the field's word; frozen
        pins: tuple[object, ...] = (),
        origin: explanation.Origin | None = None,
    ) -> None:
        self._view, self._features, self._lineage = view, features, lineage
        self._info = info if info is not None else DatasetInfo()
        self._split = NamedSplit(split) if isinstance(split, str) else split
        self._format, self._pins, self._origin, self._reader = format, pins, origin, None

    @classmethod
    def _make(cls, *args: Any, **keywords: Any) -> Self:
        made = cls.__new__(cls)
        made._init(*args, **keywords)
        return made

    def _derive(
        self,
        operation: str,
        given: Mapping[str, Any] | None = None,
        *,
        view: View | None = None,
        features: Features | None = None,
        format: FormatSpec | None = None,  # noqa: A002
        lineage: Lineage | None = None,
        new_fingerprint: str | None = None,
        pins: tuple[object, ...] = (),
        origin: explanation.Origin | None = None,
    ) -> Self:
        """Make the dataset that one step leads to; what is not named stays as it is."""
        if new_fingerprint is not None:
            lineage = Lineage.of_digest(operation, new_fingerprint)
        made = self._make(
            view if view is not None else self._view,
            features if features is not None else self._features,
            lineage if lineage is not None else Lineage(operation, (self._lineage,), given),
            self._info,
            self._split,
            format if format is not None else self._format,
            self._pins + pins,
            origin,
        )
        made._store = self._store
        return made

    # What it is

    @property
    def features(self) -> Features:
        """The columns and their types."""
        return self._features

    @property
    def column_names(self) -> list[str]:
        """The names of the columns."""
        return list(self._view.columns)

    @property
    def num_rows(self) -> int:
        """The number of rows."""
        return self._view.num_rows

    @property
    def num_columns(self) -> int:
        """The number of columns."""
        return len(self._view.columns)

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of rows and columns."""
        return self.num_rows, self.num_columns

    @property
    def info(self) -> DatasetInfo:
        """What is known of the dataset besides its rows."""
        return replace(self._info, features=self._features)

    @property
    def split(self) -> NamedSplit | None:
        """The split that these rows are of."""
        return self._split

    @property
    def data(self) -> pa.Table:
        """All rows as an Arrow table, in the order of the dataset; record batches stay memory-mapped where they can."""
        return self._view.read(range(self.num_rows))

    @property
    def cache_files(self) -> list[dict[str, str]]:
        """The files that the rows lie in; empty for a dataset in memory."""
        return [{"filename": path} for path in self._view.paths]

    @property
    def nbytes(self) -> int:
        """Bytes of the shown values."""
        return self._view.nbytes

    @property
    def rejects(self) -> list[transforms.Reject]:
        """What the readers left out, if they were told to: (file, row, reason, text); row is None for a whole file."""
        return list(self._rejects)

    @property
    def _fingerprint(self) -> str:
        return self._lineage.digest

    def __len__(self) -> int:
        return self._view.num_rows

    def __fingerprint__(self) -> str:
        return self._lineage.digest

    # Reading

    def _reading(self) -> Reader:
        if self._reader is None:
            self._reader = Reader(self._view, self._features, self._format)
        return self._reader

    @overload
    def __getitem__(self, key: str) -> Column: ...
    @overload
    def __getitem__(self, key: int) -> Any: ...
    @overload
    def __getitem__(self, key: slice | Sequence[int] | Sequence[bool] | np.ndarray[Any, Any]) -> Any: ...
    def __getitem__(self, key: Any) -> Any:
        """Return a row, some rows as a batch, or a column.

        An int is a row, a slice or a sequence of ints some rows; a sequence of bools, one for each row, is a mask.

        Raises:
            IndexError: for a row that is not there.
            ColumnNotFound: for a column that is not there.

        >>> from arrowsets import Dataset
        >>> dataset = Dataset.from_dict({"x": [1, 2, 3]})
        >>> dataset[-1], dataset[:2], dataset[[True, False, True]], dataset["x"][1]
        ({'x': 3}, {'x': [1, 2]}, {'x': [1, 3]}, 2)
        """
        if type(key) is int:
            return self._reading().row(key)
        if isinstance(key, str):
            return self._reading().column(key)
        if isinstance(key, (np.integer, int)) and not isinstance(key, (bool, np.bool_)):
            return self._reading().row(int(key))
        if isinstance(key, slice):
            return self._reading().batch(range(self.num_rows)[key])
        if isinstance(key, (bool, np.bool_)) or not hasattr(key, "__len__"):
            raise TypeError(
                f"a dataset is indexed by an int, a slice, a sequence of ints or bools, or a column name, not {key!r}"
            )
        return self._reading().batch(key)

    def __getitems__(self, keys: Sequence[int]) -> list[Any]:
        """Return rows as a list; what a DataLoader asks for."""
        rows: Any = self._reading().rows(keys, lazily=collate.is_collating(sys._getframe(1)))
        return rows  # type: ignore[no-any-return]  # a DataLoader, which collates them, gets something like a list

    def __iter__(self) -> Iterator[Any]:
        """Yield the rows in order."""
        return self._reading().iterate(ROWS_PER_READ)

    def iter(self, batch_size: int, drop_last_batch: bool = False) -> Iterator[Any]:
        """Yield batches of rows in order.

        Args:
            batch_size: Rows of each batch; the last may have fewer.
            drop_last_batch: Leave out a last batch that has fewer.

        >>> from arrowsets import Dataset
        >>> list(Dataset.from_dict({"x": [1, 2, 3]}).iter(2))
        [{'x': [1, 2]}, {'x': [3]}]
        """
        return self._reading().batches(batch_size, drop_last_batch=drop_last_batch)

    # Python's own

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader = None

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return class_seen(type(self), "Dataset")

    def __reduce__(self) -> tuple[object, ...]:
        return restored, (type(self), self.__getstate__())

    def __getstate__(self) -> dict[str, Any]:
        return {
            "view": self._view,
            "features": self._features,
            "lineage": self._lineage,
            "info": self._info,
            "split": None if self._split is None else str(self._split),
            "format": self._format,
            "origin": self._origin,
            "pins": tuple(pin for pin in self._pins if isinstance(pin, stores.Pin)),
            "rejects": self._rejects,
            "store": self._store,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        store, rejects = state.pop("store", None), state.pop("rejects", ())
        self._init(**state)
        self._store, self._rejects = store, rejects

    def __repr__(self) -> str:
        return f"{type(self).__name__}({{\n    features: {self.column_names},\n    num_rows: {self.num_rows}\n}})"

    def _repr_html_(self) -> str:
        return display.to_html(type(self).__name__, self._view, self._features)

    def _check_columns(self, names: Sequence[str]) -> None:
        for name in names:
            if name not in self._features:
                raise ColumnNotFound.of(name, self._view.columns)
