"""Modules that are imported when something of them is first used.

Importing all modules takes as long as importing pyarrow, and a program that loads and maps uses a third of them. What is needed
only by some calls is taken from here: `from arrowsets.late import push`, and then `push.push(...)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from arrowsets.lazy import modules

if TYPE_CHECKING:
    from concurrent import futures

    from arrowsets import (
        combine,
        derive,
        explanation,
        hashing,
        prepare,
        push,
        registry,
        resolve,
        sampling,
        search,
        transforms,
    )
    from arrowsets.dataset import display, typed
    from arrowsets.engine import jobs, read_job
    from arrowsets.engine import materialise as materialising
    from arrowsets.features import array, chunks, encode, label, media, unification
    from arrowsets.files import archive, download, find, remote, repack, unpack
    from arrowsets.formats import collate
    from arrowsets.formats import lazy as lazy_rows
    from arrowsets.hashing import handlers
    from arrowsets.store import lease as leases
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
            "futures": "concurrent.futures",
            "handlers": "arrowsets.hashing.handlers",
            "hashing": "arrowsets.hashing",
            "jobs": "arrowsets.engine.jobs",
            "label": "arrowsets.features.label",
            "lazy_rows": "arrowsets.formats.lazy",
            "leases": "arrowsets.store.lease",
            "materialising": "arrowsets.engine.materialise",
            "media": "arrowsets.features.media",
            "prepare": "arrowsets.prepare",
            "pruning": "arrowsets.store.prune",
            "push": "arrowsets.push",
            "read_job": "arrowsets.engine.read_job",
            "registry": "arrowsets.registry",
            "remote": "arrowsets.files.remote",
            "repack": "arrowsets.files.repack",
            "resolve": "arrowsets.resolve",
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
    "futures",
    "handlers",
    "hashing",
    "jobs",
    "label",
    "lazy_rows",
    "leases",
    "materialising",
    "media",
    "prepare",
    "pruning",
    "push",
    "read_job",
    "registry",
    "remote",
    "repack",
    "resolve",
    "sampling",
    "search",
    "transforms",
    "typed",
    "unification",
    "unpack",
]
