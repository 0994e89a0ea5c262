"""`on_error`: what a cell becomes whose file cannot be decoded, for all media and all ways of reading."""

from __future__ import annotations

import errno
import io
import json
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets as reference
import numpy as np
import pytest
from PIL import Image as PilImage

import arrowsets
from arrowsets import Dataset, Features, IterableDataset, List, Value, load_dataset
from arrowsets.errors import BadMedia, DataFilesNotFound
from arrowsets.features import Audio, BioSequence, BioStructure, Image, Mesh, Nifti, Pdf, Video, damaged
from arrowsets.features.media import Media

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 50]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
PLY = (
    b"ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
    b"element face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n"
)
ATOM = b"ATOM      1  N   ALA A   1      11.104   6.134  -6.504  1.00  0.00           N  \nEND\n"
NOISE = np.random.default_rng(0)
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def image() -> bytes:
    file = io.BytesIO()
    PilImage.fromarray(NOISE.integers(0, 255, (20, 20, 3), dtype=np.uint8)).save(file, "PNG")
    return file.getvalue()


def sound() -> bytes:
    soundfile = pytest.importorskip("soundfile", reason="pip install 'arrowsets[audio]'")
    file = io.BytesIO()
    soundfile.write(file, NOISE.uniform(-1, 1, 20_000).astype(np.float32), 8000, format="FLAC")
    return file.getvalue()


def film() -> bytes:
    av = pytest.importorskip("av", reason="pip install 'arrowsets[video]'")
    with tempfile.TemporaryDirectory() as folder:
        return _film(av, Path(folder) / "film.mp4")


def _film(av: Any, file: Path) -> bytes:
    with av.open(str(file), "w", options={"movflags": "faststart"}) as container:  # the headers first
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
        for _ in range(9):
            picture = NOISE.integers(0, 255, (16, 32, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return file.read_bytes()


def volume() -> bytes:
    nibabel = pytest.importorskip("nibabel", reason="pip install 'arrowsets[nifti]'")
    made: bytes = nibabel.Nifti1Image(np.arange(8, dtype=np.int16).reshape(2, 2, 2), np.eye(4)).to_bytes()
    return made


def needing(package: str, data: bytes) -> bytes:
    pytest.importorskip(package, reason=f"pip install {package}")
    return data


MEDIA: list[tuple[type[Media], Callable[[], bytes], Callable[[bytes], bytes]]] = [
    (Image, image, lambda data: data[: len(data) // 2]),
    (Audio, sound, lambda data: data[: len(data) // 2]),
    (Video, film, lambda data: data[: len(data) // 2].ljust(len(data), b"\0")),
    (Pdf, lambda: needing("pdfplumber", PDF), lambda data: data[:100]),
    (Nifti, volume, lambda data: data[:-4]),
    (Mesh, lambda: needing("trimesh", PLY), lambda data: data[:-30]),
    (BioSequence, lambda: needing("Bio", b">s\nACGT\n"), lambda data: b""),
    (BioStructure, lambda: needing("Bio", ATOM), lambda data: b"END\n"),
]
READINGS: dict[str, Callable[[Dataset], list[Any]]] = {
    "rows": lambda ds: [ds[position]["file"] for position in range(len(ds))],
    "slice": lambda ds: ds[:]["file"],
    "iteration": lambda ds: [row["file"] for row in ds],
    "batches": lambda ds: [value for batch in ds.iter(2) for value in batch["file"]],
    "column": lambda ds: list(ds["file"]),
    "column slice": lambda ds: ds["file"][:],
    "shuffled": lambda ds: ds.select([3, 2, 1, 0]).select([3, 2, 1, 0])[:]["file"],
    "stream": lambda ds: [row["file"] for row in ds.to_iterable_dataset()],
    "stream's column": lambda ds: list(ds.to_iterable_dataset()["file"]),
    "numpy": lambda ds: [row["file"] for row in ds.with_format("numpy")],
    "numpy slice": lambda ds: list(ds.with_format("numpy")[:]["file"]),
    "pandas": lambda ds: list(ds.with_format("pandas")[:]["file"]),
    "polars": lambda ds: list(ds.with_format("polars")[:]["file"]),
    "transform": lambda ds: ds.with_transform(lambda batch: batch)[:]["file"],
}


@pytest.fixture(autouse=True)
def uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test have counted cells for another."""
    monkeypatch.setattr(damaged, "_of_kind", {})


@pytest.fixture(params=MEDIA, ids=lambda case: case[0].__name__)
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Dataset:
    """A good file, a damaged one, one that is missing, and null."""
    kind, make, damage = request.param
    good = make()
    cells = [good, damage(good), {"path": str(tmp_path / "missing")}, None]
    return Dataset.from_dict({"file": cells}, features=Features({"file": kind(on_error="null")}))


def images(*cells: Any, **options: Any) -> Dataset:
    features = Features({"at": Value("int64"), "image": Image(**options)})
    return Dataset.from_dict({"at": range(len(cells)), "image": cells}, features=features)


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if "could not be decoded" in record.message]


@pytest.mark.parametrize("reading", READINGS)
def test_null_is_what_each_way_of_reading_shows(files: Dataset, reading: str) -> None:
    if reading == "polars":
        pytest.importorskip("polars", reason="pip install polars")
    shown = READINGS[reading](files)
    assert [value is None for value in shown] == [False, True, True, True]


def test_cells_stay_as_they_are_stored(files: Dataset) -> None:
    kind: Any = type(files.features["file"])
    stored = files.map(lambda row: {**row, "more": 1}).cast_column("file", kind(decode=False))
    assert stored[1]["file"] == files.cast_column("file", kind(decode=False))[1]["file"]
    assert stored[1]["file"] is not None


def test_what_a_function_returns_as_it_was_given_is_not_written_anew(files: Dataset) -> None:
    kind: Any = type(files.features["file"])
    good = files.select([0])
    same = good.map(lambda row: {**row, "more": row["file"] is None}).cast_column("file", kind(decode=False))
    assert same[0]["file"] == good.cast_column("file", kind(decode=False))[0]["file"]


def test_sound_that_a_function_changed_in_place_is_written() -> None:
    def silent(row: dict[str, Any]) -> dict[str, Any]:
        row["file"]["array"] = np.zeros(8, np.float32)
        return row

    ds = Dataset.from_dict({"file": [sound()]}, features=Features({"file": Audio()}))
    assert ds.map(silent)[0]["file"]["array"].tolist() == [0.0] * 8


def test_rows_that_cannot_be_decoded_are_left_out_by_a_filter(files: Dataset) -> None:
    assert len(files.filter(lambda row: row["file"] is not None)) == 1
    assert len(list(files.to_iterable_dataset().filter(lambda row: row["file"] is not None))) == 1


def test_functions_are_given_null() -> None:
    ds = images(image(), b"no image", on_error="null")
    assert ds.map(lambda row: {"none": row["image"] is None})["none"] == [False, True]
    batched = ds.map(lambda b: {"none": [i is None for i in b["image"]]}, batched=True, num_proc=2)
    assert batched["none"] == [False, True]


def test_media_inside_of_lists_and_structs_are_null_alone() -> None:
    features = Features({"list": List(Image(on_error="null")), "struct": {"deep": {"image": Image(on_error="null")}}})
    rows = {"list": [[image(), b"no image"], None], "struct": [{"deep": {"image": b""}}, {"deep": None}]}
    ds = Dataset.from_dict(rows, features=features)
    for shown in (ds[:], {name: [row[name] for row in ds.to_iterable_dataset()] for name in features}):
        assert [value is None for value in shown["list"][0]] == [False, True]
        assert shown["list"][1] is None
        assert shown["struct"] == [{"deep": {"image": None}}, {"deep": None}]


@pytest.mark.parametrize("kind", [kind for kind, _, _ in MEDIA if kind is not BioStructure])
def test_without_the_option_an_error_names_row_and_column(kind: Any, tmp_path: Path) -> None:
    cells = [None, b"", {"path": str(tmp_path / "missing")}]
    strict = Dataset.from_dict({"file": cells}, features=Features({"file": kind()}))
    with pytest.raises(BadMedia, match=r"^row 1, column file: ") as caught:
        strict[1]
    assert (caught.value.row, caught.value.column) == (1, "file")
    with pytest.raises(DataFilesNotFound, match="missing"):
        strict[2]


@pytest.mark.parametrize("reading", READINGS)
def test_without_the_option_each_way_of_reading_names_the_column(reading: str) -> None:
    if reading == "polars":
        pytest.importorskip("polars", reason="pip install polars")
    ds = Dataset.from_dict({"file": [b"no image"] * 4}, features=Features({"file": Image()}))
    with pytest.raises(BadMedia, match="column file: no Image can be decoded"):
        READINGS[reading](ds)


def test_an_error_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(image()[:200])
    with pytest.raises(BadMedia) as caught:
        images(str(tmp_path / "a.png"))[0]
    assert (caught.value.file, caught.value.row, caught.value.column) == (str(tmp_path / "a.png"), 0, "image")
    assert pickle.loads(pickle.dumps(caught.value)).row == 0


def test_warnings_are_few_and_count(caplog: pytest.LogCaptureFixture) -> None:
    ds = images(*[b"no image"] * 250, on_error="null")
    list(ds)
    first, tenth, hundredth = warnings_of(caplog)
    assert first.startswith("a cell of type Image could not be decoded and was handed out as None")
    assert "no Image can be decoded from the file of 8 bytes" in first
    assert (tenth.partition(" ")[0], hundredth.partition(" ")[0]) == ("10", "100")
    damaged.cells("Image").finish()
    damaged.cells("Image").finish()
    assert [text.partition(" ")[0] for text in warnings_of(caplog)[3:]] == ["250"]


def test_after_a_while_the_next_cell_is_told(caplog: pytest.LogCaptureFixture) -> None:
    seldom = damaged.DamagedCells("Image", quiet=0)
    for name in "abc":
        seldom.add(BadMedia("damaged", file=name))
    assert ["file c" in text for text in warnings_of(caplog)] == [False, False, True]


def test_the_whole_count_is_told_when_the_process_ends() -> None:
    code = """if True:
        from arrowsets import Dataset, Features, Image
        list(Dataset.from_dict({"i": [b"x"] * 7}, features=Features({"i": Image(on_error="null")})))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    told = done.stderr.strip().splitlines()
    assert len(told) == 2
    assert told[1].startswith("7 times a cell of type Image could not be decoded")


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOMEM])
def test_want_of_handles_or_memory_is_no_damage(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def fail(*_: Any) -> None:
        raise OSError(number, "the machine is at its end")

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(BadMedia, match="at its end"):
        images(image(), on_error="null")[0]


def test_bytes_are_handed_out_where_decoding_is_off() -> None:
    assert images(b"x", decode=False, on_error="null")[0]["image"] == {"bytes": b"x", "path": None}


@pytest.mark.parametrize("kind", [kind for kind, _, _ in MEDIA])
def test_the_option_is_a_part_of_the_type(kind: Any) -> None:
    lenient = kind(on_error="null")
    assert (lenient == kind(on_error="null"), lenient == kind()) == (True, False)
    assert repr(lenient) == repr(kind())[:-1] + ", on_error='null')"
    assert pickle.loads(pickle.dumps(lenient)) == lenient
    features = Features({"x": lenient, "y": [lenient]})
    assert Features.from_dict(json.loads(json.dumps(features.to_dict()))) == features
    assert Features.from_yaml(features.to_yaml()) == features
    assert Features.from_arrow_schema(features.arrow_schema) == features
    assert kind().to_json() == {"_type": kind.type_name}
    with pytest.raises(ValueError, match="unknown on_error 'skip'; allowed: 'raise', 'null'"):
        kind(on_error="skip")
    with pytest.raises(TypeError, match="positional"):
        kind(*[None] * len(kind.parameters()))


def test_results_are_not_those_of_the_other_option() -> None:
    def readable(row: dict[str, Any]) -> dict[str, Any]:
        return {"readable": row["image"] is not None}

    ds = images(b"no image", on_error="null")
    strict = ds.cast_column("image", Image())
    assert ds._fingerprint != strict._fingerprint
    assert ds.map(readable)["readable"] == [False]
    with pytest.raises(BadMedia):
        strict.map(readable)


@pytest.mark.parametrize("kind", [kind for kind, _, _ in MEDIA])
def test_the_reference_reads_the_type_without_the_option(kind: Any, tmp_path: Path) -> None:
    features = Features({"x": kind(on_error="null")})
    ds = Dataset.from_dict({"x": [b"junk", None]}, features=features)
    plain = reference.Features({"x": getattr(reference, kind.type_name)()})
    assert reference.Features.from_dict(features.to_dict()) == plain
    assert reference.Features._from_yaml_list(features.to_yaml()) == plain
    ds.to_parquet(tmp_path / "x.parquet")
    ds.save_to_disk(tmp_path / "saved")
    assert reference.Dataset.from_parquet(str(tmp_path / "x.parquet"), cache_dir=str(tmp_path)).features == plain
    assert reference.load_from_disk(str(tmp_path / "saved")).features == plain
    assert ds.to_hf().features == plain
    for mine in (Dataset.from_parquet(str(tmp_path / "x.parquet")), arrowsets.load_from_disk(tmp_path / "saved")):
        assert isinstance(mine, Dataset)
        assert mine.features == features


@pytest.mark.parametrize("streaming", [False, True])
def test_folders_take_the_option(tmp_path: Path, streaming: bool) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "good.png").write_bytes(image())
    (folder / "also.png").write_bytes(image()[:200])
    features = Features({"image": Image(on_error="null")})
    given = load_dataset("imagefolder", data_dir=str(folder), split="train", features=features, streaming=streaming)
    plain = load_dataset(str(folder), split="train", streaming=streaming)
    assert isinstance(plain, (Dataset, IterableDataset))
    for ds in (given, plain.cast_column("image", Image(on_error="null"))):
        assert [row["image"] is None for row in ds] == [True, False]


def test_exports_that_need_a_missing_file_fail_all_the_same(tmp_path: Path) -> None:
    ds = images({"path": str(tmp_path / "missing.png")}, on_error="null")
    assert ds[0]["image"] is None
    with pytest.raises(OSError, match=r"missing\.png"):
        ds.save_to_disk(tmp_path / "saved")
