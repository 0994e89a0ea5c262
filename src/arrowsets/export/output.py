"""Files that exports write: whole or not at all, on this machine's disk or any fsspec file system, or a file object.

What is written goes to a temporary file beside the target, which takes its name when all is there. Compression
is what the extension says, as pandas has it.
"""

from __future__ import annotations

import io
import lzma
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any, cast

import pyarrow as pa

from arrowsets.errors import StoreError, UnknownName
from arrowsets.writing import create, pieces

__all__ = ["Output", "opened", "parent_folder", "put_whole", "told", "where"]

EXTENSIONS = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zst": "zstd", ".lz4": "lz4"}
ARCHIVES = (".zip", ".tar", ".7z", ".rar", ".tgz")
COMPRESSIONS = ("infer", None, *EXTENSIONS.values())


class Output:
    """A sink of bytes, which counts them; what the system refuses is told with the path."""

    def __init__(self, file: Any, name: str) -> None:
        self._file, self.name = file, name
        self._text = _takes_text(file)
        self.written = 0
        self.closed = False

    def write(self, data: Any) -> int:
        """Write all of some bytes."""
        view = memoryview(data).cast("B")
        with told(self.name):
            if self._text:
                self._file.write(str(view, "utf-8"))
            else:
                _write_all(self._file, view)
        self.written += len(view)
        return len(view)

    # What Arrow asks of a file

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self.written

    def flush(self) -> None:
        """Hand on what is held back."""
        with told(self.name):
            if hasattr(self._file, "flush"):
                self._file.flush()

    def close(self) -> None:
        """Leave the file open: who opened it closes it."""

    def writable(self) -> bool:
        """Say that it can be written."""
        return True


@contextmanager
def told(name: str) -> Iterator[None]:
    """Turn the system's errors of a block that only writes a file into `StoreError`, with its name."""
    try:
        yield
    except StoreError:
        raise
    except OSError as error:
        failed = StoreError(f"cannot write {name!r}: {error.strerror or error}{_space(error, name)}")
        failed.errno, failed.filename = error.errno, name
        raise failed from error


def where(path_or_buf: Any) -> str | None:
    """Return the path or URL of what is given as a path, else None."""
    if isinstance(path_or_buf, (str, bytes, os.PathLike)):
        url = os.fsdecode(path_or_buf)
        return url.removeprefix("file://") if url.startswith("file://") else url
    if not hasattr(path_or_buf, "write"):
        raise TypeError(f"{path_or_buf!r} is no place to write to; give a path, a URL or a file object")
    return None


@contextmanager
def opened(
    path_or_buf: Any, storage_options: Mapping[str, Any] | None = None, compression: str | None = "infer"
) -> Iterator[Output]:
    """Open what an export writes to; if the block fails, a path is left as it was."""
    path = where(path_or_buf)
    codec = _codec(path, compression)
    if path is None:
        with _compressed(Output(path_or_buf, str(getattr(path_or_buf, "name", path_or_buf))), codec) as output:
            yield output
        return
    with put_whole(path, storage_options) as temporary:
        with told(path):
            file = create(temporary)
        try:
            with _compressed(Output(file, path), codec) as output:
                yield output
        finally:
            with told(path):
                file.close()


@contextmanager
def put_whole(url: str, storage_options: Mapping[str, Any] | None = None) -> Iterator[str]:
    """Give a local path to a block that writes it; then it becomes the file. If the block fails it is removed."""
    target = _local(url)
    if target is not None and _is_device(target):
        yield str(target)
        return
    folder = Path(tempfile.gettempdir()) if target is None else target.parent
    with told(url):
        folder.mkdir(parents=True, exist_ok=True)
        name = PurePath(url).name[:100]
        handle, temporary = tempfile.mkstemp(prefix=f".{name}-", suffix=".tmp", dir=folder)
        os.close(handle)
    try:
        yield temporary
        with told(url):
            _put(temporary, target, url, storage_options)
    finally:
        Path(temporary).unlink(missing_ok=True)


def parent_folder(path: str | None) -> str | None:
    """Return the folder for what lies beside a local file while it is written; None for any other target."""
    target = None if path is None else _local(path)
    return None if target is None or _is_device(target) else str(target.parent)


def _as_created(path: str | os.PathLike[str]) -> None:
    """Give a temporary file, which is private, the permissions of a new file."""
    mask = os.umask(0)
    os.umask(mask)
    Path(path).chmod(0o666 & ~mask)


def _local(url: str) -> Path | None:
    """Return the file that a path leads to, through links; None for a URL."""
    if "://" in url or "::" in url:
        return None
    path = Path(url).expanduser()
    # The links of devices and pipes lead to names that cannot be opened.
    return path if _is_device(path) else Path(os.path.realpath(path))


def _put(temporary: str, target: Path | None, url: str, storage_options: Mapping[str, Any] | None) -> None:
    if target is not None:
        _as_created(temporary)
        Path(temporary).replace(target)
        return
    import fsspec

    system, path = fsspec.core.url_to_fs(url, **(storage_options or {}))
    folder = path.rpartition("/")[0]
    if folder:
        system.makedirs(folder, exist_ok=True)
    system.put_file(temporary, path)


def _codec(path: str | None, compression: str | None) -> str | None:
    if compression not in COMPRESSIONS:
        raise UnknownName.of("compression", compression, COMPRESSIONS)
    if compression != "infer":
        return compression
    extension = PurePath(path or "").suffix.lower()
    if extension in ARCHIVES:
        raise UnknownName.of("compression", extension, EXTENSIONS)
    return EXTENSIONS.get(extension)


@contextmanager
def _compressed(output: Output, codec: str | None) -> Iterator[Output]:
    if codec is None:
        yield output
        return
    if codec == "xz":
        stream: Any = lzma.LZMAFile(cast("Any", output), "wb")  # noqa: SIM115 - closed below
    else:
        stream = pa.CompressedOutputStream(pa.PythonFile(cast("Any", output), mode="w"), cast("Any", codec))
    inner = Output(stream, output.name)
    yield inner
    with told(output.name):
        stream.close()


def _write_all(file: Any, view: memoryview) -> None:
    for piece in pieces(view):
        left = piece
        while len(left):
            count = file.write(left)
            # Files of others need not tell how much they took: all of it.
            left = left[count if isinstance(count, int) else len(left) :]


def _takes_text(file: Any) -> bool:
    if isinstance(file, io.TextIOBase):
        return True
    return "b" not in getattr(file, "mode", "b") if isinstance(getattr(file, "mode", None), str) else False


def _is_device(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    if stat.S_ISDIR(mode):
        raise StoreError(f"{str(path)!r} is a directory; give the path of a file")
    return not stat.S_ISREG(mode)


def _space(error: OSError, name: str) -> str:
    import errno
    import shutil

    if error.errno != errno.ENOSPC or "://" in name:
        return ""
    try:
        free = shutil.disk_usage(next(p for p in Path(name).absolute().parents if p.exists())).free
    except (OSError, StopIteration):
        return ""
    return f"; {free:,} bytes are free there: free some or write elsewhere"
