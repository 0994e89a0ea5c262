"""What is imported when it is first asked for: names of our packages, and the kernels of pyarrow."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

__all__ = ["is_expression", "lazily", "pc"]


def lazily(package: str, homes: Mapping[str, str], modules: Collection[str] = ()) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package that imports each name from its module when it is first asked for.

    Half of what there is (streams, exports) is not used by most programs, and would be half of the time of an import.

    Args:
        homes: The module of each name.
        modules: Modules of the package that are imported when they are asked for, too.
    """

    def __getattr__(name: str) -> Any:  # noqa: N807 - it becomes that of the package
        if name in modules:
            return importlib.import_module(f"{package}.{name}")
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(home), name)
        setattr(sys.modules[package], name, value)
        return value

    return __getattr__


class _Kernels:
    """`pyarrow.compute`, imported with the first kernel that is asked for."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(importlib.import_module("pyarrow.compute"), name)
        setattr(self, name, value)
        return value


if TYPE_CHECKING:
    import pyarrow.compute as pc
    from typing_extensions import TypeIs
else:
    # Making its functions, pyarrow.compute takes as long to import as the rest of pyarrow; opening a dataset needs none.
    pc = _Kernels()


def is_expression(value: object) -> TypeIs[pc.Expression]:
    """Tell whether a value is an Arrow expression, without importing what makes them: then there is none."""
    module = sys.modules.get("pyarrow._compute")
    return module is not None and isinstance(value, module.Expression)
