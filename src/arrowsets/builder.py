"""How a format is read: the interface of builder plug-ins.

A builder is a class in a module of its own, found through the entry-point group `arrowsets.builders`. It says how
files are cut into shards and how a shard is read, and nothing else: naming, caching, parallelism, splits and types that
differ between files are the business of those who drive it.

The contract:

- A shard is a small picklable value (a file and, where the format can be cut, a range in it).
- `shards` is cheap, and its answer depends on the files and the options only.
- `read(shard)` yields tables, in order, each of bounded size, with the types that the shard's own values have: `null`
  where a column has no value, the narrowest of bool, int64, float64, string that holds them all.
- `read(shard, schema)` yields the same rows with exactly the columns and types of `schema`, read from the source again
  (so that "007" under a string column is "007" and not "7"); columns that the shard lacks are null.
- `unify` says which types hold the rows of two shards: cut differently, a file has the same types.
- Reading twice gives equal tables. Bad content raises `BadData`, which names the file, row and column that it knows.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

import pyarrow as pa

from arrowsets.errors import UnknownName
from arrowsets.features import Features, unify
from arrowsets.files import DataFile
from arrowsets.record import dataclass

__all__ = ["Builder", "BuilderOptions", "FileBuilder", "Rejects"]

S = TypeVar("S")
ON_BAD = ("error", "skip", "quarantine")


@dataclass(frozen=True)
class BuilderOptions:
    """The keywords that `load_dataset` hands to a builder; subclasses add fields.

    Attributes:
        features: Types to read as, instead of those of the values.
        on_bad_rows: What to do with a row that cannot be read: raise, drop and count it, or keep its text aside.
        on_bad_files: The same for a whole file.
    """

    features: Features | None = None
    on_bad_rows: str = "error"
    on_bad_files: str = "error"

    def __post_init__(self) -> None:
        for name in ("on_bad_rows", "on_bad_files"):
            if getattr(self, name) not in ON_BAD:
                raise UnknownName.of(f"value of {name}", str(getattr(self, name)), ON_BAD)


@dataclass
class Rejects:
    """What a reader left out, so that it can be counted and reported.

    Attributes:
        rows: (file, row or None, reason, text of the row or "") of each rejected row.
        files: (file, reason) of each rejected file.
    """

    rows: list[tuple[str, int | None, str, str]] = dataclasses.field(default_factory=list)
    files: list[tuple[str, str]] = dataclasses.field(default_factory=list)

    def report(self) -> str | None:
        """Say how much was left out, and what first; None if nothing was."""
        if not self.rows and not self.files:
            return None
        first = self.rows[0][:3] if self.rows else (self.files[0][0], None, self.files[0][1])
        place = first[0] if first[1] is None else f"{first[0]}, row {first[1]}"
        return f"left out {counted(len(self.rows), len(self.files))} that could not be read; first {place}: {first[2]}"


def counted(rows: int, files: int) -> str:
    """Count rows and files in words.

    >>> counted(2, 1)
    '2 rows and 1 file'
    """
    return " and ".join(f"{n:,} {name}{'s' * (n != 1)}" for n, name in ((rows, "row"), (files, "file")) if n)


class Builder(ABC, Generic[S]):
    """Read a source into Arrow tables; see the module's contract."""

    name: ClassVar[str]
    options: ClassVar[type[BuilderOptions]] = BuilderOptions
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    companions: ClassVar[frozenset[str]] = frozenset()  # names of other files that are read with the data; "*": of all
    rows_in_files: ClassVar[bool] = True  # False: a file is a cell, so that one without a byte has a row
    version: ClassVar[str] = "1"  # raise it when the same source is read differently: it is part of the cache key

    def __init__(self, options: BuilderOptions | None = None) -> None:
        self.config = options if options is not None else self.options()
        self.rejects = Rejects()

    @classmethod
    def from_keywords(cls, keywords: Mapping[str, Any]) -> Builder[S]:
        """Build from `load_dataset`'s keywords.

        Raises:
            UnknownName: for a keyword that is no field of `options`; lists those that are.
        """
        known = [field.name for field in dataclasses.fields(cls.options)]
        for keyword in keywords:
            if keyword not in known:
                raise UnknownName.of(f"option of builder {cls.name!r}", keyword, known)
        return cls(cls.options(**keywords))

    def fresh(self) -> Builder[S]:
        """Return a builder like this one with rejects of its own, to read one shard with; it may run beside others."""
        return type(self)(self.config)

    def guessing(self) -> Builder[S] | None:
        """Return a builder that cuts files where rows seem to end, without reading them through; None if no cut is a guess.

        Reading its shards raises WrongCut where that was wrong. Until all are read, what is wrong with one of them, and what
        its rows are, may be due to a wrong cut before it.
        """
        return None

    @classmethod
    def sources(cls, keywords: Mapping[str, Any]) -> Mapping[str, Sequence[DataFile]]:
        """Return what a builder of no files reads for each split, as files with a URL and an ETag of its own kind."""
        del keywords
        return {"train": ()}

    @abstractmethod
    def shards(self, files: Sequence[DataFile]) -> Sequence[S]:
        """Cut files into units that can be read independently, in the order of their rows."""

    @abstractmethod
    def read(self, shard: S, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the shard's rows as tables of bounded size."""

    def read_from(self, shard: S, row: int, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the shard's rows from one on; a format that can jump there reads nothing before it."""
        for table in self.read(shard, schema):
            if row < table.num_rows:
                yield table.slice(row) if row else table
            row = max(row - table.num_rows, 0)

    def read_placed(
        self, shard: S, row: int, place: int | None, schema: pa.Schema | None = None
    ) -> Iterator[tuple[pa.Table, int | None]]:
        """Yield the shard's rows from one on, for readers that stop and go on later.

        With each table comes the place after it, which is handed in with the number of the row there to go on; None where
        the format has no better place than the number of a row. Tables are small, the first ones above all. Where text
        does not fit `schema`, which is that of a sample, a table has the types of its own values.
        """
        del place
        for table in self.read_from(shard, row, schema):
            yield table, None

    def skim(self, shard: S, place: int | None) -> Iterator[tuple[int, int]] | None:
        """Yield how many rows come next, and the place after them (see `read_placed`), without making values of them.

        The rows are those of `read_placed`. None where finding out takes as long as reading.
        """
        del shard, place
        return None

    def sample(self, shard: S) -> pa.Table | None:
        """Return the first rows of a shard with their own types; None if it has none."""
        return next((table for table in self.read(shard) if table.num_columns), None)

    def edges(self, shard: S) -> Sequence[int] | None:
        """Return the rows from which the shard can be read without reading others, and their number at the end.

        None where only reading tells how many rows there are.
        """
        del shard
        return None

    def schema(self, files: Sequence[DataFile]) -> Features | None:
        """Return the types of all files where they stand in the files (footers, options), else None."""
        del files
        return self.config.features

    def takes(self, given: Features, found: Sequence[str]) -> bool:
        """Tell whether `features=` are for files with these columns: all of them, or for some builders a few."""
        return set(found) <= set(given)

    def unify(self, a: Features, b: Features) -> Features:
        """Return the types that hold the rows of two shards; raise SchemaConflict where there are none."""
        return unify(a, b)

    def over(self, splits: Mapping[str, Sequence[DataFile]]) -> Builder[S]:
        """Return the builder for a dataset of these splits: what must be the same in all of them is settled."""
        del splits
        return self

    def cuts_files_apart(self) -> bool:
        """Tell whether the shards of files are those of each file, one after the other.

        Then the first files are read while others are still on their way here.
        """
        return False

    def reads_in_threads(self) -> bool:
        """Tell whether shards may be read in threads, several at a time: no, where that runs code of the user."""
        return False

    def selects_columns(self) -> bool:
        """Tell whether columns that `schema` does not name are left out unread, so that one may ask for a few."""
        return False

    def decodes_text(self) -> bool:
        """Tell whether types are read out of text, so that a wider type means reading again."""
        return True


class FileBuilder(Builder[DataFile]):
    """A builder whose unit is one whole file."""

    def shards(self, files: Sequence[DataFile]) -> Sequence[DataFile]:
        """Return the files themselves."""
        return tuple(files)

    def cuts_files_apart(self) -> bool:
        """As long as a file is a shard."""
        return type(self).shards is FileBuilder.shards
