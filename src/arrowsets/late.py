"""Modules that are imported when something of them is first used.

Importing all modules takes as long as importing pyarrow, and a program that loads and maps uses a third of them. What is needed
only by some calls is taken from here: `from arrowsets.late import push`, and then `push.push(...)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from arrowsets.lazy import modules

if TYPE_CHECKING:
    from arrowsets import combine, derive, explanation, prepare, push, registry, resolve, sampling, search, transforms
    from arrowsets.dataset import display, typed
    from arrowsets.files import archive, download, find, remote, unpack
    from arrowsets.formats import collate
    from arrowsets.formats import lazy as lazy_rows
    from arrowsets.table import distinct, flat
else:
    __getattr__ = modules(
        {
            "archive": "arrowsets.files.archive",
            "collate": "arrowsets.formats.collate",
            "combine": "arrowsets.combine",
            "derive": "arrowsets.derive",
            "display": "arrowsets.dataset.display",
            "distinct": "arrowsets.table.distinct",
            "download": "arrowsets.files.download",
            "explanation": "arrowsets.explanation",
            "find": "arrowsets.files.find",
            "flat": "arrowsets.table.flat",
            "lazy_rows": "arrowsets.formats.lazy",
            "prepare": "arrowsets.prepare",
            "push": "arrowsets.push",
            "registry": "arrowsets.registry",
            "remote": "arrowsets.files.remote",
            "resolve": "arrowsets.resolve",
            "sampling": "arrowsets.sampling",
            "search": "arrowsets.search",
            "transforms": "arrowsets.transforms",
            "typed": "arrowsets.dataset.typed",
            "unpack": "arrowsets.files.unpack",
        }
    )

__all__ = [
    "archive",
    "collate",
    "combine",
    "derive",
    "display",
    "distinct",
    "download",
    "explanation",
    "find",
    "flat",
    "lazy_rows",
    "prepare",
    "push",
    "registry",
    "remote",
    "resolve",
    "sampling",
    "search",
    "transforms",
    "typed",
    "unpack",
]
