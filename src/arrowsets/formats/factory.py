"""Formats by their names."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from arrowsets.errors import UnknownName
from arrowsets.features import Features
from arrowsets.formats.base import Format

__all__ = ["format_name", "get_format"]

# Their modules are imported with the first format of the kind: most programs use one, or none.
_FORMATS: dict[str | None, tuple[str, str]] = {
    None: ("python", "PythonFormat"),
    "arrow": ("tables", "ArrowFormat"),
    "numpy": ("numpy", "NumpyFormat"),
    "pandas": ("tables", "PandasFormat"),
    "polars": ("tables", "PolarsFormat"),
    "torch": ("torch", "TorchFormat"),
    "tensorflow": ("tensorflow", "TensorflowFormat"),
    "jax": ("jax", "JaxFormat"),
    "custom": ("custom", "CustomFormat"),
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
    module, kind = _FORMATS[format_name(name)]
    made: Format = getattr(import_module(f"arrowsets.formats.{module}"), kind)(features, **options)
    return made
