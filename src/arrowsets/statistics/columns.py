"""What is told of a column of each type: numbers, texts, labels, dates, lists, files.

Texts are labels where there are few different ones (at most ten, or at most 1000 and a fifth of the rows), dates where
the first hundred are all written in one known way, and else told by their lengths.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from arrowsets.features.base import FeatureType
from arrowsets.features.label import ClassLabel
from arrowsets.record import dataclass
from arrowsets.statistics.media import measure
from arrowsets.statistics.numeric import empty, proportion, summarise
from arrowsets.table import View

__all__ = ["FORMATS", "ColumnStatistics", "column_statistics"]

BATCH_ROWS = 65_536
MOST_LABELS = 1000
FEW_LABELS = 10
LABEL_SHARE = 0.2
LABEL_BYTES = 8 << 20
PROBED = 100
FORMATS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S.%fZ",
    "%Y-%m-%d %H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y/%m/%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
)


@dataclass(frozen=True)
class ColumnStatistics:
    """What is told of a column.

    Attributes:
        type: One of int, float, bool, string_text, string_label, class_label, datetime, list, image, audio, video.
        values: In the shape of that type.
        format: Of texts that are dates: how they are written.
    """

    column: str
    type: str
    values: dict[str, Any]
    format: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as answers hold it."""
        told = {"column_name": self.column, "column_type": self.type, "column_statistics": self.values}
        return told if self.format is None else {**told, "format": self.format}


def column_statistics(
    view: View,
    name: str,
    feature: FeatureType,
    *,
    roots: tuple[Path, ...] | None = None,
    check: Callable[[], None] = lambda: None,
) -> ColumnStatistics | None:
    """Return the statistics of a column; None for types that have none.

    Args:
        roots: Where files that cells name may lie. None: anywhere.
        check: Called now and then; what it raises ends the work.

    >>> view = View.from_table(pa.table({"x": [0, 1, 1, None]}))
    >>> from arrowsets.features import Value
    >>> column_statistics(view, "x", Value("int64")).values["histogram"]
    {'hist': [1, 2], 'bin_edges': [0, 1, 1]}
    """
    column = _Column(view.select_columns([name]), check)
    kind, values = _told(column, feature, roots)
    return None if kind is None else ColumnStatistics(name, kind, values, column.format)


def _told(column: _Column, feature: FeatureType, roots: tuple[Path, ...] | None) -> tuple[str | None, dict[str, Any]]:
    dtype = feature.storage
    if isinstance(feature, ClassLabel):
        return "class_label", _class_labels(column, feature)
    if feature.type_name in ("Image", "Audio", "Video"):
        kind = feature.type_name.lower()
        return kind, summarise(lambda: _measured(column, feature, roots), column.rows)
    if feature.type_name in ("List", "LargeList"):
        return "list", summarise(lambda: column.numbers(pc.list_value_length), column.rows)
    if feature.type_name != "Value":
        return None, {}
    if pa.types.is_boolean(dtype):
        return "bool", _booleans(column)
    if pa.types.is_integer(dtype):
        return "int", summarise(column.numbers, column.rows)
    if pa.types.is_floating(dtype):
        return "float", summarise(lambda: column.numbers(_doubles), column.rows)
    if pa.types.is_timestamp(dtype):
        return "datetime", _dates(column, lambda array: array.cast(pa.timestamp("us", dtype.tz), safe=False), dtype.tz)
    if pa.types.is_string(dtype) or pa.types.is_large_string(dtype):
        return _texts(column)
    return None, {}


class _Column:
    """The values of one column, read batch by batch as often as they are needed.

    Attributes:
        format: How texts that turned out to be dates are written.
    """

    def __init__(self, view: View, check: Callable[[], None]) -> None:
        self._view, self._check = view, check
        self.rows = view.num_rows
        self.format: str | None = None

    def arrays(self) -> Iterator[Any]:
        """Yield the values."""
        for table in self._view.batches(BATCH_ROWS):
            self._check()
            yield from table.column(0).chunks

    def numbers(self, of: Callable[[Any], Any] = lambda array: array) -> Iterator[Any]:
        """Yield a number for each value that is not null."""
        for array in self.arrays():
            made = of(array)
            yield (made.drop_null() if made.null_count else made).to_numpy(zero_copy_only=False)

    def first(self, count: int) -> list[Any]:
        """Return the first values that are not null."""
        found: list[Any] = []
        for array in self.arrays():
            found += array.drop_null().slice(0, count - len(found)).to_pylist()
            if len(found) >= count:
                break
        return found


def _doubles(array: Any) -> Any:
    return array.cast(pa.float64())


def _measured(column: _Column, feature: Any, roots: tuple[Path, ...] | None) -> Iterator[Any]:
    for array in column.arrays():
        contents, paths = array.field("bytes"), array.field("path")
        found = [
            measure(feature, contents[at].as_buffer() if contents[at].is_valid else None, paths[at].as_py(), roots)
            for at in range(len(array))
            if array[at].is_valid
        ]
        yield np.asarray(found, np.int64 if feature.type_name == "Image" else np.float64)


def _class_labels(column: _Column, feature: ClassLabel) -> dict[str, Any]:
    names = list(feature.names or ())
    counts = np.zeros(len(names) + 1, np.int64)
    known = 0
    for values in column.numbers():
        known += len(values)
        counts += np.bincount(values.astype(np.int64) + 1, minlength=len(names) + 1)[: len(names) + 1]
    return _labels(column.rows, column.rows - known, int(counts[0]), len(names),
                   dict(zip(names, counts[1:].tolist(), strict=True)))  # fmt: skip


def _labels(rows: int, nulls: int, unlabelled: int, unique: int, frequencies: dict[str, int]) -> dict[str, Any]:
    return {
        "nan_count": nulls,
        "nan_proportion": proportion(nulls, rows),
        "no_label_count": unlabelled,
        "no_label_proportion": proportion(unlabelled, rows),
        "n_unique": unique,
        "frequencies": frequencies,
    }


def _booleans(column: _Column) -> dict[str, Any]:
    known = true = 0
    for array in column.arrays():
        known += len(array) - array.null_count
        true += pc.sum(array).as_py() or 0
    nulls = column.rows - known
    return {
        "nan_count": nulls,
        "nan_proportion": proportion(nulls, column.rows),
        "frequencies": {"False": known - true, "True": true},
    }


def _texts(column: _Column) -> tuple[str, dict[str, Any]]:
    probed = column.first(PROBED)
    if (way := _format_of(probed)) is not None:
        try:
            found = _dates(column, lambda array: _parsed(array, way), "UTC" if way.endswith("%z") else None)
        except (ValueError, TypeError, pa.ArrowException):
            pass  # later ones are written in another way
        else:
            column.format = way
            return "datetime", found
    counted = _counted(column)
    if counted is not None:
        known = sum(counted.values())
        ordered = dict(sorted(counted.items(), key=lambda item: -item[1]))
        return "string_label", _labels(column.rows, column.rows - known, 0, len(ordered), ordered)
    return "string_text", summarise(lambda: column.numbers(pc.utf8_length), column.rows)


def _counted(column: _Column) -> dict[str, int] | None:
    """Return how often each text is there; None if there are too many for labels, or none."""
    counts: dict[str, int] = {}
    size = 0
    for array in column.arrays():
        for entry in array.drop_null().value_counts():
            text = entry["values"].as_py()
            size += len(text) if text not in counts else 0
            counts[text] = counts.get(text, 0) + entry["counts"].as_py()
            if len(counts) > MOST_LABELS or size > LABEL_BYTES:
                return None
    few = len(counts) <= FEW_LABELS or len(counts) / column.rows <= LABEL_SHARE
    return counts if counts and few else None


def _format_of(texts: list[str]) -> str | None:
    """Return the way in which all of some texts are dates."""
    if not texts or not texts[0][:1].isdigit() or len(texts[0]) > 40:
        return None
    return next((way for way in FORMATS if all(_is_written(text, way) for text in texts)), None)


def _is_written(text: str, way: str) -> bool:
    try:
        dt.datetime.strptime(text, way)  # noqa: DTZ007 - only whether it is one
    except ValueError:
        return False
    return True


def _parsed(array: Any, way: str) -> Any:
    import pandas as pd

    dates = pd.to_datetime(array.to_pandas(), format=way, utc=way.endswith("%z"))
    return pa.array(dates).cast(pa.timestamp("us", "UTC" if way.endswith("%z") else None), safe=False)


def _dates(column: _Column, of: Callable[[Any], Any], zone: str | None) -> dict[str, Any]:
    """Return the statistics of moments: of the seconds since the first."""
    first = min((values.min().item() for values in column.numbers(_ticks(of)) if len(values)), default=None)
    if first is None:
        return empty(column.rows)

    def second(since: float) -> float:
        """Return the whole second before: edges are told in seconds."""
        ticks: int = first + round(since * 1e6)
        whole: float = (ticks - ticks % 1_000_000 - first) / 1e6
        return whole

    values = summarise(lambda: ((each - first) / 1e6 for each in column.numbers(_ticks(of))), column.rows, second)
    origin: Any = None if zone is None else pa.scalar(0, pa.timestamp("us", zone)).as_py()
    tz = None if origin is None else origin.tzinfo

    def moment(seconds: float | None) -> str | None:
        if seconds is None:
            return None
        since = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=first + round(seconds * 1e6))
        return (since.astimezone(tz) if tz is not None else since.replace(tzinfo=None)).strftime(
            "%Y-%m-%d %H:%M:%S" + ("%z" if tz is not None else "")
        )

    histogram = values["histogram"]
    told = {key: moment(values[key]) for key in ("min", "max", "mean", "median")}
    spread = None if values["std"] is None else str(dt.timedelta(seconds=values["std"]))
    edges = {**histogram, "bin_edges": [moment(edge) for edge in histogram["bin_edges"]]}
    return {**values, **told, "std": spread, "histogram": edges}


def _ticks(of: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda array: of(array).cast(pa.int64())
