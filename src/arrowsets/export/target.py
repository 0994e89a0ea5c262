"""Where exports go: a local directory or the directory of any fsspec file system."""

from __future__ import annotations

import fnmatch
import os
import posixpath
import shutil
import tempfile
import weakref
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import field
from pathlib import Path
from typing import Any

from arrowsets.export.output import put_whole, told
from arrowsets.record import dataclass

__all__ = ["Directory"]


@dataclass(frozen=True)
class Directory:
    """A directory that is written to: files appear whole, or not at all.

    Attributes:
        url: A local path, or the URL of an fsspec file system.
        options: What fsspec needs to reach it.
    """

    url: str
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def at(cls, url: str, options: Mapping[str, Any] | None = None) -> Directory:
        """Return the directory at a path or URL."""
        if url.startswith("file://"):
            url = url.removeprefix("file://")
        text = url if "://" in url else os.path.abspath(os.path.expanduser(url))  # noqa: PTH100, PTH111 - or a URL
        return cls(text.rstrip("/") or "/", dict(options or {}))

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine's disk."""
        return "://" not in self.url

    def path(self, name: str) -> str:
        """Return the path or URL of a file in it."""
        return posixpath.join(self.url, name) if not self.is_local else str(Path(self.url) / name)

    def _remote(self) -> tuple[Any, str]:
        import fsspec

        system, path = fsspec.core.url_to_fs(self.url, **self.options)
        return system, path

    def exists(self, name: str) -> bool:
        """Tell whether it has a file."""
        if self.is_local:
            return Path(self.path(name)).is_file()
        system, path = self._remote()
        return bool(system.isfile(posixpath.join(path, name)))

    def read_text(self, name: str) -> str:
        """Read a small file."""
        if self.is_local:
            return Path(self.path(name)).read_text(encoding="utf-8")
        system, path = self._remote()
        data: bytes = system.cat_file(posixpath.join(path, name))
        return data.decode("utf-8")

    def write_text(self, name: str, text: str) -> None:
        """Write a small file."""
        with self.writing(name) as path, told(self.path(name)):
            Path(path).write_text(text, encoding="utf-8")

    def writing(self, name: str) -> AbstractContextManager[str]:
        """Give a local path to a block that writes it; then it becomes the file. If the block fails it is removed."""
        return put_whole(self.path(name), self.options)

    def has_any(self, names: Collection[str]) -> bool:
        """Tell whether it has any of some files."""
        wanted = set(names)
        if self.is_local:
            folder = Path(self.url)
            return folder.is_dir() and any(entry.name in wanted for entry in folder.iterdir())
        system, path = self._remote()
        return bool(system.isdir(path)) and any(
            posixpath.basename(found) in wanted for found in system.ls(path, detail=False)
        )

    def remove(self, names: Iterable[str]) -> None:
        """Remove files."""
        for name in names:
            if self.is_local:
                Path(self.path(name)).unlink(missing_ok=True)
            else:
                system, path = self._remote()
                system.rm_file(posixpath.join(path, name))

    def remove_others(self, keep: Collection[str], like: str) -> None:
        """Remove the files that match a pattern and are not among `keep`."""
        if self.is_local:
            for entry in Path(self.url).iterdir():
                if entry.name not in keep and fnmatch.fnmatch(entry.name, like):
                    entry.unlink()
            return
        system, path = self._remote()
        for found in system.ls(path, detail=False):
            name = posixpath.basename(found)
            if name not in keep and fnmatch.fnmatch(name, like):
                system.rm_file(found)

    def local_copies(self, names: Sequence[str]) -> tuple[list[str], object]:
        """Return local paths of files, and what keeps them there: copies go when nothing holds it any more."""
        if self.is_local:
            return [self.path(name) for name in names], None
        system, path = self._remote()
        folder = tempfile.mkdtemp(prefix="arrowsets-")
        copies = [str(Path(folder) / name) for name in names]
        for name, copy in zip(names, copies, strict=True):
            system.get_file(posixpath.join(path, name), copy)
        return copies, _Held(folder)

    def refuse_sources(self, paths: Iterable[str]) -> None:
        """Refuse to write where the rows that are to be written lie.

        Raises:
            PermissionError: names the directory.
        """
        if self.is_local and any(Path(path).resolve().parent == Path(self.url).resolve() for path in paths):
            raise PermissionError(
                f"the dataset's own files lie in {self.url!r}, so it cannot be saved there; choose another directory"
            )


class _Held:
    """Keeps a temporary folder for as long as anything holds it."""

    def __init__(self, folder: str) -> None:
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
