"""What `load_dataset` was given -> a recipe: which builder reads which files into which splits.

A path is, in this order: the name of a builder; a local file; a local directory; a URL; a dataset on the hub.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any, Final

from arrowsets import hub, registry
from arrowsets.errors import DataFilesNotFound, OfflineError, RepositoryNotFound
from arrowsets.files import DataFile, Files, expand
from arrowsets.files.card import Card, Config, patterns_in, read_card, read_directory
from arrowsets.files.download import download
from arrowsets.files.find import find
from arrowsets.files.inference import TASK
from arrowsets.files.listing import Tree
from arrowsets.files.patterns import has_wildcard
from arrowsets.files.unpack import has_archives, kind_of, open_archive
from arrowsets.files.urls import is_http, is_local, local_part, scheme
from arrowsets.info import DatasetInfo
from arrowsets.record import dataclass

__all__ = ["Recipe", "Request", "card_of", "resolve"]

# Of two extensions that are equally frequent, the first of these; then the last in the alphabet.
_PREFERRED: Final = (".parquet", ".lance", ".arrow", ".jsonl", ".json", ".csv")
_METADATA: Final = frozenset({"metadata.csv", "metadata.jsonl", "metadata.parquet"})
_ARCHIVES: Final = frozenset({".zip", ".tar", ".7z", ".rar"})
# Archives that are data of a directory without being named.
_INFERRED: Final = frozenset({"zip", "tar"})
_INSPECTED: Final = 10

Splits = Mapping[str, Files]


@dataclass(frozen=True)
class Recipe:
    """How to make a dataset.

    Attributes:
        builder: Name of the builder.
        keywords: For its options.
        files: Of each split, as they were found: archives are whole.
        info: What is declared; its features and split sizes are promises of the source.
        only: Extensions that are data among the members of archives.
    """

    builder: str
    files: Splits
    keywords: Mapping[str, Any] = field(default_factory=dict)
    config_name: str = "default"
    dataset_name: str = "dataset"
    info: DatasetInfo = field(default_factory=DatasetInfo)
    revision: str | None = None
    only: frozenset[str] = frozenset()

    def identity(self) -> dict[str, Any]:
        """Return what decides the rows, as JSON: the parts of a fingerprint that stand in the recipe."""
        return {
            "builder": self.builder,
            "files": {split: [list(file.identity) for file in files] for split, files in self.files.items()},
            "only": sorted(self.only),
        }

    def data(self, cache_dir: str | os.PathLike[str] | None = None) -> Splits:
        """Return the files to read: archives replaced by their members, files on servers as they are."""
        return {
            split: Files(self._data(files, cache_dir)) if has_archives(files) else files
            for split, files in self.files.items()
        }

    def _data(self, files: Sequence[DataFile], cache_dir: str | os.PathLike[str] | None) -> Iterator[DataFile]:
        packed = [file for file in files if kind_of(file) is not None and not self._reads(file)]
        if not packed:
            yield from files
            return
        fetched = dict(zip(packed, download(packed, cache_dir), strict=True))
        for file in (fetched.get(file, file) for file in files):
            if kind_of(file) is None or self._reads(file):
                yield file
            else:
                members = expand([file], cache_dir, keep=self._reads)
                yield from [member for member in members if _is_data(member, self.only, self.builder)] or members

    def _reads(self, archive: DataFile) -> bool:
        return archive.extension in registry.builder(self.builder).extensions


@dataclass(frozen=True)
class Request:
    """The arguments of `load_dataset` that say what to load."""

    path: str
    name: str | None = None
    data_dir: str | None = None
    data_files: Any = None
    revision: str | None = None
    token: bool | str | None = None
    storage_options: Mapping[str, Any] | None = None
    cache_dir: str | None = None
    keywords: Mapping[str, Any] = field(default_factory=dict)


def resolve(
    path: str | os.PathLike[str],
    name: str | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    data_files: Any = None,
    *,
    revision: str | None = None,
    token: bool | str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    keywords: Mapping[str, Any] | None = None,
) -> Recipe:
    """Find out what to load.

    Args:
        name: Configuration; None takes the default one.
        keywords: For the builder; they win over those of the configuration.
        revision: Branch, tag or commit of a dataset on the hub.
        token: For the hub: a token, True for the saved one, False for none. None: the saved one, if there is one.

    Raises:
        DataFilesNotFound: says all that was tried.
        ValueError: for a configuration that must be named, a directory written by `save_to_disk`, mixed formats.
    """
    request = Request(
        os.fspath(path),
        name,
        os.fspath(data_dir) if data_dir is not None else None,
        data_files,
        revision,
        token,
        storage_options,
        os.fspath(cache_dir) if cache_dir is not None else None,
        dict(keywords or {}),
    )
    text = request.path
    if registry.is_builder(text):
        return _packaged(request)
    # A directory of that name is read as the directory that it is.
    if (missing := registry.elsewhere(text)) is not None and not Path(text).exists():
        raise missing
    if text.endswith(".py"):
        raise RuntimeError(f"Dataset scripts are no longer supported, but found {Path(text).name}")
    if scheme(text) in (None, "file", "local"):
        return _local(request)
    if text.startswith(hub.PREFIX):
        return _hub_url(request)
    return _file(request) if is_http(text) or _builder_of_file(text) else _recipe_of(request, text, Card(), _stem(text))


def _packaged(request: Request) -> Recipe:
    if request.data_files is None and request.data_dir is None:
        if not registry.builder(request.path).extensions:
            sources = registry.builder(request.path).sources(request.keywords)
            listed = {split: Files(files) for split, files in sources.items()}
            return Recipe(request.path, listed, request.keywords, request.name or "default", request.path)
        raise ValueError(f"the builder {request.path!r} needs data_files= or data_dir=")
    files = _find(request, ".", request.data_dir, request.data_files)
    known = frozenset(registry.builder(request.path).extensions)
    if request.data_files is None:
        files = _filtered(files, known, request.path)
    keywords = {**_implied(files, request.path, request.keywords), **request.keywords}
    return Recipe(
        request.path,
        files,
        keywords,
        request.name or "default",
        request.path,
        DatasetInfo(),
        request.revision,
        known,
    )


def _local(request: Request) -> Recipe:
    path = Path(local_part(request.path)).expanduser()
    if path.is_file():
        return _file(request)
    if path.is_dir():
        _refuse_saved(path)
        return _recipe_of(request, str(path), read_directory(path), _stem(str(path.resolve())))
    if path.is_absolute() or not hub.is_hub_id(request.path):
        raise DataFilesNotFound(_nothing(request.path))
    try:
        snapshot = _snapshot(request.path, request.revision, request.token)
    except (RepositoryNotFound, hub.Unreachable, OfflineError) as error:
        raise type(error)(f"{_nothing(request.path)}; a dataset on a hub: {error}") from error
    return _of_snapshot(request, snapshot)


def _nothing(path: str) -> str:
    return (
        f"nothing is called {path!r}; tried: a builder (there are {', '.join(registry.builder_names()) or 'none'}); "
        f"a file or directory {os.path.abspath(path)!r}"  # noqa: PTH100 - resolve() would follow links
    )


def _snapshot(path: str, revision: str | None, token: bool | str | None) -> hub.Snapshot:
    wanted = hub.HubId.parse(path)
    if revision is not None and wanted.revision not in (None, revision):
        raise ValueError(
            f"{path!r} names the revision {wanted.revision!r}, and revision={revision!r} another; give one"
        )
    return hub.open_snapshot(hub.HubId(wanted.name, revision or wanted.revision), hub.Access.given(token))


def _hub_url(request: Request) -> Recipe:
    wanted = hub.HubId.parse(request.path)
    snapshot = _snapshot(
        f"{hub.PREFIX}{wanted.name}@{wanted.revision}" if wanted.revision else wanted.name,
        request.revision,
        request.token,
    )
    if wanted.path in snapshot.files:
        return _file(replace(request, path=f"{snapshot.url}/{wanted.path}"))
    inner = "/".join(part for part in (wanted.path, request.data_dir or "") if part)
    return _of_snapshot(replace(request, data_dir=inner or None), snapshot)


def _of_snapshot(request: Request, snapshot: hub.Snapshot) -> Recipe:
    trees = hub.Trees(request.token)
    trees.add(snapshot)
    card = read_card(snapshot.read_text)
    hub.refuse_outside(card, snapshot)
    name = snapshot.name.rpartition("/")[2]
    pinned = replace(request, revision=snapshot.commit)
    try:
        return _recipe_of(pinned, snapshot.url, card, _stem(name), trees)
    except DataFilesNotFound as error:
        if f"{name}.py" in snapshot.files:
            raise RuntimeError(
                f"Dataset scripts are no longer supported, but found {name}.py in {snapshot.name!r}: code that comes with "
                "a dataset is never run. Many such datasets have their data on the branch 'refs/convert/parquet': "
                "give it as revision="
            ) from error
        raise


def _refuse_saved(path: Path) -> None:
    saved = (path / "dataset_dict.json").is_file() or (
        (path / "state.json").is_file() and (path / "dataset_info.json").is_file()
    )
    if saved:
        raise ValueError(f"{str(path)!r} was written by save_to_disk; read it with load_from_disk({str(path)!r})")


def _file(request: Request) -> Recipe:
    if request.data_files is not None or request.data_dir is not None:
        raise ValueError(f"{request.path!r} is a file: data_files and data_dir have no meaning with it")
    files = _find(request, ".", None, request.path)
    return _recipe(request, files, Config(request.name or "default"), DatasetInfo(), _stem(request.path), explicit=True)


def card_of(path: str | os.PathLike[str], revision: str | None = None, token: bool | str | None = None) -> Card:
    """Return what a local directory or a dataset on the hub says of itself; nothing for anything else."""
    text = os.fspath(path)
    if registry.is_builder(text):
        return Card()
    if text.startswith(hub.PREFIX):
        return read_card(_snapshot(text, revision, token).read_text)
    if not is_local(text):
        return Card()
    local = Path(local_part(text)).expanduser()
    if local.exists() or local.is_absolute() or not hub.is_hub_id(text):
        return read_directory(local)
    return read_card(_snapshot(text, revision, token).read_text)


def _recipe_of(request: Request, root: str, card: Card, dataset_name: str, trees: hub.Trees | None = None) -> Recipe:
    """Return the recipe for a directory, local or the URL of one, with its card.

    `data_files` and `data_dir` of the caller replace those of the configuration, and what it declares of its data.
    """
    config = card.config(request.name)
    own = request.data_files is None and request.data_dir is None
    if own:
        files = _find(request, root, config.data_dir, config.data_files, trees)
        explicit = config.data_files is not None
    else:
        files = _find(request, root, request.data_dir, request.data_files, trees)
        explicit = request.data_files is not None
    info = _declared(card, config.name) if own else DatasetInfo()
    patterns = config.data_files if own else request.data_files
    return _recipe(request, files, config, info, dataset_name, explicit=explicit and not _any_wildcard(patterns))


def _declared(card: Card, name: str) -> DatasetInfo:
    if name not in card.infos:
        return DatasetInfo()
    return DatasetInfo.of_card(card.infos[name])


def _find(request: Request, base: str, data_dir: str | None, data_files: Any, trees: hub.Trees | None = None) -> Splits:
    return find(
        data_files,
        data_dir,
        base,
        storage_options=request.storage_options,
        cache_dir=request.cache_dir,
        open_tree=trees or _HubTrees(request.token),
    )


class _HubTrees:
    """The trees of datasets on the hub, which is imported when a URL is one of its."""

    def __init__(self, token: bool | str | None) -> None:
        self._token = token
        self._trees: hub.Trees | None = None

    def __call__(self, url: str) -> tuple[Tree, str] | None:
        if scheme(url) != "hf":
            return None
        if self._trees is None:
            self._trees = hub.Trees(self._token)
        return self._trees(url)


def _any_wildcard(patterns: object) -> bool:
    return any(has_wildcard(pattern) for pattern in patterns_in(patterns))


def _recipe(
    request: Request, files: Splits, config: Config, info: DatasetInfo, dataset_name: str, *, explicit: bool
) -> Recipe:
    given = {**config.keywords, **request.keywords}
    name = _format_of(files, request.cache_dir, given)
    only = frozenset(registry.builder(name).extensions)
    kept = files if explicit else _filtered(files, only, name)
    keywords = {**_implied(kept, name, given), **given}
    return Recipe(name, kept, keywords, config.name, dataset_name, info, request.revision, only)


def _implied(files: Splits, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords that the files' extensions imply and nobody gave.

    Raises:
        ValueError: when the extensions disagree: half the files would be read wrong.
    """
    extensions = sorted(frozenset[str]().union(*(listed.extensions for listed in files.values())) - _ARCHIVES)
    known = registry.builder(name).extensions
    implied = {
        extension: {key: value for key, value in known[extension].items() if key not in given}
        for extension in extensions
        if extension in known
    }
    first = next(iter(implied.values()), {})
    if any(keywords != first for keywords in implied.values()):
        told = ", ".join(f"{extension}: {keywords or 'none'}" for extension, keywords in implied.items())
        raise ValueError(
            f"files with different options for {name!r} ({told}); give them, or choose files with data_files="
        )
    return first


def _filtered(files: Splits, only: frozenset[str], name: str) -> dict[str, Files]:
    kept = {
        split: listed
        if listed.extensions <= only
        else Files(f for f in listed if f.extension in only or _is_data(f, only, name) or kind_of(f) in _INFERRED)
        for split, listed in files.items()
    }
    return {split: listed for split, listed in kept.items() if listed} or dict(files)


def _is_data(file: DataFile, only: frozenset[str], name: str) -> bool:
    others = registry.builder(name).companions
    return file.extension in only or "*" in others or file.name in others


def _format_of(files: Splits, cache_dir: str | None, given: Mapping[str, Any]) -> str:
    found = {split: _format_of_split(listed, cache_dir) for split, listed in files.items()}
    names = {name for name, _ in found.values() if name is not None}
    if not names:
        seen = Counter(file.extension or "no extension" for listed in files.values() for file in listed)
        listed = ", ".join(f"{extension} ({count})" for extension, count in seen.most_common(8))
        example = next(file.url for listed in files.values() for file in listed)
        raise DataFilesNotFound(
            f"no builder reads these files: {listed}, such as {example!r}; name a builder as the path "
            f"({', '.join(registry.builder_names())}) and the files with data_files="
        )
    implied = {
        str(sorted(item for item in keywords.items() if item[0] not in given))
        for name, keywords in found.values()
        if name is not None
    }
    if len(names) > 1 or len(implied) > 1:
        per_split = ", ".join(f"{split}: {name} {keywords or ''}".rstrip() for split, (name, keywords) in found.items())
        raise ValueError(
            f"the splits have different formats ({per_split}); choose files of one format with data_files="
        )
    return names.pop()


def _format_of_split(files: Sequence[DataFile], cache_dir: str | None) -> tuple[str | None, Mapping[str, Any]]:
    if any(file.name == TASK for file in files):
        return "harbor", {}
    best = _most_frequent(files)
    if best is None:
        archives = [file for file in files if kind_of(file)][:_INSPECTED]
        inside = [member for archive in archives for member in _members(archive, cache_dir)]
        best = _most_frequent(inside)
    if best is None:
        return None, {}
    name = registry.builder_of_extension(best)
    return name, registry.extension_keywords(name, best) if name else {}


def _members(archive: DataFile, cache_dir: str | None) -> list[DataFile]:
    tree = open_archive(archive, kind_of(archive) or "zip", cache_dir)
    return [tree.data_file(name) for name in tree.names()]


def _most_frequent(files: Iterable[DataFile]) -> str | None:
    """Return the most frequent extension that a builder reads; metadata counts only where there is nothing else."""
    listed = list(files)
    data = [file.extension for file in listed if file.name not in _METADATA]
    for extensions in (data, [file.extension for file in listed]):
        counts = {ext: n for ext, n in Counter(extensions).items() if registry.builder_of_extension(ext)}
        if counts:
            return max(
                counts,
                key=lambda ext: (counts[ext], -_PREFERRED.index(ext) if ext in _PREFERRED else -99, ext),
            )
    return None


def _builder_of_file(text: str) -> str | None:
    file = DataFile(text)
    return registry.builder_of_extension(file.extension) or kind_of(file)


def _stem(text: str) -> str:
    """Return a dataset's name for a path: words in lower case, joined by underscores."""
    last = DataFile(text.rstrip("/" + os.sep)).name
    stem = last.partition(".")[0] or last
    words = re.sub(r"([a-z0-9])([A-Z])|([A-Z]+)([A-Z][a-z])", r"\1\3_\2\4", stem)
    return re.sub(r"\W+", "_", words).strip("_").lower() or "dataset"
