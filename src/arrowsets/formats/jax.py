"""The jax format: columns as jax arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from arrowsets.features import Features
from arrowsets.formats.base import require
from arrowsets.formats.tensor import AnyNumpy, TensorFormat

__all__ = ["JaxFormat"]


class JaxFormat(TensorFormat):
    """Shows columns as jax arrays; integers are int32 unless jax was told to use 64 bits.

    `device` is a device or, so that the format can be pickled, its text (`str(jax.devices()[0])`).
    """

    name = "jax"
    allowed = frozenset({"dtype", "device"})

    def __init__(self, features: Features | None = None, **options: Any) -> None:
        require("jax")
        if options.get("device") is not None:
            options["device"] = str(options["device"])
        super().__init__(features, **options)

    def _numpy_dtype(self) -> npt.DTypeLike | None:
        dtype = self.options.get("dtype")
        try:
            return None if dtype is None else np.dtype(dtype)
        except TypeError:
            return None

    def _tensor(self, array: AnyNumpy) -> Any:
        import jax
        import jax.numpy as jnp

        dtype = self.options.get("dtype")
        if dtype is None and not jax.config.jax_enable_x64 and array.dtype.itemsize == 8:
            array = _halved(array)
        made = jnp.array(array, dtype=dtype)
        return made if "device" not in self.options else jax.device_put(made, self._device())

    def _device(self) -> Any:
        import jax

        wanted = self.options["device"]
        return next((device for device in jax.devices() if str(device) == wanted), None)


def _halved(array: AnyNumpy) -> AnyNumpy:
    """Store 64-bit numbers in 32 bits, which is what jax would do; but not where that changes integers."""
    if array.dtype.kind == "f":
        return array.astype(np.float32)
    narrow = array.astype(np.int32)
    if not np.array_equal(narrow, array):
        beyond = array[narrow != array].flat[0]
        raise OverflowError(
            f"jax holds integers in 32 bits, and {beyond} needs more; switch 64 bits on with "
            "jax.config.update('jax_enable_x64', True), or choose a float dtype"
        )
    return narrow
