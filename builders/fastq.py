"""FASTQ files: a row for each read, with `id`, `description`, `sequence`, `quality` and the `record` as it stands.

A record is a header after "@", the sequence, a line that begins with "+", and as many characters of quality as the sequence
has; sequence and quality may lie on several lines. The column `record` decodes to a SeqRecord of biopython.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, BinaryIO, ClassVar

from arrowsets.errors import BadData
from arrowsets.features import BioSequence, FeatureType, Value

from .sequences import Record, SequenceBuilder, described

__all__ = ["FastqBuilder"]


class FastqBuilder(SequenceBuilder):
    """Read FASTQ files."""

    name = "fastq"
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {".fq": {}, ".fastq": {}}
    types: ClassVar[Mapping[str, FeatureType]] = {
        "id": Value("string"),
        "description": Value("string"),
        "sequence": Value("large_string"),
        "quality": Value("large_string"),
        "record": BioSequence("fastq"),
    }

    def records(self, stream: BinaryIO, wanted: Collection[str]) -> Iterator[tuple[Record, int]]:
        """Yield records, four lines at least."""
        for lines, sequence, quality in _records(iter(stream)):
            text = b"".join(lines)
            row: dict[str, Any] = {"sequence": sequence.decode(), "quality": quality.decode()}
            row["id"], row["description"] = described(lines[0][1:].decode())
            if "record" in wanted:
                row["record"] = text
            yield row, len(text)


def _records(lines: Iterator[bytes]) -> Iterator[tuple[list[bytes], bytes, bytes]]:
    """Yield the lines of each record with its sequence and quality."""
    row = 0
    for header in lines:
        if not header.strip():
            continue
        if not header.startswith(b"@"):
            raise BadData(f"a record begins with '@', and not with {header[:40]!r}", row=row)
        taken = [header]
        bases: list[bytes] = []
        for line in lines:
            taken.append(line)
            if line.startswith(b"+"):
                break
            bases.append(line.strip())
        else:
            raise BadData(
                f"record {_name(header)!r} ends before its line '+': the file is cut off, or no FASTQ", row=row
            )
        sequence = b"".join(bases)
        quality = _quality(lines, taken, len(sequence), max(len(bases), 1))
        if len(quality) != len(sequence):
            raise BadData(
                f"record {_name(header)!r} has {len(quality)} characters of quality for a sequence of {len(sequence)}",
                row=row,
            )
        yield taken, sequence, quality
        row += 1


def _quality(lines: Iterator[bytes], taken: list[bytes], wanted: int, usual: int) -> bytes:
    """Read quality until there is enough of it; `usual` is the number of lines that a sequence without a base has."""
    quality = b""
    count = 0
    while len(quality) < wanted or (not wanted and count < usual):
        line = next(lines, None)
        if line is None:
            break
        taken.append(line)
        count += 1
        quality += line.strip()
        if not line.strip() and wanted:
            break
    return quality


def _name(header: bytes) -> str:
    return described(header[1:].decode(errors="replace"))[0]
