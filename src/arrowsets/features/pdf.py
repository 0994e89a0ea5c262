"""PDF documents in cells, handed out as those of pdfplumber."""

from __future__ import annotations

import io
from dataclasses import field
from typing import Any, ClassVar

from arrowsets.features.base import register
from arrowsets.features.media import Media, OnError, content_of, needed
from arrowsets.record import dataclass

__all__ = ["Pdf"]


@register
@dataclass(frozen=True, init=False, repr=False)
class Pdf(Media):
    """A PDF document: encoded from a path, bytes or a document of pdfplumber, which it is decoded to.

    >>> Pdf().encode("paper.pdf")
    {'bytes': None, 'path': 'paper.pdf'}

    Args:
        decode: False hands out {"bytes": ..., "path": ...}.
        on_error: What a cell becomes that cannot be decoded: "raise" an error, or "null".
    """

    type_name: ClassVar[str] = "Pdf"
    dtype: ClassVar[str] = "pdfplumber.pdf.PDF"
    decode: bool = True
    id: str | None = field(default=None)
    on_error: OnError = "raise"

    def open(self, file: io.BytesIO | str, name: str | None) -> Any:
        """Return the document; its pages are read when they are looked at."""
        del name
        return needed("pdfplumber", "reading PDF documents", "pdfplumber", "pdf").open(file)

    def check(self, decoded: Any) -> None:
        """Find all pages."""
        if not decoded.pages:
            raise ValueError("it has no pages")

    def encode_object(self, value: Any) -> dict[str, Any]:
        """Return the cell of a document of pdfplumber."""
        stream = getattr(value, "stream", None)
        if stream is None or not hasattr(value, "pages"):
            return super().encode_object(value)
        return content_of(stream)
