"""The exceptions of arrowsets. Each is also the built-in that scripts already catch.

ArrowsetsError
├── ColumnNotFound (ValueError, KeyError)      a column that the dataset does not have
├── SplitNotFound (ValueError, KeyError)       a split that was not loaded or does not exist
├── UnknownName (ValueError)                   any other name out of a closed list: a builder, a format, an option
├── DataFilesNotFound (FileNotFoundError)      patterns that match no file
├── SchemaConflict (ValueError, TypeError)     two types that no type holds without loss
├── BadData (ValueError)                       a file that cannot be read; knows file, row and column
│   └── BadMedia (OSError)                     a file in a cell that is no image, no audio, … or is damaged
├── RowOutOfRange (IndexError)                 a row position that the dataset does not have
├── ShapeConflict (ValueError)                 lengths that differ, or a column name twice
├── TransformError (ValueError)                a user function that returned what cannot be kept
├── WorkerDied (RuntimeError)                  a worker process that was killed; knows its rows
├── NotPicklable (TypeError)                   a function, argument or result that no other process can be sent
├── RemoteError (ConnectionError)              a server that did not answer, or refused
│   ├── OfflineError                           the network is needed while offline mode is on
│   └── HubError                               a hub that refused
│       ├── RepositoryNotFound (FileNotFoundError)   no such dataset, or a private one
│       ├── RevisionNotFound (FileNotFoundError)     no such branch, tag or commit
│       ├── GatedRepository (PermissionError)        its owner must grant access first
│       ├── BadToken (PermissionError)               a token that the hub does not know, or that ended
│       └── CommitConflict                           others kept on changing what was to be changed
├── StoreError (OSError)
│   └── CorruptEntry                           a stored file that is not what was written
└── MissingDependency (ImportError)            an optional package; says what to install
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

__all__ = [
    "ArrowsetsError",
    "BadData",
    "BadMedia",
    "BadToken",
    "ColumnNotFound",
    "CommitConflict",
    "CorruptEntry",
    "DataFilesNotFound",
    "GatedRepository",
    "HubError",
    "MissingDependency",
    "NotPicklable",
    "OfflineError",
    "RemoteError",
    "RepositoryNotFound",
    "RevisionNotFound",
    "RowOutOfRange",
    "SchemaConflict",
    "ShapeConflict",
    "SplitNotFound",
    "StoreError",
    "TransformError",
    "UnknownName",
    "WorkerDied",
]

_SHOWN = 20


def _listing(names: Iterable[object]) -> str:
    shown = [repr(name) for name in names]
    rest = len(shown) - _SHOWN
    return ", ".join(shown[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "") if shown else "none"


def _guess(name: object, allowed: Iterable[object]) -> str:
    import difflib  # takes as long to import as all of this module, for something that hardly ever happens

    close = difflib.get_close_matches(str(name), [str(option) for option in allowed], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


class ArrowsetsError(Exception):
    """The base of every error raised on purpose."""

    def __str__(self) -> str:
        # KeyError would show the repr of its message.
        return Exception.__str__(self)


class ColumnNotFound(ArrowsetsError, ValueError, KeyError):
    """A column name that the dataset does not have."""

    @classmethod
    def of(cls, name: object, columns: Iterable[object]) -> ColumnNotFound:
        columns = list(columns)
        return cls(f"no column {name!r}; the columns are {_listing(columns)}{_guess(name, columns)}")


class SplitNotFound(ArrowsetsError, ValueError, KeyError):
    """A split name that does not exist."""

    @classmethod
    def of(cls, name: object, splits: Iterable[object]) -> SplitNotFound:
        splits = list(splits)
        return cls(f"no split {name!r}; the splits are {_listing(splits)}{_guess(name, splits)}")


class UnknownName(ArrowsetsError, ValueError):
    """A name that is not in a closed list: a builder, a format, an option."""

    @classmethod
    def of(cls, what: str, name: object, allowed: Iterable[object]) -> UnknownName:
        allowed = list(allowed)
        return cls(f"unknown {what} {name!r}; allowed: {_listing(allowed)}{_guess(name, allowed)}")


class DataFilesNotFound(ArrowsetsError, FileNotFoundError):
    """Data files or a directory that do not exist."""


class SchemaConflict(ArrowsetsError, ValueError, TypeError):
    """Two types of one column that no type holds without loss."""

    def __init__(self, message: str, *, column: str | None = None) -> None:
        super().__init__(message)
        self.column = column


class BadData(ArrowsetsError, ValueError):
    """A file whose content cannot be read as what it claims to be.

    `file`, `row` (from 0) and `column` are None where they are not known.
    """

    def __init__(
        self, message: str, *, file: str | None = None, row: int | None = None, column: str | None = None
    ) -> None:
        place = ", ".join(
            f"{what} {value}" for what, value in (("file", file), ("row", row), ("column", column)) if value is not None
        )
        super().__init__(f"{place}: {message}" if place else message)
        self.message, self.file, self.row, self.column = message, file, row, column

    def at(self, *, row: int | None = None, column: str | None = None) -> Self:
        """Return this error with a place that it does not name yet."""
        row, column = row if self.row is None else self.row, column if self.column is None else self.column
        placed = type(self)(self.message, file=self.file, row=row, column=column)
        placed.__cause__, placed.__traceback__ = self.__cause__, self.__traceback__
        return placed

    @property
    def reason(self) -> str:
        """What is wrong in the file, and where in it."""
        return str(BadData(self.message, row=self.row, column=self.column))

    def __reduce__(self) -> tuple[object, ...]:
        return _bad_data, (self.message, self.file, self.row, self.column)


def _bad_data(message: str, file: str | None, row: int | None, column: str | None) -> BadData:
    return BadData(message, file=file, row=row, column=column)


class WrongCut(ArrowsetsError):
    """A file that was cut where a record only seemed to end; it is cut again by who had it cut."""

    def __init__(self, file: str) -> None:
        super().__init__(f"{file} was cut within a record; it is to be cut again by a builder that does not guess")


class BadMedia(BadData, OSError):
    """A file in a cell that cannot be decoded."""

    def __reduce__(self) -> tuple[object, ...]:
        return _bad_media, (self.message, self.file, self.row, self.column)


def _bad_media(message: str, file: str | None, row: int | None, column: str | None) -> BadMedia:
    return BadMedia(message, file=file, row=row, column=column)


class TransformError(ArrowsetsError, ValueError):
    """A function given to map or filter returned what cannot be kept."""


class WorkerDied(ArrowsetsError, RuntimeError):
    """A worker process ended without answering."""


class StoreError(ArrowsetsError, OSError):
    """The store on disk could not be read or written."""


class CorruptEntry(StoreError):
    """A stored file is not what was written."""


class MissingDependency(ArrowsetsError, ImportError):
    """An optional package that is not installed."""

    @classmethod
    def of(cls, what: str, package: str, extra: str | None = None) -> MissingDependency:
        target = f"'arrowsets[{extra}]'" if extra else package
        return cls(f"{what} needs the package {package!r}: pip install {target}")


class RowOutOfRange(ArrowsetsError, IndexError):
    """A row position that the dataset does not have."""


class ShapeConflict(ArrowsetsError, ValueError):
    """Tables, masks or columns that do not fit together: lengths that differ, or a name twice."""


class NotPicklable(ArrowsetsError, TypeError):
    """A function, argument or result that cannot be sent to another process."""


class RemoteError(ArrowsetsError, ConnectionError):
    """A server that did not give what was asked of it."""


class OfflineError(RemoteError):
    """Something on the network is needed while offline mode is on."""


class HubError(RemoteError):
    """A hub that refused what was asked of it."""


class RepositoryNotFound(HubError, FileNotFoundError):
    """A dataset that a hub does not have, or does not show to this caller."""


class RevisionNotFound(HubError, FileNotFoundError):
    """A branch, tag or commit that a dataset on a hub does not have."""


class GatedRepository(HubError, PermissionError):
    """A dataset whose owner must grant access first."""


class BadToken(HubError, PermissionError):
    """A token that a hub does not know, or that has ended."""


class CommitConflict(HubError):
    """A commit that never found the state of the repository that it was made for."""
