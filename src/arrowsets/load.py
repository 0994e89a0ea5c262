"""`load_dataset` and its relatives: from a name, a path or patterns to datasets."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from arrowsets import iterable, registry
from arrowsets.builder import Builder
from arrowsets.config import settings
from arrowsets.dataset import Dataset, DatasetDict
from arrowsets.dataset.create import fits_memory
from arrowsets.derive import Execution, default_store
from arrowsets.errors import BadData, SchemaConflict, SplitNotFound, UnknownName
from arrowsets.features import Features, FeatureType, Value, is_lossless_cast
from arrowsets.files import DataFile, Files
from arrowsets.files.download import fetch, must_fetch, to_fetch
from arrowsets.info import DatasetInfo
from arrowsets.late import combine
from arrowsets.lazy import lazily
from arrowsets.lineage import Lineage
from arrowsets.prepare import lineage_of, refuse_empty
from arrowsets.resolve import Recipe, resolve
from arrowsets.splits_spec import ReadInstruction, parse
from arrowsets.table import View

__all__ = ["load_dataset", "load_from_disk"]

# Scripts look for it here.
__getattr__ = lazily(__name__, {"load_dataset_builder": "arrowsets.describe"})

logger = logging.getLogger("arrowsets")

Split = str | ReadInstruction

_MODES = ("reuse_dataset_if_exists", "reuse_cache_if_exists", "force_redownload")
_CHECKS = ("no_checks", "basic_checks", "all_checks")


def load_dataset(
    path: str | os.PathLike[str],
    name: str | None = None,
    data_dir: str | None = None,
    data_files: str | Sequence[str] | Mapping[str, str | Sequence[str]] | None = None,
    split: Any = None,
    cache_dir: str | os.PathLike[str] | None = None,
    features: Features | None = None,
    download_config: Any = None,
    download_mode: str | None = None,
    verification_mode: str | None = None,
    keep_in_memory: bool | None = None,
    save_infos: bool = False,
    revision: str | None = None,
    token: bool | str | None = None,
    streaming: bool = False,
    num_proc: int | None = None,
    storage_options: Mapping[str, Any] | None = None,
    **config_kwargs: Any,
) -> Any:
    """Load a dataset: a `DatasetDict` of its splits, or one `Dataset` if `split` names one.

    Files are read once, into memory-mapped Arrow files in the store; the next call with the same files finds these.

    Args:
        path: A builder ("csv", "json", "parquet", "arrow", "text", "imagefolder" …), a local file or directory, or a
            dataset on the hub: "user/name", "name", "user/name@revision". A local directory of that name comes first.
        name: The configuration, where a directory has several.
        data_dir: A directory within `path`, or for a builder the directory of its files.
        data_files: Paths, URLs or patterns: one, several, or by split.
        split: "train", "train[:10%]+test", "all", a `ReadInstruction`, or a list of these. None: all, as a dictionary.
        cache_dir: Root of the store. None: the user's cache.
        features: Types to read as, instead of those of the values. None: those that the source declares, if it does.
        download_mode: "force_redownload" reads the files again.
        verification_mode: "no_checks" skips comparing the numbers of rows with those the source declares.
        keep_in_memory: Read into memory instead of mapping files. None: if all that is loaded is smaller than
            `config.IN_MEMORY_MAX_SIZE`, which is 0 unless it is set.
        revision: Branch, tag or commit of a dataset on the hub. A commit that was loaded before takes no request.
        token: For the hub: a token, True for the saved one, False for none. None: the saved one, if there is one.
        streaming: Return an `IterableDataset`, or an `IterableDatasetDict`, that reads the files while one iterates.
        num_proc: Worker processes, also within one file; the result does not depend on it.
        storage_options: Passed to fsspec or requests.
        config_kwargs: Options of the builder (`sep=`, `field=`, `columns=` …), and `on_bad_rows=`, `on_bad_files=`
            ("error", "skip" or "quarantine").

    Raises:
        DataFilesNotFound: if nothing is found; says where it was looked for.
        BadData: for a file that cannot be read; names file, row and column.
        SplitNotFound, UnknownName: list what there is.
        RepositoryNotFound, RevisionNotFound, GatedRepository, BadToken: what the hub refuses.
        OfflineError: in offline mode, if something was never fetched.
    """
    del download_config, save_infos
    if config_kwargs.pop("trust_remote_code", None):
        logger.warning("trust_remote_code=True changes nothing: code that comes with a dataset is never run")
    if streaming and num_proc is not None:
        raise NotImplementedError(
            "streaming=True reads while one iterates, so num_proc has nothing to do; give it to map, or use the workers of "
            "a DataLoader"
        )
    _check_choice("download_mode", download_mode, _MODES)
    _check_choice("verification_mode", verification_mode, _CHECKS)
    recipe = resolve(
        path,
        name,
        data_dir,
        data_files,
        revision=revision,
        token=token,
        storage_options=storage_options,
        cache_dir=str(_root(cache_dir)),
        keywords=config_kwargs,
    )
    how = Execution(
        num_proc=num_proc,
        reuse=str(download_mode or _MODES[0]) != "force_redownload",
        store=default_store(cache_dir),
        in_memory=keep_in_memory,
    )
    loader = (_StreamLoader if streaming else _Loader)(
        recipe, features, how, _root(cache_dir), str(verification_mode or "basic_checks")
    )
    return loader.load(split)


class _Loader:
    """The splits of a recipe, each prepared when it is first asked for."""

    def __init__(self, recipe: Recipe, features: Features | None, how: Execution, root: Path, checks: str) -> None:
        self.recipe, self.how, self.root, self.checks = recipe, how, root, checks
        keywords = dict(recipe.keywords)
        if (wanted := features if features is not None else recipe.info.features) is not None:
            keywords["features"] = Features(wanted)
        self.builder = registry.builder(recipe.builder).from_keywords(keywords)
        self._files: Mapping[str, Files] | None = None
        self._prepared: dict[str, Dataset] = {}
        self._downloads: _Downloads | None = None
        self._all = False

    def load(self, split: Any) -> Any:
        """Return what a split argument of any form asks for."""
        self._all = split is None
        try:
            self._agree(self._asked(split))
            self._read_small(self._asked(split))
            return self._load(split)
        finally:
            if self._downloads is not None:
                self._downloads.close()

    def _load(self, split: Any) -> Any:
        if split is None:
            return DatasetDict({name: self.whole(name) for name in self.recipe.files})
        if isinstance(split, (list, tuple)):
            return [self._load(each) for each in split]
        return self.part(split)

    def _asked(self, split: Any) -> list[str]:
        if split is None:
            return list(self.recipe.files)
        if isinstance(split, (list, tuple)):
            return list(dict.fromkeys(name for each in split for name in self._asked(each)))
        return list(dict.fromkeys(self.named(parse(split))))

    def _agree(self, names: Sequence[str]) -> None:
        """Give the columns that splits share the types that hold the values of all of them."""
        types = shared_types({name: self.whole(name).features for name in names}, self.builder)
        for name in names:
            own = self.whole(name).features
            wanted = Features({column: types[column] for column in own})
            if wanted != own:
                if changes := widened(own, wanted):
                    logger.warning("split %r: %s, as in the other splits", name, changes)
                self._prepared[name] = self._retyped(name, wanted)

    def _read_small(self, names: Sequence[str]) -> None:
        """Read into memory what is so small that the settings want that, all splits together."""
        if self.how.in_memory is None and fits_memory(*(self.whole(name)._view for name in names)):
            self._prepared |= {name: self.whole(name)._read_whole() for name in names}

    def _retyped(self, name: str, wanted: Features) -> Dataset:
        """Return a split with other types: cast where that changes no value, read again where text means something else."""
        dataset, schema = self.whole(name), wanted.arrow_schema
        exact = all(
            is_lossless_cast(field.type, schema.field(field.name).type) for field in dataset.features.arrow_schema
        )
        if exact or not self.builder.decodes_text():
            made = dataset.cast(wanted)
            made._rejects, made._store, made._origin = dataset._rejects, dataset._store, dataset._origin
            return made
        builder = type(self.builder)(replace(self.builder.config, features=wanted))
        return self._prepare(name, builder)

    def part(self, split: Split) -> Dataset:
        """Return the rows that a split specification names."""
        spec = parse(split)
        wanted = self.named(spec)
        lengths = {name: len(self.whole(name)) for name in wanted}
        pieces = [self.whole(name).select(range(start, stop)) for name, start, stop in spec.to_absolute(lengths)]
        if len(pieces) == 1 and len(pieces[0]) == len(self.whole(wanted[0])):
            return self.whole(wanted[0])
        made = pieces[0]._make(
            View.concat([piece._view for piece in pieces]),
            pieces[0]._features,
            Lineage("split", [piece._lineage for piece in pieces]),
            self.info(),
            str(split),
            pins=tuple(pin for piece in pieces for pin in piece._pins),
        )
        made._store = self.how.store
        return made

    def named(self, spec: ReadInstruction) -> list[str]:
        """Return the splits that a specification names."""
        names = list(self.recipe.files)
        wanted = [each for name in spec.split_names() for each in (names if name == "all" else [name])]
        for name in wanted:
            if name not in self.recipe.files:
                raise SplitNotFound.of(name, names)
        return wanted

    def whole(self, name: str) -> Dataset:
        """Return all rows of a split."""
        if name not in self._prepared:
            self._prepared[name] = self._prepare(name)
        return self._prepared[name]

    def _prepare(self, name: str, builder: Builder[Any] | None = None) -> Dataset:
        files = self.files()[name]
        dataset = Dataset._prepared(
            builder or self.builder,
            files,
            name,
            self.how,
            source=[self.recipe.config_name],
            info=self.info(),
            fetch=lambda: self._fetched(name),
        )
        self._verify(name, dataset.num_rows)
        return dataset

    def files(self) -> Mapping[str, Files]:
        """Return the files of each split, archives opened; the builder then knows all of them."""
        if self._files is None:
            self._files = self.recipe.data(settings().downloads_below(self.root))
            self.builder = self.builder.over(self._files)
        return self._files

    def _fetched(self, name: str) -> Iterator[Sequence[DataFile]]:
        if self._downloads is None:
            self._downloads = _Downloads(settings().downloads_below(self.root))
        # The first files are read while others of this split, and those of the splits that come next, are fetched.
        for each, files in self.files().items():
            if each == name or (self._all and each not in self._prepared and not self._is_stored(files)):
                self._downloads.begin(each, files)
        return self._downloads.arriving(name)

    def _is_stored(self, files: Sequence[DataFile]) -> bool:
        store = self.how.store if self.how.store is not None else default_store()
        key = lineage_of(self.builder, files, [self.recipe.config_name]).digest
        return self.how.reuse and store.get(key) is not None

    def info(self) -> DatasetInfo:
        """Return what is known of the dataset."""
        declared = self.recipe.info
        return replace(
            declared,
            builder_name=self.recipe.builder,
            dataset_name=self.recipe.dataset_name,
            config_name=self.recipe.config_name,
        )

    def _verify(self, name: str, num_rows: int) -> None:
        splits = self.recipe.info.splits
        if self.checks == "no_checks" or not splits or name not in splits:
            return
        declared = splits[name].num_examples
        if declared and declared != num_rows:
            raise BadData(
                f"split {name!r} has {num_rows} rows but the source declares {declared}; "
                "give verification_mode='no_checks' if the declaration is out of date"
            )


def shared_types(splits: Mapping[str, Features], builder: Builder[Any]) -> Features:
    """Return the types of all columns of all splits, each of which holds the values that any split has.

    Raises:
        SchemaConflict: names the column, both splits and both types.
    """
    types: dict[str, tuple[str, FeatureType]] = {}
    for split, features in splits.items():
        for column, feature in features.items():
            first, known = types.setdefault(column, (split, feature))
            if known != feature:
                types[column] = (split, _shared(column, (first, known), (split, feature), builder))
    return Features({column: feature for column, (_, feature) in types.items()})


def _shared(
    column: str, first: tuple[str, FeatureType], second: tuple[str, FeatureType], builder: Builder[Any]
) -> FeatureType:
    try:
        return builder.unify(*(Features({column: feature}) for _, feature in (first, second)))[column]
    except SchemaConflict as error:
        raise SchemaConflict(
            f"column {column!r} is {first[1]} in split {first[0]!r} and {second[1]} in split {second[0]!r}, and no type holds "
            "both; load one at a time with split=, or give features=",
            column=column,
        ) from error


def widened(own: Features, wanted: Features) -> str:
    """Say which columns get which types; those without a value have none to change."""
    return ", ".join(
        f"column {name!r} is read as {wanted[name]} instead of {own[name]}"
        for name in own
        if own[name] not in (wanted[name], Value("null"))
    )


class _Downloads:
    """Files that are being fetched, those of several splits side by side."""

    def __init__(self, cache_dir: Path, threads: int = 16) -> None:
        self._cache = cache_dir
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="arrowsets-download")
        self._begun: dict[str, Files | list[DataFile | Future[DataFile]]] = {}

    def begin(self, split: str, files: Sequence[DataFile]) -> None:
        """Start to fetch the files of a split, unless that was done."""
        if split not in self._begun:
            # Files that are here need no thread: handing one over takes longer than all else that a folder's files need.
            self._begun[split] = (
                [self._pool.submit(fetch, file, self._cache) if must_fetch(file) else file for file in files]
                if to_fetch(files)
                else Files.of(files)
            )

    def arriving(self, split: str) -> Iterator[Sequence[DataFile]]:
        """Yield the files of a split in order, as they come: those that are here, but no small number after many."""
        begun, at = self._begun[split], 0
        if isinstance(begun, Files):
            yield begun
            return
        while True:
            stop = min(len(begun), at + max(1, at // 8))
            while stop < len(begun) and _is_here(begun[stop]):
                stop += 1
            yield [each.result() if isinstance(each, Future) else each for each in begun[at:stop]]
            at = stop
            if at == len(begun):
                return

    def close(self) -> None:
        """Drop what was not begun."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _is_here(begun: DataFile | Future[DataFile]) -> bool:
    """Tell whether a file is here; one that cannot come is waited for when those before it were read."""
    return not isinstance(begun, Future) or (begun.done() and begun.exception() is None)


class _StreamLoader(_Loader):
    """The splits of a recipe as streams: nothing is fetched but what a reader needs to begin."""

    def _agree(self, names: Sequence[str]) -> None:
        """Leave each split its own types: those of the others are not known before they are read."""

    def _read_small(self, names: Sequence[str]) -> None:
        """Leave the files unread."""

    def _load(self, split: Any) -> Any:
        if split is None:
            return iterable.IterableDatasetDict({name: self.stream(name) for name in self.recipe.files})
        if isinstance(split, (list, tuple)):
            return [self._load(each) for each in split]
        return self.range_of(split)

    def range_of(self, split: Split) -> iterable.IterableDataset:
        """Return the rows that a split specification names."""
        spec = parse(split)
        lengths = {name: self._length(name, spec) for name in self.named(spec)}
        pieces = [
            stream if (start, stop) == (0, lengths[name]) else stream.select(range(start, stop))
            for name, start, stop in spec.to_absolute(lengths)
            for stream in [self.stream(name)]
        ]
        return pieces[0] if len(pieces) == 1 else combine.concatenate_datasets(pieces, self.info(), str(split))

    def _length(self, name: str, spec: ReadInstruction) -> int:
        rows = self.stream(name).num_rows
        if rows is not None:
            return rows
        if "%" in str(spec) or "[-" in str(spec) or ":-" in str(spec):
            raise ValueError(
                f"split {str(spec)!r}: the number of rows of {name!r} is known only when all were read; name rows from the "
                "beginning, such as 'train[:1000]', or load without streaming"
            )
        return 1 << 62

    @functools.cache  # noqa: B019 - a loader lives as long as one call
    def stream(self, name: str) -> iterable.IterableDataset:
        """Return all rows of a split."""
        files = self.files()[name]
        made = iterable.IterableDataset._of_builder(self.builder, files, name, self.info(), [self.recipe.config_name])
        refuse_empty(self.builder, files)
        return made


def load_from_disk(
    dataset_path: str | os.PathLike[str],
    keep_in_memory: bool | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> Any:
    """Open a directory that `save_to_disk` of a `Dataset` or a `DatasetDict` wrote.

    Raises:
        DataFilesNotFound: if it is neither.
    """
    if DatasetDict.is_saved(str(dataset_path), storage_options):
        return DatasetDict.load_from_disk(str(dataset_path), keep_in_memory, storage_options)
    return Dataset.load_from_disk(str(dataset_path), keep_in_memory, storage_options)


def _root(cache_dir: str | os.PathLike[str] | None) -> Path:
    return Path(cache_dir).expanduser() if cache_dir is not None else settings().cache_dir


def _check_choice(what: str, value: object, allowed: Sequence[str]) -> None:
    if value is not None and str(getattr(value, "value", value)) not in allowed:
        raise UnknownName.of(what, str(value), allowed)
