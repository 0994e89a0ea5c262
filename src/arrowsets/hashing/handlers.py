"""The handlers of functions, classes, objects and what libraries make: most programs load their data without."""

from __future__ import annotations

import enum
import logging
import weakref
from pathlib import PurePath
from types import CodeType, ModuleType
from typing import cast

from arrowsets.hashing.bytecode import WHOLE, shape_of
from arrowsets.hashing.functions import CALLABLES, function
from arrowsets.hashing.libraries import library_handler
from arrowsets.hashing.modules import module, module_reads
from arrowsets.hashing.objects import class_of, enum_member, instance, logger, object_reads, reference
from arrowsets.hashing.scalars import path
from arrowsets.hashing.visiting import Handler

__all__ = ["WHOLE", "function", "handler", "module_reads", "object_reads", "shape_of"]

_EXACT: dict[type, Handler] = {**CALLABLES, type: cast("Handler", class_of)}
_BASES: tuple[tuple[type, Handler], ...] = cast(
    "tuple[tuple[type, Handler], ...]",
    (
        (PurePath, lambda _, value: path(value)),
        (enum.Enum, enum_member),
        (logging.Logger, logger),
        (ModuleType, module),
        (type, class_of),
        (weakref.ref, reference),
        (CodeType, lambda visitor, value: visitor.shape(value).fingerprint),
    ),
)


def handler(kind: type) -> Handler:
    """Return the handler of values of a class that is no container."""
    exact = _EXACT.get(kind)
    if exact is not None:
        return exact
    for base, found in _BASES:
        if issubclass(kind, base):
            return found
    return library_handler(kind) or cast("Handler", instance)
