"""The torch format: columns as tensors whose memory is their own, by a copy or as private pages of a mapped file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from arrowsets.features import Features
from arrowsets.formats.base import require
from arrowsets.formats.tensor import AnyNumpy, TensorFormat
from arrowsets.table.private import own

__all__ = ["TorchFormat"]


def _channels_first(pixels: AnyNumpy) -> AnyNumpy:
    return np.ascontiguousarray(pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1))


# What numbers are shown as that are not shown as they are.
_SHOWN: dict[Any, type[np.generic]] = {np.dtype(np.float64): np.float32, np.dtype(np.float16): np.float32}
_SHOWN |= dict.fromkeys(map(np.dtype, ("i1", "i2", "i4", "u1", "u2", "u4")), np.int64)


class TorchFormat(TensorFormat):
    """Shows columns as torch tensors; options are those of `torch.tensor`.

    With `copy=False`, large columns of files that have their type already are not read, but mapped: writing to such a
    tensor changes neither the file nor what others see of it.
    """

    name = "torch"
    allowed = frozenset({"copy", "dtype", "device", "pin_memory", "requires_grad"})
    image = staticmethod(_channels_first)

    def __init__(self, features: Features | None = None, **options: Any) -> None:
        require("torch", extra="torch")
        super().__init__(features, **options)
        self._plain = not self.options and self._arrays.dtype is None
        self._moves = {key: options[key] for key in ("dtype", "device") if options.get(key) is not None}

    def _numpy_dtype(self) -> npt.DTypeLike | None:
        import torch

        dtype = self.options.get("dtype")
        # bfloat16 and the 8-bit floats are unknown to numpy; float32 holds all their values.
        if dtype is None or dtype == torch.bfloat16 or (dtype.itemsize < 2 and dtype.is_floating_point):
            return None
        return cast("npt.DTypeLike", torch.empty(0, dtype=dtype).numpy().dtype)

    def _tensor(self, array: AnyNumpy) -> Any:
        import torch

        # from_numpy warns of read-only memory and cannot hold negative strides.
        flags = array.flags
        tensor = torch.from_numpy(array if flags.writeable and flags.c_contiguous else own(array))
        if not self.options:
            return tensor
        if self._moves:
            tensor = tensor.to(**self._moves)
        if self.options.get("pin_memory"):
            tensor = tensor.pin_memory()
        return tensor.requires_grad_() if self.options.get("requires_grad") else tensor

    def stacked_columns(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        """Return a tensor for each array of numbers or flags, all of which belong to nobody else; texts stay lists."""
        if not self._plain:
            return {
                name: values if isinstance(values, list) else self.stacked_numbers(values)
                for name, values in columns.items()
            }
        from torch import from_numpy

        # The same in a third of the time: this is done for each batch that a model trains on.
        made = dict(columns)
        for name, values in columns.items():
            if not isinstance(values, list):
                kind = _SHOWN.get(values.dtype)
                made[name] = from_numpy(values if kind is None else values.astype(kind))
        return made

    def _parts(self, array: AnyNumpy) -> Iterable[Any]:
        if self.options.get("requires_grad"):
            # Each row must be a leaf of its own, which parts of one tensor are not.
            return super()._parts(array)
        parts: Iterable[Any] = self._tensor(array).unbind(0)
        return parts
