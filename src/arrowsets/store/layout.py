"""Where things lie in a store, and which names they may have.

The tree of a store:

    root/entries/<key[:2]>/<key>/       an entry; a draft for as long as it has no manifest
        <unit>-<checksum>.<suffix>      shard files
        manifest.json                   written last: the entry exists
        trusted.json                    which files were found to be what the manifest says
        used                            its time is that of the last use
        journal/<unit>.json             of a draft: the record of a finished unit
        claims/<unit>                   of a draft: who works on a unit
        tmp/<lease>.<n>/                files being written by one draft object of one process
    root/labels/<hash>/<key>            which entries carry a label, by time
    root/leases/<lease>                 which processes live, and what they read
    root/trash/<time>-<key>-<n>/        what was taken out of `entries` and is being deleted
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import xxhash

from arrowsets.errors import UnknownName
from arrowsets.lazy import pattern
from arrowsets.store.disk import remove_tree, replace

__all__ = [
    "CLAIMS",
    "JOURNAL",
    "MANIFEST",
    "TMP",
    "TRUSTED",
    "USED",
    "check_name",
    "empty_trash",
    "entry_path",
    "folders",
    "label_path",
    "to_trash",
]

MANIFEST = "manifest.json"
TRUSTED = "trusted.json"
USED = "used"
JOURNAL = "journal"
CLAIMS = "claims"
TMP = "tmp"

_RESERVED = {MANIFEST, TRUSTED, USED, JOURNAL, CLAIMS, TMP}
_TRASH_GRACE = 60.0  # whoever put it there may still put it back
_KEY = pattern(r"[A-Za-z0-9][A-Za-z0-9_-]+")
# What every file system takes: Windows refuses control characters, <>:"/\\|?* and a dot or space at the end.
_REFUSED = pattern(r"[\x00-\x1f<>:\"/\\|?*]")


def entry_path(root: Path, key: str) -> Path:
    """Return the folder of an entry."""
    if not _KEY.fullmatch(key):
        raise UnknownName(f"{key!r} is no key of a store: a key is two or more of A-Z a-z 0-9 _ -")
    return root.joinpath("entries", key[:2], key)


def label_path(root: Path, label: str) -> Path:
    """Return the folder that lists the entries of a label."""
    return root / "labels" / xxhash.xxh3_64_hexdigest(label.encode("utf-8", "surrogatepass"))


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # half a character
        return False
    return True


def check_name(name: str) -> str:
    """Return the name of a unit if every file system can hold it."""
    refused = not name or _REFUSED.search(name) or not _is_text(name)
    if refused or name.strip().strip(".") != name or name in _RESERVED:
        raise UnknownName(f'{name!r} cannot name a shard: it must be a plain file name without / \\ : * ? " < > |')
    return name


def folders(folder: Path) -> list[Path]:
    """Return the folders in a folder, by name; none if it does not exist."""
    try:
        return sorted(child for child in folder.iterdir() if child.is_dir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def to_trash(root: Path, folder: Path) -> Path | None:
    """Take a folder out of the store at once, to be deleted; None if the system refuses."""
    trash = root / "trash" / f"{int(time.time())}-{folder.name}-{uuid.uuid4().hex[:12]}"
    try:
        trash.parent.mkdir(exist_ok=True)
        replace(folder, trash)
    except OSError:
        return None
    return trash


def empty_trash(root: Path) -> None:
    """Delete what a process that died, or that Windows refused, left in the trash."""
    for folder in folders(root / "trash"):
        since = folder.name.partition("-")[0]
        if not since.isdecimal() or time.time() - int(since) > _TRASH_GRACE:
            remove_tree(folder)
