"""Where the records of CSV bytes end, whatever their quotes hold.

A quote opens a quoted part only at the start of a field; elsewhere it is a character like any other. Where all quotes
of a block open or close whole fields, counting them tells whether a line feed ends a record, and that is done by
numpy; else the block is walked field by field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from arrowsets.record import dataclass

__all__ = ["Dialect", "Record"]

LF, CR = 10, 13
CACHED_BYTES = 1 << 19  # looked at in one go: what is made of more does not stay in the processor's cache
Positions = npt.NDArray[np.int64]


class Record(NamedTuple):
    """One record of a block: its bytes without the line end, and how many fields it has."""

    start: int
    stop: int
    fields: int
    closed: bool  # False: it ends within a quoted field, at the end of the block


@dataclass(frozen=True)
class Dialect:
    """How fields are separated and quoted: single bytes, the quote empty for none."""

    sep: bytes = b","
    quote: bytes = b'"'
    doublequote: bool = True

    def complete(self, block: bytes) -> int:
        """Return the length of the whole records at the start of a block, 0 if there is none."""
        if b"\n" not in block and b"\r" in block:
            return self._walked(block)
        end = block.rfind(b"\n") + 1
        if not end or not self.quote or self.quote not in block:
            return end
        quotes = self.quotes(block)
        if quotes is None:
            return self._walked(block)
        while end:
            before = int(np.searchsorted(quotes, end))
            if before % 2 == 0:
                return end
            end = block.rfind(b"\n", 0, int(quotes[before - 1])) + 1
        return 0

    def quotes(self, block: bytes, start: int = 0) -> Positions | None:
        """Return the places of a block's quotes if they open and close whole fields, else None.

        The block begins with a record, or one begins at `start`; what its last field holds may be cut off.
        """
        data = np.frombuffer(block, np.uint8)
        found = [
            np.flatnonzero(data[at : at + CACHED_BYTES] == self.quote[0]) + at
            for at in range(start, len(data), CACHED_BYTES)
        ]
        places = np.concatenate(found) if found else _NONE
        if not self.doublequote and len(places) > 1 and bool((np.diff(places) == 1).any()):
            return None
        edge = self.edges()
        opening, closing = places[0::2], places[1::2]
        before = opening[opening > 0] - 1
        after = closing[closing < len(data) - 1] + 1
        if not (edge[data[before]].all() and edge[data[after]].all()):
            return None
        return places

    def first_end(self, window: bytes, within: bool) -> int | None:
        """Return the offset after the first line feed that ends a record, or None.

        Args:
            within: The window begins within a quoted field.
        """
        data = np.frombuffer(window, np.uint8)
        quotes = np.flatnonzero(data == self.quote[0]) if self.quote else _NONE
        place = window.find(b"\n")
        while place >= 0:
            before = int(np.searchsorted(quotes, place))
            if (before + within) % 2 == 0:
                return place + 1
            if before >= len(quotes):
                return None
            place = window.find(b"\n", int(quotes[before]))
        return None

    def edges(self) -> npt.NDArray[np.bool_]:
        """Return, for each byte, whether it may stand beside a quote that opens or closes a whole field."""
        edge = np.zeros(256, np.bool_)
        edge[[self.sep[0], LF, CR, self.quote[0]]] = True
        return edge

    @property
    def blank(self) -> bytes:
        """The characters that are no row if a line has no others."""
        return b" \t" if self.sep != b"\t" else b" "

    def records(self, block: bytes) -> Iterator[Record]:
        """Walk the records of a block, the exact and slow way."""
        if not block:
            return
        start = fields = 0
        for match in self._field.finditer(block):
            fields += 1
            end = match.group("end")
            if end == self.sep:
                continue
            yield Record(start, match.start("end"), fields, match.group("open") is None)
            if not end or match.end() == len(block):
                return
            start, fields = match.end(), 0

    @cached_property
    def _field(self) -> re.Pattern[bytes]:
        sep, quote = re.escape(self.sep), re.escape(self.quote)
        plain = rb"[^" + sep + rb"\r\n]*+"
        end = rb"(?P<end>" + sep + rb"|\r\n|\n|\r|\Z)"
        if not self.quote:
            return re.compile(rb"(?P<open>(?!))?" + plain + end)
        within = rb"[^" + quote + rb"]*+"
        if self.doublequote:
            within += rb"(?:" + quote + quote + within + rb")*+"
        opened = quote + within + rb"(?:" + quote + plain + rb"|(?P<open>\Z))"
        return re.compile(rb"(?:" + opened + rb"|" + plain + rb")" + end, re.DOTALL)

    def _walked(self, block: bytes) -> int:
        end = 0
        for record in self.records(block):
            if record.closed and record.stop < len(block):
                # A carriage return at the very end may be half of a line end.
                after = record.stop + (2 if block[record.stop : record.stop + 2] == b"\r\n" else 1)
                if after < len(block) or block[after - 1] == LF:
                    end = after
        return end

    def __getstate__(self) -> dict[str, Any]:
        return {"sep": self.sep, "quote": self.quote, "doublequote": self.doublequote}


_NONE: Positions = np.empty(0, np.int64)
