"""FASTA files: a row for each sequence, with `id`, `description`, `sequence` and the `record` as it stands.

A record begins with a line after ">"; blanks and line ends in a sequence, and comments after ";", are left out of it. The
column `record` decodes to a SeqRecord of biopython.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, BinaryIO, ClassVar

from arrowsets.errors import BadData
from arrowsets.features import BioSequence, FeatureType, Value

from .sequences import BLOCK, Record, SequenceBuilder, described

__all__ = ["FastaBuilder"]

_BLANKS = b" \t\r\n\v\f"


class FastaBuilder(SequenceBuilder):
    """Read FASTA files."""

    name = "fasta"
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        extension: {} for extension in (".fa", ".fasta", ".fna", ".ffn", ".faa", ".frn", ".afa")
    }
    types: ClassVar[Mapping[str, FeatureType]] = {
        "id": Value("string"),
        "description": Value("string"),
        "sequence": Value("large_string"),
        "record": BioSequence("fasta"),
    }

    def records(self, stream: BinaryIO, wanted: Collection[str]) -> Iterator[tuple[Record, int]]:
        """Yield records as they begin with ">"."""
        for number, text in enumerate(_records(stream)):
            if not text.startswith(b">"):
                _check_nothing(text)
                continue
            header, _, body = text.partition(b"\n")
            row: dict[str, Any] = {}
            try:
                row["id"], row["description"] = described(header[1:].decode())
                if "sequence" in wanted:
                    if b"\n;" in text:
                        body = b"".join(line for line in body.splitlines() if not line.startswith(b";"))
                    row["sequence"] = body.translate(None, _BLANKS).decode()
            except UnicodeError as error:
                raise BadData(f"not UTF-8: {error}", row=number) from error
            if "record" in wanted:
                row["record"] = text
            yield row, len(text)


def _records(stream: BinaryIO) -> Iterator[bytes]:
    """Yield what lies between one ">" at the begin of a line and the next."""
    buffer = bytearray()
    looked = 0
    while block := stream.read(BLOCK):
        buffer += block
        start = 0
        while (at := buffer.find(b"\n>", looked)) >= 0:
            yield bytes(buffer[start : at + 1])
            start = looked = at + 1
        del buffer[:start]
        looked = max(len(buffer) - 1, 0)
    if buffer:
        yield bytes(buffer)


def _check_nothing(text: bytes) -> None:
    for number, line in enumerate(text.removeprefix(b"\xef\xbb\xbf").splitlines()):
        if line.strip() and not line.startswith(b";"):
            raise BadData(f"line {number + 1} stands before the first header, which begins with '>': {line[:40]!r}")
