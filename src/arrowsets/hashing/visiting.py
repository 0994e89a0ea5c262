"""What a handler of one kind of value is given: the visitor that fingerprints the parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Protocol

from arrowsets.hashing.tree import Fingerprint

if TYPE_CHECKING:
    from arrowsets.hashing.bytecode import Chain, Shape

__all__ = ["Handler", "Visitor"]


class Visitor(Protocol):
    """Fingerprints the parts of a value, within one call of `fingerprint`."""

    def visit(self, value: object) -> Fingerprint:
        """Fingerprint a whole value."""

    def visit_apart(self, value: object) -> Fingerprint:
        """Fingerprint a value whose place among its neighbours is not fixed, such as a member of a set."""

    def look(self, value: object, chains: Iterable[Chain]) -> Fingerprint:
        """Fingerprint what some chains of attributes read from a value."""

    def shape(self, code: CodeType) -> Shape:
        """Return the meaning of a code object."""

    def within(self, key: tuple[object, ...], make: Callable[[], Fingerprint]) -> Fingerprint:
        """Make a fingerprint once per key; while it is being made, the key stands for a recursion."""

    def function(self, function: FunctionType, bound: tuple[object, ...] = ()) -> Fingerprint:
        """Fingerprint a function, with what it reads from the first argument if that is bound."""


Handler = Callable[[Visitor, object], Fingerprint]
