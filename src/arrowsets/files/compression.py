"""Compressed streams: which codec a file has, and its content behind it.

The first bytes decide, not the name: a renamed file is still read right, and a file named `.gz` that is not gzip is an
error instead of text made of noise.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import BinaryIO, Final, Literal, cast

import pyarrow as pa

from arrowsets.errors import BadData

__all__ = ["CODECS", "Checked", "checked", "codec_of_bytes", "codec_of_name", "decompress", "without_codec"]

BUFFER: Final = 1 << 20

CODECS: Final = {
    ".gz": "gzip",
    ".bz2": "bz2",
    ".xz": "xz",
    ".lzma": "lzma",
    ".zst": "zstd",
    ".zstd": "zstd",
    ".lz4": "lz4",
}
# Archives whose one extension stands for two.
_SHORT: Final = {".tgz": "gzip", ".tbz": "bz2", ".tbz2": "bz2", ".txz": "xz", ".tzst": "zstd"}

_MAGIC: Final = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
)
_BZ2: Final = (b"1AY&SY", b"\x17rE8P\x90")  # first block, or the end of an empty stream
_PEEK: Final = 16


def _failures() -> tuple[type[Exception], ...]:
    """Return what the streams of the codecs raise. Their modules are imported here: most programs need none."""
    from lzma import LZMAError
    from zipfile import BadZipFile

    return EOFError, OSError, zlib.error, LZMAError, BadZipFile, pa.ArrowException, NotImplementedError


def _suffix(name: str) -> str:
    return "." + name.rpartition(".")[2].lower() if "." in name.strip(".") else ""


def codec_of_name(name: str) -> str | None:
    """Return the codec that a file name announces."""
    suffix = _suffix(name)
    return CODECS.get(suffix) or _SHORT.get(suffix)


def without_codec(name: str) -> str:
    """Return the name of the content: `x.csv` for `x.csv.gz`, `x.tar` for `x.tgz`."""
    suffix = _suffix(name)
    if suffix in CODECS:
        return name[: -len(suffix)]
    return name[: -len(suffix)] + ".tar" if suffix in _SHORT else name


def codec_of_bytes(head: bytes) -> str | None:
    """Return the codec whose streams begin with these bytes."""
    for magic, codec in _MAGIC:
        if head.startswith(magic):
            return codec
    return "bz2" if head[:3] == b"BZh" and head[3:4].isdigit() and head[4:10] in _BZ2 else None


class Checked(io.RawIOBase):
    """A stream whose failures are `BadData` that names the file."""

    def __init__(self, inner: BinaryIO, file: str, what: str, owned: BinaryIO | None = None) -> None:
        self._inner, self._file, self._what, self._owned = inner, file, what, owned

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: object) -> int:
        """Read into `buffer`; 0 at the end."""
        view = memoryview(cast(bytearray, buffer)).cast("B")
        try:
            data = self._inner.read(len(view))
        except BadData:
            raise
        except _failures() as error:
            raise BadData(f"broken or cut off {self._what}: {error}", file=self._file) from error
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the stream and what it reads from."""
        if not self.closed:
            super().close()
            self._inner.close()
            if self._owned is not None:
                self._owned.close()


def checked(inner: BinaryIO, file: str, what: str, owned: BinaryIO | None = None) -> BinaryIO:
    """Return a buffered stream over `inner` whose failures are `BadData`."""
    return cast(BinaryIO, io.BufferedReader(Checked(inner, file, what, owned), BUFFER))


def _arrow(codec: Literal["zstd", "lz4"]) -> Callable[[BinaryIO], BinaryIO]:
    return lambda raw: cast(BinaryIO, pa.CompressedInputStream(pa.PythonFile(cast(io.IOBase, raw), mode="r"), codec))


def _gzip(raw: BinaryIO) -> BinaryIO:
    from gzip import GzipFile

    return cast(BinaryIO, GzipFile(fileobj=raw, mode="rb"))


def _bz2(raw: BinaryIO) -> BinaryIO:
    from bz2 import BZ2File

    return cast(BinaryIO, BZ2File(raw))


def _lzma(form: Literal["FORMAT_XZ", "FORMAT_ALONE"]) -> Callable[[BinaryIO], BinaryIO]:
    def opened(raw: BinaryIO) -> BinaryIO:
        import lzma

        return cast(BinaryIO, lzma.LZMAFile(raw, format=getattr(lzma, form)))

    return opened


_OPENERS: Final[dict[str, Callable[[BinaryIO], BinaryIO]]] = {
    "gzip": _gzip,
    "bz2": _bz2,
    "xz": _lzma("FORMAT_XZ"),
    "lzma": _lzma("FORMAT_ALONE"),
    # Arrow has these codecs built in: no optional package is needed.
    "zstd": _arrow("zstd"),
    "lz4": _arrow("lz4"),
}


def decompress(raw: BinaryIO, url: str, name: str) -> BinaryIO:
    """Return the content of a stream, decompressed where it is compressed.

    Raises:
        BadData: when the name says compressed and the bytes do not.
    """
    buffered = raw if hasattr(raw, "peek") else cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, raw), BUFFER))
    try:
        head = cast(io.BufferedReader, buffered).peek(_PEEK)[:_PEEK]
    except BaseException:
        buffered.close()
        raise
    named, found = codec_of_name(name), codec_of_bytes(head)
    codec = "lzma" if named == "lzma" and found is None and head[:1] == b"]" else found
    if codec is None:
        if named is not None:
            raw.close()
            what = "is empty" if not head else f"begins with {head[:4]!r}"
            raise BadData(f"named as {named} but {what}", file=url)
        return buffered
    return checked(_OPENERS[codec](buffered), url, f"{codec} stream", buffered)
