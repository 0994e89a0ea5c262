"""What formats show is what Hugging Face datasets shows, on one column of each type.

Known differences are tested in `test_reference_differences.py`. A scalar of numpy counts as an array without
dimensions, which the reference makes of some scalars.
"""

from __future__ import annotations

import datetime as dt
import decimal
import math
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from arrowsets.features import Features
from arrowsets.formats import get_format

datasets = pytest.importorskip("datasets")
Value, List, Json = datasets.Value, datasets.List, datasets.Json

_DAY = dt.date(2020, 1, 2)
_TIME = dt.datetime(2020, 1, 2, 3, 4, 5, 678)  # noqa: DTZ001
_UTC = _TIME.replace(tzinfo=dt.UTC)

PLAIN: dict[str, tuple[Any, list[Any]]] = {
    "int8": (Value("int8"), [1, 2, 3]),
    "int64": (Value("int64"), [1, 2, 3]),
    "int64 null": (Value("int64"), [1, None, 3]),
    "int32 all null": (Value("int32"), [None, None, None]),
    "uint16": (Value("uint16"), [1, 2, 3]),
    "float64": (Value("float64"), [1.5, 2.0, 3.0]),
    "float32 null": (Value("float32"), [1.5, None, 3.0]),
    "bool": (Value("bool"), [True, False, True]),
    "bool null": (Value("bool"), [True, None, False]),
    "string": (Value("string"), ["a", "bçd", ""]),
    "string null": (Value("string"), ["a", None, ""]),
    "large_string": (Value("large_string"), ["a", "bcd", ""]),
    "string_view": (Value("string_view"), ["a", "bcd", ""]),
    "binary": (Value("binary"), [b"a", b"\0b", b""]),
    "large_binary null": (Value("large_binary"), [b"a", None, b""]),
    "null": (Value("null"), [None, None, None]),
    "label": (datasets.ClassLabel(names=["x", "y"]), [0, 1, 1]),
    "list": (List(Value("int64")), [[1, 2], [3, 4], [5, 6]]),
    "list ragged": (List(Value("int64")), [[1, 2], [3], []]),
    "list null": (List(Value("int64")), [[1, 2], None, [5, 6]]),
    "list of null": (List(Value("int64")), [[1, None], [3, 4], [5, 6]]),
    "list float": (List(Value("float64")), [[1.5], [2.5], [3.5]]),
    "list float ragged": (List(Value("float32")), [[1.5], [2.5, 3.5], []]),
    "list bool": (List(Value("bool")), [[True, False]] * 3),
    "list string": (List(Value("string")), [["a", "b"], ["c", "d"], ["e", "f"]]),
    "list string ragged": (List(Value("string")), [["a", "b"], ["c"], []]),
    "list fixed": (List(Value("int32"), length=2), [[1, 2], [3, 4], [5, 6]]),
    "large list": (datasets.LargeList(Value("int64")), [[1, 2], [3, 4], [5, 6]]),
    "list of lists": (List(List(Value("int64"))), [[[1, 2], [3, 4]]] * 3),
    "list of lists ragged": (List(List(Value("int64"))), [[[1, 2], [3]], [[1]], []]),
    "list of lists alike": (List(List(Value("int64"))), [[[1, 2], [3]]] * 3),
    "struct": ({"x": Value("int64"), "y": Value("string")}, [{"x": 1, "y": "a"}] * 3),
    "struct of lists": ({"x": List(Value("float64"))}, [{"x": [1.0, 2.0]}] * 3),
    "list of structs": (List({"x": Value("int64")}), [[{"x": 1}, {"x": 2}]] * 3),
    "list of structs ragged": (List({"x": Value("int64")}), [[{"x": 1}, {"x": 2}], [], None]),
    "array": (datasets.Array2D((2, 2), "int32"), [[[1, 2], [3, 4]]] * 3),
    "array null": (datasets.Array2D((1, 2), "int64"), [[[1, 2]], None, [[5, 6]]]),
    "array ragged": (datasets.Array2D((None, 2), "float32"), [[[1, 2], [3, 4]], [[1, 2]], [[5, 6]]]),
    "array 3D": (datasets.Array3D((1, 2, 1), "float64"), [[[[1], [2]]]] * 3),
    "list of arrays": (List(datasets.Array2D((1, 2), "int32")), [[[[1, 2]], [[3, 4]]]] * 3),
    "json": (Json(), [{"a": 1}, [1, "x"], None]),
    "json numbers": (Json(), [1, 2, 3]),
    "list of json": (List(Json()), [[{"a": 1}], ["x"], []]),
    "translation": (datasets.Translation(["en", "fr"]), [{"en": "a", "fr": "b"}] * 3),
    "sequence": (datasets.Sequence({"x": Value("int64")}), [{"x": [1, 2]}] * 3),
}
DATED: dict[str, tuple[Any, list[Any]]] = {
    "date32": (Value("date32"), [_DAY, None, _DAY]),
    "date64": (Value("date64"), [_DAY, _DAY, None]),
    "time": (Value("time64[us]"), [_TIME.time()] * 3),
    "timestamp[s]": (Value("timestamp[s]"), [_TIME.replace(microsecond=0)] * 3),
    "timestamp[us]": (Value("timestamp[us]"), [_TIME, None, _TIME]),
    "timestamp[ns]": (Value("timestamp[ns]"), [_TIME] * 3),
    "timestamp tz": (Value("timestamp[us, tz=America/New_York]"), [_UTC] * 3),
    "decimal": (Value("decimal128(10, 2)"), [decimal.Decimal("1.25")] * 3),
}
DURATION: dict[str, tuple[Any, list[Any]]] = {
    "duration": (Value("duration[us]"), [dt.timedelta(1), None, dt.timedelta(2)])
}
CASES = {**PLAIN, **DATED, **DURATION}


@cache
def _reference(case: str) -> Any:
    feature, values = CASES[case]
    return datasets.Dataset.from_dict({"c": values}, features=datasets.Features({"c": feature}))


def described(value: Any) -> Any:
    """Describe a value with its type, so that equal descriptions mean that users see the same."""
    if type(value).__module__ == "torch":
        return "tensor", str(value.dtype), tuple(value.shape), described(value.numpy())
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, np.ndarray):
        return "array", str(value.dtype), value.shape, [described(item) for item in value.ravel().tolist()]
    if isinstance(value, dict):
        return {key: described(item) for key, item in value.items()}
    if isinstance(value, list):
        return [described(item) for item in value]
    if isinstance(value, float | np.floating) and math.isnan(value):
        return type(value).__name__, "nan"
    if isinstance(value, np.datetime64 | np.timedelta64):
        return str(value.dtype), str(value)
    return type(value).__name__, value


def _both(case: str, name: str | None) -> tuple[list[Any], list[Any]]:
    """Show a column in every way, by the reference and by us."""
    reference = _reference(case)
    table = reference.data.table
    theirs = reference.with_format(name)
    ours = get_format(name, Features.from_dict(reference.features.to_dict()))
    return (
        [theirs[0], theirs[1], list(theirs), theirs["c"][:], theirs[:]],
        [
            ours.row(table, 0),
            ours.row(table, 1),
            list(ours.rows(table)),
            ours.column_of(table, "c"),
            ours.batch(table),
        ],
    )


@pytest.mark.parametrize("case", CASES)
def test_the_default_format(case: str) -> None:
    theirs, ours = _both(case, None)
    assert described(ours) == described(theirs)


@pytest.mark.parametrize("case", CASES)
def test_the_getter(case: str) -> None:
    reference = _reference(case)
    ours = get_format(None, Features.from_dict(reference.features.to_dict()))
    get = ours.getter(reference.data.table.combine_chunks().to_batches()[0])
    assert get is not None
    assert described([get(i) for i in range(3)]) == described(list(reference))


@pytest.mark.parametrize("case", [*PLAIN, *DATED])
def test_the_numpy_format(case: str) -> None:
    theirs, ours = _both(case, "numpy")
    assert described(ours) == described(theirs)


@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
@pytest.mark.parametrize("case", PLAIN)
def test_the_torch_format(case: str) -> None:
    theirs, ours = _both(case, "torch")
    assert described(ours) == described(theirs)


@pytest.mark.parametrize("case", ["int64 null", "string", "list", "struct", "json", "timestamp[us]"])
def test_the_pandas_format(case: str) -> None:
    theirs, ours = _both(case, "pandas")
    for their, our in zip(theirs[2], ours[2], strict=True):
        assert described(our["c"].tolist()) == described(their["c"].tolist())
    assert ours[3].dtype == theirs[3].dtype
    assert described(ours[4]["c"].tolist()) == described(theirs[4]["c"].tolist())
