"""The kinds of Python values that a column can be made of, and what other libraries' containers become.

Tensors, columns and media are recognised by their classes' modules: nothing is imported to look.
"""

from __future__ import annotations

import array as stdarray
import datetime as dt
import decimal
import os
import uuid
from collections import deque
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from itertools import chain
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from arrowsets.features.buffers import of_list

__all__ = ["Kind", "in_order", "is_tensor", "kind_of", "kinds", "medium", "quick_array", "to_arrow_or_numpy"]

Kind = Literal[
    "null", "bool", "int", "float", "decimal", "str", "bytes", "date", "datetime", "datetime64", "time",
    "timedelta", "text-like", "list", "ndarray", "dict", "media", "foreign", "other",
]  # fmt: skip

_known: dict[type, Kind] = {
    type(None): "null",
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    bytes: "bytes",
    list: "list",
    dict: "dict",
    np.ndarray: "ndarray",
}
# In this order: bool is an int, datetime is a date, and NumPy's float64 and str_ are float and str.
_DERIVED: tuple[tuple[type | tuple[type, ...], Kind], ...] = (
    ((bool, np.bool_), "bool"),
    ((np.datetime64,), "datetime64"),
    ((np.timedelta64,), "timedelta"),
    ((int, np.integer), "int"),
    ((float, np.floating), "float"),
    (str, "str"),
    ((bytes, bytearray, memoryview), "bytes"),
    (decimal.Decimal, "decimal"),
    (dt.datetime, "datetime"),
    (dt.date, "date"),
    (dt.time, "time"),
    (dt.timedelta, "timedelta"),
    (Mapping, "dict"),
    ((list, tuple, set, frozenset, range, deque, stdarray.array), "list"),
    (np.ndarray, "ndarray"),
    ((os.PathLike, uuid.UUID), "text-like"),
)
_FOREIGN = {"torch", "jax", "jaxlib", "tensorflow", "polars", "pyarrow", "cupy", "mlx"}


# Package and class -> the `type_name` of the feature that its objects are cells of.
_MEDIA = {
    ("PIL", "Image"): "Image",
    ("arrowsets", "AudioDecoder"): "Audio",
    ("torchcodec", "AudioDecoder"): "Audio",
    ("arrowsets", "VideoDecoder"): "Video",
    ("torchcodec", "VideoDecoder"): "Video",
    ("pdfplumber", "PDF"): "Pdf",
    ("nibabel", "Nifti1Image"): "Nifti",
    ("trimesh", "Trimesh"): "Mesh",
    ("trimesh", "Scene"): "Mesh",
    ("Bio", "SeqRecord"): "BioSequence",
    ("Bio", "Structure"): "BioStructure",
}


def medium(cls: type) -> str | None:
    """Return the name of the media type whose objects a class or one of its bases makes, if any."""
    names = (_MEDIA.get((base.__module__.partition(".")[0], base.__name__)) for base in cls.__mro__)
    return next((name for name in names if name is not None), None)


def kind_of(cls: type) -> Kind:
    """Return the kind of values of a class."""
    known = _known.get(cls)
    if known is None:
        known = _known[cls] = _classify(cls)
    return known


def _classify(cls: type) -> Kind:
    root = cls.__module__.partition(".")[0]
    if root == "pandas":
        return _pandas_kind(cls)
    if root in _FOREIGN:
        return "foreign"
    if medium(cls) is not None:
        return "media"
    for classes, kind in _DERIVED:
        if issubclass(cls, classes):
            return kind
    return "foreign" if hasattr(cls, "__array__") else "other"


def _pandas_kind(cls: type) -> Kind:
    if cls.__name__ in {"NAType", "NaTType"}:
        return "null"
    return "datetime" if cls.__name__ == "Timestamp" else "timedelta" if cls.__name__ == "Timedelta" else "foreign"


def kinds(values: Iterable[object]) -> tuple[set[type], set[Kind]]:
    """Return the classes of values and, None left out, their kinds."""
    classes = set(map(type, values))
    return classes, {kind_of(cls) for cls in classes if cls is not type(None)}


_QUICK = {int, float, str, bool}
# By Arrow's numbers for the types, which compare at once; types themselves are hashed as text.
_LIST, _FLOAT = pa.list_(pa.null()).id, pa.float64().id
_SURE = {pa.int64().id, _FLOAT, pa.string().id, pa.bool_().id}


def quick_array(values: Any) -> pa.Array[Any] | None:
    """Return Arrow's own reading of plain numbers or texts, or lists of them, where it is sure to be right.

    Looking at the class of each value costs as much as building the array. Where the first value is of a
    built-in type, Arrow refuses what must not be mixed: its result is kept if it has one of four types.
    """
    if type(values) is not list or not values:
        return None
    first: Any = next((value for value in values[:8] if value is not None), None)
    nested = type(first) is list
    for _ in range(4):
        if type(first) is list and first:
            first = first[0]
    # Within a list, pyarrow 26.0.1 takes bytes for text, and does not even check that they are.
    if type(first) not in _QUICK or (nested and type(first) is str):
        return None
    try:
        if (exact := of_list(values)) is not None:
            return exact  # type: ignore[no-any-return]
        array: Any = pa.array(values)
    except (pa.ArrowException, OverflowError, ValueError, TypeError):
        return None
    if not isinstance(array, pa.Array):
        return None
    flat: Any = array
    depth = 0
    while flat.type.id == _LIST:
        flat, depth = flat.flatten(), depth + 1
    if flat.type.id not in _SURE or (flat.type.id == _FLOAT and _may_hide_bools(values, flat, depth)):
        return None
    return array


def _may_hide_bools(values: list[Any], flat: Any, depth: int) -> bool:
    """Tell whether a bool was read as a float, which pyarrow 26.0.1 does after a float; only 0 and 1 can be one."""
    numbers = flat.to_numpy(zero_copy_only=False)
    if not ((numbers == 0) | (numbers == 1)).any():
        return False
    items: Iterable[Any] = values
    for _ in range(depth):
        items = chain.from_iterable(item for item in items if item is not None)
    return bool in set(map(type, items))


def in_order(values: AbstractSet[Any]) -> list[Any]:
    """Return the members of a set in an order that they have themselves: the set's own may be another in each process.

    >>> in_order({"b", "a"}), in_order({2, "a", 10})
    (['a', 'b'], ['a', 10, 2])
    """
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=repr)


def is_tensor(value: object) -> bool:
    """Tell whether a value is an array or a column of another library."""
    return kind_of(type(value)) == "foreign"


def to_arrow_or_numpy(value: Any) -> Any:
    """Return another library's array or column as an Arrow array, a NumPy array or a NumPy scalar.

    Memory is shared where the library allows.
    """
    root = type(value).__module__.partition(".")[0]
    if root == "pandas":
        return _of_pandas(value)
    if root == "polars":
        return value.to_arrow()
    if root == "pyarrow":
        return value if isinstance(value, (pa.Array, pa.ChunkedArray)) else value.as_py()
    if root == "torch":
        return _of_torch(value)
    array = np.asarray(value)
    return array[()] if array.ndim == 0 else array


def _of_pandas(value: Any) -> Any:
    # A NumPy column keeps its NaN, as the values it was made of; other columns know null.
    if isinstance(getattr(value, "dtype", None), np.dtype) and value.dtype.kind in "biuf":
        return value.to_numpy()
    return pa.array(value, from_pandas=True)


def _of_torch(value: Any) -> Any:
    tensor = value.detach().cpu()
    if str(tensor.dtype) == "torch.bfloat16":  # NumPy has none; float32 holds each of its values
        tensor = tensor.float()
    array = tensor.resolve_conj().resolve_neg().numpy()
    return array[()] if array.ndim == 0 else array
