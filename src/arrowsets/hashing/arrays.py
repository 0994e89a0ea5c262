"""Fingerprints of numpy, PyTorch and other arrays, read through their buffers."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt
from xxhash import xxh3_128

from arrowsets.hashing.containers import items
from arrowsets.hashing.packages import package_leaf
from arrowsets.hashing.tree import Fingerprint, node, unhashable
from arrowsets.hashing.visiting import Visitor

__all__ = ["array", "generator", "jax_array", "tensor", "torch_generator", "ufunc"]

# Numbers shown in a summary, at most.
_SHOWN = 6
_COPIED = 1 << 16


def array(visitor: Visitor, value: npt.NDArray[Any]) -> Fingerprint:
    """Fingerprint a numpy array: its class, type, shape and values, however they lie in memory."""
    dtype = value.dtype
    kind = "array" if type(value) in (np.ndarray, np.memmap) else type(value).__name__
    summary = f"{kind} {dtype} {value.shape}"
    if 0 < value.size <= _SHOWN and dtype.kind in "biufc":
        summary += f" {value.tolist()}"
    if isinstance(value, np.ma.MaskedArray):
        parts = [("data", visitor.visit(value.filled(0))), ("mask", visitor.visit(np.ma.getmaskarray(value)))]
        return node(kind, parts, summary)
    header = f"{_dtype_text(dtype)}\0{value.shape}\0".encode()
    if dtype.hasobject or dtype.kind == "T":
        values = items(visitor, "values", value.ravel().tolist(), value.size, f"{value.size} objects")
        return node(kind, [("values", values)], summary, header)
    digest = xxh3_128(header)
    _update(digest, value)
    return node(kind, (), summary, digest.digest())


def _dtype_text(dtype: np.dtype[Any]) -> str:
    return repr(dtype.descr) if dtype.names else dtype.str + repr(dtype.metadata or "")


def _update(digest: xxh3_128, value: npt.NDArray[Any]) -> None:
    if value.flags.c_contiguous:
        digest.update(np.asarray(value).reshape(-1).view(np.uint8).data if value.size else b"")
        return
    # Any other layout is read in C order, a bounded piece at a time.
    for piece in np.nditer(value, flags=("external_loop", "buffered", "zerosize_ok"), order="C", buffersize=_COPIED):
        digest.update(np.ascontiguousarray(piece).view(np.uint8).data)


def scalar(visitor: Visitor, value: np.generic[Any]) -> Fingerprint:
    """Fingerprint a numpy scalar; it differs from the Python number."""
    if value.dtype.hasobject:
        return visitor.visit(value.item())
    return node("value", (), repr(value), f"{_dtype_text(value.dtype)}\0".encode() + value.tobytes())


def dtype(visitor: Visitor, value: np.dtype[Any]) -> Fingerprint:  # noqa: ARG001
    """Fingerprint a numpy type."""
    return node("value", (), f"dtype {value}", f"{_dtype_text(value)}\0{value.str}\0{value.alignment}".encode())


def ufunc(visitor: Visitor, value: np.ufunc) -> Fingerprint:  # noqa: ARG001
    """Fingerprint a ufunc by the name under which a loaded package holds it."""
    for module in (
        "numpy",
        "scipy.special",
        *sorted(name for name in sys.modules if name.startswith("numba")),
    ):
        if getattr(sys.modules.get(module), value.__name__, None) is value:
            return package_leaf(module, value.__name__)
    return unhashable(f"ufunc {value.__name__}, made from a function at run time")


def generator(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint a random generator by its state, which changes with use."""
    state = value.get_state(legacy=False) if hasattr(value, "get_state") else value.bit_generator.state
    return node("generator", [("state", visitor.visit(state))], f"{type(value).__name__} in a certain state")


def vectorized(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint a `numpy.vectorize`: not what it remembers of its first call."""
    parts = [("function", visitor.visit(value.pyfunc))]
    parts += [(f".{name}", visitor.visit(getattr(value, name, None))) for name in ("otypes", "signature", "excluded")]
    return node("vectorize", parts, "vectorize")


def tensor(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint a PyTorch tensor; the device does not count, whether it wants gradients does."""
    torch = sys.modules["torch"]
    summary = f"{type(value).__name__} {value.dtype} {tuple(value.shape)}"
    if value.device.type == "meta" or value.layout is not torch.strided or value.is_quantized:
        if value.layout is torch.strided and not value.is_quantized:
            return node("tensor", (), summary, f"{summary} meta".encode())
        parts = [("dense", visitor.visit(value.dequantize() if value.is_quantized else value.to_dense()))]
        return node("tensor", parts, summary, str(value.layout).encode())
    plain = value.detach().cpu().resolve_conj().resolve_neg().contiguous()
    if 0 < value.numel() <= _SHOWN:
        summary += f" {plain.tolist()}"
    header = f"{value.dtype}\0{tuple(value.shape)}\0{value.requires_grad}\0".encode()
    digest = xxh3_128(header)
    digest.update(plain.reshape(-1).view(torch.uint8).numpy().data if value.numel() else b"")
    return node("tensor", (), summary, digest.digest())


def torch_generator(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint a PyTorch generator by its state."""
    return node("generator", [("state", visitor.visit(value.get_state()))], "torch.Generator in a certain state")


def jax_array(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint an array of another library by its values as numpy's."""
    return node(
        type(value).__name__,
        [("values", visitor.visit(np.asarray(value)))],
        f"{type(value).__name__} {value.shape}",
    )
