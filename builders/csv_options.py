"""The options of CSV files: the keywords of pandas' `read_csv`, and what they mean for reading."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from arrowsets.builder import BuilderOptions
from arrowsets.errors import UnknownName
from arrowsets.record import dataclass

from .csv_records import Dialect
from .csv_types import FALSE, NA_VALUES, TRUE, Words

__all__ = ["CsvOptions"]


@dataclass(frozen=True)
class CsvOptions(BuilderOptions):
    """The keywords of `pandas.read_csv`, with its defaults; `column_names` is another name for `names`.

    Attributes:
        chunksize: Rows that pandas parses at once, where it is used. No result depends on it.
    """

    sep: str | None = ","
    delimiter: str | None = None
    header: int | Sequence[int] | str | None = "infer"
    names: Sequence[str] | None = None
    column_names: Sequence[str] | None = None
    index_col: int | str | Sequence[int | str] | bool | None = None
    usecols: Sequence[int | str] | Callable[[str], bool] | None = None
    dtype: Any = None
    engine: str | None = None
    converters: Mapping[int | str, Callable[[str], object]] | None = None
    true_values: Sequence[str] | None = None
    false_values: Sequence[str] | None = None
    skipinitialspace: bool = False
    skiprows: int | Sequence[int] | Callable[[int], bool] | None = None
    skipfooter: int = 0
    nrows: int | None = None
    na_values: Any = None
    keep_default_na: bool = True
    na_filter: bool = True
    verbose: bool = False
    skip_blank_lines: bool = True
    parse_dates: Any = None
    date_format: Any = None
    thousands: str | None = None
    decimal: str = "."
    lineterminator: str | None = None
    quotechar: str = '"'
    quoting: int = 0
    doublequote: bool = True
    escapechar: str | None = None
    comment: str | None = None
    encoding: str | None = None
    encoding_errors: str | None = "strict"
    dialect: Any = None
    on_bad_lines: str | Callable[[list[str]], list[str] | None] = "error"
    low_memory: bool = True
    memory_map: bool = False
    float_precision: str | None = None
    chunksize: int = 10_000
    # Names of read_csv that pandas has dropped: allowed at the value that means nothing.
    prefix: str | None = None
    mangle_dupe_cols: bool = True
    error_bad_lines: bool = True
    warn_bad_lines: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.on_bad_lines, str) and self.on_bad_lines not in {"error", "skip", "warn"}:
            raise UnknownName.of("value of on_bad_lines", self.on_bad_lines, ["error", "warn", "skip"])

    @property
    def separator(self) -> str | None:
        """The separator that holds: `delimiter` before `sep`."""
        return self.delimiter if self.delimiter is not None else self.sep

    @property
    def given_names(self) -> tuple[str, ...] | None:
        """The columns that the caller names, in the order of the file."""
        names = self.names if self.names is not None else self.column_names
        return None if names is None else tuple(str(name) for name in names)

    @property
    def has_header(self) -> bool:
        """Whether the first row names the columns."""
        return self.header == 0 or (self.header == "infer" and self.given_names is None)

    @property
    def bad_rows(self) -> str:
        """What happens to rows with too many fields."""
        return "skip" if self.on_bad_lines in {"skip", "warn"} and self.on_bad_rows == "error" else self.on_bad_rows

    def needs_pandas(self) -> bool:
        """Tell whether an option is set that only pandas understands."""
        sep = self.separator
        odd = (
            self.index_col, self.converters, self.skiprows, self.nrows, self.parse_dates, self.lineterminator,
            self.escapechar, self.comment, self.dialect, self.date_format,
        )  # fmt: skip
        return (
            any(option is not None and option is not False for option in odd)
            or sep is None
            or len(sep.encode()) != 1
            or len(self.quotechar.encode()) != 1
            or self.quoting not in {csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONE}
            or self.skipinitialspace
            or self.skipfooter != 0
            or not self.skip_blank_lines
            or not (self.header is None or self.header in ("infer", 0))
            or isinstance(self.na_values, Mapping)
            or callable(self.on_bad_lines)
        )

    def records(self) -> Dialect:
        """Return how fields are separated and quoted."""
        quote = b"" if self.quoting == csv.QUOTE_NONE else self.quotechar.encode()
        return Dialect((self.separator or ",").encode(), quote, self.doublequote)

    def words(self) -> Words:
        """Return how values are written."""
        return Words(
            (*TRUE, *map(str, self.true_values or ())),
            (*FALSE, *map(str, self.false_values or ())),
            self.decimal,
            self.thousands,
        )

    def nulls(self) -> tuple[str, ...]:
        """Return the texts that mean a missing value."""
        if not self.na_filter:
            return ()
        given = [self.na_values] if isinstance(self.na_values, str | int | float) else list(self.na_values or ())
        spelled = (spelling for value in given for spelling in _spellings(value))
        return (*(NA_VALUES if self.keep_default_na else ()), *spelled)


def _spellings(value: object) -> tuple[str, ...]:
    """Return the texts that a missing value is told by: a number is missing as an integer and as a float."""
    text = str(value)
    try:
        number = float(text)
    except ValueError:
        return (text,)
    return (text, str(int(number)), f"{int(number)}.0") if number.is_integer() else (text,)
