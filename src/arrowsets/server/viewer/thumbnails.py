"""Thumbnails of PDF documents: pictures of first pages, drawn when somebody looks at them, in processes that are bounded.

An answer says how large a thumbnail will be, which takes reading the document's page tree, and no drawing. What cannot be
drawn (it is damaged, locked, has no pages, or takes too much) has no thumbnail; so has no document where pypdfium2 is
missing.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import subprocess
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from arrowsets.features.media import needed
from arrowsets.server.viewer.children import READY, ended, killed, started
from arrowsets.server.viewer.thumbnail_process import (
    ANSWER,
    BLOCK,
    DRAW,
    DRAWN,
    FRESH,
    MEASURE,
    MEASURED,
    ORDER,
    PART,
    READ,
    SIDE,
)

__all__ = ["Document", "Size", "Sizes", "Thumbnails"]

ANSWER_SECONDS = 2.0  # that an answer may take longer because of thumbnails
DRAWING_SECONDS = 10.0
STARTING = 30.0
KNOWN = 10_000
_LONGEST_LINE = 4 * SIDE
_FRESH = ORDER.pack(FRESH, 0)

Size = tuple[int, int]
Place = tuple[str | int, ...]
"""The names of a split, a row, a column and a place in the cell."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document that can be opened for reading."""

    size: int
    open: Callable[[], IO[bytes] | Any]


class Thumbnails:
    """Measures and draws first pages."""

    def __init__(self) -> None:
        self._measurer, self._drawer = _Worker(), _Worker()
        self._known: OrderedDict[Place, Size | None] = OrderedDict()
        self._lock = threading.Lock()

    def sizes(self, where: tuple[str, ...], seconds: float = ANSWER_SECONDS) -> Sizes:
        """Return what tells the sizes in one answer."""
        return Sizes(self, where, seconds)

    def known(self, place: Place) -> tuple[Size | None] | None:
        """Return a size that is known, or that it is known that there is none; None if nothing is known."""
        with self._lock:
            if place not in self._known:
                return None
            self._known.move_to_end(place)
            return (self._known[place],)

    def measured(self, place: Place, document: Document, seconds: float) -> Size | None:
        """Return the size of a thumbnail; None if there is none, or if it cannot be told in that time."""
        try:
            made = self._measurer.ask(MEASURE, place[0], document, seconds, enough=seconds >= ANSWER_SECONDS)
        except (_NoTime, OSError):
            return None
        self._keep(place, None if made is None else made.size)
        return None if made is None else made.size

    def drawn(self, place: Place, document: Document) -> bytes | None:
        """Return a thumbnail as JPEG; None if the first page cannot be drawn."""
        if self.known(place) == (None,):
            return None
        try:
            made = self._drawer.ask(DRAW, place[0], document, DRAWING_SECONDS)
        except (_NoTime, OSError):
            return None
        if made is None:
            self._keep(place, None)
            return None
        pil = needed("PIL.Image", "showing thumbnails", "pillow", "image")
        out = io.BytesIO()
        pil.frombytes("RGB", made.size, made.pixels, "raw", "BGR", made.line).save(out, "JPEG", quality=90)
        return out.getvalue()

    def prepare(self) -> None:
        """Start what measures, which is no part of the time that it takes."""
        self._measurer.prepare()

    def _keep(self, place: Place, size: Size | None) -> None:
        with self._lock:
            self._known[place] = size
            while len(self._known) > KNOWN:
                self._known.popitem(last=False)

    def close(self) -> None:
        """End what is at work, and draw nothing more."""
        self._measurer.close()
        self._drawer.close()


class Sizes:
    """The sizes of the thumbnails in one answer. Once they have taken their time, those that are left have none in it."""

    def __init__(self, thumbnails: Thumbnails, where: tuple[str, ...], seconds: float) -> None:
        self._thumbnails, self._where, self._left = thumbnails, where, seconds
        self._prepared = False

    def of(self, row: int, column: str, within: str, document: Document) -> Size | None:
        """Return the size of a thumbnail, if it has one.

        Args:
            within: Where in the cell the document is.
        """
        place: Place = (*self._where, row, column, within)
        if (known := self._thumbnails.known(place)) is not None:
            return known[0]
        if not self._prepared:
            self._thumbnails.prepare()
            self._prepared = True
        if self._left <= 0:
            return None
        begun = time.monotonic()
        size = self._thumbnails.measured(place, document, min(self._left, ANSWER_SECONDS))
        self._left -= time.monotonic() - begun
        return size


@dataclass(frozen=True, slots=True)
class _Made:
    size: Size
    line: int = 0
    pixels: bytes = b""


class _NoTime(Exception):
    pass


class _Worker:
    """A process that looks at one document after the other; another takes its place once it has to be ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner: object = None
        self._end: Callable[[], Any] = lambda: None
        # Whoever has no PDFium, or one that does not start, has no thumbnails.
        self._usable = importlib.util.find_spec("pypdfium2") is not None
        self._closed = False

    def prepare(self) -> None:
        """Start the process, unless it runs."""
        with self._lock:
            self._running()

    def ask(
        self, order: int, owner: object, document: Document, seconds: float, *, enough: bool = True
    ) -> _Made | None:
        """Return what the process makes of a document; None if it can make nothing of it.

        Args:
            owner: Whose documents share a process.
            enough: Whether what does not do with that time never will.

        Raises:
            _NoTime: if there was none for this document.
        """
        if not self._lock.acquire(timeout=seconds):
            raise _NoTime
        try:
            child = self._running()
            if child is None:
                raise _NoTime
            words = ORDER.pack(order, document.size)
            made, late = self._asked(child, words if owner == self._owner else _FRESH + words, document, seconds)
            # Whatever failed may have left something behind.
            self._owner = None if made is None else owner
            if self._closed or (late and not enough):
                raise _NoTime
            return made
        finally:
            self._lock.release()

    def _asked(
        self, child: subprocess.Popen[bytes], order: bytes, document: Document, seconds: float
    ) -> tuple[_Made | None, bool]:
        made: _Made | None = None
        done = False
        with (
            document.open() as file,
            _limited(child, seconds) as late,
            contextlib.suppress(OSError, EOFError, ValueError, OverflowError),
        ):
            made = _talk(child, order, file)
            done = True
        if late.is_set() or not done:
            self._drop()
        return (None if late.is_set() else made), late.is_set()

    def _running(self) -> subprocess.Popen[bytes] | None:
        if self._closed or not self._usable:
            return None
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._drop()
        child = started("arrowsets.server.viewer.thumbnail_process", heard=False)
        self._child, self._end = child, weakref.finalize(self, ended, child)
        assert child.stdout is not None
        with _limited(child, STARTING):
            self._usable = child.stdout.read(len(READY)) == READY or self._closed
        if not self._usable or self._closed:
            self._drop()
        return self._child

    def _drop(self) -> None:
        self._end()
        self._child = None

    def close(self) -> None:
        """End the process; there will be no other."""
        self._closed = True
        if (child := self._child) is not None:
            killed(child)  # whoever waits for it waits no longer
        with self._lock:
            self._drop()


@contextlib.contextmanager
def _limited(child: subprocess.Popen[bytes], seconds: float) -> Iterator[threading.Event]:
    """End a process unless the block ends in time; gives whether that was so."""
    late = threading.Event()

    def stop() -> None:
        late.set()
        killed(child)

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
        timer.join()


def _talk(child: subprocess.Popen[bytes], order: bytes, file: Any) -> _Made | None:
    """Give an order, and parts of the document as long as they are asked for.

    Raises:
        OSError, EOFError, ValueError: if the process ends, or says what makes no sense.
    """
    _sent(child, order)
    while True:
        kind, one, two, three = ANSWER.unpack(_received(child, ANSWER.size))
        if kind == READ:
            file.seek(one)
            part = file.read(min(two, BLOCK))
            _sent(child, PART.pack(len(part)) + part)
            continue
        if kind not in (MEASURED, DRAWN):
            return None
        if not (
            0 < one <= SIDE and 0 < two <= SIDE and three <= _LONGEST_LINE and (kind == MEASURED or three >= 3 * one)
        ):
            raise ValueError("no thumbnail has this size")
        return _Made((one, two), three, _received(child, three * two))


def _sent(child: subprocess.Popen[bytes], data: bytes) -> None:
    assert child.stdin is not None
    child.stdin.write(data)
    child.stdin.flush()


def _received(child: subprocess.Popen[bytes], count: int) -> bytes:
    assert child.stdout is not None
    data = child.stdout.read(count)
    if len(data) < count:
        raise EOFError("the process has ended")
    return data
