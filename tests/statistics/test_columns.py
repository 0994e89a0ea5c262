"""What is told of columns of each type, at their edges."""

from __future__ import annotations

import datetime as dt
import io
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from arrowsets import ClassLabel, Dataset, Features, List, Value
from arrowsets.statistics import column_statistics, image_header, numeric

EMPTY = dict.fromkeys(("min", "max", "mean", "median", "std", "histogram"))


def _of(values: list[Any], feature: Any) -> tuple[str, dict[str, Any]]:
    dataset = Dataset.from_dict({"x": values}, features=Features({"x": feature}))
    found = column_statistics(dataset._view, "x", feature)
    assert found is not None
    return found.type, found.values


@pytest.mark.parametrize(
    ("values", "hist", "edges"),
    [
        ([0, 1, 1], [1, 2], [0, 1, 1]),
        ([5], [1], [5, 5]),
        ([1, 2, 3], [1, 1, 1], [1, 2, 3, 3]),
        (list(range(10)), [1] * 10, [*range(10), 9]),
        (list(range(100)), [10] * 10, [*range(0, 100, 10), 99]),
        ([-(2**63), 2**63 - 1], [1, *[0] * 8, 1], None),
    ],
)
def test_bins_of_integers_are_whole_numbers(values: list[int], hist: list[int], edges: list[int] | None) -> None:
    kind, found = _of(values, Value("int64"))
    assert (kind, found["histogram"]["hist"]) == ("int", hist)
    assert edges is None or found["histogram"]["bin_edges"] == edges
    assert (found["min"], found["max"]) == (min(values), max(values))


@pytest.mark.parametrize(
    "feature", [Value("int64"), Value("float32"), Value("string"), Value("timestamp[s]"), List(Value("int8"))]
)
def test_a_column_of_nulls_has_no_numbers(feature: Any) -> None:
    assert _of([None, None], feature)[1] == {"nan_count": 2, "nan_proportion": 1.0, **EMPTY}


def test_nan_counts_as_null_and_infinity_as_the_last_bin() -> None:
    _, found = _of([float("nan"), None, 0.0, 10.0, float("inf")], Value("float64"))
    assert (found["nan_count"], found["min"], found["max"]) == (2, 0.0, 10.0)
    assert (found["mean"], found["std"]) == (None, None)
    assert sum(found["histogram"]["hist"]) == 3
    assert found["histogram"]["hist"][-1] == 2


def test_one_row_has_statistics() -> None:
    _, found = _of([2.5], Value("float64"))
    assert (found["mean"], found["median"], found["std"]) == (2.5, 2.5, 0.0)
    assert found["histogram"] == {"hist": [1], "bin_edges": [2.5, 2.5]}


def test_texts_are_told_by_their_characters() -> None:
    values = [chr(0x4E00 + number) * (number + 1) for number in range(11)]
    kind, found = _of(values, Value("string"))
    assert (kind, found["min"], found["max"]) == ("string_text", 1, 11)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a", "b", None], "string_label"),
        ([str(n % 20) for n in range(100)], "string_label"),
        ([str(n % 21) for n in range(100)], "string_text"),
        ([str(n % 1001) for n in range(6000)], "string_text"),
        (["2020-01-01", "2020-12-31"], "datetime"),
        (["2020-01-01", "soon"], "string_label"),
        (["2020", "2021"], "string_label"),
    ],
)
def test_few_texts_are_labels_and_dates_are_dates(values: list[Any], kind: str) -> None:
    assert _of(values, Value("string"))[0] == kind


def test_labels_are_ordered_by_how_often_they_are_there() -> None:
    _, found = _of(["b", "a", "b", None], Value("string"))
    assert list(found["frequencies"].items()) == [("b", 2), ("a", 1)]
    assert (found["nan_count"], found["n_unique"], found["no_label_count"]) == (1, 2, 0)


def test_class_labels_count_those_that_are_never_there() -> None:
    kind, found = _of([0, -1, None, 0], ClassLabel(names=["no", "yes"]))
    assert (kind, found["frequencies"], found["n_unique"]) == ("class_label", {"no": 2, "yes": 0}, 2)
    assert (found["no_label_count"], found["nan_count"]) == (1, 1)


def test_booleans_are_counted() -> None:
    assert _of([True, False, False, None], Value("bool"))[1]["frequencies"] == {"False": 2, "True": 1}


def test_lists_are_told_by_their_lengths_and_null_is_none() -> None:
    kind, found = _of([[1], [], None, [1, 2]], List(Value("int64")))
    assert (kind, found["nan_count"], found["min"], found["max"]) == ("list", 1, 0, 2)


def test_dates_are_written_with_their_zone() -> None:
    days = [dt.datetime(2020, 1, day, tzinfo=dt.UTC) for day in (1, 2, 3)]
    kind, found = _of(days, Value("timestamp[ms, tz=UTC]"))
    assert (kind, found["median"]) == ("datetime", "2020-01-02 00:00:00+0000")
    assert found["std"] == "1 day, 0:00:00"
    assert len(found["histogram"]["bin_edges"]) == 11


def test_values_are_counted_by_the_edges_that_are_told() -> None:
    values = [at / 3 for at in range(31)]
    _, found = _of(values, Value("float64"))
    edges = found["histogram"]["bin_edges"]
    assert edges == [float(at) for at in range(11)]
    counted = [sum(low <= value < high for value in values) for low, high in pairwise(edges)]
    assert found["histogram"]["hist"] == [*counted[:-1], counted[-1] + 1]


@pytest.mark.parametrize(
    ("micros", "hist", "seconds"),
    [([0, 1, 999_999], [3], [0, 0]), ([500_000, 1_000_000, 3_400_000], [1, 1, 1], [0, 1, 2, 3])],
)
def test_dates_close_to_each_other_are_counted_by_the_second(
    micros: list[int], hist: list[int], seconds: list[int]
) -> None:
    begun = dt.datetime(2020, 1, 1)  # noqa: DTZ001
    values = [begun + dt.timedelta(microseconds=each) for each in micros]
    _, found = _of(values, Value("timestamp[us]"))
    edges = [f"2020-01-01 00:00:0{each}" for each in seconds]
    assert found["histogram"] == {"hist": hist, "bin_edges": edges}


@pytest.mark.parametrize(
    ("texts", "format_"),
    [(["31/12/2020", "01/01/2021"], "%d/%m/%Y"), (["2020-01-01T00:00:00+01:00"], "%Y-%m-%dT%H:%M:%S%z"), (["a"], None)],
)
def test_how_texts_that_are_dates_are_written_is_told(texts: list[str], format_: str | None) -> None:
    dataset = Dataset.from_dict({"x": texts})
    found = column_statistics(dataset._view, "x", Value("string"))
    assert found is not None
    assert found.to_json().get("format") == format_


def test_types_without_statistics_have_none() -> None:
    dataset = Dataset.from_dict({"x": [{"a": 1}]})
    assert column_statistics(dataset._view, "x", dataset.features["x"]) is None


def test_of_images_only_the_headers_are_read() -> None:
    for kind in ("PNG", "JPEG", "GIF"):
        whole = io.BytesIO()
        Image.effect_noise((300, 200), 90).convert("RGB").save(whole, kind)
        begun = io.BytesIO(whole.getvalue()[: len(whole.getvalue()) // 2])
        assert image_header(begun)[:2] == (300, 200), kind


@settings(deadline=None, max_examples=60)
@given(
    values=st.one_of(
        st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=60),
        st.lists(st.floats(-1e308, 1e308), min_size=1, max_size=60),
    ),
    kept=st.sampled_from([1, 5, 1000]),
)
def test_numbers_that_are_not_kept_give_the_same_as_those_that_are(values: list[Any], kept: int) -> None:
    array = np.array(values, np.int64 if isinstance(values[0], int) else np.float64)
    known = numeric.KEPT_VALUES
    try:
        numeric.KEPT_VALUES = kept
        found = numeric.summarise(lambda: iter(np.array_split(array, 3)), len(array) + 1)
    finally:
        numeric.KEPT_VALUES = known
    whole = numeric.summarise(lambda: iter([array]), len(array) + 1)
    assert found["histogram"] == whole["histogram"]
    assert found["median"] == whole["median"]
    assert sum(found["histogram"]["hist"]) == len(values)
    ordered = sorted(values)
    middle = (ordered[(len(values) - 1) // 2] + ordered[len(values) // 2]) / 2
    assert found["median"] == pytest.approx(middle, rel=1e-9, abs=1e-4)
