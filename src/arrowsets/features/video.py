"""Videos in cells: files; handed out as a decoder of torchcodec where it is installed, else as one of PyAV's frames."""

from __future__ import annotations

import io
from dataclasses import field
from importlib import import_module
from typing import Any, ClassVar, Final

from arrowsets.errors import MissingDependency
from arrowsets.features.base import register
from arrowsets.features.containers import refuse_playlist
from arrowsets.features.film import VideoDecoder
from arrowsets.features.media import Media, OnError
from arrowsets.features.sound import importable
from arrowsets.record import dataclass

__all__ = ["Video"]

_ORDERS: Final = ("NCHW", "NHWC")
_MODES: Final = ("exact", "approximate")


@register
@dataclass(frozen=True, init=False, repr=False)
class Video(Media):
    """A video: encoded from a path or bytes; frames are decoded when they are looked at.

    What is handed out has the methods of torchcodec's VideoDecoder: `len`, `video[0]`, `get_frames_in_range` and so on.
    It is that class where torchcodec is installed, else `arrowsets.features.film.VideoDecoder` over PyAV.

    >>> Video().encode("film.mp4")
    {'bytes': None, 'path': 'film.mp4'}

    Args:
        decode: False hands out {"bytes": ..., "path": ...}.
        stream_index: The stream of a file that has several.
        dimension_order: "NCHW" or "NHWC".
        num_ffmpeg_threads: Threads that decode one video.
        device: Where torchcodec decodes; PyAV knows the CPU only.
        seek_mode: "exact", or "approximate": without looking at each packet first.
        on_error: What a cell becomes that cannot be decoded: "raise" an error, or "null".
    """

    type_name: ClassVar[str] = "Video"
    dtype: ClassVar[str] = "torchcodec.decoders.VideoDecoder"
    decode: bool = True
    stream_index: int | None = None
    dimension_order: str = "NCHW"
    num_ffmpeg_threads: int = 1
    device: Any = "cpu"
    seek_mode: str = "exact"
    id: str | None = field(default=None)
    on_error: OnError = "raise"

    def __init__(
        self,
        decode: bool = True,
        stream_index: int | None = None,
        dimension_order: str = "NCHW",
        num_ffmpeg_threads: int = 1,
        device: Any = "cpu",
        seek_mode: str = "exact",
        id: str | None = None,  # noqa: A002
        *,
        on_error: OnError = "raise",
    ) -> None:
        for name, value, allowed in (
            ("dimension_order", dimension_order, _ORDERS),
            ("seek_mode", seek_mode, _MODES),
        ):
            if value not in allowed:
                raise ValueError(f"unknown {name} {value!r}; allowed: {', '.join(allowed)}")
        self._set(
            decode=decode,
            stream_index=stream_index,
            dimension_order=dimension_order,
            num_ffmpeg_threads=num_ffmpeg_threads,
            device=device,
            seek_mode=seek_mode,
            id=id,
            on_error=on_error,
        )

    def open(self, file: io.BytesIO | str, name: str | None) -> Any:
        """Return the video, of which only the headers were read."""
        source = file if isinstance(file, str) else file.getvalue()
        if importable("torchcodec.decoders"):
            return self._by_torchcodec(source, name)
        if not importable("av"):
            raise MissingDependency.of("decoding video", "av", "video")
        if str(self.device) != "cpu":
            raise MissingDependency.of(f"decoding video on {self.device!r}", "torchcodec")
        return VideoDecoder(
            source,
            path=name,
            stream_index=self.stream_index,
            dimension_order=self.dimension_order,
            num_ffmpeg_threads=self.num_ffmpeg_threads,
        )

    def _by_torchcodec(self, source: bytes | str, name: str | None) -> Any:
        refuse_playlist(source)
        decoder = import_module("torchcodec.decoders").VideoDecoder(
            source,
            stream_index=self.stream_index,
            dimension_order=self.dimension_order,
            num_ffmpeg_threads=self.num_ffmpeg_threads,
            device=self.device,
            seek_mode=self.seek_mode,
        )
        decoder._hf_encoded = {"bytes": source if isinstance(source, bytes) else None, "path": name}
        decoder.metadata.path = name
        return decoder

    def check(self, decoded: Any) -> None:
        """Decode the first frame and the last, which a file lacks that was cut off."""
        for frame in (0, len(decoded) - 1):
            decoded[frame]

    def encode_object(self, value: Any) -> dict[str, Any]:
        """Return the cell that a decoder was made of."""
        if isinstance(value, VideoDecoder):
            return dict(value.cell)
        known = getattr(value, "_hf_encoded", None)  # as the reference's decoders and ours remember it
        if isinstance(known, dict):
            return dict(known)
        return super().encode_object(value)
