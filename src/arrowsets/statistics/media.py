"""Files in cells, measured by their headers: how wide an image is, how long a sound or a film."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from arrowsets.errors import BadMedia
from arrowsets.features.media import Media, needed

__all__ = ["allowed_path", "image_header", "measure"]

_ORIENTATION = 0x0112
_ON_ITS_SIDE = 5


def allowed_path(path: str | None, roots: tuple[Path, ...] | None) -> Path:
    """Return a file that a cell names, if it may be opened.

    Args:
        roots: Directories that it must lie in. None: anywhere on this machine.

    Raises:
        BadMedia: for an address, for a file elsewhere, and for one that is not there.
    """
    if path is None or "://" in path or "\0" in path:
        raise BadMedia("a cell's path is opened on this machine only, never fetched", file=path)
    found = Path(path)
    if roots is not None:
        candidates = [found] if found.is_absolute() else [root / found for root in roots]
        inside = [each.resolve() for each in candidates if any(each.resolve().is_relative_to(root) for root in roots)]
        if not inside:
            raise BadMedia("the file lies outside of the dataset, so it is not opened", file=path)
        found = next((each for each in inside if each.is_file()), inside[0])
    if not found.is_file():
        raise BadMedia("the file that the cell names is not there", file=path)
    return found


def image_header(source: Any) -> tuple[int, int, str]:
    """Return width and height as the image is shown, and its mode."""
    pil = needed("PIL.Image", "showing images", "pillow", "image")
    try:
        with pil.open(source) as image:
            width, height = image.size
            if _orientation(image) >= _ON_ITS_SIDE:
                width, height = height, width
            return width, height, image.mode
    except pil.DecompressionBombError as error:
        raise BadMedia(f"the image is too large to be opened: {error}") from error


def _orientation(image: Any) -> int:
    # For what may stand behind the pixels of a PNG, Pillow would decode them all.
    if image.format == "PNG" and not image.info.keys() & {"exif", "Raw profile type exif"}:
        return 1
    return int(image.getexif().get(_ORIENTATION, 1))


def measure(feature: Media, content: pa.Buffer | None, path: str | None, roots: tuple[Path, ...] | None) -> int | float:
    """Return the width of an image in pixels, or the length of a sound or film in seconds."""
    source: Any = pa.BufferReader(content) if content is not None else allowed_path(path, roots)
    if feature.type_name == "Image":
        return image_header(source)[0]
    if feature.type_name == "Audio":
        sound = needed("soundfile", "the length of audio", "soundfile", "audio")
        facts = sound.info(source if content is not None else str(source))
        return float(facts.frames / facts.samplerate)
    film = needed("av", "the length of video", "av", "video")
    with film.open(source if content is not None else str(source)) as container:
        if container.duration is None:
            raise BadMedia("the file does not say how long it is", file=path)
        return float(container.duration / film.time_base)
