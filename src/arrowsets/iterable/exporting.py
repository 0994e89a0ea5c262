"""Reading a stream to its end: into Python values, data frames, files, or a dataset in the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from arrowsets.dataset import Dataset
from arrowsets.derive import Execution, default_store, run
from arrowsets.engine.plan import Context
from arrowsets.engine.stream_job import StreamJob
from arrowsets.features import Features
from arrowsets.formats import get_format
from arrowsets.iterable.core import IterableCore
from arrowsets.iterable.running import Run
from arrowsets.lineage import Lineage
from arrowsets.table import View

if TYPE_CHECKING:
    from huggingface_hub import CommitInfo

__all__ = ["ExportMethods"]

BATCH_ROWS = 10_000


class ExportMethods(IterableCore):
    """Methods of `IterableDataset` that read all rows."""

    def to_dataset(
        self,
        *,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        load_from_cache_file: bool = True,
        num_proc: int | None = None,
    ) -> Dataset:
        """Read all rows into the store, and return the dataset of them; the next call finds it there.

        Args:
            num_proc: Worker processes, where the rows can be shared out in order.
        """
        lineage = Lineage("to_dataset", (self._lineage,), {"epoch": self._epoch.value})
        how = Execution(
            num_proc=num_proc, reuse=load_from_cache_file, in_memory=keep_in_memory, store=default_store(cache_dir)
        )
        job = StreamJob(self._plan, self._epoch.value, "Reading the stream")
        made = run(job, lineage, how, label="to_dataset")
        types = made.layout.features if self._features is None or made.layout.features else self._features
        view = (
            View.from_files(made.files) if made.layout.features else View.from_table(types.arrow_schema.empty_table())
        )
        pins = () if made.entry is None else (made.entry.pin(),)
        return Dataset._make(view, types, lineage, self._info, self._split, self._format, pins)

    def to_arrow(self) -> pa.Table:
        """Return all rows as an Arrow table."""
        return self._collected().to_arrow()

    def to_dict(self, batch_size: int | None = None, batched: bool = False) -> Any:
        """Return all rows as a dict of lists; see `Dataset.to_dict`."""
        if batched:
            return (table.to_pydict() for table in self._tables(batch_size))
        return self.to_arrow().to_pydict()

    def to_list(self) -> list[dict[str, Any]]:
        """Return all rows as a list of dicts."""
        plain = get_format(None, None)
        return [row for chunk in self._chunks(BATCH_ROWS) for row in plain.rows(chunk.table)]

    def to_pandas(self, batch_size: int | None = None, batched: bool = False) -> Any:
        """Return all rows as a pandas data frame; see `Dataset.to_pandas`."""
        return self._frames("pandas", batch_size, batched=batched)

    def to_polars(
        self,
        batch_size: int | None = None,
        batched: bool = False,
        schema_overrides: Mapping[str, Any] | None = None,
        rechunk: bool = True,
    ) -> Any:
        """Return all rows as a polars data frame; see `Dataset.to_polars`."""
        del rechunk
        frames = self._frames("polars", batch_size, batched=batched)
        if not schema_overrides:
            return frames
        return (frame.cast(schema_overrides) for frame in frames) if batched else frames.cast(schema_overrides)

    def to_csv(
        self,
        path_or_buf: Any,
        batch_size: int | None = None,
        storage_options: Mapping[str, Any] | None = None,
        **to_csv_kwargs: Any,
    ) -> int:
        """Write all rows to a CSV file; see `Dataset.to_csv`. The rows go through the store."""
        return self.to_dataset().to_csv(path_or_buf, batch_size, storage_options=storage_options, **to_csv_kwargs)

    def to_json(
        self,
        path_or_buf: Any,
        batch_size: int | None = None,
        storage_options: Mapping[str, Any] | None = None,
        **to_json_kwargs: Any,
    ) -> int:
        """Write all rows to a JSON lines file; see `Dataset.to_json`. The rows go through the store."""
        return self.to_dataset().to_json(path_or_buf, batch_size, storage_options=storage_options, **to_json_kwargs)

    def to_parquet(
        self,
        path_or_buf: Any,
        batch_size: int | None = None,
        storage_options: Mapping[str, Any] | None = None,
        **parquet_writer_kwargs: Any,
    ) -> int:
        """Write all rows to Parquet files; see `Dataset.to_parquet`. The rows go through the store."""
        return self.to_dataset().to_parquet(
            path_or_buf, batch_size, storage_options=storage_options, **parquet_writer_kwargs
        )

    def to_sql(self, name: str, con: Any, batch_size: int | None = None, **sql_writer_kwargs: Any) -> int:
        """Write all rows to a table of a database; see `Dataset.to_sql`. The rows go through the store."""
        return self.to_dataset().to_sql(name, con, batch_size, **sql_writer_kwargs)

    def save_to_disk(self, dataset_path: str, **options: Any) -> None:
        """Write all rows to a directory that `load_from_disk` opens; see `Dataset.save_to_disk`."""
        self.to_dataset().save_to_disk(dataset_path, **options)

    def push_to_hub(
        self,
        repo_id: str,
        config_name: str = "default",
        set_default: bool | None = None,
        split: str | None = None,
        data_dir: str | None = None,
        commit_message: str | None = None,
        commit_description: str | None = None,
        private: bool | None = None,
        token: str | None = None,
        revision: str | None = None,
        create_pr: bool | None = False,
        max_shard_size: int | str | None = None,
        num_shards: int | None = None,
        embed_external_files: bool = True,
        num_proc: int | None = None,
        *,
        mode: str = "overwrite",
    ) -> CommitInfo:
        """Upload all rows to a dataset on the hub; see `Dataset.push_to_hub`. The rows go through the store."""
        return self.to_dataset(num_proc=num_proc).push_to_hub(
            repo_id,
            config_name,
            set_default,
            split or str(self._split or "train"),
            data_dir,
            commit_message,
            commit_description,
            private,
            token,
            revision,
            create_pr,
            max_shard_size,
            num_shards,
            embed_external_files,
            num_proc,
            mode=mode,
        )

    def _frames(self, name: str, batch_size: int | None, *, batched: bool) -> Any:
        shown = get_format(name, Features({}))
        if batched:
            return map(shown.batch, self._tables(batch_size))
        return shown.batch(self.to_arrow())

    def _tables(self, batch_size: int | None) -> Iterator[pa.Table]:
        running = Run(self._plan, Context(self._epoch.value), self._format, None)
        return (chunk.table for chunk in running.portions(batch_size or BATCH_ROWS))

    def _collected(self) -> Dataset:
        """Read all rows into memory."""
        return self.to_dataset(keep_in_memory=True)
