"""The torch format: columns as tensors whose memory is their own, by a copy or as private pages of a mapped file."""

from __future__ import annotations

from collections.abc import Iterable
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

    def _parts(self, array: AnyNumpy) -> Iterable[Any]:
        if self.options.get("requires_grad"):
            # Each row must be a leaf of its own, which parts of one tensor are not.
            return super()._parts(array)
        parts: Iterable[Any] = self._tensor(array).unbind(0)
        return parts
