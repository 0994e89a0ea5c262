"""Files in cells: what an answer says of them, and their bytes in a form that a browser shows.

Nothing is ever fetched: a cell that holds an address shows nothing. A path is opened only below the dataset's own
directories. Types that are sent are from a list; what is no image, sound, film or document is not sent as one.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa

from arrowsets.errors import MissingDependency
from arrowsets.features.media import Media, needed
from arrowsets.features.wav import wav_bytes
from arrowsets.server.viewer.errors import ViewerError, too_big
from arrowsets.server.viewer.thumbnails import Document, Size
from arrowsets.statistics import allowed_path, image_header

__all__ = ["THUMBNAIL", "Asset", "Link", "describe", "document_of", "render"]

THUMBNAIL = "thumbnail.jpg"

_SOUND = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".opus": "audio/ogg", ".flac": "audio/flac", ".ogg": "audio/ogg"}
_FILM = {".mp4": "video/mp4", ".webm": "video/webm", ".mov": "video/quicktime", ".mkv": "video/x-matroska"}
_KEEPS_ALPHA = frozenset({"P", "RGBA", "LA", "PA", "RGBa", "La"})


@dataclass(frozen=True, slots=True)
class Link:
    """Makes the address of a file once its name is known."""

    to: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Asset:
    """Bytes to send."""

    content: bytes
    media_type: str


def describe(
    feature: Media,
    value: Mapping[str, Any],
    link: Link,
    roots: tuple[Path, ...] | None,
    page_size: Callable[[Document], Size | None],
) -> dict[str, Any] | None:
    """Return what an answer says of a file; only its header is read.

    Args:
        page_size: Tells how large the thumbnail of a PDF is; None where it has none.
    """
    kind = feature.type_name
    content, path = value.get("bytes"), value.get("path")
    if content is None and not path:
        return None
    if kind == "Image":
        width, height, mode = image_header(_source(content, path, roots))
        return {"src": link.to("image.png" if mode in _KEEPS_ALPHA else "image.jpg"), "height": height, "width": width}
    if kind == "Audio":
        suffix = _sound_suffix(content, path)
        return [{"src": link.to(f"audio{suffix}"), "type": _SOUND[suffix]}]  # type: ignore[return-value]
    if kind == "Video":
        return {"src": link.to(f"video{_film_suffix(content, path)}")}
    if kind == "Pdf":
        return _pdf(document_of(value, roots), link, page_size)
    return {"path": path, "size_bytes": None if content is None else len(content)}


def _pdf(document: Document, link: Link, page_size: Callable[[Document], Size | None]) -> dict[str, Any]:
    told: dict[str, Any] = {"src": link.to("document.pdf"), "size_bytes": document.size}
    if (size := page_size(document)) is not None:
        width, height = size
        told["thumbnail"] = {"src": link.to(THUMBNAIL), "height": height, "width": width}
    return told


def document_of(value: Mapping[str, Any], roots: tuple[Path, ...] | None) -> Document:
    """Return a file in a cell as what can be opened."""
    content = value.get("bytes")
    if content is not None:
        return Document(len(content), lambda: pa.BufferReader(content))
    path = allowed_path(value.get("path"), roots)
    return Document(path.stat().st_size, lambda: path.open("rb"))


def _source(content: Any, path: str | None, roots: tuple[Path, ...] | None) -> Any:
    return pa.BufferReader(content) if content is not None else allowed_path(path, roots)


def _sound_suffix(content: Any, path: str | None) -> str:
    suffix = PurePosixPath(path or "").suffix.lower()
    if suffix in _SOUND:
        return suffix
    head = bytes(content[:12]) if content is not None else b""
    if head[:4] == b"fLaC":
        return ".flac"
    if head[:4] == b"OggS":
        return ".ogg"
    if head[:3] == b"ID3" or head[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"):
        return ".mp3"
    return ".wav"


def _film_suffix(content: Any, path: str | None) -> str:
    suffix = PurePosixPath(path or "").suffix.lower()
    if suffix in _FILM:
        return suffix
    return ".webm" if content is not None and bytes(content[:4]) == b"\x1a\x45\xdf\xa3" else ".mp4"


def render(
    feature: Media, value: Mapping[str, Any], name: str, roots: tuple[Path, ...] | None, *, pixels: int, limit: int
) -> Asset:
    """Return a file as it is sent.

    Args:
        name: The file name of its address.
        pixels: Images of more are not decoded.
        limit: Files of more bytes are not sent.
    """
    content, path = value.get("bytes"), value.get("path")
    size = len(content) if content is not None else allowed_path(path, roots).stat().st_size
    if size > limit:
        raise too_big(f"the file has {size:,} bytes; up to {limit:,} are shown", 413)
    kind = feature.type_name
    if kind == "Image":
        return _image(_source(content, path, roots), name, pixels)
    data = bytes(content) if content is not None else allowed_path(path, roots).read_bytes()
    if kind == "Audio":
        return _sound(feature, data, path)
    if kind == "Video":
        return Asset(data, _FILM.get(PurePosixPath(name).suffix, "video/mp4"))
    if kind == "Pdf" and data[:5] == b"%PDF-":
        return Asset(data, "application/pdf")
    raise ViewerError(404, "ResponseNotFound", "there is nothing to show of this cell")


def _image(source: Any, name: str, pixels: int) -> Asset:
    pil = needed("PIL.Image", "showing images", "pillow", "image")
    operations = needed("PIL.ImageOps", "showing images", "pillow", "image")
    try:
        with pil.open(source) as image:
            if image.width * image.height > pixels:
                raise too_big(f"the image has {image.width} x {image.height} pixels; up to {pixels:,} are decoded", 413)
            # JPEG can be decoded at a fraction of its size; the bound above holds for what is decoded.
            upright = operations.exif_transpose(image)
            out = io.BytesIO()
            if name.endswith(".png"):
                upright.save(out, "PNG")
                return Asset(out.getvalue(), "image/png")
            _eight_bits(upright).save(out, "JPEG", quality=90)
            return Asset(out.getvalue(), "image/jpeg")
    except pil.DecompressionBombError as error:
        raise too_big(f"the image is too large: {error}", 413) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise ViewerError(500, "TransformRowsProcessingError", f"the image cannot be decoded: {error}") from error


def _eight_bits(image: Any) -> Any:
    """Return an image that JPEG can hold; 16 bit and floating point greys are scaled to what is in them."""
    if image.mode in ("I", "F", "I;16", "I;16B", "I;16L", "I;16N"):
        low, high = image.convert("F").getextrema()
        scale = 255.0 / (high - low) if high > low else 1.0
        return image.convert("F").point(lambda value: (value - low) * scale).convert("L")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _sound(feature: Media, data: bytes, path: str | None) -> Asset:
    suffix = _sound_suffix(data, path)
    if suffix != ".wav" or data[:4] == b"RIFF":
        return Asset(data, _SOUND[suffix])
    try:
        sound = type(feature).from_json({**feature.to_json(), "decode": True, "on_error": "raise"})
        samples = sound.decode_value({"bytes": data, "path": path}).get_all_samples()
    except MissingDependency as error:
        raise ViewerError(501, "NotSupportedError", str(error)) from error
    return Asset(wav_bytes(samples.array, samples.sample_rate), "audio/wav")
