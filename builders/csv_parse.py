"""A block of CSV bytes as a table: pyarrow's reader with the types and the leniency of pandas."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from arrowsets.builder import Rejects
from arrowsets.errors import BadData, SchemaConflict, UnknownName, WrongCut
from arrowsets.features import Features, FeatureType, Value
from arrowsets.features.buffers import bulk_pool, of_mask, to_numpy
from arrowsets.features.casting import cast_storage, is_text, nulls
from arrowsets.lazy import pc
from arrowsets.record import dataclass

from .csv_records import Dialect, Record
from .csv_types import Words, exact, kind_of, may_narrow, narrow
from .ranges import BOM, MORE_THREADS, valid_utf8

__all__ = ["BlockParser", "forced_types", "typed_column"]

Arr: TypeAlias = Any  # an Arrow array whose kind is known from its type

SAMPLE_BYTES = 1 << 16  # of a block that types are guessed from; a wrong guess costs time, nothing else
PARSE_BYTES = 1 << 20  # of a block that one thread parses
_CACHED = 1 << 18  # bytes that are looked at in one go, so that what is made of them stays in the processor's cache
_FEW = 4096  # characters that are looked at one by one
_BLANK = re.compile(rb"[\r\n]*\Z")
_WHITE_LINE = re.compile(rb"(?:\A|[\r\n])[ \t]+(?:[\r\n]|\Z)")
_RAGGED = re.compile(r"CSV parse error: (?:Row #\d+: )?Expected \d+ columns, got ")
_MISFITS = (pa.ArrowInvalid, pa.ArrowNotImplementedError, SchemaConflict, UnknownName)
_SCALARS = (
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_float32,
    pa.types.is_float64,
    pa.types.is_string,
    pa.types.is_large_string,
)


class _Ragged(Exception):  # control flow: the block has rows to mend
    pass


@dataclass
class BlockParser:
    """Parse blocks of one file.

    Attributes:
        names: The columns as they stand in the file.
        keep: Those that are wanted, in order.
        nulls: Text that stands for a missing value; empty: none does.
        on_bad_rows: "error", or to leave out rows with too many fields or with bytes that are no UTF-8, and where
            `given`, with values that are not of the type.
        hints: Types that a parser of the same file guessed, or none yet.
        before: Answers how many rows of the file come before the first block, when an error needs it.
    """

    file: str
    names: tuple[str, ...]
    keep: tuple[str, ...]
    dialect: Dialect
    words: Words
    nulls: tuple[str, ...]
    on_bad_rows: str
    rejects: Rejects
    before: Callable[[], int]
    closed: bool = False  # every block is known to end outside quotes
    likely: bool = False  # every block is to end outside quotes, unless the file was cut at a wrong place
    forced: Mapping[str, pa.DataType] = field(default_factory=dict)
    given: bool = False  # the types of `typed` are the user's, not those of a sample
    rows: int = 0  # of this parser so far, with those that were left out
    guesses: dict[str, pa.DataType] = field(default_factory=dict)
    hints: dict[str, pa.DataType] = field(default_factory=dict)

    def table(self, block: bytes, start: int = 0) -> pa.Table:
        """Parse a block from an offset on, each column as the narrowest type that holds its values."""
        rejected = len(self.rejects.rows)
        block, start = self._checked(block, start)
        types = self._guess(block, start)
        types.update({name: pa.string() for name in self.forced if name in types})
        table = self._arrow(block, start, types)
        arrays = [
            self._as(table, pa.field(name, self.forced[name]))
            if name in self.forced
            else self._settle(table.column(name), types[name])
            for name in self.keep
        ]
        self.rows += table.num_rows + len(self.rejects.rows) - rejected
        return pa.table(dict(zip(self.keep, arrays, strict=True)))

    def typed(self, block: bytes, schema: pa.Schema, start: int = 0) -> pa.Table:
        """Parse a block from an offset on with the types of `schema`."""
        rejected = len(self.rejects.rows)
        block, start = self._checked(block, start)
        features = Features.from_arrow_schema(schema)
        direct = {
            name: schema.field(name).type if isinstance(feature, Value) and _is_scalar(feature) else pa.string()
            for name, feature in features.items()
        }
        table = self._arrow(block, start, {name: direct.get(name, pa.string()) for name in self.keep})
        try:
            columns = [self._as(table, field, features[field.name]) for field in schema]
        except BadData:
            if self.on_bad_rows == "error" or not self.given:
                raise
            table = self._fitting(table, schema, block[start:], rejected)
            columns = [self._as(table, field, features[field.name]) for field in schema]
        self.rows += table.num_rows + len(self.rejects.rows) - rejected
        return pa.Table.from_arrays(columns, schema=schema)

    # A column is read as the type it seems to have; what fails to convert is read as text and looked at again.

    def _arrow(self, block: bytes, start: int, types: dict[str, pa.DataType]) -> pa.Table:
        integers = [name for name, dtype in types.items() if pa.types.is_integer(dtype)]
        if integers and _may_have_hex(block):
            # pyarrow reads "0x1F" as an integer; as text it is looked at by our own rules.
            types.update(dict.fromkeys(integers, pa.string()))
        mended = False
        while True:
            try:
                table = self._parse(block, start, types, threads=MORE_THREADS)
            except _Ragged:
                if mended:
                    raise BadData("the rows have different numbers of fields", file=self.file) from None
                block, start, mended = self._mend(block[start:]), 0, True
                continue
            except pa.ArrowInvalid as error:
                if not self._widen(str(error), types):
                    block, start = block[start:], 0
                    if self.on_bad_rows != "error" and not mended and not valid_utf8(block):
                        block, mended = self._mend(block), True
                        continue
                    raise self._error(block, str(error)) from error
                continue
            if not self._has_nan(table, types):
                return table

    def _parse(self, block: bytes, start: int, types: Mapping[str, pa.DataType], *, threads: bool) -> pa.Table:
        import pyarrow.csv as arrow_csv

        if _BLANK.match(block, start):
            return pa.table({name: nulls(0, types[name]) for name in self.keep})
        quoted = bool(self.dialect.quote) and block.find(self.dialect.quote, start) >= 0

        def read(size: int) -> pa.Table:
            source: Any = pa.BufferReader(pa.py_buffer(block).slice(start))
            if block.startswith(BOM, start):
                source = pa.BufferReader(BOM + block[start:])  # pyarrow drops one, which is text here
            return arrow_csv.read_csv(
                source,
                memory_pool=bulk_pool(),
                read_options=arrow_csv.ReadOptions(column_names=list(self.names), block_size=size, use_threads=threads),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self.dialect.sep.decode(),
                    quote_char=self.dialect.quote.decode() or False,
                    double_quote=self.dialect.doublequote,
                    newlines_in_values=quoted,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=list(self.keep),
                    column_types=dict(types),
                    null_values=list(self.nulls),
                    true_values=list(self.words.true),
                    false_values=list(self.words.false),
                    strings_can_be_null=bool(self.nulls),
                    quoted_strings_can_be_null=bool(self.nulls),
                ),
            )

        try:
            return read(PARSE_BYTES)
        except pa.ArrowInvalid as error:
            if _is_ragged(error):
                raise _Ragged from None
            if "CSV column" in str(error) or len(block) < PARSE_BYTES:
                raise
        # A row longer than what one thread parses.
        try:
            return read(len(block) + 1)
        except pa.ArrowInvalid as error:
            if _is_ragged(error):
                raise _Ragged from None
            raise

    def _widen(self, message: str, types: dict[str, pa.DataType]) -> bool:
        match = re.search(r"CSV column #(\d+): (?:Row #\d+: )?CSV conversion error to (\w+)", message)
        if match is None or match.group(2) in {"string", "large_string"}:
            return False
        name = self.names[int(match.group(1))]
        if name not in types or pa.types.is_string(types[name]):
            name = next((n for n, dtype in types.items() if not pa.types.is_string(dtype)), "")
            if not name:
                return False
        types[name] = self.guesses[name] = pa.string()
        return True

    def _has_nan(self, table: pa.Table, types: dict[str, pa.DataType]) -> bool:
        odd = [name for name in self.keep if pa.types.is_floating(types[name]) and _any_nan(table.column(name))]
        # Only words such as "NAN" give it, and they are text.
        types.update(dict.fromkeys(odd, pa.string()))
        return bool(odd)

    def _guess(self, block: bytes, start: int) -> dict[str, pa.DataType]:
        if not self.words.plain():
            return dict.fromkeys(self.keep, pa.string())
        self.guesses = self.guesses or dict(self.hints)
        if not self.guesses:
            sample = block[start : start + SAMPLE_BYTES]
            if len(block) - start > SAMPLE_BYTES:
                sample = sample[: self.dialect.complete(sample)]
            text = dict.fromkeys(self.keep, pa.string())
            try:
                table = self._parse(sample, 0, text, threads=False)
            except (_Ragged, pa.ArrowInvalid):
                return dict.fromkeys(self.keep, pa.string())
            found = {name: kind_of(_joined(table.column(name)), self.words) for name in self.keep}
            self.guesses = {name: dtype if _is_direct(dtype) else pa.string() for name, dtype in found.items()}
            # Not where there are floats, as integers would parse as such, nor where nothing was found.
            if not any(pa.types.is_floating(dtype) or pa.types.is_null(dtype) for dtype in found.values()):
                self.hints.update(self.guesses)
        return dict(self.guesses)

    def _settle(self, column: pa.ChunkedArray[Any], dtype: pa.DataType) -> Any:
        if pa.types.is_string(dtype):
            return narrow(_joined(column), self.words) if may_narrow(column, self.words) else column
        if column.null_count == len(column):
            return pa.nulls(len(column))
        return column

    def _as(self, table: pa.Table, wanted: pa.Field[Any], feature: FeatureType | None = None) -> Any:
        place = table.schema.get_field_index(wanted.name)  # the names of a table are made for who asks for them
        if place < 0:
            return pa.nulls(table.num_rows, wanted.type)
        column = table.column(place)
        if column.type.equals(wanted.type):
            return column
        return typed_column(_joined(column), wanted, self.words, self.file, self._row(0), feature)

    def _fitting(self, table: pa.Table, schema: pa.Schema, block: bytes, rejected: int) -> pa.Table:
        """Leave out the rows whose values are not of the types; `rejected` rows were before this block."""
        first, features = self._row(0), Features.from_arrow_schema(schema)
        wrong: dict[int, str] = {}
        for wanted in schema:
            if wanted.name in table.column_names and not table.column(wanted.name).type.equals(wanted.type):
                text = _joined(table.column(wanted.name))
                convert, kind = _converter(wanted, self.words, features[wanted.name])
                for row in _all_bad(text, convert):
                    wrong.setdefault(row, f"column {wanted.name}: {text[row].as_py()!r} is no {kind}")
        gone = {row - first for _, row, _, _ in self.rejects.rows[rejected:] if row is not None}
        numbers = [row for row in range(table.num_rows + len(gone)) if row not in gone]
        blank = self.dialect.blank
        records = [block[r.start : r.stop] for r in self.dialect.records(block) if block[r.start : r.stop].strip(blank)]
        for row in sorted(wrong):
            self._reject(numbers[row], records[numbers[row]], wrong[row])
        return table.filter(of_mask([row not in wrong for row in range(table.num_rows)]))

    # What is wrong with a block is looked for only after something was.

    def _checked(self, block: bytes, start: int) -> tuple[bytes, int]:
        # What comes before `start` has closed its quotes.
        if self.likely:
            quotes = self.dialect.quotes(block, start) if self.dialect.quote else ()
            if quotes is None or len(quotes) % 2:
                raise WrongCut(self.file)
        elif not self.closed and self.dialect.quote and _odd(block, self.dialect.quote):
            for row, record in enumerate(self.dialect.records(block[start:])):
                if not record.closed:
                    raise BadData("the file ends within a quoted field", file=self.file, row=self._row(row))
        if len(self.names) == 1 and _WHITE_LINE.search(block, max(start - 1, 0)):
            return self._mend(block[start:]), 0  # a line of white space is no row
        return block, start

    def _mend(self, block: bytes) -> bytes:
        """Return a block whose rows all have the columns' number of fields: short rows are filled up."""
        lines: list[bytes] = []
        width = len(self.names)
        row = 0
        blank = self.dialect.blank
        for record in self.dialect.records(block):
            text = block[record.start : record.stop]
            if not text.strip(blank):
                continue
            if not record.closed:
                raise BadData("the file ends within a quoted field", file=self.file, row=self._row(row))
            if record.fields > width:
                self._reject(row, text, f"{record.fields} fields where {width} columns are expected")
            elif self.on_bad_rows != "error" and not valid_utf8(text):
                self._reject(row, text, "bytes that are no UTF-8")
            else:
                lines.append(text + self.dialect.sep * (width - record.fields))
            row += 1
        return b"\n".join([*lines, b""])

    def _reject(self, row: int, text: bytes, reason: str) -> None:
        row = self._row(row)
        if self.on_bad_rows == "error":
            shown = text[:200].decode(errors="replace")
            raise BadData(f"{reason}: {shown!r}; on_bad_rows='skip' leaves such rows out", file=self.file, row=row)
        kept = text.decode(errors="replace") if self.on_bad_rows == "quarantine" else ""
        self.rejects.rows.append((self.file, row, reason, kept))

    def _row(self, row: int) -> int:
        return self.before() + self.rows + row

    def _error(self, block: bytes, message: str) -> BadData:
        try:
            block.decode()
        except UnicodeDecodeError as error:
            row = _row_at(self.dialect, block, error.start)
            reason = f"byte {block[error.start]:#04x} is no UTF-8 ({error.reason}); give encoding= or encoding_errors="
            return BadData(reason, file=self.file, row=self._row(row))
        return BadData(message, file=self.file)


def typed_column(
    text: Arr, wanted: pa.Field[Any], words: Words, file: str, start: int, feature: FeatureType | None = None
) -> Arr:
    """Return text as a type, or raise BadData that names the row, of which the first is `start`.

    Class labels, images and their like are made of text by `feature`, other values by their spelling.
    """
    if pa.types.is_string(wanted.type) or pa.types.is_large_string(wanted.type):
        return text.cast(wanted.type)
    convert, kind = _converter(wanted, words, feature)
    try:
        return convert(text)
    except _MISFITS as error:
        row = _first_bad(text, convert)
        reason = f"{text[row].as_py()!r} is no {kind}"
        raise BadData(reason, file=file, row=start + row, column=wanted.name) from error


def _converter(wanted: pa.Field[Any], words: Words, feature: FeatureType | None) -> tuple[Callable[[Arr], Arr], object]:
    """Return what makes values of text, and what they are called."""
    if feature is not None and not isinstance(feature, Value) and feature.needs_encode:
        return feature.cast, feature
    return lambda part: _cast(part, wanted.type, words), wanted.type


def _cast(text: Arr, to: pa.DataType, words: Words) -> Arr:
    if pa.types.is_decimal(to):
        return exact(text, to, words)
    array = narrow(text, words)
    if pa.types.is_floating(array.type) and pa.types.is_integer(to):
        return exact(text, to, words)
    spelled = is_text(array.type) and (pa.types.is_time(to) or pa.types.is_duration(to) or pa.types.is_float16(to))
    return cast_storage(array, to) if spelled else array.cast(to)


def _first_bad(text: Arr, convert: Callable[[Arr], Arr]) -> int:
    low, high = 0, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            convert(text.slice(low, middle - low))
            low = middle
        except _MISFITS:
            high = middle
    return low


def _all_bad(text: Arr, convert: Callable[[Arr], Arr]) -> list[int]:
    found: list[int] = []
    spans = [(0, len(text))]
    while spans:
        low, high = spans.pop()
        try:
            convert(text.slice(low, high - low))
        except _MISFITS:
            if high - low == 1:
                found.append(low)
            else:
                middle = (low + high) // 2
                spans += [(middle, high), (low, middle)]
    return found


def _any_nan(column: pa.ChunkedArray[Any]) -> bool:
    if column.null_count:
        return bool(pc.any(pc.is_nan(column)).as_py())
    return any(bool(np.isnan(to_numpy(chunk)).any()) for chunk in column.chunks)


def _is_ragged(error: pa.ArrowInvalid) -> bool:
    # Not by a handler of such rows: pyarrow decodes them for it, and prints what it meets that is no UTF-8.
    return bool(_RAGGED.match(str(error)))


def _is_direct(dtype: pa.DataType) -> bool:
    return pa.types.is_int64(dtype) or pa.types.is_float64(dtype) or pa.types.is_boolean(dtype)


def _is_scalar(feature: FeatureType) -> bool:
    return any(of(feature.storage) for of in _SCALARS)


def forced_types(dtype: Any, names: tuple[str, ...]) -> dict[str, pa.DataType]:
    """Return the types that pandas' `dtype` keyword asks for."""
    if dtype is None:
        return {}
    wanted = dtype if isinstance(dtype, Mapping) else dict.fromkeys(names, dtype)
    return {str(name): _arrow_type(kind) for name, kind in wanted.items()}


def _arrow_type(kind: Any) -> pa.DataType:
    if isinstance(kind, pa.DataType):
        return kind
    if kind in (str, object, "str", "string", "object", "category"):
        return pa.string()
    try:
        return pa.from_numpy_dtype(np.dtype(kind.lower() if isinstance(kind, str) else kind))
    except (TypeError, pa.ArrowNotImplementedError) as error:
        raise BadData(f"dtype {kind!r} is no type of a CSV column; name a numpy type, or give features=") from error


def _may_have_hex(block: bytes) -> bool:
    """Tell whether "0x" or "0X" is in a block.

    Looking for them as bytes takes six times as long as numpy does. The fastest is to look for one of the two characters where
    it is rare, as "x" is in tables of numbers and "0" is in texts.
    """
    sample = block[:SAMPLE_BYTES]
    zero_is_rare = sample.count(b"0") < sample.count(b"x") + sample.count(b"X")
    looks = [(b"0", 1, b"xX")] if zero_is_rare else [(b"x", -1, b"0"), (b"X", -1, b"0")]
    found = [_stands_beside(block, *look) for look in looks]
    return _has_hex_pairs(block) if None in found else any(found)


def _stands_beside(block: bytes, rare: bytes, step: int, wanted: bytes) -> bool | None:
    """Tell whether a character has one of some beside it; None where there are too many to look at one by one."""
    at = -1
    for _ in range(_FEW):
        at = block.find(rare, at + 1)
        if at < 0:
            return False
        if 0 <= at + step < len(block) and block[at + step] in wanted:
            return True
    return None


def _has_hex_pairs(block: bytes) -> bool:
    data = np.frombuffer(block, np.uint8)
    for start in range(0, len(data), _CACHED):
        piece = data[start : start + _CACHED + 2]
        for offset in (0, 1):
            pairs = piece[offset : offset + (len(piece) - offset) // 2 * 2].view("<u2")
            if bool(((pairs | 0x2000) == 0x7830).any()):
                return True
    return False


def _odd(block: bytes, mark: bytes) -> bool:
    return bool(np.count_nonzero(np.frombuffer(block, np.uint8) == mark[0]) % 2)


def _row_at(dialect: Dialect, block: bytes, place: int) -> int:
    filled: list[Record] = []
    for record in dialect.records(block):
        if record.stop > place:
            break
        if block[record.start : record.stop].strip(dialect.blank):
            filled.append(record)
    return len(filled)


def _joined(column: pa.ChunkedArray[Any]) -> Arr:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [nulls(0, column.type)])
