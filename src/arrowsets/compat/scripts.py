"""Builders written as classes: a subclass says which splits there are and yields their rows or tables.

For a format that others read too, write a builder of `arrowsets.builder` instead: it is found by `load_dataset`.
"""

from __future__ import annotations

import copy
import os
from abc import ABC
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from arrowsets import describe
from arrowsets.builder import Builder, BuilderOptions
from arrowsets.combine import concatenate_datasets
from arrowsets.compat.downloads import DownloadConfig, DownloadManager, StreamingDownloadManager
from arrowsets.config import settings
from arrowsets.dataset import Dataset, DatasetDict
from arrowsets.derive import Execution, default_store
from arrowsets.errors import BadData, SplitNotFound, UnknownName
from arrowsets.features import Features, array_of, cast_column
from arrowsets.files import DataFile
from arrowsets.files.find import find
from arrowsets.hashing import fingerprint
from arrowsets.info import DatasetInfo, SplitDict, SplitInfo
from arrowsets.iterable import IterableDataset, IterableDatasetDict
from arrowsets.sizes import parse_size
from arrowsets.splits_spec import parse

__all__ = ["ArrowBasedBuilder", "BuilderConfig", "DatasetBuilder", "GeneratorBasedBuilder", "SplitGenerator"]

_ROWS = 1000


@dataclass
class BuilderConfig:
    """One configuration of a builder; subclasses add fields, which are keywords of the builder."""

    name: str = "default"
    version: Any = "0.0.0"
    data_dir: str | None = None
    data_files: Any = None
    description: str | None = None


@dataclass
class SplitGenerator:
    """A split and the arguments that its rows are generated with; lists among them may be cut into shards."""

    name: str
    gen_kwargs: dict[str, Any] = field(default_factory=dict)


class DatasetBuilder(ABC):  # noqa: B024 - what a subclass must say depends on the kind of builder
    """What builders written as classes have in common."""

    VERSION: ClassVar[Any] = None
    BUILDER_CONFIG_CLASS: ClassVar[type[BuilderConfig]] = BuilderConfig
    BUILDER_CONFIGS: ClassVar[Sequence[BuilderConfig]] = ()
    DEFAULT_CONFIG_NAME: ClassVar[str | None] = None

    def __init__(
        self,
        cache_dir: str | os.PathLike[str] | None = None,
        dataset_name: str | None = None,
        config_name: str | None = None,
        hash: str | None = None,  # noqa: A002 - the reference's name
        base_path: str | None = None,
        info: DatasetInfo | None = None,
        features: Features | None = None,
        token: bool | str | None = None,
        repo_id: str | None = None,
        data_files: Any = None,
        data_dir: str | None = None,
        storage_options: Mapping[str, Any] | None = None,
        writer_batch_size: int | None = None,
        config_id: str | None = None,
        **config_kwargs: Any,
    ) -> None:
        del hash, writer_batch_size, config_id
        self.name = dataset_name or type(self).__name__.lower()
        self.dataset_name, self.base_path, self.token, self.repo_id = self.name, base_path, token, repo_id
        self.storage_options = dict(storage_options or {})
        self._root = Path(cache_dir).expanduser() if cache_dir is not None else settings().cache_dir
        self.config = self._configuration(config_name, config_kwargs)
        if data_dir is not None:
            self.config.data_dir = data_dir
        if data_files is not None:
            found = find(
                data_files,
                self.config.data_dir,
                base_path or ".",
                cache_dir=str(settings().downloads_below(self._root)),
            )
            self.config.data_files = {split: [file.url for file in files] for split, files in found.items()}
        self.info = info.copy() if info is not None else self._info()
        if features is not None:
            self.info.features = Features(features)
        self.info.builder_name, self.info.config_name = self.name, self.config.name
        self._splits: dict[str, Dataset] = {}

    # What a subclass says

    def _info(self) -> DatasetInfo:
        return DatasetInfo()

    def _split_generators(self, dl_manager: DownloadManager) -> Iterable[SplitGenerator]:
        raise NotImplementedError(f"{type(self).__name__} needs a method _split_generators(dl_manager)")

    def _tables(self, arguments: Mapping[str, Any]) -> Iterator[pa.Table]:
        raise NotImplementedError

    # What users call

    @property
    def cache_dir(self) -> str:
        """The root of the store that results are kept in."""
        return str(self._root)

    def download_and_prepare(
        self,
        output_dir: str | os.PathLike[str] | None = None,
        download_config: DownloadConfig | None = None,
        download_mode: Any = None,
        verification_mode: Any = None,
        dl_manager: DownloadManager | None = None,
        base_path: str | None = None,
        file_format: str = "arrow",
        max_shard_size: int | str | None = None,
        num_proc: int | None = None,
        storage_options: Mapping[str, Any] | None = None,
        **keywords: Any,
    ) -> None:
        """Read all splits into the store.

        Args:
            output_dir: Write the splits there as well, as files of `file_format`, "arrow" or "parquet".
            num_proc: Worker processes, which share out the lists in the arguments of a split.
        """
        del verification_mode, keywords
        if file_format not in ("arrow", "parquet"):
            raise UnknownName.of("file_format", file_format, ("arrow", "parquet"))
        manager = dl_manager or DownloadManager(
            self.name, self.config.data_dir, download_config, base_path or self.base_path
        )
        reuse = getattr(download_mode, "value", download_mode) != "force_redownload"
        self._prepare(manager, num_proc, reuse=reuse)
        sizes = [(name, dataset.nbytes, len(dataset)) for name, dataset in self._splits.items()]
        self.info.splits = SplitDict({name: SplitInfo(name, size, rows) for name, size, rows in sizes})
        if output_dir is None:
            return
        if file_format == "parquet":
            for name, dataset in self._splits.items():
                size = parse_size(max_shard_size if max_shard_size is not None else settings().max_shard_size)
                target = os.path.join(output_dir, f"{self.name}-{name}-{{index:05d}}.parquet")  # noqa: PTH118 - may be a URL
                dataset.to_parquet(target, storage_options=storage_options, max_shard_size=size)
        else:
            DatasetDict(self._splits).save_to_disk(str(output_dir), max_shard_size, storage_options=storage_options)

    def as_dataset(self, split: Any = None, in_memory: bool = False) -> Any:
        """Return the prepared splits, or those rows that `split` names."""
        del in_memory
        if not self._splits:
            raise SplitNotFound("nothing is prepared yet; call download_and_prepare() first")
        if split is None:
            return DatasetDict(self._splits)
        if isinstance(split, (list, tuple)):
            return [self.as_dataset(each) for each in split]
        lengths = {name: len(dataset) for name, dataset in self._splits.items()}
        rows = parse(split).to_absolute(lengths)
        parts = [self._splits[name].select(range(start, stop)) for name, start, stop in rows]
        return parts[0] if len(parts) == 1 else concatenate_datasets(parts, split=str(split))

    def as_streaming_dataset(self, split: str | None = None, base_path: str | None = None) -> Any:
        """Return streams of the splits, whose rows are generated while one iterates."""
        manager = StreamingDownloadManager(self.name, self.config.data_dir, None, base_path or self.base_path)
        streams = {
            str(each.name): IterableDataset._of_builder(
                self._reader(each.gen_kwargs, cut=True), (), str(each.name), self.info
            )
            for each in self._split_generators(manager)
        }
        if split is None:
            return IterableDatasetDict(streams)
        if split not in streams:
            raise SplitNotFound.of(split, streams)
        return streams[split]

    def _prepare(self, manager: DownloadManager, num_proc: int | None, *, reuse: bool) -> None:
        how = Execution(num_proc=num_proc, reuse=reuse, store=default_store(self._root))
        self._splits = {
            str(each.name): Dataset._prepared(
                self._reader(each.gen_kwargs, cut=bool(num_proc)), (), str(each.name), how, info=self.info
            )
            for each in self._split_generators(manager)
        }

    def _reader(self, arguments: Mapping[str, Any], *, cut: bool) -> _Reader:
        return _Reader(_ReaderOptions(self.info.features, script=self, arguments=dict(arguments), cut=cut))

    def _configuration(self, name: str | None, given: Mapping[str, Any]) -> BuilderConfig:
        known = {config.name: config for config in self.BUILDER_CONFIGS}
        wanted = name if name is not None else self.DEFAULT_CONFIG_NAME
        if wanted is None and len(known) == 1 and not given:
            wanted = next(iter(known))
        if wanted is None and len(known) > 1 and not given:
            raise UnknownName(f"several configurations and no default: name one of {', '.join(map(repr, known))}")
        if wanted is not None and known and wanted not in known and not given:
            raise UnknownName.of("configuration", wanted, known)
        if wanted in known:
            config = copy.deepcopy(known[str(wanted)])
            for key, value in given.items():
                if not hasattr(config, key):
                    raise UnknownName.of(f"option of {type(self).__name__}", key, vars(config))
                setattr(config, key, value)
            return config
        config = self.BUILDER_CONFIG_CLASS(**{"name": wanted or "default", **given})
        if self.VERSION is not None and config.version == "0.0.0":
            config.version = self.VERSION
        return config

    def __fingerprint__(self) -> str:
        own = {name: value for cls in type(self).__mro__ if cls not in _BASES for name, value in vars(cls).items()}
        code = {name: value for name, value in own.items() if callable(value) or name == "VERSION"}
        features = self.info.features
        return fingerprint(
            {"code": code, "config": vars(self.config), "features": None if features is None else features.to_dict()}
        ).digest


# What `load_dataset_builder` answers is one too.
DatasetBuilder.register(describe.DatasetBuilder)


class GeneratorBasedBuilder(DatasetBuilder):
    """A builder whose `_generate_examples(**gen_kwargs)` yields (key, row).

    >>> class Squares(GeneratorBasedBuilder):
    ...     def _split_generators(self, dl_manager):
    ...         return [SplitGenerator("train", {"n": 3})]
    ...     def _generate_examples(self, n):
    ...         for i in range(n):
    ...             yield i, {"square": i * i}
    >>> builder = Squares()
    >>> builder.download_and_prepare()
    >>> builder.as_dataset("train[1:]")["square"].tolist()
    [1, 4]
    """

    def _generate_examples(self, **gen_kwargs: Any) -> Iterable[tuple[Any, Mapping[str, Any]]]:
        raise NotImplementedError(f"{type(self).__name__} needs a method _generate_examples(**gen_kwargs)")

    def _tables(self, arguments: Mapping[str, Any]) -> Iterator[pa.Table]:
        rows: list[Mapping[str, Any]] = []
        for _, row in self._generate_examples(**arguments):
            rows.append(row)
            if len(rows) == _ROWS:
                yield _table(rows, self.info.features)
                rows = []
        if rows:
            yield _table(rows, self.info.features)


class ArrowBasedBuilder(DatasetBuilder):
    """A builder whose `_generate_tables(**gen_kwargs)` yields (key, Arrow table)."""

    def _generate_tables(self, **gen_kwargs: Any) -> Iterable[tuple[Any, pa.Table]]:
        raise NotImplementedError(f"{type(self).__name__} needs a method _generate_tables(**gen_kwargs)")

    def _tables(self, arguments: Mapping[str, Any]) -> Iterator[pa.Table]:
        for _, table in self._generate_tables(**arguments):
            yield table


_BASES = (object, DatasetBuilder, GeneratorBasedBuilder, ArrowBasedBuilder)


@dataclass(frozen=True)
class _ReaderOptions(BuilderOptions):
    script: DatasetBuilder | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    cut: bool = False


class _Reader(Builder[Mapping[str, Any]]):
    """Reads what a class yields; a shard is the arguments of one call."""

    name = "script"
    options = _ReaderOptions
    config: _ReaderOptions

    def shards(self, files: Sequence[DataFile]) -> Sequence[Mapping[str, Any]]:
        """Return the arguments of each call: with lists of one element each, or as they are."""
        del files
        arguments = self.config.arguments
        lists = {name: value for name, value in arguments.items() if isinstance(value, list)}
        lengths = {len(value) for value in lists.values()}
        if not self.config.cut or len(lengths) != 1:
            return (arguments,)
        return tuple({**arguments, **{name: [lists[name][i]] for name in lists}} for i in range(lengths.pop()))

    def read(self, shard: Mapping[str, Any], schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the tables of one call."""
        assert self.config.script is not None
        features = None if schema is None else Features.from_arrow_schema(schema)
        for table in self.config.script._tables(shard):
            yield table if features is None else _as(table, features)

    def schema(self, files: Sequence[DataFile]) -> Features | None:
        """Return the types that the class declares."""
        del files
        return self.config.features

    def decodes_text(self) -> bool:
        """Values have their types."""
        return False


def _table(rows: Sequence[Mapping[str, Any]], features: Features | None) -> pa.Table:
    if features is not None and (unknown := [name for row in rows for name in row if name not in features]):
        raise BadData(f"the rows have a column {unknown[0]!r} that the features do not name: {list(features)}")
    names = dict.fromkeys(features if features is not None else [name for row in rows for name in row])
    arrays, kinds = {}, {}
    for name in names:
        wanted = None if features is None else features[name]
        arrays[name], kinds[name] = array_of([row.get(name) for row in rows], wanted, on_mixed="use_json")
    return pa.Table.from_arrays(list(arrays.values()), schema=Features(kinds).arrow_schema)


def _as(table: pa.Table, features: Features) -> pa.Table:
    columns = [
        cast_column(table[name], feature)
        if name in table.column_names
        else pa.chunked_array([_nulls(len(table), feature.storage)])
        for name, feature in features.items()
    ]
    return pa.Table.from_arrays(columns, schema=features.arrow_schema)


def _nulls(count: int, dtype: Any) -> Any:
    return pa.nulls(count, dtype)
