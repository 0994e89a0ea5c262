"""Every type survives every way out and back in: Arrow, Parquet, JSON, CSV, save_to_disk, and the other library."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import arrowsets
from arrowsets import (
    Array2D,
    ClassLabel,
    Dataset,
    Features,
    Json,
    LargeList,
    List,
    Translation,
    TranslationVariableLanguages,
    Value,
)

UTC = dt.UTC
MOMENT = dt.datetime(2024, 2, 29, 12, 30, 15, 123456)  # noqa: DTZ001 - of no zone
SCALARS: dict[str, list[Any]] = {
    "null": [None, None],
    "bool": [True, None],
    **{f"{sign}int{bits}": [0, (1 << (bits - 1)) - 1, None] for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "float16": [0.5, -2.0, None],
    "float32": [0.25, 1e30, None],
    "float64": [0.1, -1e300, None],
    "string": ["", "ü", "a,b\n", None],
    "large_string": ["a", None],
    "string_view": ["a", "longer than twelve bytes", None],
    "binary": [b"a", b"\x00\xff", None],
    "large_binary": [b"a", None],
    "binary_view": [b"a", b"longer than twelve bytes", None],
    "date32": [MOMENT.date(), None],
    "date64": [MOMENT.date(), None],
    "time32[s]": [dt.time(1, 2, 3), None],
    "time64[us]": [dt.time(1, 2, 3, 4), None],
    "timestamp[s]": [MOMENT.replace(microsecond=0), None],
    "timestamp[us]": [MOMENT, None],
    "timestamp[us, tz=UTC]": [MOMENT.replace(tzinfo=UTC), None],
    "timestamp[ms, tz=Europe/Paris]": [MOMENT.replace(microsecond=0, tzinfo=UTC), None],
    "duration[s]": [dt.timedelta(days=2), None],
    "duration[us]": [dt.timedelta(microseconds=-5), None],
    "decimal128(10, 2)": [Decimal("1.50"), Decimal("-99999999.99"), None],
    "decimal256(40, 3)": [Decimal("1.500"), None],
}
NESTED: dict[str, tuple[Any, list[Any]]] = {
    "label": (ClassLabel(names=["no", "yes"]), [1, -1, None]),
    "list": (List(Value("int16")), [[1, None], [], None]),
    "fixed": (List(Value("float32"), 2), [[1.0, 2.0], [3.0, 4.0]]),
    "large": (LargeList(Value("string")), [["a"], [], None]),
    "struct": ({"a": Value("int8"), "b": [Value("string")]}, [{"a": 1, "b": ["x"]}, {"a": None, "b": []}]),
    "array": (Array2D((2, 2), "int32"), [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]),
    "json": (Json(), [{"a": [1, "x"]}, "text", 3, None]),
    "translation": (Translation(["de", "en"]), [{"de": "ja", "en": "yes"}, {"de": None, "en": "no"}]),
    "languages": (
        TranslationVariableLanguages(languages=["de", "en"]),
        [{"language": ["de", "en"], "translation": ["ja", "yes"]}, {"language": [], "translation": []}],
    ),
    "dates": (List(Value("timestamp[ms, tz=UTC]")), [[MOMENT.replace(microsecond=0, tzinfo=UTC)], []]),
}
TYPES = {name: (Value(name), values) for name, values in SCALARS.items()} | NESTED


def made(name: str) -> Dataset:
    feature, values = TYPES[name]
    return Dataset.from_dict({"x": values, "row": range(len(values))}, Features({"x": feature, "row": Value("int64")}))


def arrow(dataset: Dataset, place: Path) -> Dataset:
    table = dataset.to_arrow()
    with pa.ipc.new_file(str(place / "a.arrow"), table.schema) as writer:
        writer.write_table(table)
    return Dataset.from_file(place / "a.arrow")


def parquet(dataset: Dataset, place: Path) -> Dataset:
    dataset.to_parquet(place / "a.parquet")
    return Dataset.from_parquet(str(place / "a.parquet"))


def json(dataset: Dataset, place: Path) -> Dataset:
    dataset.to_json(place / "a.jsonl")
    return Dataset.from_json(str(place / "a.jsonl"), features=dataset.features)


def csv(dataset: Dataset, place: Path) -> Dataset:
    dataset.to_csv(place / "a.csv")
    return Dataset.from_csv(str(place / "a.csv"), features=dataset.features)


def disk(dataset: Dataset, place: Path) -> Dataset:
    dataset.save_to_disk(str(place / "saved"))
    return Dataset.load_from_disk(str(place / "saved"))


def reference(dataset: Dataset, place: Path) -> Dataset:
    pytest.importorskip("datasets")
    back: Dataset = arrowsets.from_hf(dataset.to_hf())
    return back


def reference_files(dataset: Dataset, place: Path) -> Dataset:
    library = _library()
    dataset.save_to_disk(str(place / "ours"))
    library.load_from_disk(str(place / "ours")).save_to_disk(str(place / "theirs"))
    return Dataset.load_from_disk(str(place / "theirs"))


def reference_parquet(dataset: Dataset, place: Path) -> Dataset:
    library = _library()
    dataset.to_parquet(place / "ours.parquet")
    theirs = library.Dataset.from_parquet(str(place / "ours.parquet"), cache_dir=str(place / "cache"))
    theirs.to_parquet(str(place / "theirs.parquet"))
    return Dataset.from_parquet(str(place / "theirs.parquet"))


def _library() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        library = pytest.importorskip("datasets")
    library.disable_progress_bars()
    return library


# What a format has no type or no spelling for.
_NO_PARQUET = {"date64", "time32[s]", "timestamp[s]"}
_NO_TEXT = {"binary", "large_binary", "binary_view"}
_NO_CELL = {"list", "fixed", "large", "struct", "array", "translation", "languages", "dates", "string"}
CANNOT: dict[Callable[..., Dataset], set[str]] = {
    parquet: _NO_PARQUET,
    reference_parquet: _NO_PARQUET,
    json: {"binary"},
    csv: _NO_TEXT | _NO_CELL,
}


def plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value


ROUTES = [arrow, parquet, json, csv, disk, reference, reference_files, reference_parquet]
CASES = [
    pytest.param(route, name, id=f"{route.__name__}-{name}")
    for route in ROUTES
    for name in TYPES
    if name not in CANNOT.get(route, ())
]


@pytest.mark.parametrize(("through", "name"), CASES)
def test_values_and_types_come_back(through: Callable[[Dataset, Path], Dataset], name: str, tmp_path: Path) -> None:
    dataset = made(name)
    again = through(dataset, tmp_path)
    assert again.features == dataset.features
    assert [plain(row["x"]) for row in again] == [plain(row["x"]) for row in dataset]


def test_text_that_is_no_time_or_duration_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("t,d\n25:00:00,1 days 00:00:00\n", encoding="utf-8")
    types = {"t": Value("time32[s]"), "d": Value("duration[s]")}
    with pytest.raises(ValueError, match="'25:00:00' is no time32"):
        Dataset.from_csv(str(tmp_path / "a.csv"), features=Features(types))
    (tmp_path / "a.csv").write_text("t,d\n05:00:00,a day\n", encoding="utf-8")
    with pytest.raises(ValueError, match="'a day' is no duration"):
        Dataset.from_csv(str(tmp_path / "a.csv"), features=Features(types))
