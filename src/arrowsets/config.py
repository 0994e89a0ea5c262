"""Settings, read once from the environment.

`ARROWSETS_*` variables are ours; those of Hugging Face libraries that mean the same are honoured where ours is absent.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from arrowsets.errors import UnknownName
from arrowsets.sizes import parse_size

__all__ = ["Settings", "settings", "use"]

_HUB = "https://huggingface.co"
_TRUE = {"1", "true", "yes", "on"}


@dataclass(frozen=True, slots=True)
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
    """

    cache_dir: Path
    offline: bool = False
    progress: bool = True
    max_cache_bytes: int | None = None
    max_batch_rows: int = 100_000
    max_batch_bytes: int = 32 << 20
    hub_endpoint: str = _HUB
    hub_cache: Path = field(default_factory=lambda: _hub_cache({}))

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings of an environment.

        >>> str(Settings.from_environment({"ARROWSETS_CACHE": "/data/cache"}).cache_dir)
        '/data/cache'
        """
        return cls(
            cache_dir=_cache_dir(environ),
            offline=any(
                environ.get(name, "").lower() in _TRUE
                for name in ("ARROWSETS_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_OFFLINE")
            ),
            progress=not any(
                environ.get(name, "").lower() in _TRUE
                for name in ("ARROWSETS_NO_PROGRESS", "HF_DATASETS_DISABLE_PROGRESS_BARS")
            ),
            max_cache_bytes=_max_cache_bytes(environ),
            hub_endpoint=(environ.get("HF_ENDPOINT") or _HUB).rstrip("/"),
            hub_cache=_hub_cache(environ),
        )


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


def __getattr__(name: str) -> object:
    # Scripts for Hugging Face datasets read these; they are changed through the environment, or `use`.
    if name in ("HF_DATASETS_CACHE", "HF_CACHE_HOME"):
        return settings().cache_dir
    if name in ("HF_DATASETS_OFFLINE", "HF_HUB_OFFLINE"):
        return settings().offline
    if name == "IN_MEMORY_MAX_SIZE":
        return 0
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
