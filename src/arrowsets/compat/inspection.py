"""Looking at a source without loading it: its configurations, splits, types and sizes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from arrowsets import registry
from arrowsets.compat.downloads import DownloadManager
from arrowsets.compat.scripts import BuilderConfig, DatasetBuilder
from arrowsets.config import settings
from arrowsets.features import Features
from arrowsets.info import DatasetInfo
from arrowsets.load import load_dataset
from arrowsets.resolve import Recipe, card_of, resolve

__all__ = [
    "get_dataset_config_info",
    "get_dataset_config_names",
    "get_dataset_default_config_name",
    "get_dataset_infos",
    "get_dataset_split_names",
    "load_dataset_builder",
]

DataFiles = str | Sequence[str] | Mapping[str, str | Sequence[str]] | None


class _SourceBuilder(DatasetBuilder):
    """What `load_dataset` was to load, not loaded yet."""

    def __init__(self, recipe: Recipe, given: dict[str, Any], cache_dir: str | os.PathLike[str] | None) -> None:
        self._recipe, self._given = recipe, given
        info = recipe.info.copy()
        if given.get("features") is not None:
            info.features = Features(given["features"])
        if info.features is None:
            info.features = self._stated(recipe)
        super().__init__(cache_dir, recipe.dataset_name, recipe.config_name, info=info)
        files = {split: [file.url for file in listed] for split, listed in recipe.files.items()}
        self.config = BuilderConfig(recipe.config_name, data_files=files)
        self.info.builder_name, self.info.dataset_name = recipe.builder, recipe.dataset_name

    @staticmethod
    def _stated(recipe: Recipe) -> Features | None:
        """Return the types that stand in the files, as in Parquet's footers; None where only the rows tell."""
        builder = registry.builder(recipe.builder).from_keywords(recipe.keywords)
        files = recipe.data(settings().cache_dir / "downloads", fetch=False)
        return builder.schema([file for listed in files.values() for file in listed])

    def _prepare(self, manager: DownloadManager, num_proc: int | None, *, reuse: bool) -> None:
        del manager
        mode = None if reuse else "force_redownload"
        self._splits = dict(load_dataset(**self._given, num_proc=num_proc, download_mode=mode))
        first = next(iter(self._splits.values()), None)
        self.info.features = self.info.features if first is None else first.features

    def as_streaming_dataset(self, split: str | None = None, base_path: str | None = None) -> Any:
        """Return streams of the splits."""
        del base_path
        return load_dataset(**self._given, split=split, streaming=True)


def load_dataset_builder(
    path: str | os.PathLike[str],
    name: str | None = None,
    data_dir: str | None = None,
    data_files: DataFiles = None,
    cache_dir: str | os.PathLike[str] | None = None,
    features: Features | None = None,
    download_config: Any = None,
    download_mode: Any = None,
    revision: str | None = None,
    token: bool | str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    **config_kwargs: Any,
) -> DatasetBuilder:
    """Find out what `load_dataset` would load, without loading it; the arguments are those of `load_dataset`.

    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "train.csv").write_text("x\\n1\\n")
    >>> builder = load_dataset_builder(str(folder))
    >>> builder.info.builder_name, list(builder.config.data_files)
    ('csv', ['train'])
    """
    del download_config, download_mode
    where = {"revision": revision, "token": token, "storage_options": storage_options, "cache_dir": cache_dir}
    recipe = resolve(path, name, data_dir, data_files, keywords=config_kwargs, **where)  # type: ignore[arg-type]
    given = {"path": path, "name": name, "data_dir": data_dir, "data_files": data_files, "features": features}
    return _SourceBuilder(recipe, {**given, **where, **config_kwargs}, cache_dir)


def get_dataset_config_names(
    path: str,
    revision: str | None = None,
    download_config: Any = None,
    download_mode: Any = None,
    data_files: DataFiles = None,
    **download_kwargs: Any,
) -> list[str]:
    """Return the names of the configurations of a source."""
    del revision, download_config, download_mode, data_files, download_kwargs
    return list(card_of(path).config_names)


def get_dataset_default_config_name(
    path: str,
    revision: str | None = None,
    download_config: Any = None,
    download_mode: Any = None,
    data_files: DataFiles = None,
    **download_kwargs: Any,
) -> str | None:
    """Return the configuration that is loaded when none is named; None if one must be named."""
    del revision, download_config, download_mode, data_files, download_kwargs
    return card_of(path).default_name()


def get_dataset_split_names(
    path: str,
    config_name: str | None = None,
    data_files: DataFiles = None,
    download_config: Any = None,
    download_mode: Any = None,
    revision: str | None = None,
    token: bool | str | None = None,
    **config_kwargs: Any,
) -> list[str]:
    """Return the names of the splits of a source."""
    del download_config, download_mode
    recipe = resolve(path, config_name, None, data_files, revision=revision, token=token, keywords=config_kwargs)
    return list(recipe.files)


def get_dataset_config_info(
    path: str,
    config_name: str | None = None,
    data_files: DataFiles = None,
    download_config: Any = None,
    download_mode: Any = None,
    revision: str | None = None,
    token: bool | str | None = None,
    **config_kwargs: Any,
) -> DatasetInfo:
    """Return what is known of one configuration of a source: types and sizes where it declares them, and its splits."""
    del download_config, download_mode
    builder = load_dataset_builder(path, config_name, None, data_files, revision=revision, token=token, **config_kwargs)
    return builder.info


def get_dataset_infos(
    path: str,
    data_files: DataFiles = None,
    download_config: Any = None,
    download_mode: Any = None,
    revision: str | None = None,
    token: bool | str | None = None,
    **config_kwargs: Any,
) -> dict[str, DatasetInfo]:
    """Return what is known of each configuration of a source; see `get_dataset_config_info`."""
    names = get_dataset_config_names(path, revision, download_config, download_mode)
    return {
        name: get_dataset_config_info(path, name, data_files, revision=revision, token=token, **config_kwargs)
        for name in names
    }
