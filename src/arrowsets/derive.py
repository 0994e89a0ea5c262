"""Deriving views: running a transform over a dataset's rows, through the store or in memory, and joining what it made.

What is done (the transform) decides the key of the result; how it is done (`Execution`) never does.
"""

from __future__ import annotations

import os
import uuid
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from arrowsets import engine
from arrowsets.config import settings
from arrowsets.engine.jobs import Job, TransformJob
from arrowsets.engine.materialise import materialise, materialise_in_memory
from arrowsets.engine.materialised import Destination, Materialised, opened
from arrowsets.engine.parts import Layout
from arrowsets.errors import TransformError
from arrowsets.explanation import Origin
from arrowsets.features import Features
from arrowsets.hashing import fingerprint
from arrowsets.lazy import pattern
from arrowsets.lineage import Lineage
from arrowsets.record import dataclass
from arrowsets.store import Entry, Store
from arrowsets.table import ArrowFiles, View
from arrowsets.transforms.base import Transform
from arrowsets.transforms.identity import Identity

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

__all__ = [
    "Derived",
    "Execution",
    "default_store",
    "derive",
    "disable_caching",
    "enable_caching",
    "fresh_key",
    "is_caching_enabled",
    "join",
    "rewrite",
    "run",
]

COPIED_ROWS = 1 << 16
_DIGEST = pattern("[0-9a-f]{32}")


@dataclass(frozen=True)
class Execution:
    """How work is done: nothing here changes the result.

    Attributes:
        num_proc: Worker processes. None or 0: none but this one.
        executor: Who works, instead of processes of ours.
        reuse: Use a result that is in the store already.
        in_memory: Keep the result in memory. None: if the input is.
        store: Where results are kept. None: the user's cache.
        description: What progress bars say.
    """

    num_proc: int | None = None
    executor: Executor | None = None
    reuse: bool = True
    in_memory: bool | None = None
    store: Store | None = None
    description: str | None = None

    @property
    def workers(self) -> Executor | None:
        """Who works; None: this process."""
        if self.executor is not None:
            return self.executor
        return engine.process_pool(self.num_proc) if self.num_proc else None


@dataclass(frozen=True)
class Derived:
    """What became of a dataset.

    Attributes:
        view: Its rows.
        features: Their types.
        same: Nothing was returned: the dataset is what it was.
        hit: The result was in the store.
        entry: Where the result lies; None in memory.
        label: The step and its function.
        store: The store that was asked.
    """

    view: View
    features: Features
    same: bool = False
    hit: bool = False
    entry: Entry | None = None
    label: str = ""
    store: Store | None = None

    @property
    def origin(self) -> Origin:
        """Where the result comes from, for `explain`."""
        return Origin(self.label, self.hit, self.entry, self.store if self.store is not None else default_store())

    @property
    def pins(self) -> tuple[object, ...]:
        """What keeps the result's files from being pruned while it is in use."""
        return () if self.entry is None else (self.entry.pin(),)


_stores: dict[Path, Store] = {}


def default_store(cache_dir: str | os.PathLike[str] | None = None) -> Store:
    """Return the store in a cache directory; None is the user's."""
    root = Path(cache_dir).expanduser() if cache_dir is not None else settings().cache_dir
    store = _stores.get(root)
    return store if store is not None else _stores.setdefault(root, Store(root / "store"))


# Where results lie while caching is off: a directory that goes when the process does.
_passing: list[TemporaryDirectory[str]] = []
_switch = [True]


def enable_caching() -> None:
    """Look for the results of `map`, `filter` and their like in the store, and keep them there. This is the default."""
    _switch[0] = True


def disable_caching() -> None:
    """Compute each step anew; results lie in a temporary directory until the process ends.

    What `load_dataset` reads is kept all the same; `download_mode="force_redownload"` reads it again.

    >>> disable_caching()
    >>> is_caching_enabled()
    False
    >>> enable_caching()
    """
    _switch[0] = False


def is_caching_enabled() -> bool:
    """Tell whether results of steps are kept and found again."""
    return _switch[0]


def _passing_store() -> Store:
    if not _passing:
        from tempfile import TemporaryDirectory

        _passing.append(TemporaryDirectory(prefix="arrowsets-", ignore_cleanup_errors=True))
    return default_store(_passing[0].name)


def run(job: Job, lineage: Lineage, how: Execution, *, label: str) -> Materialised:
    """Do a job: find its result, or make it, in the store or in memory."""
    executor = how.workers
    if how.in_memory and executor is None:
        return materialise_in_memory(job)
    if not is_caching_enabled():
        how = replace(how, store=_passing_store(), reuse=False)
    store = how.store if how.store is not None else default_store()
    key = _key(lineage)
    key = key if how.reuse else fresh_key(store, key)
    if how.reuse and (entry := store.get(key)) is not None:
        return opened(entry)

    def destination() -> Destination:
        return Destination(store, key, lineage.fingerprint.to_json(), {"label": label, "roots": list(lineage.roots)})

    if executor is None and job.is_light and not store.begun(key):
        return materialise_in_memory(job, destination)
    return materialise(job, destination(), executor=executor)


def _key(lineage: Lineage) -> str:
    """Return the name of a result in the store; a fingerprint that the user gave may be any text."""
    digest = lineage.digest
    return digest if _DIGEST.fullmatch(digest) else fingerprint(digest).digest


def fresh_key(store: Store, key: str) -> str:
    """Forget an entry so that it is made again; while somebody reads it, the new one gets another key."""
    store.remove([key])
    return key if store.get(key) is None else f"{key}-{uuid.uuid4().hex[:8]}"


def derive(
    view: View,
    features: Features,
    lineage: Lineage,
    transform: Transform,
    how: Execution,
    *,
    label: str,
    columns: tuple[str, ...] | None = None,
    removed: frozenset[str] = frozenset(),
    num_rows: int | None = None,
    on_mixed: str | None = "use_json",
) -> Derived:
    """Apply a map-like transform and join its columns to the view.

    Args:
        lineage: Of the result.
        columns: The columns that the transform reads. None: all.
        removed: Input columns that are dropped.
        num_rows: How many of the first rows are processed. None: all.
    """
    count = view.num_rows if num_rows is None else num_rows
    job = TransformJob(view, features, transform, columns, how.description or label, count, on_mixed)
    made = run(job, lineage, how, label=label)
    if not made.layout.touched and not removed and count == view.num_rows:
        return Derived(view, features, same=True, hit=made.hit, entry=made.entry, label=label, store=how.store)
    base = view if count == view.num_rows else view.select(range(count))
    joined, types = join(base, features, made.files, made.layout, removed, label)
    return Derived(joined, types, hit=made.hit, entry=made.entry, label=label, store=how.store)


def join(
    view: View, features: Features, files: ArrowFiles, layout: Layout, removed: frozenset[str], label: str
) -> tuple[View, Features]:
    """Put the columns that were made in their places among the view's."""
    if not layout.touched:
        kept = [name for name in view.columns if name not in removed]
        return view.select_columns(kept), Features({name: features[name] for name in kept})
    gone = (removed - set(layout.returned)) | layout.deleted
    kept = [name for name in view.columns if name not in gone and name not in layout.features]
    if layout.whole:
        kept = []
    if layout.num_rows != view.num_rows:
        if kept:
            raise TransformError(
                f"{label} returned {layout.num_rows} rows for {view.num_rows}, so column {kept[0]!r} cannot be kept; "
                f"name it in remove_columns: remove_columns={list(view.columns)!r} removes all"
            )
        made = View.from_files(files) if layout.features else view.select(range(0)).select_columns([])
        return made, layout.features
    order = [name for name in view.columns if name in kept or name in layout.features]
    order += [name for name in layout.features if name not in order]
    types = {name: layout.features.get(name, features.get(name)) for name in order}
    if not layout.features:
        joined = view.select_columns(kept)
    elif kept:
        joined = view.select_columns(kept).join(View.from_files(files))
    else:
        joined = View.from_files(files)
    return joined.select_columns(order), Features(types)


def rewrite(view: View, features: Features, lineage: Lineage, how: Execution) -> tuple[View, tuple[object, ...]]:
    """Write the rows of a view one after the other."""
    if not view.num_rows:
        return view, ()
    lineage = Lineage("flatten_indices", (lineage,))
    job = TransformJob(view, features, Identity(features), None, how.description or "flatten_indices", view.num_rows)
    made = run(job, lineage, how, label="flatten_indices")
    if not made.layout.features:
        return view, ()
    derived = Derived(View.from_files(made.files), features, entry=made.entry)
    return derived.view, derived.pins
