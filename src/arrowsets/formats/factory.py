"""Formats by their names."""

from __future__ import annotations

from typing import Any

from arrowsets.errors import UnknownName
from arrowsets.features import Features
from arrowsets.formats.base import Format
from arrowsets.formats.custom import CustomFormat
from arrowsets.formats.jax import JaxFormat
from arrowsets.formats.numpy import NumpyFormat
from arrowsets.formats.python import PythonFormat
from arrowsets.formats.tables import ArrowFormat, PandasFormat, PolarsFormat
from arrowsets.formats.tensorflow import TensorflowFormat
from arrowsets.formats.torch import TorchFormat

__all__ = ["format_name", "get_format"]

_FORMATS: dict[str | None, type[Format]] = {
    kind.name: kind
    for kind in (
        PythonFormat,
        ArrowFormat,
        NumpyFormat,
        PandasFormat,
        PolarsFormat,
        TorchFormat,
        TensorflowFormat,
        JaxFormat,
        CustomFormat,
    )
}
_ALIASES = {
    "python": None,
    "pa": "arrow",
    "pyarrow": "arrow",
    "np": "numpy",
    "pd": "pandas",
    "pl": "polars",
    "pt": "torch",
    "pytorch": "torch",
    "tf": "tensorflow",
}


def format_name(name: str | None) -> str | None:
    """Return what a format is called, of any of its names.

    >>> format_name("np")
    'numpy'
    """
    known = _ALIASES.get(name, name) if name is not None else None
    if known not in _FORMATS:
        raise UnknownName.of("format", name, [*(key for key in _FORMATS if key is not None), *_ALIASES])
    return known


def get_format(name: str | None, features: Features | None = None, **options: Any) -> Format:
    """Make a format.

    Args:
        name: None or "python", "numpy", "torch", "tensorflow", "jax", "pandas", "polars", "arrow", "custom",
        or
            one of their short names.
        features: The types of the columns. None: values are shown as stored.
        options: What the format takes: `dtype`, `device`, …; `transform` for "custom".

    >>> import pyarrow as pa
    >>> get_format("numpy", dtype="float64").column(pa.array([1, 2]))
    array([1., 2.])
    """
    return _FORMATS[format_name(name)](features, **options)
