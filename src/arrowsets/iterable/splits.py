"""`IterableDatasetDict`: the splits of a stream by name, with the methods of `IterableDataset` on each of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from arrowsets.dataset import DatasetDict
from arrowsets.dataset.conversion import hf_library
from arrowsets.dataset.split_names import given_split
from arrowsets.errors import SplitNotFound
from arrowsets.features import Features
from arrowsets.guise import class_seen
from arrowsets.iterable.dataset import IterableDataset
from arrowsets.push import PushOptions, Rows, push

if TYPE_CHECKING:
    from huggingface_hub import CommitInfo

__all__ = ["IterableDatasetDict"]

P = ParamSpec("P")
R = TypeVar("R")


def _per_split(
    method: Callable[Concatenate[IterableDataset, P], IterableDataset],
) -> Callable[Concatenate[IterableDatasetDict, P], IterableDatasetDict]:
    """Lift a method to all splits; it keeps its name, signature, documentation and types."""

    def lifted(self: IterableDatasetDict, /, *args: P.args, **kwargs: P.kwargs) -> IterableDatasetDict:
        return IterableDatasetDict({name: method(stream, *args, **kwargs) for name, stream in self.items()})

    functools.update_wrapper(lifted, method)
    return lifted


def _by_split(
    method: Callable[Concatenate[IterableDataset, P], R],
) -> Callable[Concatenate[IterableDatasetDict, P], dict[str, R]]:
    """Lift a method whose answers are no streams: they come as a dict by split."""

    def lifted(self: IterableDatasetDict, /, *args: P.args, **kwargs: P.kwargs) -> dict[str, R]:
        return {name: method(stream, *args, **kwargs) for name, stream in self.items()}

    functools.update_wrapper(lifted, method)
    return lifted


class IterableDatasetDict(dict[str, IterableDataset]):
    """Splits by name: a dict.

    >>> from arrowsets import Dataset
    >>> splits = IterableDatasetDict({"train": Dataset.from_dict({"x": [1, 2]}).to_iterable_dataset()})
    >>> list(splits.map(lambda row: {"x": row["x"] + 1})["train"])
    [{'x': 2}, {'x': 3}]
    """

    def __getitem__(self, key: str) -> IterableDataset:
        """Return a split.

        Raises:
            SplitNotFound: names the splits that there are.
        """
        try:
            return super().__getitem__(key)
        except KeyError:
            raise SplitNotFound.of(key, self) from None

    def __repr__(self) -> str:
        inner = "\n".join(f"{name}: {stream!r}" for name, stream in self.items())
        return "IterableDatasetDict({\n" + "\n".join(f"    {line}" for line in inner.splitlines()) + "\n})"

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return class_seen(type(self), "IterableDatasetDict")

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (dict(self),)

    @property
    def features(self) -> dict[str, Features | None]:
        """The types of each split."""
        return {name: stream.features for name, stream in self.items()}

    @property
    def column_names(self) -> dict[str, list[str] | None]:
        """The columns of each split."""
        return {name: stream.column_names for name, stream in self.items()}

    @property
    def num_rows(self) -> dict[str, int | None]:
        """The number of rows of each split, where it is known."""
        return {name: stream.num_rows for name, stream in self.items()}

    @property
    def num_columns(self) -> dict[str, int | None]:
        """The number of columns of each split, where it is known."""
        return {name: stream.num_columns for name, stream in self.items()}

    filter = _per_split(IterableDataset.filter)
    batch = _per_split(IterableDataset.batch)
    shuffle = _per_split(IterableDataset.shuffle)
    take = _per_split(IterableDataset.take)
    skip = _per_split(IterableDataset.skip)
    select = _per_split(IterableDataset.select)
    repeat = _per_split(IterableDataset.repeat)
    shard = _per_split(IterableDataset.shard)
    select_columns = _per_split(IterableDataset.select_columns)
    remove_columns = _per_split(IterableDataset.remove_columns)
    rename_column = _per_split(IterableDataset.rename_column)
    rename_columns = _per_split(IterableDataset.rename_columns)
    cast = _per_split(IterableDataset.cast)
    cast_column = _per_split(IterableDataset.cast_column)
    decode = _per_split(IterableDataset.decode)
    flatten = _per_split(IterableDataset.flatten)
    with_format = _per_split(IterableDataset.with_format)  # type: ignore[arg-type]
    with_transform = _per_split(IterableDataset.with_transform)
    add_item = _per_split(IterableDataset.add_item)
    class_encode_column = _per_split(IterableDataset.class_encode_column)
    reshard = _per_split(IterableDataset.reshard)
    set_transform = _by_split(IterableDataset.set_transform)
    reset_format = _by_split(IterableDataset.reset_format)
    state_dict = _by_split(IterableDataset.state_dict)
    set_epoch = _by_split(IterableDataset.set_epoch)
    set_format = _by_split(IterableDataset.set_format)  # type: ignore[arg-type]
    unique = _by_split(IterableDataset.unique)
    as_rows = _by_split(IterableDataset.as_rows)
    to_dict = _by_split(IterableDataset.to_dict)
    to_list = _by_split(IterableDataset.to_list)
    to_pandas = _by_split(IterableDataset.to_pandas)
    to_polars = _by_split(IterableDataset.to_polars)
    to_arrow = _by_split(IterableDataset.to_arrow)

    def map(
        self,
        function: Callable[..., Any] | None = None,
        with_indices: bool = False,
        with_split: bool = False,
        input_columns: str | Sequence[str] | None = None,
        batched: bool = False,
        batch_size: int | None = 1000,
        drop_last_batch: bool = False,
        remove_columns: str | Sequence[str] | None = None,
        fn_kwargs: Mapping[str, Any] | None = None,
        **execution: Any,
    ) -> IterableDatasetDict:
        """Apply a function to the rows of each split; see `IterableDataset.map`.

        Args:
            with_split: Pass the split's name after the row and its index.
        """
        streams = {}
        for name, stream in self.items():
            named = with_split and function is not None
            streams[name] = stream.map(
                given_split(function, name) if named and function else function,
                with_indices,
                input_columns,
                batched,
                batch_size,
                drop_last_batch,
                remove_columns,
                fn_kwargs=fn_kwargs,
                **execution,
            )
        return IterableDatasetDict(streams)

    def to_hf(self) -> Any:
        """Return the splits as an `IterableDatasetDict` of Hugging Face `datasets`; see `IterableDataset.to_hf`."""
        return hf_library().IterableDatasetDict({name: stream.to_hf() for name, stream in self.items()})

    def to_dataset(self, **options: Any) -> DatasetDict:
        """Read all rows of all splits into the store; see `IterableDataset.to_dataset`."""
        return DatasetDict({name: stream.to_dataset(**options) for name, stream in self.items()})

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
        """Upload all splits as one configuration, in one commit; see `Dataset.push_to_hub`. The rows go through the store.

        The configuration has these splits from then on and no others, unless `mode` is "append".

        Args:
            num_shards: The number of files of each split.
        """
        options = PushOptions(
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
        datasets = {name: stream.to_dataset(num_proc=num_proc) for name, stream in self.items()}
        rows = {str(name): Rows(dataset._view, dataset._features) for name, dataset in datasets.items()}
        return push(rows, options, whole_config=True)

    def save_to_disk(self, dataset_dict_path: str, **options: Any) -> None:
        """Write each split to a directory; see `DatasetDict.save_to_disk`."""
        self.to_dataset().save_to_disk(dataset_dict_path, **options)
