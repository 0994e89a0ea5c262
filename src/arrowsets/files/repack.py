"""Archives that have no way to a member but through those before it: 7z and rar are repacked once, as tar in the cache."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

from arrowsets.errors import BadData, MissingDependency
from arrowsets.files.archive import Limits, safe_name

__all__ = ["repack"]

_BUFFER: Final = 1 << 20


class _Unpacked(NamedTuple):
    name: str
    size: int
    path: Path


def repack(kind: str, source: Path, target: Path, url: str, limits: Limits) -> None:
    """Write the regular files of an archive to a tar archive, which appears whole.

    Args:
        kind: "7z" or "rar".
        url: What errors call the archive.

    Raises:
        BadData: for what is no such archive, is encrypted, or unpacks to more than `limits` allow.
        MissingDependency: where what reads it is not installed.
    """
    import tarfile
    import tempfile

    most = limits.allowed(source.stat().st_size)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f"{target.name}.{uuid.uuid4().hex}.part")
    try:
        with (
            tempfile.TemporaryDirectory(dir=target.parent, prefix="unpack-") as folder,
            tarfile.open(temporary, "w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for member in _MEMBERS[kind](source, Path(folder), url, most):
                info = tarfile.TarInfo(member.name)
                info.size = member.size
                with member.path.open("rb") as file:
                    archive.addfile(info, file)
                member.path.unlink()
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _of_7z(source: Path, folder: Path, url: str, most: int) -> Iterator[_Unpacked]:
    """Unpack all members, each to a file that is called by its number: no name becomes a path."""
    from lzma import LZMAError

    try:
        library = import_module("py7zr")
    except ImportError as error:
        raise MissingDependency.of("reading 7z archives", "py7zr", "archives") from error
    wrong = library.exceptions
    refusals = (wrong.ArchiveError, wrong.PasswordRequired, wrong.AbsolutePathError)
    writers = _Writers(library, folder)
    try:
        with library.SevenZipFile(source) as archive:
            regular = [info for info in archive.list() if not info.is_directory and not _is_link(info)]
            _check(sum(info.uncompressed for info in regular), most, url)
            archive.extract(targets=[info.filename for info in regular], factory=writers)
    except (*refusals, LZMAError, EOFError, OSError, ValueError) as error:
        raise BadData(f"not a readable 7z archive: {error or type(error).__name__}", file=url) from error
    finally:
        writers.close()
    for name, writer in writers.made.items():
        yield _Unpacked(safe_name(name, url), writer.path.stat().st_size, writer.path)


def _is_link(info: Any) -> bool:
    return bool(getattr(info, "is_symlink", False))


class _Writers:
    """Gives the package py7zr a file for each member."""

    def __init__(self, library: Any, folder: Path) -> None:
        self._writer = type("Writer", (_Writer, library.io.Py7zIO), {})
        self._folder = folder
        self.made: dict[str, Any] = {}

    def create(self, filename: str) -> Any:
        """Return what takes the content of a member."""
        if filename in self.made:
            raise ValueError(f"two members are called {filename!r}")
        self.made[filename] = self._writer(self._folder / str(len(self.made)))
        return self.made[filename]

    def close(self) -> None:
        """Close all files."""
        for writer in self.made.values():
            writer.close()


class _Writer:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("w+b")

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def read(self, size: int | None = None) -> bytes:
        return self._file.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def flush(self) -> None:
        self._file.flush()

    def size(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()


def _of_rar(source: Path, folder: Path, url: str, most: int) -> Iterator[_Unpacked]:
    """Unpack one member after the other."""
    from shutil import copyfileobj

    try:
        library = import_module("rarfile")
    except ImportError as error:
        raise MissingDependency.of("reading rar archives", "rarfile", "archives") from error
    try:
        with library.RarFile(source) as archive:
            if archive.needs_password():  # of some, not even the names of the files can be read
                raise BadData("the rar archive is encrypted; unpack it with its password first", file=url)
            regular = [info for info in archive.infolist() if info.is_file()]
            _check(sum(info.file_size for info in regular), most, url)
            for number, info in enumerate(regular):
                path = folder / str(number)
                with archive.open(info) as content, path.open("wb") as file:
                    copyfileobj(content, file, _BUFFER)
                yield _Unpacked(safe_name(info.filename, url), path.stat().st_size, path)
    except library.RarCannotExec as error:
        raise MissingDependency(
            "unpacking rar archives needs the program unrar, unar, 7z or bsdtar, and none of them was found"
        ) from error
    except (library.Error, EOFError, OSError) as error:
        raise BadData(f"not a readable rar archive: {error or type(error).__name__}", file=url) from error


def _check(total: int, most: int, url: str) -> None:
    if total > most:
        raise BadData(f"unpacks to {total:,} bytes, more than the {most:,} allowed: it may be a bomb", file=url)


_MEMBERS: Final[dict[str, Callable[[Path, Path, str, int], Iterator[_Unpacked]]]] = {"7z": _of_7z, "rar": _of_rar}
