"""Image: files, bytes, arrays and PIL images in cells."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image as PilImage

from arrowsets.errors import BadData, MissingDependency, SchemaConflict
from arrowsets.features import Features, Image, List, array_of, cast, decoder

PIXELS = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)


def png() -> bytes:
    buffer = io.BytesIO()
    PilImage.fromarray(PIXELS).save(buffer, format="PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("a.png", {"bytes": None, "path": "a.png"}),
        (Path("a.png"), {"bytes": None, "path": "a.png"}),
        (b"x", {"bytes": b"x", "path": None}),
        ({"path": "a.png"}, {"bytes": None, "path": "a.png"}),
        ({"bytes": b"x", "path": "a.png"}, {"bytes": b"x", "path": "a.png"}),
    ],
)
def test_paths_and_bytes_are_kept(value: Any, cell: dict[str, Any]) -> None:
    assert array_of([value, None], Image())[0].to_pylist() == [cell, None]


ARRAYS = [
    PIXELS,
    PIXELS[..., 0],
    np.array([[True, False, True]]),
    np.array([[0, 70000]], np.int64),
    np.array([[0, 300]], np.uint16),
    np.array([[-5, 300]], np.int16),
    np.array([[0.5, -1.5]], np.float64),
    np.array([[-3, 3]], np.int8),
    PIXELS.repeat(2, axis=2)[..., :4],
]


@pytest.mark.parametrize("pixels", ARRAYS, ids=lambda pixels: f"{pixels.dtype}{pixels.shape}")
def test_arrays_come_back_pixel_by_pixel(pixels: Any) -> None:
    decode = decoder(Image())
    assert decode is not None
    (cell,) = array_of([pixels], Image())[0].to_pylist()
    assert np.array_equal(np.asarray(decode(cell)), pixels)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "P", "CMYK", "I", "F", "I;16", "YCbCr"])
def test_pil_images_of_every_mode_come_back(mode: str) -> None:
    image = PilImage.new(mode, (3, 2))
    decoded = Image().decode_example(Image().encode(image))
    assert np.array_equal(np.asarray(decoded), np.asarray(image))


def test_pil_images_are_found_by_inference() -> None:
    image = PilImage.fromarray(PIXELS)
    assert array_of([image, None])[1] == Image()
    assert array_of([[image], []])[1] == List(Image())


def test_opened_file_is_stored_by_name_unless_it_was_edited(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png())
    with PilImage.open(path) as image:
        assert Image().encode(image) == {"bytes": None, "path": str(path)}
        image.putpixel((0, 0), (9, 9, 9))
        assert Image().decode_example(Image().encode(image)).getpixel((0, 0)) == (9, 9, 9)


def test_mode_and_orientation_are_applied() -> None:
    buffer, exif = io.BytesIO(), PilImage.Exif()
    exif[0x0112] = 6
    PilImage.new("RGB", (4, 2)).save(buffer, format="JPEG", exif=exif)
    decoded = Image(mode="L").decode_example({"bytes": buffer.getvalue(), "path": None})
    assert (decoded.size, decoded.mode) == ((2, 4), "L")


def test_decoding_off_hands_out_the_cell() -> None:
    cell = {"bytes": b"x", "path": None}
    assert decoder(Image(decode=False)) is None
    assert Features({"i": Image(decode=False)}).decode_example({"i": cell}) == {"i": cell}


def test_nested_images_are_decoded_and_null_stays_null() -> None:
    decode = decoder(Features({"l": List({"i": Image()}), "n": Image()}))
    assert decode is not None
    row = decode({"l": [{"i": {"bytes": png(), "path": None}}, None], "n": None})
    assert np.array_equal(np.asarray(row["l"][0]["i"]), PIXELS)
    assert (row["l"][1], row["n"]) == (None, None)


@pytest.mark.parametrize("path", ["http://host/a.png", "https://host/a.png", "s3://b/a.png", "file:///etc/passwd"])
def test_url_in_a_cell_is_never_fetched(path: str) -> None:
    cell = {"bytes": None, "path": path}
    with pytest.raises(BadData, match="never fetched"):
        Image().decode_example(cell)
    with pytest.raises(BadData, match="never fetched"):
        Image().embed(pa.array([cell]))


def test_embedding_reads_local_files_and_keeps_names(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png())
    array, _ = array_of([tmp_path / "a.png", b"x", None], Image())
    assert Image().embed(array).to_pylist() == [
        {"bytes": png(), "path": "a.png"},
        {"bytes": b"x", "path": None},
        None,
    ]


@pytest.mark.parametrize(
    ("array", "cells"),
    [
        (pa.array(["a", None]), [{"bytes": None, "path": "a"}, None]),
        (pa.array([b"x", None], pa.large_binary()), [{"bytes": b"x", "path": None}, None]),
        (pa.array([{"path": "a", "bytes": b"x"}, None]), [{"bytes": b"x", "path": "a"}, None]),
        (pa.array([{"bytes": b"x"}]), [{"bytes": b"x", "path": None}]),
    ],
)
def test_paths_bytes_and_structs_are_cast(array: pa.Array[Any], cells: list[Any]) -> None:
    assert cast(array, Image()).to_pylist() == cells


@pytest.mark.parametrize("value", [5, {"x": 1}, {"bytes": None, "path": None}, np.ones((2, 2, 7), np.uint8)])
def test_what_is_no_image_names_the_row(value: Any) -> None:
    with pytest.raises(SchemaConflict, match="row 1"):
        array_of(["a.png", value], Image())
    with pytest.raises(SchemaConflict):
        cast(pa.array([{"x": 1}]), Image())


def test_missing_pillow_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(MissingDependency, match=r"pip install 'arrowsets\[image\]'"):
        Image().decode_example({"bytes": png(), "path": None})
