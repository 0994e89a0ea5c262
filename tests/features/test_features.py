"""Features: a dict of types, its forms and its operations."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from typing import Any

import pyarrow as pa
import pytest

from arrowsets.errors import ColumnNotFound
from arrowsets.features import ClassLabel, Features, Image, Json, LargeList, List, Translation, Value

OLDER: list[tuple[Any, Any]] = [
    ({"feature": {"dtype": "int8", "_type": "Value"}, "_type": "Sequence"}, List(Value("int8"))),
    (
        {"feature": {"dtype": "int8", "_type": "Value"}, "length": 3, "_type": "Sequence"},
        List(Value("int8"), length=3),
    ),
    (
        {"feature": {"q": {"dtype": "int8", "_type": "Value"}}, "_type": "Sequence"},
        {"q": List(Value("int8"))},
    ),
    ([{"dtype": "int8", "_type": "Value"}], List(Value("int8"))),
    (
        {"feature": {"dtype": "int8", "id": None, "_type": "Value"}, "_type": "LargeList"},
        LargeList(Value("int8")),
    ),
    (
        {"num_classes": 1, "names": ["a"], "names_file": None, "id": None, "_type": "ClassLabel"},
        ClassLabel(names=["a"]),
    ),
    ({"decode": True, "id": None, "_type": "Image"}, Image()),
]


@pytest.mark.parametrize(("data", "feature"), OLDER)
def test_json_of_older_versions_is_read(data: Any, feature: Any) -> None:
    assert Features.from_dict({"x": data}) == {"x": feature}


YAML: list[tuple[dict[str, Any], Any]] = [
    ({"sequence": "int8"}, List(Value("int8"))),
    ({"sequence": "int8", "length": 3}, List(Value("int8"), length=3)),
    ({"sequence": [{"name": "q", "dtype": "int8"}]}, {"q": List(Value("int8"))}),
    ({"sequence": {"class_label": {"names": {"1": "b", "0": "a"}}}}, List(ClassLabel(names=["a", "b"]))),
    ({"sequence": {"sequence": "image"}}, List(List(Image()))),
    ({"list": [{"name": "q", "dtype": "int8"}]}, List({"q": Value("int8")})),
    ({"dtype": {"class_label": {"names": ["a"]}}}, ClassLabel(names=["a"])),
    ({"struct": [{"name": "q", "sequence": "int8"}]}, {"q": List(Value("int8"))}),
]


@pytest.mark.parametrize(("data", "feature"), YAML)
def test_yaml_of_older_versions_is_read(data: dict[str, Any], feature: Any) -> None:
    assert Features.from_yaml([{"name": "x", **data}]) == {"x": feature}


def _schema(stored: dict[str, Any], **types: pa.DataType) -> pa.Schema:
    return pa.schema(types, metadata={"huggingface": json.dumps({"info": {"features": stored}})})


def test_unknown_type_is_read_as_its_arrow_type_with_a_warning() -> None:
    schema = _schema({"a": {"_type": "Hologram"}, "b": [{"_type": "Hologram"}]}, a=pa.int8(), b=pa.list_(pa.int16()))
    with pytest.warns(UserWarning, match="Hologram"):
        features = Features.from_arrow_schema(schema)
    assert features == {"a": Value("int8"), "b": List(Value("int16"))}


def test_metadata_that_does_not_fit_the_storage_gives_way() -> None:
    stored = Features(
        {"a": ClassLabel(2), "s": {"x": ClassLabel(2), "y": Value("int8")}, "gone": Value("int8")}
    ).to_dict()
    schema = _schema(stored, a=pa.string(), s=pa.struct([("x", pa.int64()), ("y", pa.string())]), new=pa.bool_())
    assert Features.from_arrow_schema(schema) == {
        "a": Value("string"),
        "s": {"x": ClassLabel(2), "y": Value("string")},
        "new": Value("bool"),
    }


@pytest.mark.parametrize("metadata", [b"", b"{", b"[]", b'{"info": null}', b'{"info": {"features": null}}'])
def test_broken_metadata_is_ignored(metadata: bytes) -> None:
    schema = pa.schema({"a": pa.int8()}, metadata={b"huggingface": metadata})
    assert Features.from_arrow_schema(schema) == {"a": Value("int8")}


def test_encoded_columns_have_the_type_of_their_values() -> None:
    types = {"d": pa.dictionary(pa.int8(), pa.string()), "r": pa.run_end_encoded(pa.int32(), pa.int8())}
    assert Features.from_arrow_schema(pa.schema(types)) == {"d": Value("string"), "r": Value("int8")}


def test_flatten_replaces_structs_by_their_fields() -> None:
    features = Features(
        {
            "s": {"a": {"b": Value("int8")}},
            "l": [{"x": Value("int8")}],
            "i": Image(),
            "t": Translation(["en"]),
        }
    )
    assert list(features.flatten()) == ["s.a.b", "l", "i", "t.en"]
    assert list(features.flatten(max_depth=2)) == ["s.a", "l", "i", "t.en"]
    assert list(Features({"i": Image(decode=False)}).flatten()) == ["i.bytes", "i.path"]


def test_reorder_follows_the_other_at_every_depth() -> None:
    ours = Features({"b": [{"y": Value("int8"), "x": Value("int8")}], "a": Value("int8")})
    theirs = Features({"a": Value("string"), "b": [{"x": Value("int8"), "y": Value("int8")}]})
    reordered = ours.reorder_fields_as(theirs)
    assert str(reordered) == "{'a': Value('int8'), 'b': List({'x': Value('int8'), 'y': Value('int8')})}"
    with pytest.raises(ValueError, match=r"'b\.item'"):
        ours.reorder_fields_as(Features({"a": Value("int8"), "b": [{"x": Value("int8")}]}))


def test_copy_is_independent() -> None:
    features = Features({"s": {"x": Value("int8")}, "l": [{"y": Value("int8")}]})
    copied = features.copy()
    copied["s"]["x"] = copied["l"].feature["y"] = Value("string")  # type: ignore[index,attr-defined]
    assert features == {"s": {"x": Value("int8")}, "l": List({"y": Value("int8")})}


def test_pickle_is_small() -> None:
    assert len(pickle.dumps(Features({f"c{i}": Value("int64") for i in range(100)}))) < 3000


FEATURES = Features({"a": Value("int8"), "j": [Json()], "s": {"x": Json(), "y": Value("int8")}})


def test_rows_and_batches_are_encoded_and_decoded() -> None:
    row = {"a": 1, "j": [1, None, {"k": []}], "s": {"x": "t", "y": 2}}
    stored = {"a": 1, "j": ["1", None, '{"k":[]}'], "s": {"x": '"t"', "y": 2}}
    assert FEATURES.encode_example(row) == stored
    assert FEATURES.decode_example(stored) == row
    batch = {name: [value, None] for name, value in row.items()}
    assert FEATURES.decode_batch(FEATURES.encode_batch(batch)) == batch
    assert FEATURES.encode_example({"a": "1"}) == {"a": 1, "j": None, "s": None}


def test_batch_with_other_columns_and_unknown_column_are_errors() -> None:
    with pytest.raises(ValueError, match="'b'"):
        FEATURES.encode_batch({"b": [1]})
    with pytest.raises(ColumnNotFound, match="'a', 'j', 's'"):
        FEATURES.decode_column([1], "b")


def test_features_without_decoding_say_so() -> None:
    assert FEATURES.needs_decode
    assert not Features({"a": [{"x": ClassLabel(2)}], "i": Image(decode=False)}).needs_decode


def test_import_loads_no_heavy_module() -> None:
    code = "import sys, arrowsets.features; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pandas", "PIL", "yaml", "datasets", "pyarrow.parquet", "pyarrow.dataset"} & set(loaded)
