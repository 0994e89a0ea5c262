"""Commits that put shards of splits into a repository, made anew whenever somebody else was faster.

The files are uploaded already; a commit only names them. It says which state of the repository it is meant for, and a hub
that has another by now refuses it: then the card and the list of files to remove are made again from the new state.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from arrowsets.errors import CommitConflict, HubError, SchemaConflict
from arrowsets.features import Features
from arrowsets.files import remote
from arrowsets.files.card import read_card
from arrowsets.hub.access import LONGEST_WAIT, Access
from arrowsets.hub.card import OVERRIDE, README, ConfigChange, changed_cards
from arrowsets.hub.refusals import Unreachable, retry_after, status_of
from arrowsets.hub.snapshot import Snapshot, ask_snapshot
from arrowsets.info import DatasetInfo, SplitInfo
from arrowsets.record import dataclass

if TYPE_CHECKING:
    from huggingface_hub import CommitInfo, CommitOperationAdd

__all__ = ["Commit", "NewSplit", "make_commit"]

ATTEMPTS: Final = 12
# More files than this are added by commits of their own before the one that makes them part of the dataset.
FILES_PER_COMMIT: Final = 500
_CONFLICT: Final = (409, 412)


@dataclass(frozen=True)
class NewSplit:
    """What was uploaded of a split."""

    num_rows: int
    num_bytes: int
    files: Sequence[CommitOperationAdd]

    @property
    def download_size(self) -> int:
        """Bytes of its files."""
        return sum(file.upload_info.size for file in self.files)


@dataclass(frozen=True)
class Commit:
    """What is to be committed, and where to.

    Attributes:
        name: The dataset's id.
        config_name: The configuration.
        data_dir: Where its files lie.
        splits: What was uploaded.
        features: The types of all splits.
        only: The configuration has no other splits from now on.
        append: The rows come after those that are there.
        create_pr: Propose it instead of doing it.
    """

    name: str
    config_name: str
    data_dir: str
    splits: Mapping[str, NewSplit]
    features: Features
    message: str
    description: str | None = None
    revision: str | None = None
    only: bool = False
    append: bool = False
    default: bool | None = None
    create_pr: bool = False


def make_commit(access: Access, wanted: Commit) -> CommitInfo:
    """Make the commit.

    Raises:
        CommitConflict: when others committed before each of many attempts.
        SchemaConflict: for splits that stay, or rows that are appended to, of other types.
    """
    unsure, asked = False, 0.0
    for attempt in range(1, ATTEMPTS + 1):
        head = ask_snapshot(wanted.name, wanted.revision, access)
        change = _Change(access, head, wanted)
        try:
            # What was appended once must not be appended again because the answer got lost.
            return change.send(already=unsure and change.is_there())
        except Unreachable as error:
            unsure, asked = True, retry_after(error.__cause__) or 0.0
            if attempt == ATTEMPTS:
                raise
        except HubError as error:
            cause = error.__cause__
            if not isinstance(cause, Exception) or status_of(cause) not in _CONFLICT:
                raise
        remote.retry.sleep(min(LONGEST_WAIT, max(asked, random.uniform(0.05, 0.2) * attempt)))  # noqa: S311 - no secret
    raise CommitConflict(
        f"{wanted.name!r} was changed by others each of {ATTEMPTS} times that a commit was made for it; the files are "
        "uploaded, so the same call again takes little time"
    )


class _Change:
    """A commit, as it is from one state of the repository."""

    def __init__(self, access: Access, head: Snapshot, wanted: Commit) -> None:
        self.access, self.head, self.wanted = access, head, wanted
        self.found = {split: _shards(head, wanted.data_dir, split) for split in wanted.splits}

    def is_there(self) -> bool:
        """Tell whether the last shards of each split are those that were uploaded."""
        return all(
            [self.head.files[path].etag for path in self.found[split][-len(new.files) :]]
            == [file.upload_info.sha256.hex() for file in new.files]
            for split, new in self.wanted.splits.items()
        )

    def send(self, *, already: bool) -> CommitInfo:
        """Send it; with `already`, only find out what it was called."""
        operations = [] if already else self._operations()
        wanted, head = self.wanted, self.head
        revision = wanted.revision
        parts = max(1, -(-len(operations) // FILES_PER_COMMIT))
        parent: str | None = head.commit
        for number in range(parts):
            some = operations[number * FILES_PER_COMMIT : (number + 1) * FILES_PER_COMMIT]
            told = wanted.message + (f" (part {number + 1} of {parts})" if parts > 1 else "")
            made = self._create(some, told, revision, parent, create_pr=wanted.create_pr and number == 0)
            if wanted.create_pr and made.pr_revision:
                revision = made.pr_revision
            parent = made.oid
        return made

    def _create(
        self, operations: list[Any], message: str, revision: str | None, parent: str | None, *, create_pr: bool
    ) -> CommitInfo:
        wanted = self.wanted

        def request() -> CommitInfo:
            return self.access.api.create_commit(
                wanted.name,
                operations,
                commit_message=message,
                commit_description=wanted.description,
                repo_type="dataset",
                revision=revision,
                create_pr=create_pr,
                parent_commit=parent,
            )

        return self.access.ask(wanted.name, request, revision=revision, attempts=1)

    def _operations(self) -> list[Any]:
        from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete

        operations: list[Any] = []
        kept: set[str] = set()
        for split, new in self.wanted.splits.items():
            before = self.found[split] if self.wanted.append else []
            total = len(before) + len(new.files)
            names = [f"{self.wanted.data_dir}/{split}-{index:05d}-of-{total:05d}.parquet" for index in range(total)]
            kept |= set(names)
            operations += [
                CommitOperationCopy(old, name, src_revision=self.head.commit)
                for old, name in zip(before, names, strict=False)
                if old != name
            ]
            for file, name in zip(new.files, names[len(before) :], strict=True):
                file.path_in_repo = name
                # Unchanged files are left out of a commit; whether they are, only this state can tell.
                file._remote_oid = self.head.files[name].etag if name in self.head.files else None
                operations.append(file)
        gone = [path for paths in self.found.values() for path in paths if path not in kept]
        operations += [CommitOperationDelete(path) for path in gone]
        texts = {path: self.head.read_text(path) for path in (README, OVERRIDE)}
        cards = changed_cards(texts, self.head.files, self._config())
        return operations + [CommitOperationAdd(path, text.encode()) for path, text in cards.items()]

    def _config(self) -> ConfigChange:
        wanted = self.wanted
        splits = {
            name: SplitInfo(name, new.num_bytes, new.num_rows, dataset_name=None) for name, new in wanted.splits.items()
        }
        if wanted.append:
            splits = {name: self._with_those_before(split) for name, split in splits.items()}
        stay = [] if wanted.only else _all_shards(self.head, wanted.data_dir)
        size = sum(self.head.files[path].size or 0 for path in stay if path not in self._replaced())
        size += sum(new.download_size for new in wanted.splits.values())
        return ConfigChange(
            wanted.config_name, wanted.data_dir, wanted.features, splits, size, wanted.only, wanted.default
        )

    def _replaced(self) -> set[str]:
        return set() if self.wanted.append else {path for paths in self.found.values() for path in paths}

    def _with_those_before(self, split: SplitInfo) -> SplitInfo:
        before = self.found[split.name]
        if not before:
            return split
        known = read_card(self.head.read_text).infos.get(self.wanted.config_name)
        info = DatasetInfo() if known is None else DatasetInfo.of_card(known)
        if info.features is not None and info.features != self.wanted.features:
            raise SchemaConflict(
                f"the rows of {split.name!r} in {self.wanted.name!r} have the types {info.features}, and those to append "
                f"{self.wanted.features}; cast them first"
            )
        there = info.splits.get(split.name) if info.splits else None
        rows, size = (there.num_examples, there.num_bytes) if there is not None else self._counted(before)
        return replace(split, num_examples=split.num_examples + rows, num_bytes=split.num_bytes + size)

    def _counted(self, paths: Sequence[str]) -> tuple[int, int]:
        """Return rows and bytes by the footers of files that no card tells of."""
        from pyarrow import parquet

        rows = size = 0
        for path in paths:
            with self.head.origin(path).open() as file:
                footer = parquet.ParquetFile(file).metadata
                rows += footer.num_rows
                size += sum(footer.row_group(at).total_byte_size for at in range(footer.num_row_groups))
        return rows, size


def _shards(head: Snapshot, data_dir: str, split: str) -> list[str]:
    """Return the files that an earlier push wrote of a split, in order."""
    named = re.compile(rf"{re.escape(data_dir)}/{re.escape(split)}-[0-9]{{5}}-of-[0-9]{{5}}[^/]*\.parquet")
    return sorted(path for path in head.files if named.fullmatch(path))


def _all_shards(head: Snapshot, data_dir: str) -> list[str]:
    named = re.compile(rf"{re.escape(data_dir)}/[^/]+-[0-9]{{5}}-of-[0-9]{{5}}[^/]*\.parquet")
    return [path for path in head.files if named.fullmatch(path)]
