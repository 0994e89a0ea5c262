"""What PyTorch's DataLoader needs of a stream; PyTorch is never imported here, only noticed."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["Epoch", "worker_share"]


def worker_share() -> tuple[int, int] | None:
    """Return how many workers of a DataLoader there are and which this is; None outside of them."""
    data = sys.modules.get("torch.utils.data")
    info = None if data is None else data.get_worker_info()
    return None if info is None or info.num_workers < 2 else (info.num_workers, info.id)


class Epoch:
    """The epoch of a stream; once PyTorch has seen it, it is seen by the worker processes that have a copy as well."""

    __slots__ = ("_shared", "_value")

    def __init__(self, value: int = 0) -> None:
        self._value = value
        self._shared: Any = None

    @property
    def value(self) -> int:
        """The epoch."""
        return self._value if self._shared is None else int(self._shared)

    @value.setter
    def value(self, value: int) -> None:
        self._value = value
        if self._shared is not None:
            self._shared.fill_(value)

    def share(self) -> None:
        """Put it where the workers of a DataLoader see changes of it."""
        if self._shared is None and (torch := sys.modules.get("torch")) is not None:
            self._shared = torch.tensor(self._value).share_memory_()

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (self._value if self._shared is None else int(self._shared), self._shared)


def _restored(value: int, shared: Any) -> Epoch:
    epoch = Epoch(value)
    epoch._shared = shared
    return epoch
