"""What a viewer shows: datasets, their configurations, and the splits of these."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from arrowsets.info import DatasetInfo
from arrowsets.server.viewer.errors import ViewerError, no_config, no_dataset, no_split
from arrowsets.server.viewer.split import Split

__all__ = ["Catalogue", "Config", "DataSize", "Source"]


@dataclass(frozen=True, slots=True)
class DataSize:
    """A Parquet file that a split is made of."""

    split: str
    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a configuration is, once its files were found."""

    splits: Mapping[str, Split]
    info: DatasetInfo = field(default_factory=DatasetInfo)
    num_bytes_original: int | None = None
    parquet: tuple[DataSize, ...] = ()


class Config:
    """A configuration, whose files are looked for when it is first asked for."""

    def __init__(self, name: str, load: Callable[[], Loaded]) -> None:
        self.name = name
        self._load = load
        self._lock = threading.Lock()
        self._loaded: Loaded | None = None
        self._error: Exception | None = None

    @classmethod
    def of(cls, name: str, splits: Mapping[str, Split], info: DatasetInfo | None = None) -> Config:
        """Show splits that are there."""
        return cls(name, lambda: Loaded(splits, info or DatasetInfo()))

    @property
    def loaded(self) -> Loaded:
        """Its splits and what is declared of it.

        Raises:
            Exception: what came up when its files were looked for.
        """
        if self._loaded is None:
            with self._lock:
                if self._loaded is None and self._error is None:
                    try:
                        self._loaded = self._load()
                    except Exception as error:  # noqa: BLE001 - other configurations are shown all the same
                        self._error = error
        if self._loaded is None:
            assert self._error is not None
            raise self._error
        return self._loaded

    @property
    def error(self) -> Exception | None:
        """Why its files were not found, if so."""
        try:
            _ = self.loaded
        except Exception as error:  # noqa: BLE001 - the answer
            return error
        return None

    @property
    def splits(self) -> Mapping[str, Split]:
        """Its splits; none if its files were not found."""
        return {} if self.error is not None else self.loaded.splits

    def split(self, name: str | None) -> Split:
        """Return a split; None: the first."""
        if self.error is not None:
            raise ViewerError(500, "ConfigNamesError", f"The config {self.name!r} cannot be read: {self.error}")
        splits = self.loaded.splits
        wanted = next(iter(splits), "") if name is None else name
        if wanted not in splits:
            raise no_split(wanted, splits)
        return splits[wanted]


@dataclass(frozen=True, slots=True)
class Source:
    """A dataset that is shown.

    Attributes:
        revision: Changes whenever its content does.
        roots: Directories whose files cells may name. None: any local file, for data of one's own process.
    """

    name: str
    configs: Mapping[str, Config]
    revision: str = ""
    title: str = ""
    roots: tuple[Path, ...] | None = ()
    warnings: Sequence[str] = ()

    def without_places(self, text: str) -> str:
        """Return a text in which files have no more than the names that they have in the dataset."""
        for root in self.roots or ():
            for place in (root, root.resolve()):
                text = text.replace(f"{place}{os.sep}", "")
        return text

    def config(self, name: str | None) -> Config:
        """Return a configuration; None: the first."""
        wanted = next(iter(self.configs), "") if name is None else name
        if wanted not in self.configs:
            raise no_config(wanted, self.configs)
        return self.configs[wanted]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The datasets of a viewer, by name."""

    sources: Mapping[str, Source]

    @classmethod
    def of(cls, *sources: Source) -> Catalogue:
        """Show these."""
        return cls({source.name: source for source in sources})

    def source(self, name: str | None) -> Source:
        """Return a dataset; None: the first."""
        wanted = next(iter(self.sources), "") if name is None else name
        if wanted not in self.sources:
            raise no_dataset(wanted, self.sources)
        return self.sources[wanted]
