"""Lineage: how a dataset was made, step by step, and the fingerprint that follows from it.

Each step knows its parents and what it was given. The fingerprint is computed when somebody asks for it (a store does,
a chain of selections does not), so that steps which only compose views cost nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from arrowsets.hashing import Fingerprint, combine, fingerprint

__all__ = ["Lineage"]


class Lineage:
    """One step in how a dataset was made.

    >>> step = Lineage("select", (Lineage.of_value("source", 1),), {"indices": [0, 2]})
    >>> step.digest == Lineage("select", (Lineage.of_value("source", 1),), {"indices": [0, 2]}).digest
    True
    """

    __slots__ = ("_given", "_known", "_roots", "operation", "parents")

    def __init__(
        self,
        operation: str,
        parents: Iterable[Lineage] = (),
        given: Mapping[str, Any] | None = None,
        *,
        known: Fingerprint | None = None,
    ) -> None:
        self.operation = operation
        self.parents = tuple(parents)
        self._given = dict(given or {})
        self._known = known
        self._roots: tuple[str, ...] | None = None

    @classmethod
    def of_value(cls, operation: str, value: object) -> Lineage:
        """A source named by a value."""
        return cls(operation, (), {"value": value})

    @classmethod
    def of_digest(cls, operation: str, digest: str) -> Lineage:
        """A source whose digest is known: an entry of the store, a stored state, a name given by the user."""
        return cls(operation, known=Fingerprint(digest, "dataset", f"{operation} {digest[:12]}"))

    @classmethod
    def of_table(cls, table: pa.Table) -> Lineage:
        """A table in memory, named by its content; it is read when the fingerprint is asked for."""
        return cls("table", (), {"content": _Later(lambda: fingerprint(table))})

    @classmethod
    def of_files(cls, paths: Iterable[str | os.PathLike[str]]) -> Lineage:
        """Files named by their path, size and time of last change."""
        stats = [(str(path), Path(path).stat()) for path in paths]
        return cls("files", (), {"files": [(path, stat.st_size, stat.st_mtime_ns) for path, stat in stats]})

    @property
    def fingerprint(self) -> Fingerprint:
        """The tree of everything that decides what the dataset is; parents are in it by their digests."""
        if self._known is None:
            # Parents first and in a loop: a chain of a thousand steps is not a thousand calls deep.
            waiting = [self]
            while waiting:
                step = waiting[-1]
                unknown = [parent for parent in step.parents if parent._known is None]
                if unknown:
                    waiting.extend(unknown)
                    continue
                waiting.pop()
                step._settle()
        assert self._known is not None
        return self._known

    @property
    def digest(self) -> str:
        """The fingerprint's digest."""
        return self.fingerprint.digest

    @property
    def roots(self) -> tuple[str, ...]:
        """The digests of the sources that it began with."""
        if self._roots is None:
            found: set[str] = set()
            seen, waiting = {id(self)}, [self]
            while waiting:
                step = waiting.pop()
                if step._roots is not None:
                    found.update(step._roots)
                elif not step.parents:
                    found.add(step.digest)
                new = [parent for parent in step.parents if id(parent) not in seen]
                seen.update(map(id, new))
                waiting.extend(new)
            self._roots = tuple(sorted(found))
        return self._roots

    def _settle(self) -> None:
        if self._known is not None:
            return
        parts: dict[str, Fingerprint] = {}
        for index, parent in enumerate(self.parents):
            known = parent.fingerprint
            label = "input" if len(self.parents) == 1 else f"input {index}"
            parts[label] = Fingerprint(known.digest, "dataset", f"{parent.operation} {known.digest[:12]}")
        for name, value in self._given.items():
            parts[name] = value.fingerprint() if isinstance(value, _Later) else fingerprint(value)
        self._known = combine(self.operation, parts, summary=self.operation)
        self._given = {}

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (self.operation, self.fingerprint, self.roots)

    def __repr__(self) -> str:
        return f"Lineage({self.operation!r})"


class _Later:
    """A part of a fingerprint that is expensive and may never be asked for."""

    __slots__ = ("fingerprint",)

    def __init__(self, compute: Callable[[], Fingerprint]) -> None:
        self.fingerprint = compute


def _restored(operation: str, known: Fingerprint, roots: tuple[str, ...]) -> Lineage:
    lineage = Lineage(operation, known=known)
    lineage._roots = roots
    return lineage
