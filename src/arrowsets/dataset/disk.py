"""Saving a dataset to a directory and loading it: Arrow files beside two small JSON files that say what they are.

The layout is the one that Hugging Face datasets reads and writes. A directory that is saved to again never holds files of
two saves: new files have names of their own, `state.json` is replaced last, and what it does not name is then removed.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Self

import pyarrow as pa

from arrowsets import export
from arrowsets.dataset.core import DatasetCore
from arrowsets.dataset.create import fits_memory, read_copy
from arrowsets.dataset.reading import FormatSpec
from arrowsets.errors import BadData, DataFilesNotFound
from arrowsets.features import Features
from arrowsets.info import DatasetInfo
from arrowsets.lineage import Lineage
from arrowsets.table import FileRef, View

__all__ = ["DiskMethods"]

STATE, INFO = "state.json", "dataset_info.json"


class DiskMethods(DatasetCore):
    """`Dataset.save_to_disk` and `Dataset.load_from_disk`."""

    def save_to_disk(
        self,
        dataset_path: str | PurePath,
        max_shard_size: str | int | None = None,
        num_shards: int | None = None,
        num_proc: int | None = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the rows, types, format and fingerprint to a directory.

        Args:
            dataset_path: A local directory or any fsspec URL.
            max_shard_size: Bytes of a file, about: a number or a text such as "500MB", which is the default.
            num_shards: The number of files, instead.
            num_proc: Worker processes; the files do not depend on it.
            storage_options: Passed to fsspec.

        Raises:
            PermissionError: if the dataset's own files lie in that directory.
        """
        target = export.Directory.at(str(dataset_path), storage_options)
        target.refuse_sources(self._view.paths)
        refs = export.write_directory(
            self._view, self._features, target, max_shard_size=max_shard_size, num_shards=num_shards, num_proc=num_proc
        )
        spec = self._format
        state: dict[str, Any] = {
            # The reference reads the names alone; the rows of record batches let us open thousands of files lazily.
            "_data_files": [{"filename": ref.path, "batches": list(ref.batches or ())} for ref in refs],
            "_fingerprint": self._fingerprint,
            "_format_columns": None if spec.columns is None else list(spec.columns),
            "_format_kwargs": _plain_options(spec),
            "_format_type": None if spec.type == "custom" else spec.type,
            "_output_all_columns": spec.others_too,
            "_split": None if self._split is None else str(self._split),
        }
        if not self._features:
            state["_num_rows"] = len(self)  # no file can tell
        target.write_text(INFO, json.dumps(self.info.to_dict(), indent=2))
        # Last, and whole: until it stands, the directory is what it was before.
        target.write_text(STATE, json.dumps(state, indent=2, sort_keys=True))
        target.remove_others({ref.path for ref in refs}, like="data-*.arrow")
        # What a save left behind that was killed.
        target.remove_others((), like=".data-*.tmp")

    @classmethod
    def load_from_disk(
        cls,
        dataset_path: str | PurePath,
        keep_in_memory: bool | None = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> Self:
        """Open a directory that `save_to_disk` wrote; local files are mapped into memory.

        Raises:
            FileNotFoundError: if it holds no saved dataset.
        """
        target = export.Directory.at(str(dataset_path), storage_options)
        state = _read_json(target, STATE)
        info = DatasetInfo.from_dict(_read_json(target, INFO)) if target.exists(INFO) else DatasetInfo()
        names = [entry["filename"] for entry in state["_data_files"]]
        for name in names:
            if posixpath.basename(name) != name:
                raise BadData(f"{name!r} is not the name of a file in the directory", file=target.path(STATE))
        local, pin = target.local_copies(names)
        schema = info.features.arrow_schema if info.features is not None else None
        counts = [entry.get("batches") for entry in state["_data_files"]]
        refs = [FileRef(path, None if rows is None else tuple(rows)) for path, rows in zip(local, counts, strict=True)]
        view = View.from_files(refs, None if names else schema)
        if not view.columns and (rows := state.get("_num_rows")):
            view = View.from_table(pa.table({"_": pa.nulls(rows)}).select([]))
        if fits_memory(view) if keep_in_memory is None else keep_in_memory:
            view, pin = View.from_table(read_copy(view)), None
        features = _agreed(info.features, view.schema)
        columns = state.get("_format_columns")
        spec = FormatSpec(
            state.get("_format_type"),
            None if columns is None else tuple(columns),
            bool(state.get("_output_all_columns")),
            state.get("_format_kwargs") or {},
        )
        lineage = Lineage.of_digest("saved", str(state.get("_fingerprint") or ""))
        pins = () if pin is None else (pin,)
        return cls._make(view, features, lineage, info, state.get("_split"), spec, pins)


def _read_json(target: export.Directory, name: str) -> dict[str, Any]:
    if not target.exists(name):
        raise DataFilesNotFound(
            f"{target.path(name)!r} does not exist; {target.url!r} is not a directory that save_to_disk wrote"
        )
    try:
        data: dict[str, Any] = json.loads(target.read_text(name))
    except ValueError as error:
        raise BadData(f"not JSON: {error}", file=target.path(name)) from error
    return data


def _plain_options(spec: FormatSpec) -> dict[str, Any]:
    """Return the options that JSON can hold; functions and devices stay behind."""
    if spec.type == "custom":
        return {}
    return {key: value for key, value in spec.options.items() if isinstance(value, (str, int, float, bool, type(None)))}


def _agreed(stored: Features | None, schema: pa.Schema) -> Features:
    """Return the features of `dataset_info.json` where they are stored as the files' columns are."""
    found = Features.from_arrow_schema(schema)
    if stored is None:
        return found
    same = {
        name: stored[name]
        for name in found
        if name in stored and Features({name: stored[name]}).arrow_schema.field(0).type == schema.field(name).type
    }
    return Features({name: same.get(name, feature) for name, feature in found.items()})
