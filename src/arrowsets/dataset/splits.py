"""`DatasetDict`: the splits of a dataset by name, with every method of `Dataset` that makes sense on each of them."""

from __future__ import annotations

import functools
import importlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

from arrowsets import export
from arrowsets.dataset.conversion import hf_library
from arrowsets.dataset.dataset import Dataset
from arrowsets.dataset.split_names import given_split, split_path
from arrowsets.dataset.viewing import open_viewer
from arrowsets.errors import DataFilesNotFound, SplitNotFound
from arrowsets.guise import class_seen
from arrowsets.late import display, push, transforms

if TYPE_CHECKING:
    from huggingface_hub import CommitInfo

    from arrowsets.iterable import IterableDatasetDict

__all__ = ["DatasetDict", "per_split"]

P = ParamSpec("P")
R = TypeVar("R")


def per_split(method: Callable[Concatenate[Dataset, P], Dataset]) -> Callable[Concatenate[DatasetDict, P], DatasetDict]:
    """Lift a method of `Dataset` to all splits; it keeps its name, signature, documentation and types."""

    def lifted(self: DatasetDict, /, *args: P.args, **kwargs: P.kwargs) -> DatasetDict:
        return DatasetDict({name: method(dataset, *args, **kwargs) for name, dataset in self._checked()})

    functools.update_wrapper(lifted, method)
    return lifted


def by_split(method: Callable[Concatenate[Dataset, P], R]) -> Callable[Concatenate[DatasetDict, P], dict[str, R]]:
    """Lift a method whose answers are no datasets: they come as a dict by split."""

    def lifted(self: DatasetDict, /, *args: P.args, **kwargs: P.kwargs) -> dict[str, R]:
        return {name: method(dataset, *args, **kwargs) for name, dataset in self._checked()}

    functools.update_wrapper(lifted, method)
    return lifted


class DatasetDict(dict[str, Dataset]):
    """Splits by name: a dict.

    >>> splits = DatasetDict({"train": Dataset.from_dict({"x": [1, 2]}), "test": Dataset.from_dict({"x": [3]})})
    >>> splits.filter(lambda row: row["x"] > 1).num_rows
    {'train': 1, 'test': 1}
    """

    def __getitem__(self, key: str) -> Dataset:
        """Return a split.

        Raises:
            SplitNotFound: names the splits that there are.
        """
        if isinstance(key, (int, slice)):
            raise SplitNotFound(
                f"this is a dictionary of the splits {list(self)}, not one of them; "
                f"choose a split first: datasets[{next(iter(self), 'train')!r}][{key}]"
            )
        try:
            return super().__getitem__(key)
        except KeyError:
            raise SplitNotFound.of(key, self) from None

    @property
    def rejects(self) -> dict[str, list[transforms.Reject]]:
        """What the readers left out of each split; see `Dataset.rejects`."""
        return {name: dataset.rejects for name, dataset in self._checked()}

    def add_column(
        self, name: str, column: Any, new_fingerprint: str | None = None, feature: Any = None
    ) -> DatasetDict:
        """Add a column to each split: `column` is a dict of the values of each, or values that suit all.

        >>> splits = DatasetDict({"train": Dataset.from_dict({"x": [1, 2]}), "test": Dataset.from_dict({"x": [3]})})
        >>> splits.add_column("y", {"train": ["a", "b"], "test": ["c"]})["test"][0]
        {'x': 3, 'y': 'c'}
        """
        values = column if isinstance(column, Mapping) else dict.fromkeys(self, column)
        if set(values) != set(self):
            raise SplitNotFound(f"the values of column {name!r} are for the splits {list(values)}, not {list(self)}")
        add = Dataset.add_column
        return DatasetDict(
            {key: add(data, name, values[key], new_fingerprint, feature) for key, data in self._checked()}
        )

    def to_iterable_dataset(self, num_shards: int = 1) -> IterableDatasetDict:
        """Return a stream of each split; see `Dataset.to_iterable_dataset`.

        >>> splits = DatasetDict({"train": Dataset.from_dict({"x": [1, 2]})})
        >>> list(splits.to_iterable_dataset()["train"])
        [{'x': 1}, {'x': 2}]
        """
        streams = {name: dataset.to_iterable_dataset(num_shards) for name, dataset in self._checked()}
        # Streams stand above datasets; like the package's own names, they are imported when they are first used.
        made: IterableDatasetDict = importlib.import_module("arrowsets.iterable").IterableDatasetDict(streams)
        return made

    def _checked(self) -> list[tuple[str, Dataset]]:
        for name, dataset in self.items():
            if not isinstance(dataset, Dataset):
                raise TypeError(f"split {name!r} is {type(dataset).__name__}, not a Dataset")
        return list(self.items())

    def __repr__(self) -> str:
        inner = "\n".join(f"{name}: {dataset!r}" for name, dataset in self.items())
        return "DatasetDict({\n" + "\n".join(f"    {line}" for line in inner.splitlines()) + "\n})"

    def _repr_html_(self) -> str:
        return "".join(f"<h4>{display.escaped(name)}</h4>{dataset._repr_html_()}" for name, dataset in self.items())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for dataset in self.values():
            dataset.__exit__(None, None, None)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return class_seen(type(self), "DatasetDict")

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (dict(self),)

    # What the splits are

    @property
    def num_rows(self) -> dict[str, int]:
        """The number of rows of each split."""
        return {name: dataset.num_rows for name, dataset in self.items()}

    @property
    def num_columns(self) -> dict[str, int]:
        """The number of columns of each split."""
        return {name: dataset.num_columns for name, dataset in self.items()}

    @property
    def column_names(self) -> dict[str, list[str]]:
        """The columns of each split."""
        return {name: dataset.column_names for name, dataset in self.items()}

    @property
    def shape(self) -> dict[str, tuple[int, int]]:
        """The rows and columns of each split."""
        return {name: dataset.shape for name, dataset in self.items()}

    @property
    def data(self) -> dict[str, Any]:
        """The Arrow table of each split."""
        return {name: dataset.data for name, dataset in self.items()}

    @property
    def cache_files(self) -> dict[str, list[dict[str, str]]]:
        """The files of each split."""
        return {name: dataset.cache_files for name, dataset in self.items()}

    # Methods of Dataset, on each split

    select = per_split(Dataset.select)
    take = per_split(Dataset.take)
    skip = per_split(Dataset.skip)
    repeat = per_split(Dataset.repeat)
    shard = per_split(Dataset.shard)
    batch = per_split(Dataset.batch)
    cast = per_split(Dataset.cast)
    cast_column = per_split(Dataset.cast_column)
    add_item = per_split(Dataset.add_item)
    remove_columns = per_split(Dataset.remove_columns)
    rename_column = per_split(Dataset.rename_column)
    rename_columns = per_split(Dataset.rename_columns)
    select_columns = per_split(Dataset.select_columns)
    class_encode_column = per_split(Dataset.class_encode_column)
    align_labels_with_mapping = per_split(Dataset.align_labels_with_mapping)
    with_transform = per_split(Dataset.with_transform)
    unique = by_split(Dataset.unique)
    as_rows = by_split(Dataset.as_rows)
    to_pandas = by_split(Dataset.to_pandas)
    to_polars = by_split(Dataset.to_polars)
    to_arrow = by_split(Dataset.to_arrow)
    to_dict = by_split(Dataset.to_dict)
    to_list = by_split(Dataset.to_list)
    explain = by_split(Dataset.explain)
    describe = by_split(Dataset.describe)
    cleanup_cache_files = by_split(Dataset.cleanup_cache_files)
    train_test_split = by_split(Dataset.train_test_split)
    set_transform = by_split(Dataset.set_transform)
    reset_format = by_split(Dataset.reset_format)

    def to_hf(self) -> Any:
        """Return the splits as a `DatasetDict` of Hugging Face `datasets`; see `Dataset.to_hf`."""
        return hf_library().DatasetDict({name: dataset.to_hf() for name, dataset in self.items()})

    def view(self, *, port: int = 0, browser: bool = True) -> Any:
        """Show the splits in a browser; see `Dataset.view`."""
        return open_viewer(self, port, browser)

    def with_format(
        self,
        type: str | None = None,  # noqa: A002 - the reference's name
        columns: Sequence[str] | None = None,
        output_all_columns: bool = False,
        **format_kwargs: Any,
    ) -> DatasetDict:
        """Return the splits showing their rows in a format; see `Dataset.with_format`."""
        return DatasetDict(
            {n: d.with_format(type, columns, output_all_columns, **format_kwargs) for n, d in self._checked()}
        )

    def set_format(
        self,
        type: str | None = None,  # noqa: A002
        columns: Sequence[str] | None = None,
        output_all_columns: bool = False,
        **format_kwargs: Any,
    ) -> None:
        """Show the rows of all splits in a format; see `Dataset.with_format`."""
        for _, dataset in self._checked():
            dataset.set_format(type, columns, output_all_columns, **format_kwargs)

    # Methods whose arguments may differ by split

    def map(
        self,
        function: Callable[..., Any] | None = None,
        with_indices: bool = False,
        with_rank: bool = False,
        with_split: bool = False,
        input_columns: str | Sequence[str] | None = None,
        batched: bool = False,
        batch_size: int | None = 1000,
        drop_last_batch: bool = False,
        remove_columns: str | Sequence[str] | None = None,
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        cache_file_names: Mapping[str, str | None] | None = None,
        writer_batch_size: int | None = 1000,
        features: Any = None,
        disable_nullable: bool = False,
        fn_kwargs: Mapping[str, Any] | None = None,
        num_proc: int | None = None,
        desc: str | None = None,
        try_original_type: bool | None = True,
        on_mixed_types: Any = "use_json",
        **execution: Any,
    ) -> DatasetDict:
        """Apply a function to the rows of each split; see `Dataset.map`.

        Args:
            with_split: Pass the split's name after the row, its index and the rank.
            cache_file_names: A file for a copy of each split's result.
        """
        return DatasetDict(
            {
                name: dataset.map(
                    given_split(function, name) if with_split and function else function,
                    with_indices,
                    with_rank,
                    input_columns,
                    batched,
                    batch_size,
                    drop_last_batch,
                    remove_columns,
                    keep_in_memory,
                    load_from_cache_file,
                    (cache_file_names or {}).get(name),
                    writer_batch_size,
                    features,
                    disable_nullable,
                    fn_kwargs,
                    num_proc,
                    desc=f"{desc} ({name})" if desc else f"Map ({name})",
                    try_original_type=try_original_type,
                    on_mixed_types=on_mixed_types,
                    **execution,
                )
                for name, dataset in self._checked()
            }
        )

    def filter(
        self,
        function: Callable[..., Any] | Any | None = None,
        with_indices: bool = False,
        with_rank: bool = False,
        input_columns: str | Sequence[str] | None = None,
        batched: bool = False,
        batch_size: int | None = 1000,
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        cache_file_names: Mapping[str, str | None] | None = None,
        writer_batch_size: int | None = 1000,
        fn_kwargs: Mapping[str, Any] | None = None,
        num_proc: int | None = None,
        desc: str | None = None,
        **execution: Any,
    ) -> DatasetDict:
        """Keep the rows of each split for which a function is true; see `Dataset.filter`."""
        return DatasetDict(
            {
                name: dataset.filter(
                    function,
                    with_indices,
                    with_rank,
                    input_columns,
                    batched,
                    batch_size,
                    keep_in_memory,
                    load_from_cache_file,
                    (cache_file_names or {}).get(name),
                    writer_batch_size,
                    fn_kwargs,
                    num_proc,
                    desc=f"{desc} ({name})" if desc else f"Filter ({name})",
                    **execution,
                )
                for name, dataset in self._checked()
            }
        )

    def sort(
        self,
        column_names: str | Sequence[str],
        reverse: bool | Sequence[bool] = False,
        null_placement: str = "at_end",
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        indices_cache_file_names: Mapping[str, str | None] | None = None,
        writer_batch_size: int | None = 1000,
    ) -> DatasetDict:
        """Order the rows of each split; see `Dataset.sort`."""
        del keep_in_memory, load_from_cache_file, indices_cache_file_names, writer_batch_size
        return DatasetDict(
            {name: dataset.sort(column_names, reverse, null_placement) for name, dataset in self._checked()}
        )

    def flatten(self, max_depth: int = 16) -> DatasetDict:
        """Replace the struct columns of each split by their fields; see `Dataset.flatten`."""
        return DatasetDict({name: dataset.flatten(max_depth=max_depth) for name, dataset in self._checked()})

    def flatten_indices(
        self,
        keep_in_memory: bool = False,
        cache_file_names: Mapping[str, str | None] | None = None,
        writer_batch_size: int | None = 1000,
        features: Any = None,
        disable_nullable: bool = False,
        num_proc: int | None = None,
        new_fingerprint: str | None = None,
    ) -> DatasetDict:
        """Write the rows of each split in the order they are shown; see `Dataset.flatten_indices`."""
        files = cache_file_names or {}
        return DatasetDict(
            {
                name: dataset.flatten_indices(
                    keep_in_memory,
                    files.get(name),
                    writer_batch_size,
                    features,
                    disable_nullable,
                    num_proc,
                    None if new_fingerprint is None else f"{new_fingerprint}-{name}",
                )
                for name, dataset in self._checked()
            }
        )

    def shuffle(
        self,
        seeds: int | Mapping[str, int | None] | None = None,
        seed: int | None = None,
        generators: Mapping[str, Any] | None = None,
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        indices_cache_file_names: Mapping[str, str | None] | None = None,
        writer_batch_size: int | None = 1000,
    ) -> DatasetDict:
        """Return the rows of each split in random order; see `Dataset.shuffle`.

        Args:
            seeds: One seed for all splits, or one for each of them.
            seed: The same as a single number for `seeds`.
            generators: A generator for each split, instead.
        """
        del keep_in_memory, load_from_cache_file, indices_cache_file_names, writer_batch_size
        if seed is not None and seeds is not None:
            raise ValueError("give seed= or seeds=, not both")
        shared = seed if seeds is None else seeds
        for given in (shared, generators):
            if isinstance(given, Mapping) and (missing := [name for name in self if name not in given]):
                raise SplitNotFound.of(missing[0], given)
        return DatasetDict(
            {
                name: dataset.shuffle(
                    shared.get(name) if isinstance(shared, Mapping) else shared, (generators or {}).get(name)
                )
                for name, dataset in self._checked()
            }
        )

    @contextmanager
    def formatted_as(
        self,
        type: str | None = None,  # noqa: A002
        columns: Sequence[str] | None = None,
        output_all_columns: bool = False,
        **format_kwargs: Any,
    ) -> Iterator[None]:
        """Show the rows of all splits in a format inside of a `with` block."""
        with ExitStack() as stack:
            for _, dataset in self._checked():
                stack.enter_context(dataset.formatted_as(type, columns, output_all_columns, **format_kwargs))
            yield

    # Files

    @classmethod
    def from_csv(
        cls,
        path_or_paths: Mapping[str, Any],
        features: Any = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        **kwargs: Any,
    ) -> DatasetDict:
        """Read CSV files, those of each split; see `Dataset.from_csv`."""
        return cls._read(Dataset.from_csv, path_or_paths, features, cache_dir, keep_in_memory, kwargs)

    @classmethod
    def from_json(
        cls,
        path_or_paths: Mapping[str, Any],
        features: Any = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        **kwargs: Any,
    ) -> DatasetDict:
        """Read JSON files, those of each split; see `Dataset.from_json`."""
        return cls._read(Dataset.from_json, path_or_paths, features, cache_dir, keep_in_memory, kwargs)

    @classmethod
    def from_parquet(
        cls,
        path_or_paths: Mapping[str, Any],
        features: Any = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        columns: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> DatasetDict:
        """Read Parquet files, those of each split; see `Dataset.from_parquet`."""
        given = {"columns": columns, **kwargs}
        return cls._read(Dataset.from_parquet, path_or_paths, features, cache_dir, keep_in_memory, given)

    @classmethod
    def from_text(
        cls,
        path_or_paths: Mapping[str, Any],
        features: Any = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        **kwargs: Any,
    ) -> DatasetDict:
        """Read text files, those of each split; see `Dataset.from_text`."""
        return cls._read(Dataset.from_text, path_or_paths, features, cache_dir, keep_in_memory, kwargs)

    @classmethod
    def _read(
        cls,
        read: Callable[..., Dataset],
        paths: Mapping[str, Any],
        features: Any,
        cache_dir: str | None,
        keep_in_memory: bool,
        given: Mapping[str, Any],
    ) -> DatasetDict:
        return cls({name: read(own, name, features, cache_dir, keep_in_memory, **given) for name, own in paths.items()})

    def to_csv(self, path: str | PurePath, **options: Any) -> dict[str, int]:
        """Write each split to a CSV file: `path` names a directory, or has "{split}" in it; see `Dataset.to_csv`."""
        return {name: data.to_csv(split_path(path, name, "csv"), **options) for name, data in self._checked()}

    def to_json(self, path: str | PurePath, **options: Any) -> dict[str, int]:
        """Write each split to a JSON lines file; see `to_csv` for `path` and `Dataset.to_json`."""
        return {name: data.to_json(split_path(path, name, "jsonl"), **options) for name, data in self._checked()}

    def to_parquet(self, path: str | PurePath, **options: Any) -> dict[str, int]:
        """Write each split to a Parquet file; see `to_csv` for `path` and `Dataset.to_parquet`."""
        return {name: data.to_parquet(split_path(path, name, "parquet"), **options) for name, data in self._checked()}

    def to_sql(self, name: str, con: Any, **options: Any) -> dict[str, int]:
        """Write each split to a table of a database: `name` has "{split}" in it, or gets the split's name added."""
        tables = {split: name.format(split=split) if "{split}" in name else f"{name}_{split}" for split in self}
        return {split: data.to_sql(tables[split], con, **options) for split, data in self._checked()}

    def save_to_disk(
        self,
        dataset_dict_path: str | PurePath,
        max_shard_size: str | int | None = None,
        num_shards: Mapping[str, int] | None = None,
        num_proc: int | None = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> None:
        """Save each split to a directory of its name in `dataset_dict_path`; see `Dataset.save_to_disk`."""
        target = export.Directory.at(str(dataset_dict_path), storage_options)
        for name, dataset in self._checked():
            shards = None if num_shards is None else num_shards[name]
            dataset.save_to_disk(target.path(name), max_shard_size, shards, num_proc, storage_options)
        target.write_text(MARKER, json.dumps({"splits": list(self)}))

    def push_to_hub(
        self,
        repo_id: str,
        config_name: str = "default",
        set_default: bool | None = None,
        data_dir: str | None = None,
        commit_message: str | None = None,
        commit_description: str | None = None,
        private: bool | None = None,
        token: str | None = None,
        revision: str | None = None,
        create_pr: bool | None = False,
        max_shard_size: int | str | None = None,
        num_shards: dict[str, int] | None = None,
        embed_external_files: bool = True,
        num_proc: int | None = None,
        *,
        mode: str = "overwrite",
    ) -> CommitInfo:
        """Upload all splits as one configuration, in one commit; see `Dataset.push_to_hub`.

        The configuration has these splits from then on and no others, unless `mode` is "append".

        Args:
            num_shards: The number of files of each split.
        """
        options = push.PushOptions(
            repo_id,
            config_name,
            set_default,
            data_dir,
            commit_message,
            commit_description,
            private,
            token,
            revision,
            bool(create_pr),
            max_shard_size,
            num_shards,
            embed_external_files,
            num_proc,
            mode,
        )
        rows = {str(name): push.Rows(dataset._view, dataset._features) for name, dataset in self._checked()}
        return push.push(rows, options, whole_config=True)

    @staticmethod
    def is_saved(path: str, storage_options: Mapping[str, Any] | None = None) -> bool:
        """Tell whether a directory is one that `DatasetDict.save_to_disk` wrote."""
        return export.Directory.at(path, storage_options).exists(MARKER)

    @classmethod
    def load_from_disk(
        cls,
        dataset_dict_path: str | PurePath,
        keep_in_memory: bool | None = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> DatasetDict:
        """Open a directory that `DatasetDict.save_to_disk` wrote."""
        target = export.Directory.at(str(dataset_dict_path), storage_options)
        if not target.exists(MARKER):
            raise DataFilesNotFound(
                f"{target.path(MARKER)!r} does not exist; {target.url!r} is not a directory that "
                "DatasetDict.save_to_disk wrote"
            )
        names = json.loads(target.read_text(MARKER))["splits"]
        return cls({name: Dataset.load_from_disk(target.path(name), keep_in_memory, storage_options) for name in names})


MARKER = "dataset_dict.json"


Dataset._collect = DatasetDict
