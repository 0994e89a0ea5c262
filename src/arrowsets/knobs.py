"""The names of Hugging Face `datasets.config`: which of them are settings here, and what the others are.

`SETTINGS` are read and assigned as attributes of `arrowsets.config`. `fact` knows names that scripts only read: whether a
package is installed, its version, names of files.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from arrowsets.sizes import parse_size

__all__ = ["FACTS", "SETTINGS", "TRUE", "Knob", "count", "fact", "size"]

TRUE: Final = frozenset({"1", "true", "yes", "on"})


def size(value: Any) -> Any:
    """Return a number of bytes, or a text that says one, as it is.

    >>> size("1GB"), size(1e9)
    ('1GB', 1000000000.0)

    Raises:
        ValueError: for what is neither.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"{value!r} is no size; give a number of bytes or a text such as '500MB' or '1GiB'")
    if isinstance(value, str):
        parse_size(value)
    return value


def count(value: Any) -> int:
    """Return a whole number of 1 or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{value!r} is no count; give a whole number of 1 or more")
    return value


def _path(value: Any) -> Path:
    return Path(os.fspath(value)).expanduser()


def _endpoint(value: Any) -> str:
    return str(value).rstrip("/")


class Knob(NamedTuple):
    """A setting: where it is read, the field that is replaced, and what an assigned value becomes."""

    shown: str
    field: str
    parse: Callable[[Any], Any]


SETTINGS: Final[Mapping[str, Knob]] = {
    "DOWNLOADED_DATASETS_PATH": Knob("downloads", "downloads_dir", _path),
    "EXTRACTED_DATASETS_PATH": Knob("extracted", "extracted_dir", _path),
    "HF_CACHE_HOME": Knob("home", "home", _path),
    "HF_DATASETS_CACHE": Knob("cache_dir", "cache_dir", _path),
    "HF_DATASETS_OFFLINE": Knob("offline", "offline", bool),
    "HF_ENDPOINT": Knob("hub_endpoint", "hub_endpoint", _endpoint),
    "HF_HUB_OFFLINE": Knob("offline", "offline", bool),
    "IN_MEMORY_MAX_SIZE": Knob("in_memory_max_size", "in_memory_max_size", size),
    "MAX_NUM_RUNNING_ASYNC_MAP_FUNCTIONS_IN_PARALLEL": Knob("max_async_calls", "max_async_calls", count),
    "MAX_ROW_GROUP_SIZE": Knob("max_row_group_size", "max_row_group_size", size),
    "MAX_SHARD_SIZE": Knob("max_shard_size", "max_shard_size", size),
    "STREAMING_READ_MAX_RETRIES": Knob("read_attempts", "read_attempts", count),
}

# Packages by the first part of the names that tell of them, as they are imported and as they are installed.
_PACKAGES: Final[Mapping[str, tuple[str, str]]] = {
    "BIOPYTHON": ("Bio", "biopython"),
    "DILL": ("dill", "dill"),
    "DUCKDB": ("duckdb", "duckdb"),
    "FSSPEC": ("fsspec", "fsspec"),
    "HF_HUB": ("huggingface_hub", "huggingface_hub"),
    "JAX": ("jax", "jax"),
    "LZ4": ("lz4", "lz4"),
    "NIBABEL": ("nibabel", "nibabel"),
    "PANDAS": ("pandas", "pandas"),
    "PDFPLUMBER": ("pdfplumber", "pdfplumber"),
    "PIL": ("PIL", "pillow"),
    "POLARS": ("polars", "polars"),
    "PY7ZR": ("py7zr", "py7zr"),
    "PYARROW": ("pyarrow", "pyarrow"),
    "RARFILE": ("rarfile", "rarfile"),
    "SQLALCHEMY": ("sqlalchemy", "sqlalchemy"),
    "TEICH": ("teich", "teich"),
    "TF": ("tensorflow", "tensorflow"),
    "TORCH": ("torch", "torch"),
    "TORCHCODEC": ("torchcodec", "torchcodec"),
    "TORCHVISION": ("torchvision", "torchvision"),
    "TRIMESH": ("trimesh", "trimesh"),
    "ZSTANDARD": ("zstandard", "zstandard"),
}
_FRAMEWORKS: Final = ("TF", "TORCH", "JAX")

FACTS: Final[Mapping[str, object]] = {
    "ARROW_READER_BATCH_SIZE_IN_DATASET_ITER": 10,
    "DATASETDICT_INFOS_FILENAME": "dataset_infos.json",
    "DATASETDICT_JSON_FILENAME": "dataset_dict.json",
    "DATASET_ARROW_FILENAME": "dataset.arrow",
    "DATASET_INDICES_FILENAME": "indices.arrow",
    "DATASET_INFO_FILENAME": "dataset_info.json",
    "DATASET_STATE_JSON_FILENAME": "state.json",
    "DEFAULT_IN_MEMORY_MAX_SIZE": 0,
    "DEFAULT_MAX_BATCH_SIZE": 1000,
    "DOWNLOADED_DATASETS_DIR": "downloads",
    "EXTRACTED_DATASETS_DIR": "extracted",
    "HUB_DEFAULT_VERSION": "main",
    "METADATA_CONFIGS_FIELD": "configs",
    "REPOCARD_FILENAME": "README.md",
    "REPOYAML_FILENAME": ".huggingface.yaml",
}


def fact(name: str, environ: Mapping[str, str]) -> object:
    """Return what a name that is no setting stands for.

    Raises:
        KeyError: if the name is not known.

    >>> fact("TORCH_AVAILABLE", {"USE_TORCH": "0"})
    False
    """
    if name in FACTS:
        return FACTS[name]
    switches = {"USE_TF", "USE_TORCH", "USE_JAX"}
    if name in switches:
        return environ.get(name, "AUTO").upper()
    if name == "HF_UPDATE_DOWNLOAD_COUNTS":
        return _switched_on(environ, name)
    if name == "HF_DATASETS_DISABLE_PROGRESS_BARS":
        value = environ.get(name)
        return None if value is None else value.lower() in TRUE
    package, _, what = name.rpartition("_")
    if name == "PY_VERSION":
        return _version(".".join(map(str, sys.version_info[:3])))
    if package in _PACKAGES and what == "AVAILABLE":
        return _available(package, environ)
    if package in _PACKAGES and what == "VERSION":
        return _installed(package, environ)
    raise KeyError(name)


def _switched_on(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "AUTO").lower() in TRUE | {"auto"}


def _available(package: str, environ: Mapping[str, str]) -> bool:
    if package in _FRAMEWORKS and not _switched_on(environ, f"USE_{package}"):
        return False
    # One of the two large ones switched on by name leaves the other out.
    rival = {"TF": "USE_TORCH", "TORCH": "USE_TF"}.get(package)
    if rival is not None and environ.get(rival, "").lower() in TRUE:
        return False
    return importlib.util.find_spec(_PACKAGES[package][0]) is not None


def _installed(package: str, environ: Mapping[str, str]) -> object:
    if not _available(package, environ):
        return "N/A"
    import importlib.metadata  # takes as long as the rest of the settings

    try:
        return _version(importlib.metadata.version(_PACKAGES[package][1]))
    except importlib.metadata.PackageNotFoundError:
        return "N/A"


def _version(text: str) -> object:
    from packaging import version

    return version.parse(text)
