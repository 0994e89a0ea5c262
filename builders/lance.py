"""Lance datasets (directories named *.lance) and single Lance files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, ClassVar

import pyarrow as pa

from arrowsets.builder import Builder, BuilderOptions
from arrowsets.errors import BadData, MissingDependency
from arrowsets.features import Features
from arrowsets.files import DataFile
from arrowsets.record import dataclass

from .storage import selected

__all__ = ["LanceBuilder", "LanceOptions", "LanceShard"]


@dataclass(frozen=True)
class LanceOptions(BuilderOptions):
    """How Lance data are read.

    Attributes:
        columns: The columns to read. None: all.
        batch_size: Rows that are read at a time.
    """

    columns: Sequence[str] | None = None
    batch_size: int = 256


@dataclass(frozen=True)
class LanceShard:
    """A fragment of a dataset, or a file (`fragment` None)."""

    url: str
    fragment: int | None = None


class LanceBuilder(Builder[LanceShard]):
    """Read Lance datasets and files."""

    name = "lance"
    options = LanceOptions
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {".lance": {}}
    config: LanceOptions

    def shards(self, files: Sequence[DataFile]) -> Sequence[LanceShard]:
        """Return the fragments of each dataset that files lie in, and files that lie in none."""
        found: dict[LanceShard, None] = {}
        for file in files:
            root = _root(file)
            if root is None:
                found[LanceShard(file.local or file.url)] = None
            else:
                ids = [fragment.fragment_id for fragment in _dataset(root).get_fragments()]
                found.update(dict.fromkeys(LanceShard(root, number) for number in ids))
        return tuple(found)

    def schema(self, files: Sequence[DataFile]) -> Features | None:
        """Return the types that stand in the data."""
        if self.config.features is not None or not files:
            return self.config.features
        first, *others = self.shards(files)
        features = Features.from_arrow_schema(self._schema(first))
        roots = {first.url}
        for shard in others:
            if shard.url not in roots:
                features = self.unify(features, Features.from_arrow_schema(self._schema(shard)))
                roots.add(shard.url)
        return features

    def decodes_text(self) -> bool:
        """Values have their types."""
        return False

    def read(self, shard: LanceShard, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the rows of a fragment or a file."""
        for batch in self._batches(shard):
            table = pa.Table.from_batches([batch])
            yield table if schema is None else selected(table, schema)

    def _schema(self, shard: LanceShard) -> pa.Schema:
        whole: pa.Schema
        if shard.fragment is None:
            whole = _opened("file.LanceFileReader", shard.url).metadata().schema
        else:
            whole = _dataset(shard.url).schema
        return whole if self.config.columns is None else pa.schema([whole.field(name) for name in self.config.columns])

    def _batches(self, shard: LanceShard) -> Iterator[pa.RecordBatch]:
        columns = None if self.config.columns is None else list(self.config.columns)
        if shard.fragment is not None:
            fragment = _dataset(shard.url).get_fragment(shard.fragment)
            yield from fragment.to_batches(columns=columns, batch_size=self.config.batch_size)
            return
        reader = _opened("file.LanceFileReader", shard.url, columns=columns)
        yield from reader.read_all(batch_size=self.config.batch_size).to_batches()


def _root(file: DataFile) -> str | None:
    """Return the dataset that a file of it lies in."""
    parent = posixpath.dirname(file.local or file.url)
    for name in ("data", "_versions", "_transactions", "_indices", "_deletions"):
        head, found, _ = f"{parent}/".rpartition(f"/{name}/")
        if found and head.endswith(".lance"):
            return head
    return None


def _dataset(url: str) -> Any:
    return _opened("dataset", url)


def _opened(name: str, url: str, **options: Any) -> Any:
    module, _, function = f"lance.{name}".rpartition(".")
    try:
        make = getattr(import_module(module), function)
    except ImportError as error:
        raise MissingDependency.of("reading Lance data", "pylance", "lance") from error
    try:
        return make(url, **options)
    except (OSError, ValueError, RuntimeError) as error:
        raise BadData(f"no Lance data: {str(error).splitlines()[0]}", file=url) from error
