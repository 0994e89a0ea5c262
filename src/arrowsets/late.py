"""Modules that are imported when something of them is first used.

Importing all modules takes as long as importing pyarrow, and a program that loads and maps uses a third of them. What is needed
only by some calls is taken from here: `from arrowsets.late import push`, and then `push.push(...)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from arrowsets.lazy import modules

if TYPE_CHECKING:
    from arrowsets import combine, derive, explanation, prepare, push, registry, sampling, search, transforms
    from arrowsets.dataset import display, typed
    from arrowsets.features import array, chunks, encode, label, media, unification
    from arrowsets.files import archive, download, find, remote, repack, unpack
    from arrowsets.formats import collate
    from arrowsets.formats import lazy as lazy_rows
    from arrowsets.store import prune as pruning
    from arrowsets.table import distinct, flat
else:
    __getattr__ = modules(
        {
            "archive": "arrowsets.files.archive",
            "array": "arrowsets.features.array",
            "chunks": "arrowsets.features.chunks",
            "collate": "arrowsets.formats.collate",
            "combine": "arrowsets.combine",
            "derive": "arrowsets.derive",
            "display": "arrowsets.dataset.display",
            "distinct": "arrowsets.table.distinct",
            "download": "arrowsets.files.download",
            "encode": "arrowsets.features.encode",
            "explanation": "arrowsets.explanation",
            "find": "arrowsets.files.find",
            "flat": "arrowsets.table.flat",
            "label": "arrowsets.features.label",
            "lazy_rows": "arrowsets.formats.lazy",
            "media": "arrowsets.features.media",
            "prepare": "arrowsets.prepare",
            "pruning": "arrowsets.store.prune",
            "push": "arrowsets.push",
            "registry": "arrowsets.registry",
            "remote": "arrowsets.files.remote",
            "repack": "arrowsets.files.repack",
            "sampling": "arrowsets.sampling",
            "search": "arrowsets.search",
            "transforms": "arrowsets.transforms",
            "typed": "arrowsets.dataset.typed",
            "unification": "arrowsets.features.unification",
            "unpack": "arrowsets.files.unpack",
        }
    )

__all__ = [
    "archive",
    "array",
    "chunks",
    "collate",
    "combine",
    "derive",
    "display",
    "distinct",
    "download",
    "encode",
    "explanation",
    "find",
    "flat",
    "label",
    "lazy_rows",
    "media",
    "prepare",
    "pruning",
    "push",
    "registry",
    "remote",
    "repack",
    "sampling",
    "search",
    "transforms",
    "typed",
    "unification",
    "unpack",
]
