"""Making streams of what is in memory, of files, generators and queries."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from arrowsets import registry
from arrowsets.builder import Builder
from arrowsets.config import settings
from arrowsets.dataset import Dataset
from arrowsets.dataset.feeding import spark_frame
from arrowsets.features import Features
from arrowsets.files import DataFile
from arrowsets.files.find import find
from arrowsets.info import DatasetInfo
from arrowsets.iterable.core import IterableCore
from arrowsets.iterable.sources import plan_of_builder, plan_of_view
from arrowsets.prepare import lineage_of

__all__ = ["CreateMethods"]

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


class CreateMethods(IterableCore):
    """Class methods of `IterableDataset`. Those that `Dataset` has too take the same and give the same rows."""

    @classmethod
    def from_dataset(cls, dataset: Dataset, num_shards: int = 1) -> Self:
        """Stream the rows of a dataset, as so many shards; any number of readers gets equal shares, whatever it is."""
        plan = plan_of_view(dataset._view, dataset._features, num_shards)
        return cls._make(
            plan,
            dataset._features,
            dataset._lineage,
            dataset._info,
            dataset._split,
            dataset._format,
            pins=dataset._pins,
        )

    @classmethod
    def from_dict(
        cls,
        mapping: Mapping[str, Any],
        features: Features | None = None,
        info: DatasetInfo | None = None,
        split: str | None = None,
        num_shards: int = 1,
        **kwargs: Any,
    ) -> Self:
        """Stream columns: lists, arrays, Series or tensors of one length."""
        return cls.from_dataset(Dataset.from_dict(mapping, features, info, split, **kwargs), num_shards)

    @classmethod
    def from_list(
        cls,
        mapping: Iterable[Mapping[str, Any]],
        features: Features | None = None,
        info: DatasetInfo | None = None,
        split: str | None = None,
        num_shards: int = 1,
        **kwargs: Any,
    ) -> Self:
        """Stream rows."""
        return cls.from_dataset(Dataset.from_list(mapping, features, info, split, **kwargs), num_shards)

    @classmethod
    def from_pandas(
        cls,
        df: Any,
        features: Features | None = None,
        info: DatasetInfo | None = None,
        split: str | None = None,
        preserve_index: bool | None = None,
        num_shards: int = 1,
    ) -> Self:
        """Stream a pandas data frame."""
        return cls.from_dataset(Dataset.from_pandas(df, features, info, split, preserve_index), num_shards)

    @classmethod
    def from_polars(
        cls,
        df: Any,
        features: Features | None = None,
        info: DatasetInfo | None = None,
        split: str | None = None,
    ) -> Self:
        """Stream a polars data frame."""
        return cls.from_dataset(Dataset.from_polars(df, features, info, split))

    @classmethod
    def from_arrow(cls, table: Any, features: Features | None = None, **kwargs: Any) -> Self:
        """Stream an Arrow table."""
        return cls.from_dataset(Dataset.from_arrow(table, features, **kwargs))

    @classmethod
    def from_file(cls, filename: str | Path, **kwargs: Any) -> Self:
        """Stream one Arrow file, which is mapped into memory."""
        return cls.from_dataset(Dataset.from_file(filename, **kwargs))

    @classmethod
    def from_csv(
        cls,
        path_or_paths: Paths,
        split: str | None = None,
        features: Features | None = None,
        keep_in_memory: bool = False,
        **kwargs: Any,
    ) -> Self:
        """Stream CSV files: paths, URLs or patterns."""
        del keep_in_memory
        return cls._of_files("csv", path_or_paths, split, features, kwargs)

    @classmethod
    def from_json(
        cls,
        path_or_paths: Paths,
        split: str | None = None,
        features: Features | None = None,
        keep_in_memory: bool = False,
        field: str | None = None,
        **kwargs: Any,
    ) -> Self:
        """Stream JSON or JSON lines files; `field` names the part of a JSON document that holds the rows."""
        del keep_in_memory
        keywords = kwargs if field is None else {**kwargs, "field": field}
        return cls._of_files("json", path_or_paths, split, features, keywords)

    @classmethod
    def from_parquet(
        cls,
        path_or_paths: Paths,
        split: str | None = None,
        features: Features | None = None,
        keep_in_memory: bool = False,
        columns: Sequence[str] | None = None,
        filters: Any = None,
        fragment_scan_options: Any = None,
        on_bad_files: str = "error",
        **kwargs: Any,
    ) -> Self:
        """Stream Parquet files; `columns` and `filters` are pushed down to them."""
        del keep_in_memory, fragment_scan_options
        keywords: dict[str, Any] = {**kwargs, "on_bad_files": "skip" if on_bad_files == "warn" else on_bad_files}
        keywords |= {} if columns is None else {"columns": list(columns)}
        keywords |= {} if filters is None else {"filters": filters}
        return cls._of_files("parquet", path_or_paths, split, features, keywords)

    @classmethod
    def from_text(
        cls,
        path_or_paths: Paths,
        split: str | None = None,
        features: Features | None = None,
        keep_in_memory: bool = False,
        keep_linebreaks: bool = False,
        sample_by: str = "line",
        **kwargs: Any,
    ) -> Self:
        """Stream text files: a row for each line, or as `sample_by=` says."""
        del keep_in_memory
        keywords = {**kwargs, "keep_linebreaks": keep_linebreaks, "sample_by": sample_by}
        return cls._of_files("text", path_or_paths, split, features, keywords)

    @classmethod
    def from_generator(
        cls,
        generator: Callable[..., Iterable[Mapping[str, Any]]],
        features: Features | None = None,
        gen_kwargs: Mapping[str, Any] | None = None,
        split: str | None = "train",
    ) -> Self:
        """Stream the rows that a generator function yields; it is called anew for each iteration.

        Args:
            gen_kwargs: Its arguments. Lists among them are shared out to readers, an element each.

        >>> from arrowsets import IterableDataset
        >>> def squares(n):
        ...     for i in range(n):
        ...         yield {"square": i * i}
        >>> list(IterableDataset.from_generator(squares, gen_kwargs={"n": 3}).skip(1))
        [{'square': 1}, {'square': 4}]
        """
        arguments = dict(gen_kwargs or {})
        cut = any(isinstance(value, list) for value in arguments.values())
        keywords = {"generator": generator, "gen_kwargs": arguments, "cut": cut}
        return cls._of_builder(_builder("generator", keywords, features), (), split)

    @classmethod
    def from_spark(
        cls, df: Any, split: Any = None, features: Features | None = None, working_dir: str | None = None, **kwargs: Any
    ) -> Self:
        """Stream a Spark data frame, partition by partition."""
        del working_dir, kwargs
        arguments = {"frame": spark_frame(df)}
        return cls.from_generator(_spark_rows, features, arguments, None if split is None else str(split))

    @classmethod
    def from_sql(cls, sql: Any, con: Any, features: Features | None = None, **kwargs: Any) -> Self:
        """Stream the result of an SQL query; it is made anew for each iteration."""
        return cls._of_builder(_builder("sql", {**kwargs, "sql": sql, "con": con}, features), (), None)

    @classmethod
    def _of_files(
        cls, name: str, paths: Paths, split: str | None, features: Features | None, keywords: Mapping[str, Any]
    ) -> Self:
        files = [file for found in find(paths, cache_dir=settings().downloads).values() for file in found]
        implied = registry.extension_keywords(name, files[0].extension) if files else {}
        return cls._of_builder(_builder(name, {**implied, **keywords}, features), files, split or "train")

    @classmethod
    def _of_builder(
        cls,
        builder: Builder[Any],
        files: Sequence[DataFile],
        split: str | None,
        info: DatasetInfo | None = None,
        source: Sequence[Any] = (),
    ) -> Self:
        """Stream one split of files."""
        plan, features = plan_of_builder(builder, files)
        known = info if info is not None else DatasetInfo(builder_name=builder.name)
        return cls._make(plan, features, lineage_of(builder, files, source), known, split)


def _spark_rows(frame: Any) -> Iterator[dict[str, Any]]:
    for row in frame.toLocalIterator():
        yield row.asDict(recursive=True)


def _builder(name: str, keywords: Mapping[str, Any], features: Features | None) -> Builder[Any]:
    given = dict(keywords)
    if features is not None:
        given["features"] = features if isinstance(features, Features) else Features(features)
    return registry.builder(name).from_keywords(given)
