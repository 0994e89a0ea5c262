"""Harbor tasks, with which agents are evaluated: a row for each directory that holds a `task.toml`.

A row has what `task.toml` says (`name`, `description`, `keywords`, `schema_version`, `metadata`, all of it in `config`), the text
of `instruction.md`, the task's `files` and its `location`, relative to the directory that holds all files. Nothing of it is run.
"""

from __future__ import annotations

import datetime as dt
import itertools
import posixpath
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import pyarrow as pa

from arrowsets.builder import Builder, BuilderOptions
from arrowsets.errors import BadData, DataFilesNotFound
from arrowsets.features import Features, Json, List, Value, array_of
from arrowsets.files import DataFile
from arrowsets.record import dataclass

from .rejecting import reject_file

__all__ = ["HarborBuilder", "HarborOptions", "HarborTask"]

TASK, INSTRUCTION = "task.toml", "instruction.md"
_CANARY = re.compile(r"(<!--.*canary.*-->|#.*canary.*)", re.IGNORECASE)
_TEXT = Value("string")


@dataclass(frozen=True)
class HarborOptions(BuilderOptions):
    """How tasks are read.

    Attributes:
        strip_canary: Leave out the lines at the begin of an instruction that mark data of a benchmark.
        include_files: List the files of each task.
    """

    strip_canary: bool = True
    include_files: bool = True


@dataclass(frozen=True)
class HarborTask:
    """A task: its files, and where it lies."""

    config: DataFile
    instruction: DataFile | None
    files: tuple[str, ...]
    location: str


class HarborBuilder(Builder[HarborTask]):
    """Read Harbor tasks."""

    name = "harbor"
    options = HarborOptions
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {".toml": {}}
    companions: ClassVar[frozenset[str]] = frozenset({"*"})
    config: HarborOptions
    types: ClassVar[Mapping[str, Any]] = {
        "name": _TEXT,
        "instruction": _TEXT,
        "description": _TEXT,
        "keywords": List(_TEXT),
        "schema_version": _TEXT,
        "config": Json(),
        "metadata": Json(),
        "files": List(_TEXT),
        "location": _TEXT,
    }

    def __init__(self, options: HarborOptions | None = None, root: str = "") -> None:
        super().__init__(options)
        self._root = root

    def over(self, splits: Mapping[str, Sequence[DataFile]]) -> HarborBuilder:
        """Return the builder that knows the directory which holds all files."""
        return type(self)(self.config, _common(file.path for files in splits.values() for file in files))

    def shards(self, files: Sequence[DataFile]) -> Sequence[HarborTask]:
        """Return the tasks."""
        root = self._root or _common(file.path for file in files)
        found = []
        by_path = {file.path: file for file in files}
        for file in files:
            if file.name != TASK:
                continue
            directory = posixpath.dirname(file.path)
            names = tuple(_names(file, by_path)) if self.config.include_files else ()
            location = posixpath.relpath(directory, root) if root else directory
            found.append(HarborTask(file, by_path.get(f"{directory}/{INSTRUCTION}"), names, location))
        if files and not found:
            raise DataFilesNotFound(f"there is no file {TASK} among the {len(files)} files")
        return tuple(found)

    def schema(self, files: Sequence[DataFile]) -> Features | None:
        """Return the types that tasks always have."""
        del files
        return self.config.features or Features(dict(self.types))

    def decodes_text(self) -> bool:
        """Values have their types."""
        return False

    def read(self, shard: HarborTask, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the row of a task."""
        features = Features.from_arrow_schema(schema) if schema is not None else Features(dict(self.types))
        try:
            row = self._row(shard)
        except BadData as error:
            reject_file(self, shard.config.url, error)
            return
        columns = [array_of([row.get(name)], feature, column=name)[0] for name, feature in features.items()]
        yield pa.Table.from_arrays(columns, schema=features.arrow_schema)

    def _row(self, shard: HarborTask) -> dict[str, Any]:
        try:
            config = _plain(tomllib.loads(_text(shard.config)))
        except tomllib.TOMLDecodeError as error:
            raise BadData(f"no TOML: {error}", file=shard.config.url) from error
        task = config.get("task") or {}
        return {
            "name": task.get("name") or posixpath.basename(posixpath.dirname(shard.config.path)),
            "instruction": self._instruction(shard),
            "description": task.get("description") or "",
            "keywords": list(task.get("keywords") or []),
            "schema_version": str(config.get("schema_version") or ""),
            "config": config,
            "metadata": config.get("metadata") or {},
            "files": list(shard.files) if self.config.include_files else None,
            "location": shard.location,
        }

    def _instruction(self, shard: HarborTask) -> str | None:
        if shard.instruction is not None:
            text = _text(shard.instruction)
        elif (path := shard.config.local_path()) is not None and path.with_name(INSTRUCTION).is_file():
            text = _text(DataFile(str(path.with_name(INSTRUCTION))))
        else:
            return None
        return _without_canary(text) if self.config.strip_canary else text


def _common(paths: Iterable[str]) -> str:
    directories = {posixpath.dirname(path) for path in paths}
    return posixpath.commonpath(directories) if directories and "" not in directories else ""


def _names(task: DataFile, by_path: Mapping[str, DataFile]) -> list[str]:
    """Return the files of a task, relative to it: those in its directory on this machine, else those that are known."""
    path = task.local_path()
    if path is not None and path.as_posix() == task.path:
        found = (file.relative_to(path.parent) for file in path.parent.rglob("*") if file.is_file())
        return sorted(name.as_posix() for name in found if not any(part.startswith(".") for part in name.parts))
    directory = posixpath.dirname(task.path) + "/"
    return sorted(name.removeprefix(directory) for name in by_path if name.startswith(directory))


def _text(file: DataFile) -> str:
    try:
        with file.open() as stream:
            return stream.read().decode()
    except UnicodeError as error:
        raise BadData(f"not UTF-8: {error}", file=file.url) from error


def _without_canary(text: str) -> str:
    lines = text.split("\n")
    marked = itertools.takewhile(lambda line: _CANARY.fullmatch(line.strip()), lines)
    rest = lines[len(list(marked)) :]
    return "\n".join(itertools.dropwhile(lambda line: not line.strip(), rest))


def _plain(value: Any) -> Any:
    """Return what JSON can hold: dates as text."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else value
