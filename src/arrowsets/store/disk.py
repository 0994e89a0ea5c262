"""What the store asks of a file system: whole files by rename, checksums, and errors that say what to do.

Nothing here calls fsync. A file cut short by a power failure is told from a whole one by its size and
checksum, so a sync for each shard would buy nothing and cost a disk flush each.
"""

from __future__ import annotations

import errno
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import xxhash

from arrowsets.errors import StoreError

__all__ = [
    "boot_id",
    "checksum",
    "create",
    "explained",
    "remove_file",
    "remove_tree",
    "replace",
    "write_whole",
]

_CHUNK = 1 << 20
_RETRIES = 6
_NO_SPACE = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


@cache
def boot_id() -> str:
    """Return what names this boot of this machine, or "" where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def checksum(path: Path) -> str:
    """Return the xxh3_128 of a file's bytes."""
    digest = xxhash.xxh3_128()
    buffer = memoryview(bytearray(_CHUNK))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
    return digest.hexdigest()


def retried(action: Callable[[], object]) -> None:
    """Do what Windows refuses for as long as a scanner or a reader holds the file; elsewhere, do it once."""
    tries = _RETRIES if sys.platform == "win32" else 1
    for attempt in range(1, tries + 1):
        try:
            action()
        except PermissionError:
            if attempt == tries:
                raise
            time.sleep(0.01 * 2**attempt)
        else:
            return


def replace(source: Path, target: Path) -> None:
    """Rename a file onto another."""
    retried(lambda: source.replace(target))


def create(source: Path, target: Path) -> bool:
    """Give a file its final name unless that is taken; tell whether it was free. The old name goes."""
    if sys.platform == "win32":
        try:
            source.rename(target)
        except FileExistsError:
            remove_file(source)
            return False
        return True
    try:
        os.link(source, target)
    except FileExistsError:
        return False
    except OSError:
        # No hard links here (FAT, some network mounts): the window between look and rename remains, and
        # what it can cost is an entry found damaged and made again.
        if target.exists():
            return False
        source.replace(target)
    finally:
        remove_file(source)
    return True


def write_whole(path: Path, data: bytes) -> None:
    """Write a small file so that it is seen whole or not at all."""
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        temporary.write_bytes(data)
        replace(temporary, path)
    finally:
        remove_file(temporary)


def remove_file(path: Path) -> bool:
    """Remove a file; tell whether it is gone. One that is open on Windows stays, for a later prune."""
    try:
        path.unlink()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def remove_tree(path: Path) -> bool:
    """Remove a folder and all in it; tell whether it is gone."""
    with suppress(OSError):
        try:
            _remove_files(path)
        except FileNotFoundError:
            return not path.exists()
        except OSError:
            from shutil import rmtree  # its module imports all codecs, and hardly any folder of ours has others in it

            rmtree(path, ignore_errors=True)
        return not path.exists()
    return False


def _remove_files(folder: Path) -> None:
    if folder.is_symlink():
        raise OSError(errno.ENOTDIR, "a link is no folder of ours", str(folder))
    with os.scandir(folder) as entries:
        for entry in entries:
            Path(entry.path).unlink(missing_ok=True)
    folder.rmdir()


@contextmanager
def explained(path: Path, doing: str, needed: int | None = None) -> Iterator[None]:
    """Turn the system's errors into `StoreError`, with the path, the space there is and what to do.

    Args:
        doing: What was tried, as in "cannot <doing> <path>".
        needed: Bytes that the operation wants to write, where that is known.
    """
    try:
        yield
    except StoreError:
        raise
    except OSError as error:
        raise explain(error, path, doing, needed) from error


def explain(error: OSError, path: Path, doing: str, needed: int | None = None) -> StoreError:
    """Return the `StoreError` that tells of a system error."""
    explanation = StoreError(f"cannot {doing} {str(path)!r}: {_reason(error, path, needed)}")
    explanation.errno, explanation.filename = error.errno, str(path)
    return explanation


def _reason(error: OSError, path: Path, needed: int | None) -> str:
    code = error.errno
    if code in _NO_SPACE:
        space = _space(path, needed)
        return f"no space left ({space}); free some, prune the store, or set ARROWSETS_CACHE to another disk"
    if code == errno.EFBIG:
        return f"a file may not grow further here, see `ulimit -f` ({_space(path, needed)})"
    if code in (errno.EACCES, errno.EPERM):
        return "permission denied; set ARROWSETS_CACHE to a folder that you may write"
    if code == errno.EROFS:
        return "the file system is read-only; set ARROWSETS_CACHE to a folder that you may write"
    if code == errno.ENAMETOOLONG:
        return f"the path of {len(str(path))} characters is too long; set ARROWSETS_CACHE to a shorter one"
    return str(error)


def _space(path: Path, needed: int | None) -> str:
    from shutil import disk_usage

    parts = []
    with suppress(OSError):
        parts.append(f"{disk_usage(_existing(path)).free:,} bytes free")
    if needed is None:
        with suppress(OSError):
            parts.append(f"{path.stat().st_size:,} written so far")
    else:
        parts.append(f"{needed:,} needed")
    return ", ".join(parts) or "free space unknown"


def _existing(path: Path) -> Path:
    return next((parent for parent in (path, *path.parents) if parent.exists()), Path(path.anchor))
