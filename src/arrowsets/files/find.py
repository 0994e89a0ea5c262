"""What the user named -> the data files of each split."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from arrowsets.errors import DataFilesNotFound
from arrowsets.files.datafile import DataFile, Files
from arrowsets.files.download import known_stat
from arrowsets.files.inference import SPLIT_NAME, infer_splits
from arrowsets.files.listing import LocalTree, Tree, UrlTree, data_files, listed, walk
from arrowsets.files.patterns import METADATA_NAMES, glob, has_wildcard, static_prefix
from arrowsets.files.unpack import open_archive
from arrowsets.files.urls import is_http, is_local, local_part, split_chain
from arrowsets.late import remote

__all__ = ["Finder", "OpenTree", "Patterns", "find", "splits_of"]

Pattern: TypeAlias = "str | os.PathLike[str] | DataFile"
Patterns: TypeAlias = "Pattern | Sequence[Pattern | Mapping[str, Any]] | Mapping[str, Pattern | Sequence[Pattern]]"
# Returns the tree that a URL lies in, and the path there; None for a URL that fsspec is to open.
OpenTree: TypeAlias = "Callable[[str], tuple[Tree, str] | None]"

_SHOWN = 10
_LISTED = 1000  # files that are looked at to show some: a pattern may have been meant for a whole disk


def find(
    data_files: Patterns | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    base: str | os.PathLike[str] = ".",
    *,
    storage_options: Mapping[str, Any] | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    open_tree: OpenTree | None = None,
) -> dict[str, Files]:
    """Find the data files of each split.

    Args:
        data_files: Paths, URLs or patterns (see `arrowsets.files.patterns`): one, several, or by split. None takes all
            files of the directory and infers the splits from their names (see `arrowsets.files.inference`).
        data_dir: Directory within `base`.
        base: What relative patterns are relative to: a directory, or the URL of one.
        storage_options: What fsspec or requests need to reach URLs.
        cache_dir: Where archives on servers are downloaded to, if patterns reach into them.
        open_tree: Is asked first for the tree of a URL.

    Raises:
        DataFilesNotFound: says what was looked for, where, and what is there.
    """
    if data_files == "":
        raise ValueError("data_files='' names nothing; leave it out (None) for all files of the directory")
    finder = Finder(_root(base, data_dir), storage_options, cache_dir, open_tree)
    if data_files is None:
        return finder.infer()
    found = {split: finder.split(split, patterns) for split, patterns in splits_of(data_files).items()}
    if not any(found.values()):
        raise DataFilesNotFound(f"data_files={data_files!r} names no files")
    return found


def _root(base: str | os.PathLike[str], data_dir: str | os.PathLike[str] | None) -> str:
    text = os.fspath(base)
    under = os.fspath(data_dir) if data_dir is not None else ""
    if under and not is_local(under):
        return under.rstrip("/")
    if is_local(text):
        root = Path(local_part(text)).expanduser() / Path(local_part(under)).expanduser()
        return Path(os.path.abspath(root)).as_posix()  # noqa: PTH100 - resolve() would follow links
    return "/".join(part for part in (text.rstrip("/"), under.strip("/")) if part)


def splits_of(data_files: Patterns) -> dict[str, list[Pattern]]:
    """Bring the forms of `data_files` into one: split -> patterns.

    >>> splits_of(["a.csv", "b.csv"])
    {'train': ['a.csv', 'b.csv']}
    """
    if isinstance(data_files, Mapping):
        by_split = {str(split): _listed(patterns) for split, patterns in data_files.items()}
    elif isinstance(data_files, Sequence) and not isinstance(data_files, str) and data_files \
            and all(isinstance(item, Mapping) for item in data_files):  # fmt: skip
        by_split = _from_items(data_files)
    else:
        by_split = {"train": _listed(data_files)}
    for split in by_split:
        if not SPLIT_NAME.fullmatch(split):
            raise ValueError(f"bad split name {split!r}: words joined by dots, as in 'train' or 'test.clean'")
    return by_split


def _from_items(items: Sequence[Any]) -> dict[str, list[Pattern]]:
    by_split: dict[str, list[Pattern]] = {}
    for item in items:
        if set(item) != {"split", "path"}:
            raise ValueError(f"bad entry {dict(item)!r} of data_files: it has the keys 'split' and 'path'")
        if item["split"] in by_split:
            raise ValueError(f"the split {item['split']!r} is named twice in data_files; give it a list of paths")
        by_split[str(item["split"])] = _listed(item["path"])
    return by_split


def _listed(patterns: object) -> list[Pattern]:
    if isinstance(patterns, (str, os.PathLike, DataFile)):
        return [patterns]
    if isinstance(patterns, (Sequence, set, frozenset, Iterator)):
        listed = list(patterns)
        if all(isinstance(item, (str, os.PathLike, DataFile)) for item in listed):
            return sorted(listed, key=str) if isinstance(patterns, (set, frozenset)) else listed
    raise TypeError(
        f"data_files holds {patterns!r}; a path, a URL, a pattern, a list of them, or a dict of lists by split"
    )


class Finder:
    """Finds files under one root; each directory is listed once, whatever the number of patterns."""

    def __init__(
        self,
        root: str,
        storage_options: Mapping[str, Any] | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        open_tree: OpenTree | None = None,
    ) -> None:
        self.root, self._options, self._cache = root, storage_options, cache_dir
        self._open_tree = open_tree
        self._local = LocalTree()
        self._remote: dict[Any, UrlTree] = {}

    def infer(self) -> dict[str, Files]:
        """Take all files of the root and infer the splits."""
        tree, root = self._tree(self.root)
        found = listed(tree, root)
        splits = infer_splits(found)
        if not splits:
            raise DataFilesNotFound(f"no data files in {self.root!r}; {self._there(tree, root)}")
        prefix = root.rstrip("/") + "/" if root else ""
        return {
            split: Files(data_files(tree, root, ((prefix + path, found[path]) for path in paths)))
            for split, paths in splits.items()
        }

    def split(self, name: str, patterns: Iterable[Pattern]) -> Files:
        """Find the files of a split, in the order of the patterns.

        A file is there twice only if it is named twice, never because two wildcards match it.
        """
        patterns = list(patterns)
        files = self.match(patterns[0]) if len(patterns) == 1 else self._united(patterns)
        if patterns and not files:
            tree, root = self._tree(self.root)
            asked = ", ".join(repr(str(pattern)) for pattern in patterns)
            raise DataFilesNotFound(
                f"no file matches {asked} (split {name!r}) in {self.root!r}; {self._there(tree, root)}"
            )
        return Files(files)

    def _united(self, patterns: Sequence[Pattern]) -> list[DataFile]:
        found: dict[DataFile, int] = {}
        files: list[DataFile] = []
        for pattern, matches in zip(patterns, self._all(patterns), strict=True):
            literal = isinstance(pattern, DataFile) or "*" not in os.fspath(pattern)
            for file in matches:
                if file not in found or (literal and found[file]):
                    files.append(file)
                found[file] = found.get(file, 0) | literal
        return files

    def _all(self, patterns: Sequence[Pattern]) -> Iterable[list[DataFile]]:
        http = [pattern for pattern in patterns if isinstance(pattern, str) and is_http(pattern)]
        if len(http) < 2:
            return map(self.match, patterns)
        with ThreadPoolExecutor(min(16, len(http))) as pool:
            answers = dict(zip(http, pool.map(self.match, http), strict=True))
        return [answers[p] if isinstance(p, str) and p in answers else self.match(p) for p in patterns]

    def match(self, pattern: Pattern) -> list[DataFile]:
        """Return the files that one pattern means, sorted by path; what is no pattern must exist."""
        if isinstance(pattern, DataFile):
            return [pattern]
        text = os.fspath(pattern)
        if chain := split_chain(text):
            kind, member, container = chain
            return [file for outer in self.match(container) for file in self._members(kind, member, outer)]
        if is_local(text):
            text = local_part(text)
            if os.name == "nt":
                text = text.replace("\\", "/")
            if not is_local(self.root) and not text.startswith("/"):
                return self.match(f"{self.root}/{text}")
            directory = Path(self.root, text).as_posix()
            return self._match_in(
                self._local, os.path.normpath(directory) if not has_wildcard(directory) else directory
            )
        if is_http(text):
            stat = known_stat(text, self._options or {}, self._cache)
            return [DataFile(text, stat.size, stat.etag, self._options)]
        tree, path = self._tree(text)
        return self._match_in(tree, path)

    def _match_in(self, tree: Tree, path: str) -> list[DataFile]:
        if "*" not in path:
            # A name with brackets in it is that file, if there is one.
            if (stored := tree.file(path)) is not None:
                return [tree.data_file(path, stored)]
            if not has_wildcard(path):
                return self._directory(tree, path)
        root, pattern = static_prefix("", path)
        return data_files(tree, root, glob(tree, root, pattern))

    def _directory(self, tree: Tree, path: str) -> list[DataFile]:
        if found := list(walk(tree, path)):
            below = path.rstrip("/") + "/"
            names = [(name, stored) for name, stored in found if name.rpartition("/")[2] not in METADATA_NAMES]
            return data_files(tree, path, [(below + name, stored) for name, stored in names])
        parent = path.rstrip("/").rpartition("/")[0]
        raise DataFilesNotFound(f"{tree.url(path)!r} does not exist; {self._there(tree, parent)}")

    def _members(self, kind: str, pattern: str, outer: DataFile) -> list[DataFile]:
        tree = open_archive(outer, kind, self._cache)
        if (stored := tree.file(pattern)) is not None:
            return [tree.data_file(pattern, stored)]
        found = [tree.data_file(name, stored) for name, stored in glob(tree, *static_prefix("", pattern))]
        if not found and not has_wildcard(pattern):
            raise DataFilesNotFound(f"{outer.url!r} has no member {pattern!r}; {self._there(tree, '')}")
        return found

    def _tree(self, url: str) -> tuple[Tree, str]:
        if is_local(url):
            return self._local, url
        if self._open_tree is not None and (opened := self._open_tree(url)) is not None:
            return opened
        fs, path = remote.filesystem(url, self._options or {})
        if fs not in self._remote:
            self._remote[fs] = UrlTree(fs, self._options)
        return self._remote[fs], path

    def _there(self, tree: Tree, root: str) -> str:
        if isinstance(tree, LocalTree) and not Path(root or "/").is_dir():
            return "that directory does not exist"
        names = list(islice(walk(tree, root, in_order=False), _LISTED))
        if not names:
            return "there are no files"
        more = " and more" if len(names) > _SHOWN else ""
        return f"there are {', '.join(map(repr, sorted(name for name, _ in names)[:_SHOWN]))}{more}"
