"""Pushing: the rows of splits written as Parquet shards, uploaded one by one while the next is written, then committed.

No more than a few shards lie on this machine at a time. The bytes of a shard depend on its rows alone, and the hub says
which contents it has already, so a push that was cut off and is called again sends only what is missing.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from arrowsets import engine, export, hub
from arrowsets.config import settings
from arrowsets.errors import OfflineError, RepositoryNotFound, SchemaConflict, UnknownName
from arrowsets.features import Features
from arrowsets.files.inference import SPLIT_NAME
from arrowsets.lazy import pattern
from arrowsets.progress import progress
from arrowsets.record import dataclass
from arrowsets.table import View

if TYPE_CHECKING:
    from huggingface_hub import CommitInfo, CommitOperationAdd

__all__ = ["PushOptions", "Rows", "push"]

# Shards that are written and not yet uploaded.
WAITING: Final = 4
UPLOADS: Final = 3
_MODES: Final = ("overwrite", "append")
# Patterns in the card lead to the files, so nothing in the name may mean something in a pattern.
_DIRECTORY: Final = pattern(r"(?!.*(?:^|/)\.\.?(?:/|$))[^/\\\0*?\[\]][^\\\0*?\[\]]*(?<!/)")
# One configuration of such a name, and Hugging Face `datasets` loads none of the repository.
_NOT_IN_A_CONFIG: Final = "<>:/|"


@dataclass(frozen=True)
class Rows:
    """The rows of a split."""

    view: View
    features: Features


@dataclass(frozen=True)
class PushOptions:
    """The arguments of `push_to_hub` but for the rows; see `Dataset.push_to_hub`."""

    repo_id: str
    config_name: str = "default"
    set_default: bool | None = None
    data_dir: str | None = None
    commit_message: str | None = None
    commit_description: str | None = None
    private: bool | None = None
    token: bool | str | None = field(default=None, repr=False)
    revision: str | None = None
    create_pr: bool = False
    max_shard_size: str | int | None = None
    num_shards: int | Mapping[str, int] | None = None
    embed_external_files: bool = True
    num_proc: int | None = None
    mode: str = "overwrite"

    def shards_of(self, split: str) -> int | None:
        """Return how many files a split is to have, if that is given."""
        if isinstance(self.num_shards, Mapping):
            return self.num_shards.get(split)
        return self.num_shards


def push(splits: Mapping[str, Rows], options: PushOptions, *, whole_config: bool) -> CommitInfo:
    """Write, upload and commit; return the commit.

    Args:
        whole_config: These are all splits of the configuration.
    """
    from tempfile import TemporaryDirectory

    features = _checked(splits, options)
    access = hub.Access.given(options.token)
    name = _repository(access, options)
    with TemporaryDirectory(prefix="arrowsets-push-") as folder, _quietly():
        data_dir = options.data_dir or ("data" if options.config_name == "default" else options.config_name)
        uploads = _Uploads(access, name, options, data_dir, Path(folder))
        new = {split: uploads.split(split, rows) for split, rows in splits.items()}
        append = options.mode == "append"
        return hub.make_commit(
            access,
            hub.Commit(
                name,
                options.config_name,
                data_dir,
                new,
                features,
                options.commit_message or "Upload dataset",
                options.commit_description,
                options.revision,
                only=whole_config and not append,
                append=append,
                default=options.set_default,
                create_pr=options.create_pr,
            ),
        )


def _checked(splits: Mapping[str, Rows], options: PushOptions) -> Features:
    if options.mode not in _MODES:
        raise UnknownName.of("mode", options.mode, _MODES)
    if settings().offline:
        raise OfflineError("push_to_hub needs the network, and offline mode is on (HF_HUB_OFFLINE)")
    if not splits:
        raise ValueError("there are no splits to push")
    for split in splits:
        if not SPLIT_NAME.fullmatch(split):
            raise ValueError(f"bad split name {split!r}: words joined by dots, as in 'train' or 'test.clean'")
    _check_places(options)
    first, *others = splits
    for split in others:
        if splits[split].features != splits[first].features:
            raise SchemaConflict(
                f"the splits {first!r} and {split!r} have other types ({splits[first].features} and "
                f"{splits[split].features}); cast one of them, or push them under different config_names"
            )
    return splits[first].features


def _check_places(options: PushOptions) -> None:
    for what, given in (("config_name", options.config_name), ("data_dir", options.data_dir)):
        if given is not None and not _DIRECTORY.fullmatch(given):
            raise ValueError(f"{what}={given!r} is no directory in a repository, such as 'data', nor may *?[] be in it")
    if found := sorted(set(_NOT_IN_A_CONFIG) & set(options.config_name)):
        raise ValueError(
            f"config_name={options.config_name!r} has {' '.join(found)} in it; none of {_NOT_IN_A_CONFIG} may be"
        )


def _repository(access: hub.Access, options: PushOptions) -> str:
    """Return the id of the repository, and see to it that it and the branch are there."""
    api, name = access.api, options.repo_id
    if name.startswith("buckets/"):
        raise ValueError(f"{name!r} is a storage bucket; push_to_hub writes to datasets: 'user/name'")
    if "/" in name:
        try:
            name = access.ask(name, lambda: api.dataset_info(name).id)
        except RepositoryNotFound:
            name = _created(access, name, options)
    else:
        # The hub knows whose token it is.
        name = _created(access, name, options)
    if options.revision is not None and not options.revision.startswith("refs/"):
        branch = options.revision
        access.ask(name, lambda: api.create_branch(name, branch=branch, repo_type="dataset", exist_ok=True))
    return name


def _created(access: hub.Access, name: str, options: PushOptions) -> str:
    def request() -> str:
        made = access.api.create_repo(name, repo_type="dataset", private=options.private, exist_ok=True)
        return str(made.repo_id)

    return access.ask(name, request)


class _Uploads:
    """Writes the shards of splits and uploads them."""

    def __init__(self, access: hub.Access, name: str, options: PushOptions, data_dir: str, folder: Path) -> None:
        self.access, self.name, self.options, self.data_dir, self.folder = access, name, options, data_dir, folder

    def split(self, split: str, rows: Rows) -> hub.NewSplit:
        """Write and upload one split."""
        options = self.options
        size = export.embedded_bytes(rows.view, rows.features) if options.embed_external_files else rows.view.nbytes
        cuts = export.shard_ranges(rows.view, options.max_shard_size, options.shards_of(split), size)
        job = export.ParquetJob(rows.view, rows.features, embed=options.embed_external_files)
        names = [f"{split}-{index:05d}-of-{len(cuts):05d}.parquet" for index in range(len(cuts))]
        tasks = [
            engine.Task((str(self.folder / name), None, start, stop), f"rows {start} to {stop - 1} of {split!r}")
            for name, (start, stop) in zip(names, cuts, strict=True)
        ]
        num_proc = options.num_proc or 1
        workers = engine.process_pool(num_proc) if num_proc > 1 and len(tasks) > 1 else None
        bar = progress(rows.view.num_rows, f"Pushing {split}")
        with contextlib.closing(bar), ThreadPoolExecutor(UPLOADS, thread_name_prefix="arrowsets-upload") as pool:
            written = engine.run(
                job.write_file, tasks, workers, ahead=WAITING, on_progress=lambda _, done: bar.update(done)
            )
            files = list(self._uploaded(pool, (task.args[0] for task, _ in written)))
        return hub.NewSplit(rows.view.num_rows, size, files)

    def _uploaded(self, pool: ThreadPoolExecutor, paths: Iterator[str]) -> Iterator[CommitOperationAdd]:
        waiting: deque[Future[CommitOperationAdd]] = deque()
        try:
            for path in paths:
                waiting.append(pool.submit(self._upload, Path(path)))
                if len(waiting) >= WAITING:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

    def _upload(self, path: Path) -> CommitOperationAdd:
        from huggingface_hub import CommitOperationAdd

        where = f"{self.data_dir}/{path.name}"
        with contextlib.ExitStack() as stack:
            # Only files on disk are sent by Xet; a hub of one's own has none, and huggingface_hub would insist.
            source: Any = str(path) if _has_xet(self.access) else stack.enter_context(path.open("rb"))
            file = CommitOperationAdd(where, source)
            self.access.ask(self.name, lambda: self._send(file), revision=self.options.revision)
        if file._is_uploaded:
            path.unlink()
        else:
            # A small file that the hub takes in the commit itself.
            file.path_or_fileobj = str(path)
        return file

    def _send(self, file: CommitOperationAdd) -> None:
        self.access.api.preupload_lfs_files(
            self.name,
            [file],
            repo_type="dataset",
            revision=self.options.revision,
            create_pr=self.options.create_pr,
        )


def _has_xet(access: hub.Access) -> bool:
    host = access.endpoint.partition("://")[2].partition("/")[0]
    return host == "huggingface.co" or host.endswith(".huggingface.co")


class _Expected(logging.Filter):
    """Holds back what is told of what was asked for: no Xet where there is none, no commit where nothing changed."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        return "Xet Storage" not in said and "prevent empty commit" not in said


_EXPECTED: Final = _Expected()
_LOGGERS: Final = ("huggingface_hub._commit_api", "huggingface_hub.hf_api")


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Keep huggingface_hub from showing bars beside ours, and from warnings that are none."""
    bars: Any = importlib.import_module("huggingface_hub.utils")
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_EXPECTED)
    if bars.are_progress_bars_disabled():
        yield
        return
    bars.disable_progress_bars()
    try:
        yield
    finally:
        bars.enable_progress_bars()
