"""Settings, read once from the environment.

`ARROWSETS_*` variables are ours; those of Hugging Face libraries that mean the same are honoured where ours is absent.
This module has the settings as attributes too, under the names that scripts for Hugging Face `datasets` read and assign
(`config.IN_MEMORY_MAX_SIZE = 10**9`); `knobs` says which.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from arrowsets.errors import UnknownName
from arrowsets.knobs import SETTINGS, TRUE, fact, size
from arrowsets.record import dataclass
from arrowsets.sizes import parse_size

__all__ = ["Settings", "settings", "use"]

_HUB = "https://huggingface.co"


@dataclass(frozen=True)
class Settings:
    """What the environment decides.

    Attributes:
        cache_dir: Root of the store and of downloads.
        offline: No network access at all.
        progress: Show progress bars.
        max_cache_bytes: Size at which the store evicts its least recently used entries. None: never.
        max_batch_rows: Rows of one Arrow record batch on disk, at most.
        max_batch_bytes: Bytes of one Arrow record batch on disk, at most (about).
        hub_endpoint: Address of the hub that ids of datasets belong to.
        hub_cache: Where files of the hub lie, in the layout that all Hugging Face libraries share.
        home: The directory that all Hugging Face libraries share.
        downloads_dir: Where downloads of the default cache lie. None: in `cache_dir`.
        extracted_dir: Where what is unpacked from them lies. None: among the downloads.
        in_memory_max_size: Bytes (as a number or "1GB") below which what is loaded is read into memory. 0: nothing is.
        max_shard_size: Bytes of a file of a saved, exported or pushed dataset, at most (about).
        max_row_group_size: Bytes of a row group of a Parquet file, at most (about).
        max_async_calls: Calls of an asynchronous function at the same time.
        read_attempts: How often a server is asked before a read fails.
    """

    cache_dir: Path
    offline: bool = False
    progress: bool = True
    progress_fixed: bool = False
    max_cache_bytes: int | None = None
    max_batch_rows: int = 100_000
    max_batch_bytes: int = 32 << 20
    hub_endpoint: str = _HUB
    hub_cache: Path = field(default_factory=lambda: _hub_cache({}))
    home: Path = field(default_factory=lambda: _hf_home({}))
    downloads_dir: Path | None = None
    extracted_dir: Path | None = None
    in_memory_max_size: float | str = 0
    max_shard_size: float | str = "500MB"
    max_row_group_size: float | str = "100MB"
    max_async_calls: int = 1000
    read_attempts: int = 5

    @property
    def downloads(self) -> Path:
        """Where downloads lie."""
        return self.downloads_below(self.cache_dir)

    @property
    def extracted(self) -> Path:
        """Where what is unpacked lies."""
        return self.extracted_dir if self.extracted_dir is not None else self.downloads / "extracted"

    def downloads_below(self, root: Path) -> Path:
        """Return where downloads of a cache lie."""
        if self.downloads_dir is not None and root == self.cache_dir:
            return self.downloads_dir
        return root / "downloads"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings of an environment.

        >>> str(Settings.from_environment({"ARROWSETS_CACHE": "/data/cache"}).cache_dir)
        '/data/cache'
        """
        return cls(
            cache_dir=_cache_dir(environ),
            offline=any(
                environ.get(name, "").lower() in TRUE
                for name in ("ARROWSETS_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_OFFLINE")
            ),
            progress=not any(
                environ.get(name, "").lower() in TRUE
                for name in ("ARROWSETS_NO_PROGRESS", "HF_DATASETS_DISABLE_PROGRESS_BARS")
            ),
            progress_fixed="HF_DATASETS_DISABLE_PROGRESS_BARS" in environ,
            max_cache_bytes=_max_cache_bytes(environ),
            hub_endpoint=(environ.get("HF_ENDPOINT") or _HUB).rstrip("/"),
            hub_cache=_hub_cache(environ),
            home=_hf_home(environ),
            downloads_dir=_path(environ, "HF_DATASETS_DOWNLOADED_DATASETS_PATH"),
            extracted_dir=_path(environ, "HF_DATASETS_EXTRACTED_DATASETS_PATH"),
            in_memory_max_size=_in_memory_max_size(environ),
        )


def _in_memory_max_size(environ: Mapping[str, str]) -> float | str:
    name = "HF_DATASETS_IN_MEMORY_MAX_SIZE"
    text = environ.get(name) or "0"
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return str(size(text))
    except ValueError as error:
        raise UnknownName(f"{name}: {error}") from error


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    return Path(environ[name]).expanduser() if environ.get(name) else None


def _max_cache_bytes(environ: Mapping[str, str]) -> int | None:
    name = "ARROWSETS_MAX_CACHE_BYTES"
    try:
        return parse_size(environ[name]) if environ.get(name) else None
    except ValueError as error:
        raise UnknownName(f"{name}: {error}") from error


def _cache_dir(environ: Mapping[str, str]) -> Path:
    if path := environ.get("ARROWSETS_CACHE"):
        return Path(path).expanduser()
    if path := environ.get("HF_DATASETS_CACHE"):
        # Beside the other library's files, never among them.
        return Path(path).expanduser() / "arrowsets"
    return _hf_home(environ) / "arrowsets"


def _hub_cache(environ: Mapping[str, str]) -> Path:
    path = environ.get("HF_HUB_CACHE") or environ.get("HUGGINGFACE_HUB_CACHE")
    return Path(path).expanduser() if path else _hf_home(environ) / "hub"


def _hf_home(environ: Mapping[str, str]) -> Path:
    home = environ.get("HF_HOME") or Path(environ.get("XDG_CACHE_HOME", "~/.cache")) / "huggingface"
    return Path(home).expanduser()


_current: list[Settings] = []


def settings() -> Settings:
    """Return the settings of this process, read from its environment at the first call."""
    if not _current:
        _current.append(Settings.from_environment(os.environ))
    return _current[0]


def use(changed: Settings | None) -> None:
    """Take these settings for this process from now on. None reads them from the environment again."""
    _current[:] = [] if changed is None else [changed]


# What can be assigned; the class below holds the values.
DOWNLOADED_DATASETS_PATH: str | Path
EXTRACTED_DATASETS_PATH: str | Path
HF_CACHE_HOME: str | Path
HF_DATASETS_CACHE: str | Path
HF_DATASETS_OFFLINE: bool
HF_ENDPOINT: str
HF_HUB_OFFLINE: bool
IN_MEMORY_MAX_SIZE: float | str
MAX_NUM_RUNNING_ASYNC_MAP_FUNCTIONS_IN_PARALLEL: int
MAX_ROW_GROUP_SIZE: float | str
MAX_SHARD_SIZE: float | str
STREAMING_READ_MAX_RETRIES: int

_before: dict[str, Any] = {}  # values of settings before they were assigned


class _Config(ModuleType):
    """This module, with the settings as attributes under the names that scripts know them by."""

    def __getattr__(self, name: str) -> Any:
        if name in SETTINGS:
            return getattr(settings(), SETTINGS[name].shown)
        try:
            return fact(name, os.environ)
        except KeyError:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        if name in SETTINGS:
            knob = SETTINGS[name]
            parsed = knob.parse(value)
            _before[name] = getattr(settings(), knob.field)
            use(replace(settings(), **{knob.field: parsed}))
        else:
            super().__setattr__(name, value)

    def __reduce__(self) -> tuple[object, ...]:
        return importlib.import_module, (self.__name__,)

    def __delattr__(self, name: str) -> None:
        """Take back the last assignment, as whoever patched a setting for a while does."""
        if name in SETTINGS:
            field = SETTINGS[name].field
            found = _before.pop(name, None)
            if found is None:
                found = getattr(Settings.from_environment(os.environ), field)
            use(replace(settings(), **{field: found}))
        else:
            super().__delattr__(name)


sys.modules[__name__].__class__ = _Config
