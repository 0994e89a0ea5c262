"""Vortex files."""

from __future__ import annotations

import functools
import operator
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from arrowsets.builder import BuilderOptions, FileBuilder
from arrowsets.errors import BadData, ColumnNotFound, MissingDependency, UnknownName
from arrowsets.features import Features
from arrowsets.files import DataFile
from arrowsets.record import dataclass

from .rejecting import reject_file
from .storage import selected

__all__ = ["VortexBuilder", "VortexOptions"]

_OPERATORS = {
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class VortexOptions(BuilderOptions):
    """How Vortex files are read.

    Attributes:
        columns: The columns to read, in the order of the file. None: all.
        filters: Rows to read: an expression of vortex, or tuples as `pyarrow.parquet.read_table` takes them.
        batch_size: Rows that are read at a time. None: as the file has them together.
    """

    columns: Sequence[str] | None = None
    filters: Any = None
    batch_size: int | None = None


class VortexBuilder(FileBuilder):
    """Read Vortex files."""

    name = "vortex"
    options = VortexOptions
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {".vortex": {}}
    config: VortexOptions

    def schema(self, files: Sequence[DataFile]) -> Features | None:
        """Return the types that stand in the files."""
        features = self.config.features
        if features is None:
            for file in files:
                try:
                    with _opened(file) as opened:
                        own = Features.from_arrow_schema(self._schema(opened))
                except BadData as error:
                    reject_file(self, file.url, error)
                    continue
                features = own if features is None else self.unify(features, own)
        return features

    def decodes_text(self) -> bool:
        """Values have their types."""
        return False

    def read(self, shard: DataFile, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the rows of a file."""
        try:
            with _opened(shard) as opened:
                own = self._schema(opened)
                yield selected(own.empty_table(), schema or own)
                scan = opened.scan(own.names, expr=_expression(self.config.filters), batch_size=self.config.batch_size)
                for batch in scan.to_arrow():
                    yield selected(pa.Table.from_batches([batch]), schema or own)
        except RuntimeError as error:
            reject_file(self, shard.url, _damaged(shard, error))
        except BadData as error:
            reject_file(self, shard.url, error)

    def _schema(self, opened: Any) -> pa.Schema:
        whole: pa.Schema = opened.dtype.to_arrow_schema()
        for name in self.config.columns or ():
            if name not in whole.names:
                raise ColumnNotFound.of(name, whole.names)
        chosen = whole.names if self.config.columns is None else set(self.config.columns)
        return pa.schema([field for field in whole if field.name in chosen])


@contextmanager
def _opened(file: DataFile) -> Iterator[Any]:
    """Open a file; one that does not lie on this machine as it is, is copied to it for as long as it is read."""
    try:
        library = import_module("vortex")
    except ImportError as error:
        raise MissingDependency.of("reading Vortex files", "vortex-data", "vortex") from error
    with tempfile.TemporaryDirectory(prefix="arrowsets-") as folder:
        path = file.local_path()
        if path is None:
            path = Path(folder) / "data.vortex"
            with file.open() as source, path.open("wb") as target:
                shutil.copyfileobj(source, target)
        try:
            opened = library.open(str(path))
        except (RuntimeError, ValueError, OSError) as error:
            raise _damaged(file, error) from error
        yield opened


def _damaged(file: DataFile, error: BaseException) -> BadData:
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return BadData(f"no Vortex file, or a damaged one: {first}", file=file.url)


def _expression(filters: Any) -> Any:
    """Return an expression; tuples are joined by "and", lists of tuples by "or"."""
    if filters is None or not isinstance(filters, (list, tuple)):
        return filters
    groups = [filters] if filters and isinstance(filters[0], tuple) else filters
    wholes = [functools.reduce(operator.and_, map(_condition, group)) for group in groups]
    return functools.reduce(operator.or_, wholes)


def _condition(condition: Sequence[Any]) -> Any:
    library = import_module("vortex.expr")
    name, relation, value = condition
    column = library.column(name)
    if relation in {"in", "not in"}:
        equal = relation == "in"
        single = [column == item if equal else column != item for item in value]
        return functools.reduce(operator.or_ if equal else operator.and_, single)
    if relation not in _OPERATORS:
        raise UnknownName.of("operator of a filter", relation, [*_OPERATORS, "in", "not in"])
    return _OPERATORS[relation](column, value)
