"""Leaving Arrow: data frames, Python values, and files of other formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from arrowsets import export
from arrowsets.dataset.core import DatasetCore
from arrowsets.features import Features, FeatureType
from arrowsets.formats import get_format
from arrowsets.late import media

__all__ = ["ExportMethods", "stored_types"]

BATCH_ROWS = 10_000


class ExportMethods(DatasetCore):
    """Methods of `Dataset` that convert or write all rows."""

    def to_arrow(self) -> pa.Table:
        """Return all rows as an Arrow table; what is mapped from files stays so."""
        return self._view.read(range(self.num_rows))

    def to_pandas(self, batch_size: int | None = None, batched: bool = False) -> Any:
        """Return all rows as a pandas data frame.

        Args:
            batch_size: Rows of each frame when batched.
            batched: Return an iterator of frames instead.
        """
        return self._frames(get_format("pandas", stored_types(self._features)).batch, batch_size, batched=batched)

    def to_polars(
        self,
        batch_size: int | None = None,
        batched: bool = False,
        schema_overrides: Mapping[str, Any] | None = None,
        rechunk: bool = True,
    ) -> Any:
        """Return all rows as a polars data frame; see `to_pandas`."""
        del rechunk
        frames = self._frames(get_format("polars", Features({})).batch, batch_size, batched=batched)
        if not schema_overrides:
            return frames
        if batched:
            return (frame.cast(schema_overrides) for frame in frames)
        return frames.cast(schema_overrides)

    def to_dict(self, batch_size: int | None = None, batched: bool = False) -> Any:
        """Return all rows as a dict of lists of stored values; images and their like are not decoded.

        Args:
            batch_size: Rows of each dict when batched.
            batched: Return an iterator of dicts instead.
        """
        shown = get_format(None, stored_types(self._features))
        return self._frames(shown.batch, batch_size, batched=batched)

    def to_list(self) -> list[dict[str, Any]]:
        """Return all rows as a list of dicts of stored values; see `to_dict`."""
        shown = get_format(None, stored_types(self._features))
        return [row for table in self._view.batches(BATCH_ROWS) for row in shown.rows(table)]

    def to_csv(
        self,
        path_or_buf: Any,
        batch_size: int | None = None,
        num_proc: int | None = None,
        storage_options: Mapping[str, Any] | None = None,
        **to_csv_kwargs: Any,
    ) -> int:
        """Write all rows to a CSV file and return the bytes of its text.

        Values are spelled as pandas spells them, but nested ones are JSON. The file appears whole or not at all, and
        is compressed if its name says so (.gz, .bz2, .xz, .zst, .lz4).

        Args:
            path_or_buf: A path, an fsspec URL, or a file object, which stays open.
            batch_size: Rows that are encoded at a time. None: by bytes.
            num_proc: Worker processes; the file does not depend on it.
            storage_options: Passed to fsspec.
            to_csv_kwargs: Those of `pandas.DataFrame.to_csv`: sep, header, columns, na_rep, quoting and so on. The
                index is left out unless `index=True`.

        Raises:
            UnknownName: for an option that is none; lists all.

        >>> import io
        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": [1, 2], "y": ["a", "b,c"]}).to_csv(text := io.StringIO())
        16
        >>> text.getvalue()
        'x,y\\n1,a\\n2,"b,c"\\n'
        """
        return export.write_csv(self._view, path_or_buf, batch_size, num_proc, storage_options, to_csv_kwargs)

    def to_json(
        self,
        path_or_buf: Any,
        batch_size: int | None = None,
        num_proc: int | None = None,
        storage_options: Mapping[str, Any] | None = None,
        **to_json_kwargs: Any,
    ) -> int:
        """Write all rows as JSON, a line each unless `lines=False`, and return the bytes of the text.

        Floats have all their digits and moments are ISO 8601 texts; `date_format="epoch"` writes numbers, of
        milliseconds unless `date_unit` says otherwise.

        Args:
            path_or_buf: A path, an fsspec URL, or a file object; see `to_csv` also for the arguments that follow.
            to_json_kwargs: Those of `pandas.DataFrame.to_json`: lines, orient, force_ascii, indent and so on. An
                orient other than "records" is one document, for which all rows are in memory at once.

        >>> import io
        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": [1, None], "y": [["a"], []]}).to_json(text := io.StringIO())
        36
        >>> print(text.getvalue(), end="")
        {"x":1,"y":["a"]}
        {"x":null,"y":[]}
        """
        return export.write_json(self._view, path_or_buf, batch_size, num_proc, storage_options, to_json_kwargs)

    def to_parquet(
        self,
        path_or_buf: Any,
        batch_size: int | None = None,
        storage_options: Mapping[str, Any] | None = None,
        *,
        num_shards: int | None = None,
        max_shard_size: str | int | None = None,
        num_proc: int | None = None,
        **parquet_writer_kwargs: Any,
    ) -> int:
        """Write all rows to a Parquet file, or to several, and return the bytes written.

        Args:
            path_or_buf: A path, an fsspec URL, or a file object. With `num_shards`, `max_shard_size` or `num_proc` it
                is a directory, whose files are named after the split ("train-00000-of-00002.parquet"), or has
                "{index}" in it: "part-{index:03d}.parquet".
            batch_size: Rows of a row group. None: as many as have about 100 MB.
            storage_options: Passed to fsspec.
            num_shards: The number of files.
            max_shard_size: Bytes of a file before compression, about, instead: "500MB" unless given.
            num_proc: Worker processes that write files; the files do not depend on it.
            parquet_writer_kwargs: Those of `pyarrow.parquet.ParquetWriter`: compression and so on. Pages are cut by
                content unless `use_content_defined_chunking=False`, so that equal rows are equal bytes for stores
                that find duplicates.

        >>> import io
        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": [1, 2]}).to_parquet(io.BytesIO()) > 0
        True
        """
        shards = export.ParquetShards(num_shards, max_shard_size, num_proc, str(self._split or "train"))
        return export.write_parquet(
            self._view, self._features, path_or_buf, batch_size, storage_options, shards, parquet_writer_kwargs
        )

    def to_sql(
        self,
        name: str,
        con: Any,
        batch_size: int | None = None,
        num_proc: int | None = None,
        **sql_writer_kwargs: Any,
    ) -> int:
        """Write all rows to a table of a database, in one transaction, and return how many they are.

        On a `sqlite3.Connection` each batch is committed; a table that could not be filled is dropped there.

        Args:
            name: The table's name.
            con: A `sqlite3.Connection`, or an SQLAlchemy URL ("sqlite:///data.db"), engine or connection.
            batch_size: Rows that are sent at a time.
            num_proc: Taken for compatibility: one connection writes all rows, or there would be no transaction.
            sql_writer_kwargs: Those of `pandas.DataFrame.to_sql`: if_exists, index, schema, dtype and so on.

        Raises:
            ValueError: if the table exists, unless if_exists is "replace" or "append".

        >>> import sqlite3
        >>> from arrowsets import Dataset
        >>> con = sqlite3.connect(":memory:")
        >>> Dataset.from_dict({"x": [1, 2], "y": ["a", None]}).to_sql("numbers", con)
        2
        >>> con.execute("select * from numbers").fetchall()
        [(1, 'a'), (2, None)]
        """
        export.check_counts(batch_size, num_proc)
        return export.write_sql(self._view, name, con, batch_size, sql_writer_kwargs)

    def _frames(self, show: Callable[[pa.Table], Any], batch_size: int | None, *, batched: bool) -> Any:
        if batched:
            return map(show, self._view.batches(batch_size or BATCH_ROWS))
        return show(self.to_arrow())


def stored_types(features: Features) -> Features:
    """Return the types that show what is stored: of media the bytes and paths; JSON texts as the values they spell."""
    return Features({name: _undecoded(feature) for name, feature in features.items()})


def _undecoded(feature: FeatureType) -> FeatureType:
    if isinstance(feature, media.Media):
        return type(feature).from_json({**feature.to_json(), "decode": False})
    children = feature.children()
    if not children:
        return feature
    return feature.with_children({name: _undecoded(child) for name, child in children.items()})
