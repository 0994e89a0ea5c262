"""When the files of an entry are believed without being read.

Sizes are compared at every `Store.get`. Contents are read, and their checksums compared, unless somebody
did so before and nothing happened to the files since. "Before" is written in `trusted.json`: the sizes,
times and inodes of the files (as one hash), the boot during which they were written or read, and whether
they have settled on the disk. So contents are read

- once by every process, for entries of up to 16 MiB: it takes some ms, and finds what a bad disk did;
- after any file was written to, replaced, or copied: its times or inode differ;
- after a reboot, once, if nobody asked for the entry later than 10 minutes after it was written: the machine
  may have lost power with the data not yet on the disk. Systems write data back within half a minute, so
  what was there after 10 minutes, or after a reboot, has settled.

Anything else is trusted, so that opening a terabyte costs one `stat` per file.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path

import xxhash

from arrowsets.errors import CorruptEntry
from arrowsets.record import dataclass
from arrowsets.store.disk import boot_id, checksum, write_whole
from arrowsets.store.layout import TRUSTED
from arrowsets.store.manifest import Manifest, RecordError, ShardRecord, decode, encode

__all__ = ["check", "check_contents", "differs", "scan", "trust"]

SMALL = 16 << 20
SETTLE = 600.0

_believed: dict[Path, str] = {}


def scan(folder: Path) -> dict[str, os.stat_result]:
    """Return what the file system says of each file of a folder, in one pass."""
    found = {}
    with os.scandir(folder) as items:
        for item in items:
            # A file may be removed by another process while we look.
            with suppress(FileNotFoundError):
                if item.is_file():
                    found[item.name] = item.stat()
    return found


def check(folder: Path, manifest: Manifest) -> None:
    """Raise `CorruptEntry`, naming the file, unless the entry's files are what the manifest says."""
    stats = scan(folder)
    for shard in manifest.shards:
        _check_size(folder, shard, stats.get(shard.name))
    identity = _identity(manifest.shards, stats)
    if _believed.get(folder) == identity:
        return
    mark = _read(folder, identity)
    here = mark is not None and mark.boot != "" and mark.boot == boot_id()
    if mark is None or not (mark.settled or here) or manifest.num_bytes <= SMALL:
        check_contents(folder, manifest.shards)
    if mark is None:
        _write(folder, identity, settled=False)
    elif not mark.settled and _has_settled(mark, here=here):
        _write(folder, identity, settled=True)
    _believed[folder] = identity


def trust(folder: Path, manifest: Manifest) -> None:
    """Note that the files were just written here, by processes that knew what they wrote."""
    _write(folder, _identity(manifest.shards, scan(folder)), settled=False)


def check_contents(folder: Path, shards: Sequence[ShardRecord]) -> None:
    """Read all files; raise `CorruptEntry`, naming the first that is not what its record says."""
    look = partial(differs, folder)
    if len(shards) == 1:
        # Most entries are one file: to begin threads takes as long as to read a MB.
        _refuse(map(look, shards))
        return
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as threads:
        _refuse(threads.map(look, shards))


def _refuse(problems: Iterable[str]) -> None:
    for problem in problems:
        if problem:
            raise CorruptEntry(problem)


def differs(folder: Path, shard: ShardRecord) -> str:
    """Say how a file differs from its record; "" if it does not."""
    path = folder / shard.name
    try:
        size = path.stat().st_size
        found = checksum(path) if size == shard.num_bytes else ""
    except FileNotFoundError:
        return f"{str(path)!r} is missing"
    except OSError as error:
        return f"{str(path)!r} cannot be read: {error}"
    if size != shard.num_bytes:
        return f"{str(path)!r} has {size:,} bytes, but {shard.num_bytes:,} were written"
    if found != shard.checksum:
        return f"{str(path)!r} has the checksum {found}, but {shard.checksum} was written"
    return ""


def _check_size(folder: Path, shard: ShardRecord, stat: os.stat_result | None) -> None:
    if stat is None or stat.st_size != shard.num_bytes:
        # Links to files are not seen by every scan; `differs` looks again and words the problem.
        problem = differs(folder, shard)
        if problem:
            raise CorruptEntry(problem)


def _identity(shards: Iterable[ShardRecord], stats: Mapping[str, os.stat_result]) -> str:
    digest = xxhash.xxh3_128()
    for shard in shards:
        if stat := stats.get(shard.name):
            seen = (shard.name, shard.checksum, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
            digest.update(repr(seen).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


@dataclass(frozen=True)
class _Mark:
    boot: str
    clock: float  # of the boot, not of the day: that one may be set
    written: float
    settled: bool


def _has_settled(mark: _Mark, *, here: bool) -> bool:
    if here:
        return time.monotonic() - mark.clock > SETTLE
    # Written before the reboot and read after it: what was read came from the disk. Where boots have no name,
    # the calendar must do.
    return mark.boot != "" or time.time() - mark.written > SETTLE


def _read(folder: Path, identity: str) -> _Mark | None:
    try:
        body = decode((folder / TRUSTED).read_bytes())
        if body.pop("identity") == identity:
            return _Mark(**body)
    except (OSError, RecordError, KeyError, TypeError):
        pass
    return None


def _write(folder: Path, identity: str, *, settled: bool) -> None:
    # A store that cannot be written to is read all the same; it is only checked more often.
    mark = _Mark(boot_id(), time.monotonic(), time.time(), settled)
    with suppress(OSError):
        write_whole(folder / TRUSTED, encode({"identity": identity, **asdict(mark)}))
