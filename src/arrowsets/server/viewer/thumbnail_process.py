"""The process that measures and draws first pages of PDF documents, because PDFium is native code and documents are anybody's.

Its parent keeps the documents, and sends of them what is asked for, so that this process opens no file:

    order     FRESH: what comes is another owner's       to it
              MEASURE or DRAW, bytes of the document
    answer    what follows, three numbers                from it: READ place, bytes · MEASURED width, height
                                                         DRAWN width, height, bytes of a line, and the pixels · FAILED
    part      bytes, and so many of them                 to it, after READ

On Linux it only forks, and the documents of each owner have a process of their own, so that none can show what another's hold.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import io
import math
import os
import struct
import sys
from functools import lru_cache
from typing import Any

from arrowsets.server.viewer.bounds import bound, open_nothing
from arrowsets.server.viewer.children import READY

__all__ = ["ANSWER", "BLOCK", "DRAW", "DRAWN", "FRESH", "MEASURE", "MEASURED", "ORDER", "PART", "READ", "SIDE"]

ORDER = struct.Struct("<BQ")
ANSWER = struct.Struct("<BQQQ")
PART = struct.Struct("<I")
FRESH, MEASURE, DRAW = 0, 1, 2
FAILED, READ, MEASURED, DRAWN = 0, 1, 2, 3

SIDE = 800  # pixels of the longer side; smaller pages have one for each point
BLOCK = 1 << 16
_BLOCKS = 256
_MEMORY = 512 << 20
_SECONDS = {MEASURE: 1, DRAW: 5}  # of computing
_OUT = 64  # a number that no file of this process has


class _Document(io.RawIOBase):
    """A document of the parent, of which the blocks that were read last are kept."""

    def __init__(self, size: int) -> None:
        self._size, self._at = size, 0
        self._block = lru_cache(_BLOCKS)(_fetched)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, into: Any) -> int:
        """Read as much as there is room for."""
        room = memoryview(into).cast("B")
        done = 0
        while done < len(room) and self._at < self._size:
            start = self._at % BLOCK
            piece = self._block(self._at - start)[start : start + len(room) - done]
            if not piece:
                break
            room[done : done + len(piece)] = piece
            done += len(piece)
            self._at += len(piece)
        return done


def _fetched(place: int) -> bytes:
    _send(ANSWER.pack(READ, place, BLOCK, 0))
    return _received(PART.unpack(_received(PART.size))[0])


def _send(data: bytes | memoryview) -> None:
    left = memoryview(data).cast("B")
    while left:
        left = left[os.write(_OUT, left) :]


def _received(count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        piece = os.read(0, count - len(data))
        if not piece:
            raise EOFError("nobody wants to know any more")
        data += piece
    return bytes(data)


def _size(width: float, height: float) -> tuple[int, int]:
    """Return how many pixels a page is drawn with.

    >>> _size(595.0, 842.0), _size(144.0, 72.0), _size(1e30, 1.0)
    ((565, 800), (144, 72), (800, 1))
    """
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise ValueError(f"a page has no size of {width} x {height}")
    scale = min(1.0, SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _answer(pdfium: Any, order: int, size: int) -> None:
    """Answer an order; whatever is wrong with a document is that it cannot be drawn."""
    _limit(_SECONDS[order])
    try:
        with contextlib.closing(pdfium.PdfDocument(_Document(size))) as document:
            width, height = _size(*document.get_page_size(0))
            line, pixels = (0, b"") if order == MEASURE else _drawn(pdfium.raw, document[0], width, height)
    except EOFError:
        raise
    except Exception:  # noqa: BLE001 - what libraries raise at damaged documents is beyond any list
        _send(ANSWER.pack(FAILED, 0, 0, 0))
    else:
        _send(ANSWER.pack(MEASURED if order == MEASURE else DRAWN, width, height, line))
        _send(pixels)


def _limit(seconds: int) -> None:
    """Compute for so many seconds more."""
    try:
        import resource
    except ImportError:
        return  # Windows: whoever waits for the answer waits no longer than that
    used = resource.getrusage(resource.RUSAGE_SELF)
    end = math.ceil(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (end, resource.RLIM_INFINITY))


def _drawn(raw: Any, page: Any, width: int, height: int) -> tuple[int, bytes]:
    """Return the bytes of a line, and the pixels: blue, green and red."""
    bitmap = raw.FPDFBitmap_CreateEx(width, height, raw.FPDFBitmap_BGR, None, 0)
    if not bitmap:
        raise MemoryError
    try:
        raw.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        raw.FPDF_RenderPageBitmap(bitmap, page.raw, 0, 0, width, height, 0, raw.FPDF_ANNOT)
        line = raw.FPDFBitmap_GetStride(bitmap)
        return line, ctypes.string_at(raw.FPDFBitmap_GetBuffer(bitmap), line * height)
    finally:
        raw.FPDFBitmap_Destroy(bitmap)


def _answer_apart(pdfium: Any, order: int, size: int) -> bool:
    """Answer orders in another process until the next one is somebody else's; returns whether it came to that."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            while order != FRESH:
                _answer(pdfium, order, size)
                order, size = ORDER.unpack(_received(ORDER.size))
            code = 0
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] == 0


def main() -> int:
    """Do what stdin says until it ends."""
    pdfium = importlib.import_module("pypdfium2")
    pdfium.PdfDocument.new().close()  # what is set up once is set up before there are bounds
    # Whatever native code prints is no answer.
    os.dup2(1, _OUT)
    os.dup2(2, 1)
    bound(_MEMORY)
    open_nothing()
    _send(READY)
    while True:
        try:
            order, size = ORDER.unpack(_received(ORDER.size))
        except EOFError:
            return 0
        if order == FRESH:
            continue
        if sys.platform != "linux":  # the system's libraries do not bear a fork
            _answer(pdfium, order, size)
        elif not _answer_apart(pdfium, order, size):
            return 1


if __name__ == "__main__":
    sys.exit(main())
