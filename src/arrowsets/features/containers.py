"""Files of sound and pictures, opened so that they cannot make ffmpeg open others.

ffmpeg takes a playlist for a video and follows the addresses in it. A cell's file must name no other file and no server:
playlists are refused by their first bytes, and PyAV is allowed no protocol at all.
"""

from __future__ import annotations

import io
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

__all__ = ["Container", "refuse_playlist"]

_PLAYLISTS: Final = (b"#extm3u", b"ffconcat", b"<mpd", b"<?xml", b"v=0", b"[playlist]", b"[reference]", b"rtsp:")


def refuse_playlist(source: bytes | str) -> None:
    """Raise ValueError for a file that only names others."""
    head = source[:64] if isinstance(source, bytes) else _head(source)
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_PLAYLISTS):
        raise ValueError("it is a playlist, which names other files: they are not opened")


def _head(path: str) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(64)


class Container:
    """A file that PyAV reads."""

    def __init__(self, source: bytes | str) -> None:
        refuse_playlist(source)
        self._file: BinaryIO = io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb")  # noqa: SIM115
        try:
            self.av: Any = import_module("av").open(self._file, options={"protocol_whitelist": "none"})
        except BaseException:
            self._file.close()
            raise

    def stream(self, kind: str, index: int | None) -> Any:
        """Return the stream of an index, or the best one of a kind ("audio", "video")."""
        streams = self.av.streams
        found = streams.best(kind) if index is None else streams[index] if index < len(streams) else None
        if found is None or found.type != kind:
            raise ValueError(f"the file has no {kind} stream{'' if index is None else f' {index}'}")
        return found

    def close(self) -> None:
        """Close the file."""
        self.av.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
