"""What other libraries take our objects for: classes that they ask `isinstance` about.

PyTorch, and the libraries that train with Hugging Face `datasets`, look at the class of a dataset to decide what to do with
it. `isinstance` believes an object's `__class__`; ours answer with a class that is derived from both their own and the other
library's. No other library is imported for it: what has not been imported cannot be asked about.
"""

from __future__ import annotations

import functools
import sys
import types
from typing import Any

__all__ = ["class_seen", "restored"]


def class_seen(cls: type, reference: str, torch: str | None = None) -> type:
    """Return the class that `isinstance` is to see of an object.

    Args:
        cls: Its class.
        reference: The class of Hugging Face `datasets` that it stands for.
        torch: The class of `torch.utils.data` that it stands for.
    """
    library, data = sys.modules.get("datasets"), torch and sys.modules.get("torch.utils.data")
    if not library and not data:
        return cls
    return _both(cls, _class_of(library, reference), _class_of(data, torch))


def _class_of(module: object, name: str | None) -> type | None:
    cls = getattr(module, name, None) if module and name else None
    return cls if isinstance(cls, type) else None


@functools.cache
def _both(cls: type, *others: type | None) -> type:
    # The reference's streams become PyTorch's when the first is made, so its class must stand in front.
    bases = (cls, *(other for other in others if other is not None))
    if len(bases) == 1:
        return cls
    return types.new_class(cls.__name__, bases, {}, lambda body: body.update(__module__=cls.__module__))


def restored(cls: Any, state: object) -> object:
    """Make an object of its state; what `__reduce__` of a class in a guise names, for pickle checks `__class__`."""
    made = cls.__new__(cls)
    made.__setstate__(state)
    return made
