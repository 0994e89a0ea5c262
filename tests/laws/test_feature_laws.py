"""What every feature type obeys: nothing is lost between Python, Arrow, Parquet and the forms of the schema.

`FEATURES` has one entry per registered type and a strategy of values as they come back from `decode`.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from arrowsets.errors import SchemaConflict
from arrowsets.features import (
    Array2D,
    Array3D,
    Array4D,
    Array5D,
    Audio,
    BioSequence,
    BioStructure,
    ClassLabel,
    Features,
    FeatureType,
    Image,
    Json,
    LargeList,
    List,
    Mesh,
    Nifti,
    Pdf,
    Translation,
    TranslationVariableLanguages,
    Value,
    Video,
    array_of,
    as_feature,
    cast,
    decoder,
    feature_of,
    infer,
    is_lossless_cast,
    registered,
    unify,
    unify_types,
)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
small = st.integers(-128, 127)
floats = st.floats(width=32, allow_nan=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=5,
)
not_null_json = json_values.filter(lambda value: value is not None)


def nested(shape: tuple[int, ...], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists of lists of that shape."""
    for size in reversed(shape):
        values = st.lists(values, min_size=size, max_size=size)
    return values


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "bool": st.booleans(),
    "int8": small,
    "uint64": st.integers(0, 2**64 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "float16": st.floats(width=16, allow_nan=False),
    "float32": floats,
    "float64": st.floats(allow_nan=False),
    "string": text,
    "large_string": text,
    "string_view": text,
    "binary": st.binary(max_size=5),
    "large_binary": st.binary(max_size=5),
    "binary_view": st.binary(max_size=5),
    "fixed_size_binary[3]": st.binary(min_size=3, max_size=3),
    "date32": st.dates(),
    "time64[us]": st.times(),
    "timestamp[us]": st.datetimes(),
    "timestamp[us, tz=UTC]": st.datetimes(timezones=st.just(dt.UTC)),
    "duration[us]": st.timedeltas(dt.timedelta(-(10**5)), dt.timedelta(10**5)),
    "decimal128(12, 2)": st.decimals(-(10**9), 10**9, places=2),
    "decimal256(50, 2)": st.decimals(-(10**9), 10**9, places=2),
}
FEATURES: list[tuple[FeatureType, st.SearchStrategy[Any]]] = [
    *((Value(dtype), values) for dtype, values in VALUES.items()),
    (ClassLabel(names=["a", "1", "ü"]), st.integers(-1, 2)),
    (List(Value("string")), st.lists(st.none() | text, max_size=3)),
    (List(Value("int8"), length=2), nested((2,), small)),
    (LargeList(List(Value("float32"))), st.lists(st.lists(floats, max_size=2), max_size=2)),
    (
        as_feature({"x": Value("int8"), "y": [Json()]}),
        st.fixed_dictionaries({"x": st.none() | small, "y": st.lists(not_null_json, max_size=2)}),
    ),
    (Array2D((None, 2), "float32"), st.lists(nested((2,), floats), max_size=3)),
    (Array3D((1, 2, 2), "int8"), nested((1, 2, 2), small)),
    (Array4D((1, 2, 1, 2), "int8"), nested((1, 2, 1, 2), small)),
    (Array5D((1, 1, 2, 1, 2), "int8"), nested((1, 1, 2, 1, 2), small)),
    (List(Array2D((1, 2), "int8")), st.lists(nested((1, 2), small), max_size=2)),
    (Json(), not_null_json),
    (List(Json()), st.lists(json_values, max_size=3)),
    (Translation(["en", "fr"]), st.fixed_dictionaries({"en": text, "fr": st.none() | text})),
    (
        TranslationVariableLanguages(["en", "fr"]),
        text.map(lambda word: {"language": ["en"], "translation": [word]}),
    ),
    *((kind(decode=False), st.fixed_dictionaries({"bytes": st.binary(max_size=3), "path": st.none() | text}))
      for kind in (Image, Audio, Video, Pdf, Nifti, Mesh, BioSequence, BioStructure)),
]  # fmt: skip
IDS = [repr(feature) for feature, _ in FEATURES]
every_feature = pytest.mark.parametrize(("feature", "values"), FEATURES, ids=IDS)


def test_every_registered_type_is_covered() -> None:
    covered = {inner.type_name for feature, _ in FEATURES for inner in _walk(feature)}
    assert set(registered()) <= covered


def _walk(feature: FeatureType) -> list[FeatureType]:
    return [feature, *(inner for child in feature.children().values() for inner in _walk(child))]


def through_arrow(table: pa.Table) -> pa.Table:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return pa.ipc.open_file(sink.getvalue()).read_all()


def through_parquet(table: pa.Table) -> pa.Table:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return pq.read_table(sink)


@pytest.mark.parametrize("through", [through_arrow, through_parquet])
@every_feature
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_decoding_gives_back_what_was_encoded(
    feature: FeatureType,
    values: st.SearchStrategy[Any],
    through: Callable[[pa.Table], pa.Table],
    data: st.DataObject,
) -> None:
    rows = data.draw(st.lists(st.none() | values, max_size=4))
    features = Features({"x": feature})
    array, _ = array_of(rows, feature)
    table = through(pa.Table.from_arrays([array], schema=features.arrow_schema))
    assert Features.from_arrow_schema(table.schema) == features
    stored = cast(table["x"], feature).to_pylist()
    decode = decoder(feature)
    assert [decode(value) for value in stored] == rows if decode else stored == rows


@every_feature
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_encoding_a_value_and_building_an_array_agree(
    feature: FeatureType, values: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    rows = data.draw(st.lists(values, max_size=3))
    assert array_of(rows, feature)[0].to_pylist() == [feature.encode(value) for value in rows]


@every_feature
def test_schema_forms_give_back_the_feature(feature: FeatureType, values: object) -> None:
    features = Features({"x": feature, "s": {"y": feature}})
    assert Features.from_dict(json.loads(json.dumps(features.to_dict()))) == features
    assert Features.from_yaml(yaml.safe_load(yaml.safe_dump(features.to_yaml()))) == features
    assert pickle.loads(pickle.dumps(features)) == features
    assert features.copy() == features


@every_feature
def test_empty_and_null_columns_have_the_type(feature: FeatureType, values: object) -> None:
    assert array_of([], feature)[0].type == feature.storage
    nulls, _ = array_of([None, None], feature)
    assert (nulls.type, nulls.null_count) == (feature.storage, 2)
    assert cast(pa.nulls(2), feature).to_pylist() == [None, None]


@every_feature
def test_cast_to_its_own_storage_changes_nothing(feature: FeatureType, values: st.SearchStrategy[Any]) -> None:
    array, _ = array_of([None], feature)
    assert cast(array, feature).equals(array)


@every_feature
def test_feature_of_its_storage_has_that_storage(feature: FeatureType, values: object) -> None:
    assert feature_of(feature.storage).storage == feature.storage


plain = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-10, 2**64),
        st.floats(allow_nan=False),
        text,
        st.binary(max_size=2),
        st.dates(),
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


def _outcome(rows: list[Any]) -> object:
    try:
        return infer(rows)
    except SchemaConflict:
        return "conflict"


@settings(max_examples=200, deadline=None)
@given(st.lists(plain, max_size=4), st.randoms())
def test_inferred_type_does_not_depend_on_the_order_of_rows(rows: list[Any], random: Any) -> None:
    shuffled = random.sample(rows, len(rows))
    assert _outcome(rows) == _outcome(shuffled)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        plain.filter(lambda value: value is None or isinstance(value, (bool, int, float, str, list))),
        max_size=4,
    )
)
def test_inferred_arrays_hold_equal_values(rows: list[Any]) -> None:
    try:
        array, _ = array_of(rows)
    except SchemaConflict:
        return
    assert _padded(array.to_pylist()) == _padded(rows)


def _padded(value: Any) -> Any:
    """Leave out what is None in a struct: a missing key and a null are the same."""
    if isinstance(value, dict):
        return {key: _padded(item) for key, item in value.items() if item is not None}
    return [_padded(item) for item in value] if isinstance(value, list) else value


SCALARS = [
    *("null", "bool", "int8", "int16", "int64", "uint8", "uint32", "float16", "float32", "float64", "string"),
    *("large_string", "string_view", "binary", "large_binary", "date32", "date64", "time32[s]", "time64[ns]"),
    *(
        "timestamp[s]",
        "timestamp[ns]",
        "timestamp[us, tz=UTC]",
        "duration[s]",
        "duration[us]",
        "decimal128(5, 2)",
    ),
]
types = st.recursive(
    st.sampled_from(SCALARS).map(Value),
    lambda inner: (
        inner.map(List) | inner.map(LargeList) | st.dictionaries(st.sampled_from("xyz"), inner).map(as_feature)
    ),
    max_leaves=3,
)


def _unified(a: FeatureType, b: FeatureType, **options: bool) -> object:
    try:
        return unify(a, b, **options)
    except SchemaConflict:
        return "conflict"


@given(types, types, st.booleans())
def test_unify_is_commutative(a: FeatureType, b: FeatureType, allow_string: bool) -> None:
    assert _unified(a, b, allow_string=allow_string) == _unified(b, a, allow_string=allow_string)


@given(types)
def test_unify_is_idempotent_and_null_gives_way(a: FeatureType) -> None:
    assert unify(a, a) == a
    assert unify(a, Value("null")) == a == unify(Value("null"), a)


@given(types, types)
def test_unify_is_an_upper_bound(a: FeatureType, b: FeatureType) -> None:
    both = _unified(a, b)
    if isinstance(both, FeatureType):
        assert unify(both, a) == both == unify(both, b)


@given(types, types)
def test_lossless_cast_leads_to_the_unified_type(a: FeatureType, b: FeatureType) -> None:
    both = _unified(a, b)
    if isinstance(both, FeatureType):
        assert is_lossless_cast(a.storage, both.storage)
        assert unify_types(a.storage, b.storage).equals(both.storage)


def test_nan_survives() -> None:
    (value,) = array_of([math.nan], Value("float32"))[0].to_pylist()
    assert value is not None
    assert math.isnan(value)


@given(st.integers(0, 3), st.integers(0, 3), st.booleans())
def test_arrays_are_seen_by_numpy_as_they_were_stored(rows: int, width: int, contiguous: bool) -> None:
    values = np.arange(rows * 2 * width, dtype=np.float32).reshape(rows, 2, width)
    values = values if contiguous else values[::-1]
    feature = Array2D((2, width), "float32")
    assert np.array_equal(feature.to_numpy(array_of(values, feature)[0]), values)


@every_feature
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_casting_a_slice_is_slicing_the_cast(
    feature: FeatureType, values: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    array, _ = array_of(data.draw(st.lists(st.none() | values, max_size=4)), feature)
    start = data.draw(st.integers(0, len(array)))
    large = as_large(array)
    assert cast(large.slice(start), feature).to_pylist() == array.slice(start).to_pylist()
    assert cast(array.slice(start), feature).to_pylist() == array.slice(start).to_pylist()


def as_large(array: Any) -> Any:
    """The same values as another library would hand them over."""
    return array.cast(pa.large_list(array.type.value_field)) if pa.types.is_list(array.type) else array
