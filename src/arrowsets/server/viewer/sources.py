"""From what a person names to what is shown: a file, a directory, a saved dataset, an entry of the store, an id."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from arrowsets import registry
from arrowsets.dataset import Dataset, DatasetDict
from arrowsets.engine.materialised import opened
from arrowsets.errors import ArrowsetsError, BadData, DataFilesNotFound
from arrowsets.features import Features, unify
from arrowsets.features.base import FeatureType
from arrowsets.files import DataFile
from arrowsets.lineage import Lineage
from arrowsets.load import load_dataset, load_from_disk
from arrowsets.prepare import lineage_of
from arrowsets.resolve import Recipe, card_of, resolve
from arrowsets.server.viewer.catalogue import Config, DataSize, Loaded, Source
from arrowsets.server.viewer.confined import check_card, check_recipe
from arrowsets.server.viewer.split import Opened, Split
from arrowsets.store import Entry
from arrowsets.table import ArrowFiles, View
from arrowsets.table.parquet import ParquetFooter, footer_of, parquet_view

__all__ = ["open_source"]

STREAMED_ROWS = 100


def open_source(
    data: str | os.PathLike[str] | Dataset | DatasetDict,
    *,
    name: str | None = None,
    revision: str | None = None,
    cache_dir: str | None = None,
    num_proc: int | None = None,
    confined: bool = False,
) -> Source:
    """Open anything that can be shown. Files are found, not read.

    Args:
        name: What it is called; None: as the data are.
        revision: Names the content; None: the fingerprint of the data.
        num_proc: Worker processes for what must be prepared.
        confined: The data are somebody else's: nothing outside of the directory is read, whatever their card says, and
            nothing is unpacked.

    Raises:
        DataFilesNotFound: if nothing is there.
    """
    if isinstance(data, Dataset):
        return _of_splits({str(data.split or "train"): data}, name or "dataset", revision, roots=None)
    if isinstance(data, Mapping):
        return _of_splits(data, name or "dataset", revision, roots=None)
    path = Path(data).expanduser()
    if (path / "state.json").is_file() or DatasetDict.is_saved(str(path)):
        saved = load_from_disk(str(path))
        splits = saved if isinstance(saved, DatasetDict) else {str(saved.split or "train"): saved}
        return _of_splits(splits, name or path.resolve().name, revision, roots=(path.resolve(),))
    if (path / "manifest.json").is_file():
        return _of_entry(path.resolve(), name, revision)
    return _of_files(_Opening(os.fspath(data), cache_dir, num_proc, confined), name, revision)


def _of_splits(
    splits: Mapping[str, Dataset], name: str, revision: str | None, roots: tuple[Path, ...] | None
) -> Source:
    shown = {split: Split.of(split, dataset) for split, dataset in splits.items()}
    info = next((dataset.info for dataset in splits.values()), None)
    config = str(info.config_name or "default") if info is not None else "default"
    parts = {split: dataset._fingerprint for split, dataset in splits.items()}
    return Source(name, {config: Config.of(config, shown, info)}, revision or _digest(parts), name, roots)


def _of_entry(path: Path, name: str | None, revision: str | None) -> Source:
    entry = Entry(path.parents[2], path.name)
    if entry.path.resolve() != path:
        raise DataFilesNotFound(
            f"{str(path)!r} is no entry of a store, nor a dataset; arrowsets cache ls lists entries"
        )
    made = opened(entry)
    dataset = Dataset._make(
        View.from_files(made.files), made.layout.features, Lineage.of_digest("stored", entry.key), pins=(entry.pin(),)
    )
    return _of_splits({"train": dataset}, name or str(entry.manifest.extra.get("label", path.name)), revision, roots=())


def _of_files(opening: _Opening, name: str | None, revision: str | None) -> Source:
    path = opening.path
    names: tuple[str | None, ...] = card_of(path).config_names or (None,)
    if len(names) == 1 and not opening.confined:
        opening.recipe(names[0])  # an error in the path itself is told at once
    configs = {
        shown: Config(shown, functools.partial(opening.load, given))
        for given in names
        for shown in [given or "default"]
    }
    local = Path(path).expanduser()
    roots = (local.resolve() if local.is_dir() else local.resolve().parent,) if local.exists() else ()
    title = name or (local.resolve().name if local.exists() else path)
    return Source(title, configs, revision or opening.digest(names), title, roots)


def _digest(value: object) -> str:
    return Lineage.of_value("shown", value).digest


class _Opening:
    """A path, and what it takes to read the splits of its configurations."""

    def __init__(self, path: str, cache_dir: str | None, num_proc: int | None, confined: bool) -> None:
        self.path, self.cache_dir, self.num_proc, self.confined = path, cache_dir, num_proc, confined

    @functools.cache  # noqa: B019 - lives as long as the source
    def recipe(self, config: str | None) -> Recipe:
        """Find the files of a configuration."""
        if self.confined:
            check_card(card_of(self.path).config(config))
        recipe = resolve(self.path, config, cache_dir=self.cache_dir)
        if self.confined:
            check_recipe(recipe, Path(self.path))
        return recipe

    def digest(self, names: Sequence[str | None]) -> str:
        """Return what changes whenever the files do."""
        parts = {}
        for name in names:
            try:
                parts[name or "default"] = self.recipe(name).identity()
            except (ArrowsetsError, OSError, ValueError) as error:
                parts[name or "default"] = {"error": str(error)}
        return _digest(json.dumps(parts, sort_keys=True, default=str))

    def load(self, config: str | None) -> Loaded:
        """Return the splits of a configuration."""
        recipe = self.recipe(config)
        splits, parquet = {}, []
        for split, files in recipe.files.items():
            splits[split] = self._split(split, config, recipe, files)
            if recipe.builder == "parquet":
                paths = [(file, file.local_path()) for file in files]
                parquet += [DataSize(split, path, path.stat().st_size) for _, path in paths if path is not None]
        sizes = [file.size for files in recipe.files.values() for file in files]
        total = sum(size for size in sizes if size is not None) if all(size is not None for size in sizes) else None
        return Loaded(splits, recipe.info, total, tuple(parquet))

    def _split(self, split: str, config: str | None, recipe: Recipe, files: tuple[DataFile, ...]) -> Split:
        in_place = _IN_PLACE.get(recipe.builder)
        if in_place is not None and not recipe.keywords and all(file.local_path() is not None for file in files):
            return Split(split, functools.partial(in_place, recipe, split, files))
        return Split(
            split, functools.partial(self._prepared, split, config), functools.partial(self._streamed, split, config)
        )

    def _prepared(self, split: str, config: str | None) -> Opened:
        try:
            return Opened(self._loaded(config, split=split))
        except BadData as error:
            # What can be read is shown, and told what was left out.
            dataset = self._loaded(config, split=split, **_LENIENT)
            count = len(dataset.rejects)
            return Opened(dataset, (f"{split}: {error}", f"{split}: left out, rows or files: {count}"))

    def _streamed(self, split: str, config: str | None) -> Iterator[pa.Table]:
        try:
            yield from self._loaded(config, streaming=True)[split].with_format("arrow").iter(STREAMED_ROWS)
        except BadData:
            lenient = self._loaded(config, streaming=True, **_LENIENT)
            yield from lenient[split].with_format("arrow").iter(STREAMED_ROWS)

    def _loaded(self, config: str | None, **given: Any) -> Any:
        how = {"cache_dir": self.cache_dir, "verification_mode": "no_checks", **given}
        if not given.get("streaming"):
            how["num_proc"] = self.num_proc
        return load_dataset(self.path, config, **how)


_LENIENT = {"on_bad_rows": "skip", "on_bad_files": "skip"}


def _parquet(recipe: Recipe, split: str, files: tuple[DataFile, ...]) -> Opened:
    """Show Parquet files without reading them; those that cannot be read are left out, and told."""
    footers: list[ParquetFooter] = []
    features: Features | None = None
    warnings: list[str] = []
    for file in files:
        try:
            footer = footer_of(str(file.local_path()))
            own = Features.from_arrow_schema(footer.schema)
            features = own if features is None else unify(features, own)
        except ArrowsetsError as error:
            warnings.append(f"{file.url}: {error}")
            continue
        footers.append(footer)
    if features is None:
        raise DataFilesNotFound("; ".join(warnings) or "there are no files")
    features = _declared(recipe, features)
    return _opened(parquet_view(footers, features.arrow_schema), features, recipe, split, files, warnings)


def _arrow(recipe: Recipe, split: str, files: tuple[DataFile, ...]) -> Opened:
    """Show Arrow files without reading them."""
    readable: list[ArrowFiles] = []
    features: Features | None = None
    warnings: list[str] = []
    for file in files:
        try:
            opened_file = ArrowFiles.open([str(file.local_path())])
            own = Features.from_arrow_schema(opened_file.schema)
            features = own if features is None else unify(features, own)
        except ArrowsetsError as error:
            warnings.append(f"{file.url}: {error}")
            continue
        readable.append(opened_file)
    if features is None:
        raise DataFilesNotFound("; ".join(warnings) or "there are no files")
    features = _declared(recipe, features)
    view = View.from_files(ArrowFiles.concat(readable, features.arrow_schema))
    return _opened(view, features, recipe, split, files, warnings)


def _declared(recipe: Recipe, found: Features) -> Features:
    """Return the types that the source declares, where they are stored as the columns are."""
    declared: Mapping[str, FeatureType] = recipe.info.features or {}
    return Features(
        {
            name: declared[name] if name in declared and declared[name].storage == feature.storage else feature
            for name, feature in found.items()
        }
    )


def _opened(
    view: View, features: Features, recipe: Recipe, split: str, files: tuple[DataFile, ...], warnings: list[str]
) -> Opened:
    builder = registry.builder(recipe.builder).from_keywords(recipe.keywords)
    lineage = lineage_of(builder, files, ["in place", recipe.config_name])
    return Opened(Dataset._make(view, features, lineage, recipe.info, split), tuple(warnings))


_IN_PLACE = {"parquet": _parquet, "arrow": _arrow}
