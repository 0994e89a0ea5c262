"""Logs of Inspect evaluations (`.eval`): a row for each sample, in the order of epochs, then of samples.

What is a dict in the log is text of JSON, what is a list is a list of such texts: samples of one log differ in them.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import pyarrow as pa

from arrowsets.builder import FileBuilder
from arrowsets.errors import BadData, SchemaConflict
from arrowsets.features import Features, Json, array_of, unify
from arrowsets.files import DataFile

from .rejecting import reject_file, reject_row

__all__ = ["EvalBuilder"]

TABLE_BYTES = 16 << 20
_SAMPLES = "samples"
_EPOCH = "_epoch_"


class EvalBuilder(FileBuilder):
    """Read logs of Inspect."""

    name = "eval"
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {".eval": {}}

    def decodes_text(self) -> bool:
        """Values have their types."""
        return False

    def unify(self, a: Features, b: Features) -> Features:
        """Join types as far as no value is lost; other values of several kinds are JSON."""
        found = Features()
        for name in dict.fromkeys((*a, *b)):
            one, other = a.get(name, b.get(name)), b.get(name, a.get(name))
            try:
                found.update(unify(Features({name: one}), Features({name: other})))
            except SchemaConflict:
                found[name] = Json()
        return found

    def read(self, shard: DataFile, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the samples of a log."""
        features = None if schema is None else Features.from_arrow_schema(schema)
        rows: list[dict[str, Any]] = []
        size = 0
        try:
            for row, nbytes in self._samples(shard):
                rows.append(row)
                size += nbytes
                if size >= TABLE_BYTES:
                    yield _table(rows, features)
                    rows, size = [], 0
        except BadData as error:
            reject_file(self, shard.url, error)
        yield _table(rows, features)

    def _samples(self, file: DataFile) -> Iterator[tuple[dict[str, Any], int]]:
        try:
            with (
                file.open() as stream,
                zipfile.ZipFile(stream if stream.seekable() else io.BytesIO(stream.read())) as log,
            ):
                names = [name for name in log.namelist() if name.split("/")[-2:-1] == [_SAMPLES]]
                for number, name in enumerate(sorted(names, key=_place)):
                    data = log.read(name)
                    try:
                        yield _row(data), len(data)
                    except ValueError as error:
                        reject_row(self, file.url, number, BadData(f"{name}: {error}", file=file.url, row=number))
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise BadData(f"no log of Inspect, or a damaged one: {error}", file=file.url) from error


def _place(name: str) -> tuple[int, int, str]:
    """Return where a sample stands: "samples/<id>_epoch_<number>.json"."""
    sample, _, epoch = name.rpartition("/")[2].removesuffix(".json").rpartition(_EPOCH)
    number = int(sample) if sample.isascii() and sample.isdigit() else -1
    return (int(epoch) if epoch.isascii() and epoch.isdigit() else -1), number, name


def _row(data: bytes) -> dict[str, Any]:
    sample = json.loads(data)
    if not isinstance(sample, dict):
        raise ValueError(f"a sample is an object, and not {type(sample).__name__}")
    return {name: _cell(value) for name, value in sample.items()}


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value)
    return [json.dumps(item) for item in value] if isinstance(value, list) else value


def _table(rows: Sequence[Mapping[str, Any]], features: Features | None) -> pa.Table:
    names = list(features) if features is not None else list(dict.fromkeys(name for row in rows for name in row))
    arrays, kinds = [], {}
    for name in names:
        wanted = None if features is None else features[name]
        array, kinds[name] = array_of([row.get(name) for row in rows], wanted, on_mixed="use_json", column=name)
        arrays.append(array)
    return pa.Table.from_arrays(arrays, schema=Features(kinds).arrow_schema)
