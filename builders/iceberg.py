"""Tables of Apache Iceberg, read through a catalog of pyiceberg.

`load_dataset("iceberg", catalog=catalog, table="db.events")` reads the current snapshot of a table, and a snapshot once: a table
that has changed is read again. Columns and rows that are not wanted are not read. A shard is a data file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import pyarrow as pa

from arrowsets.builder import Builder, BuilderOptions
from arrowsets.errors import MissingDependency
from arrowsets.features import Features
from arrowsets.files import DataFile
from arrowsets.record import dataclass

__all__ = ["IcebergBuilder", "IcebergOptions", "IcebergShard"]

_SCHEME = "iceberg:"


class Catalog:
    """A catalog in this process; in another one, and to a fingerprint, only its name: connections cannot be sent."""

    def __init__(self, catalog: Any, name: str) -> None:
        self.catalog, self.name = catalog, name

    def __repr__(self) -> str:
        return self.name

    def __fingerprint__(self) -> str:
        return self.name

    def __reduce__(self) -> tuple[object, ...]:
        return Catalog, (None, self.name)


@dataclass(frozen=True)
class IcebergOptions(BuilderOptions):
    """Which rows of which tables are read.

    Attributes:
        catalog: A catalog of pyiceberg.
        table: The name of a table ("db.events"), or those of several by the split that each becomes.
        columns: The columns to read. None: all.
        filters: Rows to read: an expression of pyiceberg, or text such as "a > 1 AND b == 'x'".
        batch_size: Rows that are read at a time, at most.
        snapshot_id: The snapshot to read. None: the current one.
    """

    catalog: Any = None
    table: str | tuple[str, ...] | Mapping[str, Any] | None = None
    columns: Sequence[str] | None = None
    filters: Any = None
    batch_size: int = 131_072
    snapshot_id: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.catalog, Catalog):
            return
        if not hasattr(self.catalog, "load_table"):
            raise ValueError(
                f"catalog= must be a catalog of pyiceberg, as load_catalog returns it, and not {self.catalog!r}: "
                "pip install 'arrowsets[iceberg]'"
            )
        if not self.table:
            raise ValueError("table= must be the name of a table such as 'db.events', or a dict of them by split")
        name = f"{type(self.catalog).__name__} {getattr(self.catalog, 'name', '')}"
        object.__setattr__(self, "catalog", Catalog(self.catalog, name))


@dataclass(frozen=True)
class IcebergShard:
    """A data file of a table (None: it has no row that is wanted), with what is needed to read it without the catalog."""

    task: Any
    context: tuple[Any, ...]

    def __str__(self) -> str:
        return "no file" if self.task is None else str(self.task.file.file_path)


class IcebergBuilder(Builder[IcebergShard]):
    """Read tables of Iceberg."""

    name = "iceberg"
    options = IcebergOptions
    config: IcebergOptions

    @classmethod
    def sources(cls, keywords: Mapping[str, Any]) -> Mapping[str, Sequence[DataFile]]:
        """Return the table of each split as a file, which changes with its snapshot."""
        config = cls.options(**keywords)
        tables = config.table if isinstance(config.table, Mapping) else {"train": config.table}
        return {split: (_source(config, table),) for split, table in tables.items()}

    def shards(self, files: Sequence[DataFile]) -> Sequence[IcebergShard]:
        """Return the data files of the tables."""
        found = []
        for file in files:
            scan = _scan(self.config, file)
            context = (scan.table_metadata, scan.io, scan.projection(), scan.row_filter, scan.case_sensitive)
            found += [IcebergShard(task, context) for task in scan.plan_files()] or [IcebergShard(None, context)]
        return tuple(found)

    def schema(self, files: Sequence[DataFile]) -> Features | None:
        """Return the types that stand in the tables."""
        features = self.config.features
        if features is None:
            for file in files:
                own = Features.from_arrow_schema(_scan(self.config, file).projection().as_arrow())
                features = own if features is None else self.unify(features, own)
        return features

    def decodes_text(self) -> bool:
        """Values have their types."""
        return False

    def read(self, shard: IcebergShard, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the rows of a data file."""
        metadata, io, projection, row_filter, case_sensitive = shard.context
        scan = _library("pyiceberg.io.pyarrow").ArrowScan(metadata, io, projection, row_filter, case_sensitive)
        features = Features.from_arrow_schema(projection.as_arrow() if schema is None else schema)
        yield features.arrow_schema.empty_table()
        for batch in scan.to_record_batches([shard.task] if shard.task is not None else []):
            for start in range(0, batch.num_rows, self.config.batch_size):
                yield _typed(batch.slice(start, self.config.batch_size), features)


def _library(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingDependency.of("reading tables of Iceberg", "pyiceberg", "iceberg") from error


def _source(config: IcebergOptions, table: Any) -> DataFile:
    name = table if isinstance(table, str) else ".".join(table)
    loaded = config.catalog.catalog.load_table(table)
    snapshot = loaded.current_snapshot()
    current = config.snapshot_id if config.snapshot_id is not None else getattr(snapshot, "snapshot_id", None)
    # A schema may change without a new snapshot.
    etag = f"{current} {loaded.metadata.table_uuid} {loaded.metadata.current_schema_id}"
    return DataFile(f"{_SCHEME}{name}", etag=etag, local="")


def _scan(config: IcebergOptions, file: DataFile) -> Any:
    table = config.catalog.catalog.load_table(file.url.removeprefix(_SCHEME))
    chosen: dict[str, Any] = {}
    if config.filters is not None:
        chosen["row_filter"] = config.filters
    if config.columns is not None:
        chosen["selected_fields"] = tuple(config.columns)
    return table.scan(snapshot_id=config.snapshot_id, **chosen)


def _typed(batch: pa.RecordBatch, features: Features) -> pa.Table:
    columns = []
    for name, feature in features.items():
        storage: Any = feature.storage
        if name not in batch.schema.names:
            columns.append(pa.nulls(batch.num_rows, storage))
            continue
        column = batch.column(name)
        columns.append(column if column.type == storage else feature.cast(column))
    return pa.Table.from_arrays(columns, schema=features.arrow_schema)
