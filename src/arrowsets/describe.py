"""What can be known of a dataset without loading it: configurations, splits, types."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from arrowsets.features import Features
from arrowsets.files import DataFile
from arrowsets.files.card import DEFAULT
from arrowsets.info import DatasetInfo, SplitDict, SplitInfo
from arrowsets.load import load_dataset
from arrowsets.resolve import Recipe, card_of, resolve

__all__ = [
    "DatasetBuilder",
    "get_dataset_config_info",
    "get_dataset_config_names",
    "get_dataset_default_config_name",
    "get_dataset_infos",
    "get_dataset_split_names",
    "load_dataset_builder",
]

Path = str | os.PathLike[str]


def get_dataset_config_names(
    path: Path,
    revision: str | None = None,
    download_config: Any = None,
    download_mode: Any = None,
    data_files: Any = None,
    *,
    token: bool | str | None = None,
    **_: Any,
) -> list[str]:
    """Return the names of a dataset's configurations.

    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "README.md").write_text("---\\nconfigs:\\n- config_name: en\\n  data_files: en.csv\\n---")
    >>> get_dataset_config_names(folder)
    ['en']
    """
    del download_config, download_mode
    if data_files is not None:
        return [DEFAULT]
    return list(card_of(path, revision, token).config_names)


def get_dataset_default_config_name(
    path: Path,
    revision: str | None = None,
    download_config: Any = None,
    download_mode: Any = None,
    data_files: Any = None,
    *,
    token: bool | str | None = None,
    **_: Any,
) -> str | None:
    """Return the configuration that is meant when none is named; None if one must be named."""
    del download_config, download_mode
    return DEFAULT if data_files is not None else card_of(path, revision, token).default_name()


def get_dataset_split_names(
    path: Path,
    config_name: str | None = None,
    data_files: Any = None,
    download_config: Any = None,
    download_mode: Any = None,
    revision: str | None = None,
    token: bool | str | None = None,
    **config_kwargs: Any,
) -> list[str]:
    """Return the names of the splits of a configuration.

    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "train.csv").write_text("x\\n1"), (folder / "test.csv").write_text("x\\n2")
    >>> get_dataset_split_names(folder)
    ['train', 'test']
    """
    del download_config, download_mode
    recipe = resolve(path, config_name, data_files=data_files, revision=revision, token=token, keywords=config_kwargs)
    return list(recipe.files)


def get_dataset_config_info(
    path: Path,
    config_name: str | None = None,
    data_files: Any = None,
    download_config: Any = None,
    download_mode: Any = None,
    revision: str | None = None,
    token: bool | str | None = None,
    **config_kwargs: Any,
) -> DatasetInfo:
    """Return what is known of a configuration; nothing is read but what it declares of itself."""
    del download_config, download_mode
    recipe = resolve(path, config_name, data_files=data_files, revision=revision, token=token, keywords=config_kwargs)
    return _info(recipe)


def get_dataset_infos(
    path: Path,
    data_files: Any = None,
    download_config: Any = None,
    download_mode: Any = None,
    revision: str | None = None,
    token: bool | str | None = None,
    **config_kwargs: Any,
) -> dict[str, DatasetInfo]:
    """Return what is known of each configuration, by its name."""
    del download_config, download_mode
    names = get_dataset_config_names(path, revision, data_files=data_files, token=token)
    return {
        name: get_dataset_config_info(
            path, None if data_files is not None else name, data_files, revision=revision, token=token, **config_kwargs
        )
        for name in names
    }


def _info(recipe: Recipe) -> DatasetInfo:
    declared: Mapping[str, SplitInfo] = recipe.info.splits or {}
    splits = {name: declared[name] if name in declared else SplitInfo(name) for name in recipe.files}
    return replace(
        recipe.info,
        builder_name=recipe.builder,
        dataset_name=recipe.dataset_name,
        config_name=recipe.config_name,
        splits=SplitDict(splits, recipe.dataset_name),
    )


class DatasetBuilder:
    """A dataset that was found and not read yet; `load_dataset_builder` returns it."""

    def __init__(self, recipe: Recipe, given: Mapping[str, Any]) -> None:
        self._recipe, self._given = recipe, dict(given)
        self.info = _info(recipe)
        if self.info.features is None and (features := self._given.get("features")) is not None:
            self.info.features = features

    @property
    def name(self) -> str:
        """The format: "csv", "parquet" and so on."""
        return self._recipe.builder

    @property
    def dataset_name(self) -> str:
        """The dataset's name."""
        return self._recipe.dataset_name

    @property
    def config_name(self) -> str:
        """The configuration."""
        return self._recipe.config_name

    @property
    def files(self) -> Mapping[str, tuple[DataFile, ...]]:
        """The files of each split."""
        return self._recipe.files

    def download_and_prepare(self, **options: Any) -> None:
        """Read all splits into the store."""
        load_dataset(**{**self._given, **options})

    def as_dataset(self, split: Any = None, **options: Any) -> Any:
        """Return what `load_dataset` does."""
        return load_dataset(**{**self._given, **options, "split": split})

    def as_streaming_dataset(self, split: Any = None) -> Any:
        """Return what `load_dataset(streaming=True)` does."""
        return load_dataset(**self._given, split=split, streaming=True)

    def __repr__(self) -> str:
        return f"DatasetBuilder({self.dataset_name!r}, config={self.config_name!r}, format={self.name!r})"


def load_dataset_builder(
    path: Path,
    name: str | None = None,
    data_dir: Path | None = None,
    data_files: Any = None,
    cache_dir: Path | None = None,
    features: Features | None = None,
    download_config: Any = None,
    download_mode: Any = None,
    revision: str | None = None,
    token: bool | str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    **config_kwargs: Any,
) -> DatasetBuilder:
    """Find a dataset and say what it is, without reading its rows; see `load_dataset` for the arguments.

    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "numbers"
    >>> folder.mkdir()
    >>> _ = (folder / "train.csv").write_text("x\\n1")
    >>> load_dataset_builder(folder)
    DatasetBuilder('numbers', config='default', format='csv')
    """
    del download_config
    recipe = resolve(
        path,
        name,
        data_dir,
        data_files,
        revision=revision,
        token=token,
        storage_options=storage_options,
        cache_dir=cache_dir,
        keywords=config_kwargs,
    )
    given = {
        "path": path,
        "name": name,
        "data_dir": data_dir,
        "data_files": data_files,
        "cache_dir": cache_dir,
        "features": features,
        "download_mode": download_mode,
        # What was found is what is read, whatever the branch is by then.
        "revision": recipe.revision,
        "token": token,
        "storage_options": storage_options,
        **config_kwargs,
    }
    return DatasetBuilder(recipe, given)
