"""What is known of a dataset without looking at rows: the answers of /info, /size, /parquet and /croissant-crumbs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from arrowsets.server.viewer.call import Call, as_json
from arrowsets.server.viewer.catalogue import Source
from arrowsets.server.viewer.croissant import croissant_of
from arrowsets.server.viewer.errors import ViewerError, not_ready
from arrowsets.server.viewer.public import HEADERS, failure, public_source
from arrowsets.server.viewer.split import Shown
from arrowsets.table.parquet import stored_bytes

__all__ = ["croissant", "info", "parquet", "size"]

MOST_CONFIGS = 100
WAIT = 5.0


class _Pending(Exception):
    pass


def info(call: Call) -> Response:
    """Return what is declared of a dataset or a configuration, and its types."""
    source, config = public_source(call)
    if config is not None:
        return as_json({"dataset_info": _one(source, config, _info_of), "partial": False}, source.revision, HEADERS)
    found, pending, failed = _all(call, source, _info_of)
    answer = {"dataset_info": found, "pending": pending, "failed": failed, "partial": False}
    return as_json(answer, source.revision, HEADERS)


def size(call: Call) -> Response:
    """Return how many rows and bytes there are."""
    source, config = public_source(call)
    if config is not None:
        one = _one(source, config, _size_of)
        return as_json({"size": one, "partial": False}, source.revision, HEADERS)
    found, pending, failed = _all(call, source, _size_of)
    configs = [each["config"] for each in found.values()]
    splits = [split for each in found.values() for split in each["splits"]]
    total = {
        "dataset": source.name,
        **{
            key: sum(each[key] or 0 for each in configs)
            for key in ("num_bytes_original_files", "num_bytes_parquet_files", "num_bytes_memory", "num_rows")
        },
        "estimated_num_rows": None,
    }
    answer = {
        "size": {"dataset": total, "configs": configs, "splits": splits},
        "pending": pending,
        "failed": failed,
        "partial": False,
    }
    return as_json(answer, source.revision, HEADERS)


def parquet(call: Call) -> Response:
    """List the Parquet files that the data lie in; none if they lie in files of another kind."""
    source, config = public_source(call)
    if config is not None:
        files, features = _one(source, config, lambda *of: (_parquet_of(call, *of[:2]), _features(of[2])))
        answer = {"parquet_files": files, "features": features, "partial": False}
        return as_json(answer, source.revision, HEADERS)
    found, pending, failed = _all(call, source, lambda *of: _parquet_of(call, *of[:2]))
    files = [file for each in found.values() for file in each]
    answer = {"parquet_files": files, "pending": pending, "failed": failed, "partial": False}
    return as_json(answer, source.revision, HEADERS)


def croissant(call: Call) -> Response:
    """Return the description that catalogues of datasets read."""
    source, _ = public_source(call)
    found, _, _ = _all(call, source, _as_shown, most=MOST_CONFIGS)
    return as_json(croissant_of(source, found, call.base), source.revision, HEADERS)


def _as_shown(source: Source, config: str, shown: dict[str, Shown]) -> dict[str, Shown]:
    del source, config
    return shown


Fact = Callable[[Source, str, dict[str, Shown]], Any]


def _one(source: Source, config: str, fact: Fact) -> Any:
    source.config(config).split(None)
    try:
        return fact(source, config, dict(_whole(source, config, WAIT)))
    except _Pending:
        raise not_ready("the files of this config are still being read") from None


def _all(
    call: Call, source: Source, fact: Fact, most: int | None = None
) -> tuple[dict[str, Any], list[dict[str, str]], list[dict[str, Any]]]:
    """Return a fact of each configuration that is there, those that will be, and those that cannot be read."""
    found: dict[str, Any] = {}
    pending, failed = [], []
    for name, config in list(source.configs.items())[:most]:
        if (broken := config.error) is not None:
            failed.append(failure(call, source, name, broken))
            continue
        try:
            found[name] = fact(source, name, dict(_whole(source, name, 0.0)))
        except _Pending:
            pending.append({"dataset": source.name, "config": name})
        except ViewerError as error:
            failed.append(failure(call, source, name, error))
    return found, pending, failed


def _whole(source: Source, config: str, wait: float) -> Iterator[tuple[str, Shown]]:
    for name, split in source.configs[config].splits.items():
        try:
            yield name, split.whole(wait)
        except ViewerError as error:
            if error.code == "ResponseNotReady":
                raise _Pending from None
            raise


def _features(shown: dict[str, Shown]) -> dict[str, Any]:
    return next((each.features.to_dict() for each in shown.values()), {})


def _info_of(source: Source, config: str, shown: dict[str, Shown]) -> dict[str, Any]:
    declared = source.configs[config].loaded.info
    version = declared.version
    sizes = {name: memory_bytes(each) for name, each in shown.items()}
    return {
        "description": declared.description or "",
        "citation": declared.citation or "",
        "homepage": declared.homepage or "",
        "license": declared.license or "",
        "features": _features(shown),
        "builder_name": declared.builder_name or "arrow",
        "dataset_name": declared.dataset_name or source.name.rpartition("/")[2],
        "config_name": config,
        "version": version.to_json() if version is not None else _NO_VERSION,
        "splits": {
            name: {
                "name": name,
                "num_bytes": sizes[name],
                "num_examples": each.num_rows,
                "dataset_name": declared.dataset_name or source.name.rpartition("/")[2],
            }
            for name, each in shown.items()
        },
        "download_size": source.configs[config].loaded.num_bytes_original,
        "dataset_size": sum(sizes.values()),
    }


_NO_VERSION = {"version_str": "0.0.0", "major": 0, "minor": 0, "patch": 0}


def _size_of(source: Source, config: str, shown: dict[str, Shown]) -> dict[str, Any]:
    loaded = source.configs[config].loaded
    stored = {name: sum(file.size for file in loaded.parquet if file.split == name) for name in shown}
    splits: list[dict[str, Any]] = [
        {
            "dataset": source.name,
            "config": config,
            "split": name,
            "num_bytes_parquet_files": stored[name],
            "num_bytes_memory": memory_bytes(each),
            "num_rows": each.num_rows,
            "num_columns": len(each.view.columns),
            "estimated_num_rows": None,
        }
        for name, each in shown.items()
    ]
    return {
        "config": {
            "dataset": source.name,
            "config": config,
            "num_bytes_original_files": loaded.num_bytes_original,
            "num_bytes_parquet_files": sum(stored.values()),
            "num_bytes_memory": sum(split["num_bytes_memory"] for split in splits),
            "num_rows": sum(split["num_rows"] for split in splits),
            "num_columns": max((split["num_columns"] for split in splits), default=0),
            "estimated_num_rows": None,
        },
        "splits": splits,
    }


def memory_bytes(shown: Shown) -> int:
    """Return how many bytes the rows have in memory, about."""
    known = stored_bytes(shown.view)
    return shown.view.nbytes if known is None else known


def _parquet_of(call: Call, source: Source, config: str) -> list[dict[str, Any]]:
    counts: dict[str, int] = {}
    listed = []
    for file in source.configs[config].loaded.parquet:
        number = counts[file.split] = counts.get(file.split, -1) + 1
        name = f"{number:04d}.parquet"
        path = parquet_path(source, config, file.split, name)
        listed.append(
            {
                "dataset": source.name,
                "config": config,
                "split": file.split,
                "url": f"{call.base}/{path}?sig={call.signer.sign(path)}",
                "filename": name,
                "size": file.size,
            }
        )
    return listed


def parquet_path(source: Source, config: str, split: str, name: str) -> str:
    """Return the address of a Parquet file, below that of the viewer."""
    tail = "/".join(quote(part, safe="") for part in (config, split, name))
    return f"parquet-files/{quote(source.name)}/--/{quote(source.revision)}/--/{tail}"
