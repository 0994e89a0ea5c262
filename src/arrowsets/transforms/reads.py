"""What a function reads of the row or batch that it is given, told from its code before it is called.

A function that only ever says `row["text"]` can be given a plain dict of that column: the cheapest row there is, and no other
column is converted. Whatever it is not certain of (the row is passed on, kept, looked at by a variable name) answers None,
and the function is given all there is.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import lru_cache
from types import CodeType, FunctionType, MethodType

from arrowsets.hashing.instructions import Step, plain_steps
from arrowsets.record import dataclass

__all__ = ["Reads", "reads_of"]


@dataclass(frozen=True)
class Reads:
    """Uses of an argument that is a mapping.

    Attributes:
        names: Keys that are read, by `row["text"]`.
        whole: All keys are read, by `{**row}`, `f(**row)`, `row.keys()`, `row.values()` or `row.items()`.
        changed: Keys are set, or the argument itself is returned.
    """

    names: frozenset[str] = frozenset()
    whole: bool = False
    changed: bool = False

    def of(self, columns: Sequence[str]) -> list[str]:
        """Return those of the columns that are read, in their order."""
        return [name for name in columns if self.whole or name in self.names]


# What reaches the variables of the function that runs, or stops in it for somebody to look at them.
_LOOKS_AROUND = frozenset(
    {"locals", "vars", "dir", "eval", "exec", "breakpoint", "set_trace", "_getframe", "currentframe"}
)
_NOT_PLAIN = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_ALL_OF_IT = frozenset({"keys", "values", "items"})


def reads_of(function: object) -> Reads | None:
    """Return what a function reads of its first argument; None where its code does not tell.

    >>> reads_of(lambda row: {"length": len(row["text"])})
    Reads(names=frozenset({'text'}), whole=False, changed=False)
    >>> reads_of(lambda row: print(row))
    """
    place = 0
    if not isinstance(function, (FunctionType, MethodType)):
        # The method that stands in its class, as calling it would find it.
        function, place = getattr(type(function), "__call__", None), 1  # noqa: B004
    elif isinstance(function, MethodType):
        function, place = function.__func__, 1
    if not isinstance(function, FunctionType):
        return None
    return _reads(function.__code__, place)


@lru_cache(maxsize=512)
def _reads(code: CodeType, place: int) -> Reads | None:
    if place >= code.co_argcount or code.co_flags & _NOT_PLAIN or not _LOOKS_AROUND.isdisjoint(code.co_names):
        return None
    argument = code.co_varnames[place]
    if argument in code.co_cellvars:
        return None
    steps = plain_steps(code)
    names: set[str] = set()
    whole = changed = False
    for at, step in enumerate(steps):
        if not _is_local(step, argument):
            continue
        use = _use(steps, at)
        if use is None or step.name != "LOAD_FAST":
            return None
        kind, key = use
        whole = whole or kind == "whole"
        changed = changed or kind in {"set", "update", "returned"}
        if kind in {"read", "update"}:
            names.add(key)
    return Reads(frozenset(names), whole, changed)


def _is_local(step: Step, name: str) -> bool:
    values = step.value if isinstance(step.value, tuple) else (step.value,)
    return ("_FAST" in step.name or "_DEREF" in step.name or "CLOSURE" in step.name) and name in values


def _use(steps: Sequence[Step], at: int) -> tuple[str, str] | None:
    """Tell what becomes of the argument where it is loaded.

    What is loaded lies on top of the stack, so the steps that follow are about it, wherever else they may be reached from.
    """
    after = [*steps[at + 1 : at + 5], *[Step(-1, "")] * 4]
    first = after[0]
    if first.name == "RETURN_VALUE":
        return "returned", ""
    if first.name in {"DICT_UPDATE", "DICT_MERGE"}:
        return "whole", ""
    if first.name in {"LOAD_ATTR", "LOAD_METHOD"} and first.value in _ALL_OF_IT:
        return "whole", ""
    if first.name != "LOAD_CONST" or not isinstance(first.value, str):
        return None
    if _is_subscript(after[1]):
        return "read", first.value
    if after[1].name == "STORE_SUBSCR":
        return "set", first.value
    # row["x"] += 1 keeps the row and the key below what it reads, to store there.
    if [step.name for step in after[1:3]] == ["COPY", "COPY"] and _is_subscript(after[3]):
        return "update", first.value
    return None


def _is_subscript(step: Step) -> bool:
    return step.name == "BINARY_SUBSCR" or (step.name == "BINARY_OP" and step.text == "[]")
