"""TsFiles of Apache IoTDB, table model: a row for each device, whose whole time series stands in lists.

Tags are columns of text; the time and each field are lists in the order of time. A device that several files of a split
know is one row. Numbers of several kinds become the one that holds them: int32 < int64 < double, int32 < float < double.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import field, replace
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import pyarrow as pa

from arrowsets.builder import Builder, BuilderOptions
from arrowsets.errors import BadData, MissingDependency, SchemaConflict, UnknownName
from arrowsets.features import Features
from arrowsets.files import DataFile
from arrowsets.lazy import pc
from arrowsets.record import dataclass

from .rejecting import reject_file

__all__ = ["TsFileBuilder", "TsFileOptions", "TsFileShard"]

UNITS = ("s", "ms", "us", "ns")
_DEVICES = 256  # of a shard
_MAGIC = b"TsFile"
# An int64 of either sign, as the library takes bounds.
_FIRST, _LAST = -(1 << 63), (1 << 63) - 1

_TYPES: Mapping[str, pa.DataType] = {
    "BOOLEAN": pa.bool_(),
    "INT32": pa.int32(),
    "INT64": pa.int64(),
    "FLOAT": pa.float32(),
    "DOUBLE": pa.float64(),
    "DATE": pa.date32(),
    "BLOB": pa.binary(),
}
_WIDER: Mapping[frozenset[pa.DataType], pa.DataType] = {
    frozenset({pa.int32(), pa.int64()}): pa.int64(),
    frozenset({pa.int32(), pa.float32()}): pa.float32(),
}
_NUMBERS = frozenset({pa.int32(), pa.int64(), pa.float32(), pa.float64()})

_Series: TypeAlias = "dict[str, pa.ChunkedArray[Any]]"


@dataclass(frozen=True)
class TsFileOptions(BuilderOptions):
    """How TsFiles are read.

    Attributes:
        table_name: The table, in any case. None: the first one of the first file.
        columns: The fields to read. Tags and the time are always there; a field that no file has is null.
        start_time, end_time: The first and last moment: a datetime, a date, text in ISO 8601, or a number of units.
        input_batch_size: Rows that are read at a time.
        output_batch_size: Devices of one table.
        timestamp_unit: What the numbers of the time column count: "s", "ms", "us" or "ns".
        timestamp_tz: The time zone of the time column. None: it has none.
        on_bad_files: As for all builders, or "warn", which is "skip".
    """

    table_name: str | None = None
    columns: Sequence[str] | None = None
    start_time: Any = None
    end_time: Any = None
    input_batch_size: int = 65_536
    output_batch_size: int = 32
    timestamp_unit: str = "ms"
    timestamp_tz: str | None = None

    def __post_init__(self) -> None:
        if self.on_bad_files == "warn":  # what is left out is always told
            object.__setattr__(self, "on_bad_files", "skip")
        super().__post_init__()
        if self.timestamp_unit not in UNITS:
            raise UnknownName.of("timestamp_unit", self.timestamp_unit, UNITS)
        if self.input_batch_size < 1 or self.output_batch_size < 1:
            raise ValueError("input_batch_size= and output_batch_size= are 1 or more")
        if self.columns is not None and not self.columns:
            raise ValueError("columns=[] names no field; None reads all")
        for name in ("start_time", "end_time"):
            if (given := getattr(self, name)) is not None:
                object.__setattr__(self, name, _ticks(name, given, self.timestamp_unit))


@dataclass(frozen=True)
class TsFileShard:
    """Some devices: the values of their tags, and the files that know them. Without: a file that cannot be read."""

    table: str
    time: str
    tags: tuple[str, ...]
    schema: pa.Schema
    files: tuple[DataFile, ...]
    devices: tuple[tuple[tuple[str | None, ...], tuple[int, ...]], ...] = ()


@dataclass
class _Found:
    """What the files of a split have."""

    table: str | None = None
    time: str = "time"
    tags: dict[str, None] = field(default_factory=dict)
    fields: dict[str, pa.DataType] = field(default_factory=dict)
    devices: dict[tuple[tuple[str, str], ...], list[int]] = field(default_factory=dict)
    bad: list[DataFile] = field(default_factory=list)


class TsFileBuilder(Builder[TsFileShard]):
    """Read TsFiles."""

    name = "tsfile"
    options = TsFileOptions
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {".tsfile": {}}
    config: TsFileOptions

    def shards(self, files: Sequence[DataFile]) -> Sequence[TsFileShard]:
        """Share out the devices of all files."""
        found = self._found(files)
        tags, schema = tuple(found.tags), self._schema(found)
        devices = [(tuple(dict(key).get(tag) for tag in tags), tuple(places)) for key, places in found.devices.items()]
        whole = TsFileShard(found.table or "", found.time, tags, schema, tuple(files))
        some = [devices[at : at + _DEVICES] for at in range(0, len(devices), _DEVICES)]
        # Reading a bad file once more notes why it is left out.
        bad = [replace(whole, files=(file,)) for file in found.bad]
        return tuple([replace(whole, devices=tuple(each)) for each in some] + bad) or (whole,)

    def schema(self, files: Sequence[DataFile]) -> Features | None:
        """Return the types that stand in the files."""
        if self.config.features is not None:
            return self.config.features
        found = self._found(files)
        return None if found.table is None else Features.from_arrow_schema(self._schema(found))

    def decodes_text(self) -> bool:
        """Values have their types."""
        return False

    def takes(self, given: Features, found: Sequence[str]) -> bool:
        """Some of the columns are enough: the others are left out."""
        return super().takes(given, found) or set(given) <= set(found)

    def read(self, shard: TsFileShard, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the rows of devices."""
        wanted = shard.schema if schema is None else schema
        rows: list[tuple[tuple[str | None, ...], _Series]] = []
        with ExitStack() as stack:
            readers = self._readers(stack, shard)
            for values, places in shard.devices:
                parts = [self._series(shard, readers[at], values, shard.files[at]) for at in places if at in readers]
                joined = _joined(shard, values, [part for part in parts if part is not None and len(part[shard.time])])
                if joined is not None:
                    rows.append((values, joined))
                if len(rows) == self.config.output_batch_size:
                    yield _table(shard, rows, wanted)
                    rows = []
        yield _table(shard, rows, wanted)

    def _readers(self, stack: ExitStack, shard: TsFileShard) -> dict[int, Any]:
        """Open the files that are needed; a shard without devices is there to say what is wrong with its file."""
        places = {at for _, places in shard.devices for at in places} or set(range(len(shard.files)))
        readers = {}
        for at in sorted(places):
            file = shard.files[at]
            try:
                readers[at] = stack.enter_context(_opened(file))
                _columns(readers[at], shard.table, file)
            except BadData as error:
                readers.pop(at, None)
                reject_file(self, file.url, error)
        return readers

    def _found(self, files: Sequence[DataFile]) -> _Found:
        config = self.config
        found = _Found(None if config.table_name is None else config.table_name.lower())
        for at, file in enumerate(files):
            try:
                with _opened(file) as reader:
                    self._add(found, reader, at, file)
            except BadData:
                if config.on_bad_files == "error":
                    raise
                found.bad.append(file)
        return found

    def _add(self, found: _Found, reader: Any, at: int, file: DataFile) -> None:
        table, columns = _columns(reader, found.table, file)
        own_tags, types = [], dict[str, pa.DataType]()
        for name, kind, category in columns:
            if category == "TIME":
                found.time = name
            elif category == "TAG":
                own_tags.append(name)
            else:
                types[name] = self._type(kind)
        joined = {name: _wider(name, found.fields.get(name, kind), kind, file) for name, kind in types.items()}
        devices = [each for each in _asked(file, reader.get_all_devices) if (each.table_name or "").lower() == table]
        found.table = table
        found.tags.update(dict.fromkeys(own_tags))
        found.fields.update(joined)
        for device in devices:
            values = [*device.segments[1:], *[None] * len(own_tags)]
            key = tuple((tag, value) for tag, value in zip(own_tags, values, strict=False) if value is not None)
            found.devices.setdefault(tuple(sorted(key)), []).append(at)

    def _schema(self, found: _Found) -> pa.Schema:
        config = self.config
        asked = found.fields if config.columns is None else [name.lower() for name in config.columns]
        fields = [name for name in asked if name not in found.tags and name != found.time]
        return pa.schema(
            [
                *[pa.field(tag, pa.string()) for tag in found.tags],
                pa.field(found.time, pa.list_(self._type("TIMESTAMP"))),
                *[pa.field(name, pa.list_(found.fields.get(name, pa.float64()))) for name in dict.fromkeys(fields)],
            ]
        )

    def _type(self, kind: str) -> pa.DataType:
        unit: Any = self.config.timestamp_unit
        return pa.timestamp(unit, self.config.timestamp_tz) if kind == "TIMESTAMP" else _TYPES.get(kind, pa.string())

    def _series(
        self, shard: TsFileShard, reader: Any, values: tuple[str | None, ...], file: DataFile
    ) -> _Series | None:
        """Return what a file knows of a device, None if that cannot be read and such files are left out."""
        try:
            found: _Series = _asked(file, lambda: self._query(shard, reader, values, file))
        except BadData as error:
            reject_file(self, file.url, error)
            return None
        return found

    def _query(self, shard: TsFileShard, reader: Any, values: tuple[str | None, ...], file: DataFile) -> _Series:
        library = import_module("tsfile")
        _, columns = _columns(reader, shard.table, file)
        own = {name: category for name, _, category in columns}
        tests = [
            library.tag_is_null(tag) if value is None else library.tag_eq(tag, value)
            for tag, value in zip(shard.tags, values, strict=True)
            if own.get(tag) == "TAG"
        ]
        which = tests[0] if tests else None
        for test in tests[1:]:
            which &= test
        fields = [name for name, category in own.items() if category == "FIELD"]
        asked = [name for name in shard.schema.names if name in fields] or fields[:1]
        first: Any = _FIRST if self.config.start_time is None else self.config.start_time
        last: Any = _LAST if self.config.end_time is None else self.config.end_time
        query = reader.query_table(
            shard.table, asked, first, last, tag_filter=which, batch_size=self.config.input_batch_size
        )
        tables = []
        with query as result:
            while (batch := result.read_arrow_batch()) is not None:
                tables.append(pa.table({name: batch.column(name) for name in (shard.time, *asked)}))
        if not tables:
            return {shard.time: pa.chunked_array([], pa.int64())}
        table = pa.concat_tables(tables)
        time = table.column(shard.time).cast(pa.int64())
        # What lies beyond the bounds may come with what lies within.
        table = table.set_column(0, shard.time, time).filter(
            pc.and_(pc.greater_equal(time, first), pc.less_equal(time, last))
        )
        return {name: table.column(name) for name in table.column_names}


def _ticks(name: str, given: Any, unit: str) -> int:
    """Return a moment as a number of units; what has no time zone is UTC."""
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    one: Any = unit
    kind: Any = pa.timestamp(one)
    try:
        if isinstance(given, pa.TimestampScalar):
            return int(given.cast(kind).cast(pa.int64()).as_py())
        moment = dt.datetime.fromisoformat(given) if isinstance(given, str) else given
        if isinstance(moment, dt.datetime) and moment.tzinfo is not None:
            moment = moment.astimezone(dt.UTC).replace(tzinfo=None)
        elif isinstance(moment, dt.date) and not isinstance(moment, dt.datetime):
            moment = dt.datetime.combine(moment, dt.time())
        elif isinstance(moment, bool):
            moment = None
        return int(pa.scalar(moment, kind).cast(pa.int64()).as_py())
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}={given!r} is no datetime, date, text in ISO 8601 or number of units") from error


@contextmanager
def _opened(file: DataFile) -> Iterator[Any]:
    """Open a file; one that does not lie on this machine as it is, is copied to it for as long as it is read."""
    try:
        library = import_module("tsfile")
    except ImportError as error:
        raise MissingDependency.of("reading TsFiles", "tsfile", "tsfile") from error
    with ExitStack() as stack:
        path = file.local_path()
        if path is None:
            path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="arrowsets-"))) / "data.tsfile"
            with file.open() as source, path.open("wb") as target:
                shutil.copyfileobj(source, target)
        with path.open("rb") as stream:
            # The library would go on with what is none, and end the process.
            if stream.read(len(_MAGIC)) != _MAGIC:
                raise BadData("no TsFile: it begins otherwise", file=file.url)
        reader = _asked(file, lambda: library.TsFileReader(str(path)))
        stack.callback(reader.close)
        yield reader


def _asked(file: DataFile, question: Any) -> Any:
    """Ask the library something; what it raises is told as damage of the file."""
    errors = import_module("tsfile").exceptions.LibraryError
    try:
        return question()
    except (errors, OSError, RuntimeError, ValueError, UnicodeDecodeError) as error:
        if isinstance(error, BadData):
            raise
        raise BadData(f"a damaged TsFile: {error or type(error).__name__}", file=file.url) from error


def _columns(reader: Any, table: str | None, file: DataFile) -> tuple[str, list[tuple[str, str, str]]]:
    """Return the name of the table, and name, type and category of its columns."""
    tables = {name.lower(): found for name, found in _asked(file, reader.get_all_table_schemas).items()}
    if not tables:
        raise BadData("a TsFile of the tree model; only the table model is read", file=file.url)
    name = table or next(iter(tables))
    if name not in tables:
        raise BadData(f"there is no table {name!r}; there are {', '.join(map(repr, tables))}", file=file.url)
    columns = tables[name].get_columns()
    return name, [(each.get_column_name(), each.get_data_type().name, each.get_category().name) for each in columns]


def _wider(name: str, a: pa.DataType, b: pa.DataType, file: DataFile) -> pa.DataType:
    if a == b:
        return a
    if not {a, b} <= _NUMBERS:
        raise SchemaConflict(f"the field {name!r} is {b} in {file.url} and {a} in files before it", column=name)
    return _WIDER.get(frozenset({a, b}), pa.float64())


def _joined(shard: TsFileShard, values: tuple[str | None, ...], parts: Sequence[_Series]) -> _Series | None:
    """Return the series of a device from all files, in the order of time; None if it has no moment."""
    if not parts:
        return None
    columns: dict[str, Any] = {}
    for column in shard.schema:
        if column.name in shard.tags:
            continue
        wanted = pa.int64() if column.name == shard.time else column.type.value_type
        chunks = [
            _values(part[column.name], wanted) if column.name in part else pa.nulls(len(part[shard.time]), wanted)
            for part in parts
        ]
        columns[column.name] = _chunked(chunks, wanted)
    table = pa.table(columns)
    time = table.column(shard.time).to_numpy()
    if len(time) > 1 and not (time[1:] > time[:-1]).all():
        table = table.take(time.argsort(kind="stable"))
        time = table.column(shard.time).to_numpy()
        if (time[1:] == time[:-1]).any():
            twice = int(time[1:][time[1:] == time[:-1]][0])
            device = ", ".join(f"{tag}={value!r}" for tag, value in zip(shard.tags, values, strict=True))
            raise BadData(f"the device {device} has two rows at the time {twice}", file=shard.files[0].url)
    return {name: table.column(name) for name in table.column_names}


def _chunked(parts: Sequence[Any], wanted: Any) -> pa.ChunkedArray[Any]:
    return pa.chunked_array(
        [chunk for part in parts for chunk in (part.chunks if isinstance(part, pa.ChunkedArray) else [part])], wanted
    )


def _values(column: pa.ChunkedArray[Any], wanted: Any) -> pa.ChunkedArray[Any]:
    # The library says nanoseconds whatever was written: only the numbers count.
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    elif pa.types.is_date(column.type):
        column = column.cast(pa.int32())
    return column.cast(wanted)


def _table(shard: TsFileShard, rows: Sequence[tuple[tuple[str | None, ...], _Series]], schema: pa.Schema) -> pa.Table:
    """Return devices as rows with the columns of a schema."""
    offsets = [0]
    for _, series in rows:
        offsets.append(offsets[-1] + len(series[shard.time]))
    arrays = []
    for column in schema:
        index = shard.schema.get_field_index(column.name)
        if index < 0:
            arrays.append(pa.nulls(len(rows), column.type))
        elif column.name in shard.tags:
            at = shard.tags.index(column.name)
            arrays.append(pa.array([values[at] for values, _ in rows], pa.string()).cast(column.type))
        else:
            kind = shard.schema.field(index).type
            inner = _chunked([series[column.name] for _, series in rows], _inner(shard, column.name))
            flat = inner.combine_chunks().cast(kind.value_type)
            lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), flat)
            arrays.append(lists.cast(column.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def _inner(shard: TsFileShard, name: str) -> pa.DataType:
    return pa.int64() if name == shard.time else shard.schema.field(name).type.value_type
