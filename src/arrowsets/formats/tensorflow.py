"""The tensorflow format: columns as tensors, text included; lists of unequal length as ragged tensors."""

from __future__ import annotations

from typing import Any, cast

import numpy.typing as npt

from arrowsets.features import Features
from arrowsets.formats.base import require
from arrowsets.formats.tensor import AnyNumpy, TensorFormat

__all__ = ["TensorflowFormat"]


class TensorflowFormat(TensorFormat):
    """Shows columns as tensorflow tensors; options are those of `tensorflow.convert_to_tensor`."""

    name = "tensorflow"
    allowed = frozenset({"dtype"})

    def __init__(self, features: Features | None = None, **options: Any) -> None:
        require("tensorflow")
        super().__init__(features, **options)

    def _numpy_dtype(self) -> npt.DTypeLike | None:
        import tensorflow as tf

        dtype = self.options.get("dtype")
        if dtype is None or tf.as_dtype(dtype) == tf.bfloat16:
            return None
        return cast("npt.DTypeLike", tf.as_dtype(dtype).as_numpy_dtype)

    def _tensor(self, array: AnyNumpy) -> Any:
        import tensorflow as tf

        return tf.convert_to_tensor(array, **self.options)

    def _texts(self, values: list[Any]) -> Any:
        import tensorflow as tf

        return tf.constant(values)

    def _ragged(self, tensors: list[Any]) -> Any:
        import tensorflow as tf

        alike = all(isinstance(tensor, tf.Tensor) and tensor.ndim == 1 for tensor in tensors)
        if tensors and alike and len({tensor.dtype for tensor in tensors}) == 1:
            return tf.ragged.stack(tensors)
        return tensors

    def _cell(self, cell: Any) -> Any:
        if isinstance(cell, str | bytes):
            import tensorflow as tf

            return tf.constant(cell)
        return super()._cell(cell)
