"""Files and metadata pass between this library and the reference, in both directions, with their types."""

from __future__ import annotations

import datetime as dt
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrowsets.features import (
    Array2D,
    Array3D,
    Audio,
    BioSequence,
    BioStructure,
    ClassLabel,
    Features,
    Image,
    Json,
    LargeList,
    List,
    Mesh,
    Nifti,
    Pdf,
    Sequence,
    Translation,
    TranslationVariableLanguages,
    Value,
    Video,
    array_of,
    cast,
)

datasets = pytest.importorskip("datasets")


def _png() -> bytes:
    from PIL import Image as PilImage

    buffer = io.BytesIO()
    PilImage.new("RGB", (2, 1), (1, 2, 3)).save(buffer, format="PNG")
    return buffer.getvalue()


COLUMNS: dict[str, tuple[Any, list[Any]]] = {
    "int": (Value("int64"), [1, None]),
    "text": (Value("string"), ["é", None]),
    "time": (Value("timestamp[us, tz=UTC]"), [dt.datetime(2020, 1, 1, tzinfo=dt.UTC), None]),
    "decimal": (Value("decimal128(10, 2)"), [Decimal("1.50"), None]),
    "label": (ClassLabel(names=["no", "yes"]), [1, None]),
    "list": (List(Value("string")), [["a", None], None]),
    "fixed": (List(Value("float32"), length=2), [[1.0, 2.0], [3.0, 4.0]]),
    "large": (LargeList(Value("int8")), [[1], []]),
    "struct": (
        {"x": Value("bool"), "l": [{"y": ClassLabel(num_classes=2)}]},
        [{"x": True, "l": [{"y": 1}]}, None],
    ),
    "sequence": (Sequence({"q": Value("int32")}), [{"q": [1, 2]}, {"q": []}]),
    "array2": (Array2D((None, 2), "float32"), [[[1.0, 2.0]], [[1.0, 2.0], [3.0, 4.0]]]),
    "array3": (Array3D((1, 2, 1), "int8"), [[[[1], [2]]], [[[3], [4]]]]),
    "arrays": (List(Array2D((1, 2), "int32")), [[[[1, 2]]], []]),
    "image": (Image(decode=False), [{"bytes": _png(), "path": "a.png"}, None]),
    "audio": (Audio(16_000, decode=False, num_channels=1), [{"bytes": b"RIFF", "path": "a.wav"}, None]),
    "video": (Video(decode=False, dimension_order="NHWC"), [{"bytes": b"x", "path": "a.mp4"}, None]),
    "pdf": (Pdf(decode=False), [{"bytes": b"%PDF", "path": "a.pdf"}, None]),
    "nifti": (Nifti(decode=False), [{"bytes": b"x", "path": "a.nii"}, None]),
    "mesh": (Mesh(decode=False), [{"bytes": b"glTF", "path": "a.glb"}, None]),
    "sequences": (BioSequence("fastq", decode=False), [{"bytes": b"@", "path": None}, None]),
    "structures": (BioStructure("mmcif", decode=False), [{"bytes": b"x", "path": None}, None]),
    "translation": (Translation(["en", "fr"]), [{"en": "a", "fr": "b"}, None]),
    "translations": (
        TranslationVariableLanguages(["en", "fr"]),
        [{"language": ["en", "fr"], "translation": ["a", "b"]}, None],
    ),
    "json": (Json(), [{"a": [1, "x"]}, 2]),
    "jsons": (List(Json()), [[1, "x", None], []]),
}
NAMES = list(COLUMNS)


def _features(name: str) -> Features:
    return Features({name: COLUMNS[name][0]})


def _table(name: str) -> pa.Table:
    features = _features(name)
    array, _ = array_of(COLUMNS[name][1], features[name])
    return pa.Table.from_arrays([array], schema=features.arrow_schema)


def _write(table: pa.Table, path: Path) -> str:
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    else:
        with pa.ipc.new_stream(str(path), table.schema) as writer:
            writer.write_table(table)
    return str(path)


@pytest.mark.parametrize("name", NAMES)
def test_reference_reads_our_arrow_stream(name: str, tmp_path: Path) -> None:
    read = datasets.Dataset.from_file(_write(_table(name), tmp_path / "x.arrow"))
    assert repr(read.features) == repr(_features(name))
    assert read[:][name] == COLUMNS[name][1]


@pytest.mark.parametrize("name", NAMES)
def test_reference_reads_our_parquet(name: str, tmp_path: Path) -> None:
    path = _write(_table(name), tmp_path / "x.parquet")
    read = datasets.Dataset.from_parquet(path, cache_dir=str(tmp_path / "cache"))
    assert repr(read.features) == repr(_features(name))
    assert read[:][name] == COLUMNS[name][1]


@pytest.fixture(params=["arrow", "parquet"])
def theirs(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    def write(name: str) -> pa.Table:
        if name == "audio":
            pytest.importorskip("torchcodec", reason="without it the reference writes no audio")
        features = datasets.Features.from_dict(_features(name).to_dict())
        dataset = datasets.Dataset.from_dict({name: COLUMNS[name][1]}, features=features)
        if request.param == "parquet":
            dataset.to_parquet(tmp_path / "x.parquet")
            return pq.read_table(tmp_path / "x.parquet")
        dataset.save_to_disk(tmp_path / "x")
        (path,) = (tmp_path / "x").glob("*.arrow")
        return pa.ipc.open_stream(path.read_bytes()).read_all()

    return write


@pytest.mark.parametrize("name", NAMES)
def test_we_read_files_of_the_reference(name: str, theirs: Any) -> None:
    table = theirs(name)
    features = Features.from_arrow_schema(table.schema)
    assert features == _features(name)
    stored = cast(table[name], features[name])
    assert stored.type == features[name].storage
    assert features.decode_column(stored.to_pylist(), name) == COLUMNS[name][1]


@pytest.mark.parametrize("name", NAMES)
def test_json_yaml_and_metadata_are_those_of_the_reference(name: str) -> None:
    ours = _features(name)
    reference = datasets.Features.from_dict(ours.to_dict())
    assert repr(reference) == repr(ours)
    assert json.dumps(reference.to_dict()) == json.dumps(ours.to_dict())
    assert reference._to_yaml_list() == ours.to_yaml()
    assert reference.arrow_schema.metadata == ours.arrow_schema.metadata
    assert Features.from_yaml(reference._to_yaml_list()) == ours


@pytest.mark.parametrize("feature", [Audio(), Video(), Pdf(), Nifti(), Mesh(), BioSequence(), BioStructure(), Image()])
def test_media_are_written_and_shown_as_in_the_reference(feature: Any) -> None:
    reference = getattr(datasets, type(feature).__name__)()
    assert repr(feature) == repr(reference)
    assert datasets.Features({"m": reference}).to_dict() == Features({"m": feature}).to_dict()
    assert (feature.dtype, feature.pa_type) == (reference.dtype, reference.pa_type)


def test_unregistered_array_extension_is_read_from_field_metadata() -> None:
    schema = Features({"a": Array2D((2, 2), "int8")}).arrow_schema.remove_metadata()
    assert Features.from_arrow_schema(schema) == {"a": Array2D((2, 2), "int8")}


def test_reference_array_column_is_seen_by_numpy() -> None:
    features = datasets.Features({"a": datasets.Array2D((2, 2), "float32")})
    table = datasets.Dataset.from_dict({"a": [np.eye(2)]}, features=features).data.table
    feature = Array2D((2, 2), "float32")
    (chunk,) = table["a"].chunks
    assert feature.to_numpy(chunk).tolist() == [np.eye(2).tolist()]
