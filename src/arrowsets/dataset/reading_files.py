"""Making datasets of files, generators and queries, through the builders and the store."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from arrowsets.config import settings
from arrowsets.dataset.core import DatasetCore
from arrowsets.dataset.create import read_copy
from arrowsets.features import Features
from arrowsets.info import DatasetInfo
from arrowsets.late import derive, download, find, prepare, registry, unpack
from arrowsets.lineage import Lineage
from arrowsets.table import View

if TYPE_CHECKING:
    from arrowsets.builder import Builder
    from arrowsets.derive import Execution
    from arrowsets.files import DataFile

__all__ = ["FileMethods"]

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


class FileMethods(DatasetCore):
    """Class methods of `Dataset` that read a source into the store."""

    @classmethod
    def from_csv(
        cls,
        path_or_paths: Paths,
        split: str | None = None,
        features: Features | None = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        num_proc: int | None = None,
        **kwargs: Any,
    ) -> Self:
        """Read CSV files.

        Args:
            path_or_paths: Paths, URLs or patterns.
            features: Types to read as, instead of those of the values.
            cache_dir: Root of the store. None: the user's cache.
            keep_in_memory: Read into memory instead of mapping files.
            num_proc: Worker processes, also within one file.
            kwargs: Options of the builder, as for `load_dataset("csv", ...)`.
        """
        return cls._read("csv", path_or_paths, split, features, cache_dir, keep_in_memory, num_proc, kwargs)

    @classmethod
    def from_json(
        cls,
        path_or_paths: Paths,
        split: str | None = None,
        features: Features | None = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        field: str | None = None,
        num_proc: int | None = None,
        **kwargs: Any,
    ) -> Self:
        """Read JSON or JSON lines files; `field` names the part of a JSON document that holds the rows. See `from_csv`."""
        keywords = kwargs if field is None else {**kwargs, "field": field}
        return cls._read("json", path_or_paths, split, features, cache_dir, keep_in_memory, num_proc, keywords)

    @classmethod
    def from_parquet(
        cls,
        path_or_paths: Paths,
        split: str | None = None,
        features: Features | None = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        columns: Sequence[str] | None = None,
        num_proc: int | None = None,
        filters: Any = None,
        fragment_scan_options: Any = None,
        on_bad_files: str = "error",
        **kwargs: Any,
    ) -> Self:
        """Read Parquet files; `columns` and `filters` are pushed down to them. See `from_csv`."""
        del fragment_scan_options
        keywords: dict[str, Any] = {**kwargs, "on_bad_files": "skip" if on_bad_files == "warn" else on_bad_files}
        keywords |= {} if columns is None else {"columns": list(columns)}
        keywords |= {} if filters is None else {"filters": filters}
        return cls._read("parquet", path_or_paths, split, features, cache_dir, keep_in_memory, num_proc, keywords)

    @classmethod
    def from_text(
        cls,
        path_or_paths: Paths,
        split: str | None = None,
        features: Features | None = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        num_proc: int | None = None,
        keep_linebreaks: bool = False,
        sample_by: str = "line",
        **kwargs: Any,
    ) -> Self:
        """Read text files: a row for each "line", "paragraph" or "document". See `from_csv`."""
        keywords = {**kwargs, "keep_linebreaks": keep_linebreaks, "sample_by": sample_by}
        return cls._read("text", path_or_paths, split, features, cache_dir, keep_in_memory, num_proc, keywords)

    @classmethod
    def from_generator(
        cls,
        generator: Callable[..., Iterable[Mapping[str, Any]]],
        features: Features | None = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        gen_kwargs: Mapping[str, Any] | None = None,
        num_proc: int | None = None,
        split: str = "train",
        fingerprint: str | None = None,
        **kwargs: Any,
    ) -> Self:
        """Read the rows that a generator function yields; found again by its code and arguments.

        Args:
            generator: Returns an iterable of dicts.
            gen_kwargs: Its arguments. With `num_proc`, it is called once for each element of the lists among them.
            fingerprint: Of the result, instead of that of the code.

        >>> from arrowsets import Dataset
        >>> def squares(n):
        ...     for i in range(n):
        ...         yield {"i": i, "square": i * i}
        >>> Dataset.from_generator(squares, gen_kwargs={"n": 3})["square"].tolist()
        [0, 1, 4]
        """
        arguments = dict(gen_kwargs or {})
        cut = bool(num_proc) and any(isinstance(value, list) for value in arguments.values())
        keywords = {**kwargs, "generator": generator, "gen_kwargs": arguments, "cut": cut}
        builder = _builder("generator", keywords, features)
        how = _how(cache_dir, num_proc, keep_in_memory)
        return cls._prepared(builder, (), split, how, fingerprint=fingerprint)

    @classmethod
    def from_sql(
        cls,
        sql: Any,
        con: Any,
        features: Features | None = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        **kwargs: Any,
    ) -> Self:
        """Read the result of an SQL query.

        A query of a SQLite file is found again while the file is unchanged; what other databases hold cannot be known,
        so they are asked each time.

        Args:
            sql: A query, a table's name, or a selectable of SQLAlchemy.
            con: A URI ("sqlite:///file.db"), or an open connection or engine.
            kwargs: `params`, `columns`, `chunksize`, and `index_col`, `coerce_float`, `parse_dates` as in pandas.
        """
        builder = _builder("sql", {**kwargs, "sql": sql, "con": con}, features)
        stable = isinstance(con, str) and con.startswith("sqlite:///") and isinstance(sql, str)
        source: list[Any] = [os.urandom(16).hex()]
        if stable:
            stat = Path(con.removeprefix("sqlite:///")).stat()
            source = [stat.st_size, stat.st_mtime_ns]
        sqlite = sys.modules.get("sqlite3")
        opened = sqlite is not None and isinstance(con, sqlite.Connection)
        return cls._prepared(builder, (), None, _how(cache_dir, None, keep_in_memory or opened), source=source)

    @classmethod
    def _read(
        cls,
        name: str,
        paths: Paths,
        split: str | None,
        features: Features | None,
        cache_dir: str | None,
        keep_in_memory: bool,
        num_proc: int | None,
        keywords: Mapping[str, Any],
    ) -> Self:
        root = Path(cache_dir) if cache_dir is not None else settings().cache_dir
        downloads = settings().downloads_below(root)
        found = [file for files in find.find(paths, cache_dir=downloads).values() for file in files]
        files = unpack.expand(download.download(found, downloads), downloads)
        implied = registry.extension_keywords(name, files[0].extension) if files else {}
        builder = _builder(name, {**implied, **keywords}, features).over({split or "train": files})
        return cls._prepared(builder, files, split or "train", _how(cache_dir, num_proc, keep_in_memory))

    @classmethod
    def _prepared(
        cls,
        builder: Builder[Any],
        files: Sequence[DataFile],
        split: str | None,
        how: Execution,
        *,
        fingerprint: str | None = None,
        source: Sequence[Any] = (),
        info: DatasetInfo | None = None,
        fetch: Callable[[], Iterator[Sequence[DataFile]]] | None = None,
    ) -> Self:
        """Make the dataset of one split: found in the store, or read into it; see `prepare`."""
        description = f"Generating {split or 'data'} split"
        made = prepare.prepare(builder, files, how, description=description, source=source, fetch=fetch)
        assert made.entry is not None
        derived = derive.Derived(
            View.from_files(made.files),
            made.layout.features,
            hit=made.hit,
            entry=made.entry,
            label=f"load({builder.name})",
            store=how.store,
        )
        lineage = Lineage.of_digest("load", fingerprint or made.entry.key)
        dataset = cls._make(
            derived.view,
            derived.features,
            lineage,
            info if info is not None else DatasetInfo(builder_name=builder.name),
            split,
            pins=derived.pins,
            origin=derived.origin,
        )
        dataset._rejects, dataset._store = made.rejects, how.store
        return dataset._read_whole() if how.in_memory else dataset

    def _read_whole(self) -> Self:
        """Return the dataset with its rows in memory instead of mapped files."""
        made = self._make(
            View.from_table(read_copy(self._view)),
            self._features,
            self._lineage,
            self._info,
            self._split,
            origin=self._origin,
        )
        made._rejects, made._store = self._rejects, self._store
        return made


def _builder(name: str, keywords: Mapping[str, Any], features: Features | None) -> Builder[Any]:
    given = dict(keywords)
    if features is not None:
        given["features"] = features if isinstance(features, Features) else Features(features)
    return registry.builder(name).from_keywords(given)


def _how(cache_dir: str | None, num_proc: int | None, keep_in_memory: bool) -> Execution:
    return derive.Execution(num_proc=num_proc, store=derive.default_store(cache_dir), in_memory=keep_in_memory)
