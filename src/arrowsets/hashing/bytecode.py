"""The meaning of a code object: what it does, what it reads, and nothing of how its source is laid out.

Left out: file name, line and column tables, docstrings, annotations, names of plain locals, unused
constants. Kept by name: globals, attributes, imports, variables shared with inner functions, and the
parameters after the first, because a caller may pass those by keyword (were they left out, swapping two of
them everywhere in a function would go unseen). Instructions differ between minor versions of Python, and so
do digests.
"""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Iterator, Sequence
from types import CodeType

from arrowsets.hashing.instructions import Step, handlers, positions, steps_of
from arrowsets.hashing.tree import Fingerprint, leaf, node
from arrowsets.record import dataclass

__all__ = ["WHOLE", "Chain", "Import", "Shape", "shape_of"]

Chain = tuple[str, ...]
WHOLE: Chain = ()

_CONSTANTS = frozenset({"LOAD_CONST", "KW_NAMES"})
_GLOBALS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
_ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_ATTRIBUTE_WRITES = frozenset({"STORE_ATTR", "DELETE_ATTR"})
_SHARED = frozenset({"LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF"})
_LOCAL = frozenset({"LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_AND_CLEAR"})
_NUMBERED = _LOCAL | {"STORE_FAST", "DELETE_FAST", "STORE_FAST_MAYBE_NULL"}
_FLAGS = (
    inspect.CO_VARARGS
    | inspect.CO_VARKEYWORDS
    | inspect.CO_GENERATOR
    | inspect.CO_COROUTINE
    | inspect.CO_ITERABLE_COROUTINE
    | inspect.CO_ASYNC_GENERATOR
)


@dataclass(frozen=True)
class Import:
    """An import statement inside a function."""

    name: str
    level: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class Shape:
    """What a code object does and what it looks at.

    Attributes:
        fingerprint: Instructions, constants and inner functions.
        globals: Global names read here or in inner functions, each with the chains of attributes read from
            it. `WHOLE` among them says that the object itself is used.
        variables: The same for locals and closure variables.
        imports: Import statements here or in inner functions.
    """

    fingerprint: Fingerprint
    globals: dict[str, frozenset[Chain]]
    variables: dict[str, frozenset[Chain]]
    imports: tuple[Import, ...]


_shapes: dict[int, tuple[weakref.ref[CodeType], Shape]] = {}


def shape_of(code: CodeType, constant: Callable[[object], Fingerprint]) -> Shape:
    """Return the shape of a code object, kept for as long as the code object lives.

    Args:
        constant: How constants are fingerprinted.
    """
    # By identity: hashing a code object costs more than all the rest of a warm look-up.
    key = id(code)
    known = _shapes.get(key)
    if known is not None and known[0]() is code:
        return known[1]
    shape = _Reader(code, constant).shape()
    _shapes[key] = (weakref.ref(code, lambda _: _shapes.pop(key, None)), shape)
    return shape


class _Reader:
    """Reads one code object."""

    def __init__(self, code: CodeType, constant: Callable[[object], Fingerprint]) -> None:
        self.code = code
        self.constant = constant
        self.steps = steps_of(code)
        self.inner = [shape_of(value, constant) for value in self._constants() if isinstance(value, CodeType)]

    def shape(self) -> Shape:
        imports = [*_imports(self.steps), *(item for shape in self.inner for item in shape.imports)]
        return Shape(self._fingerprint(), self._globals(), self._variables(), tuple(dict.fromkeys(imports)))

    def _constants(self) -> Iterator[object]:
        return (step.value for step in self.steps if step.name in _CONSTANTS)

    def _fingerprint(self) -> Fingerprint:
        text = "\n".join([_signature(self.code), *self._lines()])
        names = dict.fromkeys(str(step.value) for step in self.steps if step.name in _GLOBALS | _ATTRIBUTES)
        summary = f"{len(self.steps)} instructions" + (f" ({', '.join(names)})" if names else "")
        parts = [("instructions", leaf("instructions", text.encode("utf-8", "surrogatepass"), summary))]
        for value in self._constants():
            if isinstance(value, CodeType):
                parts.append(("inner function", shape_of(value, self.constant).fingerprint))
            else:
                parts.append(("constant", self.constant(value)))
        return node("code", parts, summary)

    def _lines(self) -> Iterator[str]:
        position = positions(self.steps)
        numbers = _numbers(self.code)
        for step in self.steps:
            if step.target >= 0:
                yield f"{step.name.replace('_FORWARD', '').replace('_BACKWARD', '')} {position(step.target)}"
            elif step.name in _CONSTANTS:
                yield step.name
            elif step.name in _NUMBERED and step.value not in self.shared:
                yield f"{step.name} {numbers.setdefault(str(step.value), len(numbers))}"
            else:
                yield f"{step.name} {step.text}"
        for handler in handlers(self.code, position):
            yield f"handler {handler}"

    @property
    def shared(self) -> tuple[str, ...]:
        """The variables shared with functions inside or outside."""
        return self.code.co_cellvars + self.code.co_freevars

    def _globals(self) -> dict[str, frozenset[Chain]]:
        found: dict[str, set[Chain]] = {}
        for index, step in enumerate(self.steps):
            if step.name in _GLOBALS and not self._is_written(index):
                found.setdefault(str(step.value), set()).add(self._chain(index))
        for shape in self.inner:
            for name, chains in shape.globals.items():
                found.setdefault(name, set()).update(chains)
        return {name: frozenset(found[name]) for name in sorted(found)}

    def _variables(self) -> dict[str, frozenset[Chain]]:
        shared = self.shared
        found: dict[str, set[Chain]] = {}
        for index, step in enumerate(self.steps):
            name = str(step.value)
            # LOAD_FAST of a shared variable (3.13) hands its cell to an inner function, whose reads are
            # counted below.
            reads = step.name in _SHARED or (step.name in _LOCAL and name not in shared)
            if reads and not self._is_written(index):
                found.setdefault(name, set()).add(self._chain(index))
        for shape in self.inner:
            for name, chains in shape.variables.items():
                if name in shared:
                    found.setdefault(name, set()).update(chains)
        return {name: frozenset(chains) for name, chains in found.items()}

    def _is_written(self, index: int) -> bool:
        return index + 1 < len(self.steps) and self.steps[index + 1].name in _ATTRIBUTE_WRITES

    def _chain(self, index: int) -> Chain:
        names: list[str] = []
        for step in self.steps[index + 1 :]:
            if step.name not in _ATTRIBUTES:
                break
            names.append(str(step.value))
        return tuple(names)


def _numbers(code: CodeType) -> dict[str, int]:
    """Number the parameters; other locals are numbered where they first appear."""
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return {name: number for number, name in enumerate(code.co_varnames[:count])}


def _signature(code: CodeType) -> str:
    named = list(code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount])
    anything = bool(code.co_flags & inspect.CO_VARKEYWORDS)
    if code.co_posonlyargcount == 0 and code.co_argcount > 0 and not anything:
        # Renaming the first alone can only turn a call by keyword into an error.
        named = named[1:]
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & _FLAGS)
    return f"signature {counts} {named}"


def _imports(steps: Sequence[Step]) -> Iterator[Import]:
    for index, step in enumerate(steps):
        if step.name == "IMPORT_NAME" and index >= 2:
            level, names = steps[index - 2].value, steps[index - 1].value
            yield Import(
                str(step.value),
                level if isinstance(level, int) else 0,
                names if isinstance(names, tuple) else (),
            )
