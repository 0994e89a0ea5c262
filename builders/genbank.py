"""GenBank files: a row for each record, with what its header says, its `features`, `sequence` and the `record` as it stands.

`features` is the feature table as JSON: `type`, `location` and `qualifiers` (a list of values for each key). A location has
`start` and `end`, which count from 1, `strand` (1 or -1), whether it goes on beyond an end, and for one of several parts
their `operator` and `parts`. The column `record` decodes to a SeqRecord of biopython.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, BinaryIO, ClassVar

from arrowsets.errors import BadData
from arrowsets.features import BioSequence, FeatureType, Json, List, Value

from .sequences import Record, SequenceBuilder

__all__ = ["GenbankBuilder"]

_KEY = 12  # columns of a keyword
_QUALIFIERS = 21  # columns before a location or a qualifier
_LENGTH = re.compile(r"\s([0-9,]+)\s+(bp|aa|rc)\b(?:\s+(.*))?", re.IGNORECASE)
_ACID = re.compile(r"[\w-]*(?:DNA|RNA)\b")
# A bracket after the name of an operator, one that closes, or a part: 5, 5..9, 5^6, other:5..9, its ends "<" or ">" if open.
_TOKEN = re.compile(r"([a-z-]*)([()])|(?:[A-Za-z0-9_.]+:)?[<>]?([0-9]+)(?:(?:\.\.|\^|\.)[<>]?([0-9]+))?")
_NO_LETTER = re.compile(r"[\s0-9]+")
_TEXT = Value("string")


class GenbankBuilder(SequenceBuilder):
    """Read GenBank files."""

    name = "genbank"
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {".gb": {}, ".gbk": {}, ".genbank": {}}
    types: ClassVar[Mapping[str, FeatureType]] = {
        "locus_name": _TEXT,
        "accession": _TEXT,
        "version": _TEXT,
        "definition": _TEXT,
        "organism": _TEXT,
        "taxonomy": _TEXT,
        "keywords": _TEXT,
        "sequence": Value("large_string"),
        "features": Json(),
        "length": Value("int64"),
        "molecule_type": _TEXT,
        "secondary_accessions": List(_TEXT),
        "contig": _TEXT,
        "record": BioSequence("genbank"),
    }

    def records(self, stream: BinaryIO, wanted: Collection[str]) -> Iterator[tuple[Record, int]]:
        """Yield records, each from its line LOCUS to its line "//"."""
        for number, lines in enumerate(_records(stream)):
            try:
                row = _read([line.decode().rstrip() for line in lines], wanted)
            except UnicodeError as error:
                raise BadData(f"not UTF-8: {error}", row=number) from error
            if "record" in wanted:
                row["record"] = b"".join(lines)
            yield row, sum(map(len, lines))


def _records(stream: BinaryIO) -> Iterator[list[bytes]]:
    lines: list[bytes] = []
    row = 0
    for line in stream:
        if lines or line.startswith(b"LOCUS"):
            lines.append(line)
            if line.startswith(b"//"):
                yield lines
                lines = []
                row += 1
        elif line.strip() and row:
            raise BadData(f"a record begins with LOCUS, and not with {line[:40]!r}", row=row)
    if lines:
        raise BadData("the file ends within a record, before its line '//'", row=row)
    if not row and stream.tell():
        raise BadData("no line begins with LOCUS: the file is no GenBank file")


def _read(lines: list[str], wanted: Collection[str]) -> dict[str, Any]:
    header = list(itertools.takewhile(lambda line: not line.startswith(("FEATURES", "ORIGIN", "//")), lines))
    fields = _fields(header)
    sequence = ""
    if "sequence" in wanted or "length" in wanted:
        sequence = _sequence(lines[len(header) :])
    row = {**_locus(fields.get("LOCUS", [""])[0], sequence), "sequence": sequence}
    first, *others = " ".join(fields.get("ACCESSION", [])).split() or [""]
    organism, *taxonomy = fields.get("ORGANISM") or [""]
    tail = _fields(lines[len(header) :])
    contig = fields.get("CONTIG") or tail.get("CONTIG") or []
    row |= {
        "accession": first,
        "secondary_accessions": others,
        "version": " ".join(fields.get("VERSION", [])),
        "definition": " ".join(fields.get("DEFINITION", [])),
        "keywords": " ".join(fields.get("KEYWORDS", [])),
        "organism": organism,
        "taxonomy": " ".join(taxonomy),
        "contig": "".join(contig),
        "features": _features(lines) if "features" in wanted else [],
    }
    return row


def _fields(lines: Iterable[str]) -> dict[str, list[str]]:
    """Return the lines of each field by its keyword; of a field that is there twice, those of the first."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines:
        key, value = line[:_KEY].strip(), line[_KEY:].strip()
        if key:
            current = []
            found.setdefault(key, current)
        if value:
            current.append(value)
    return found


def _locus(line: str, sequence: str) -> dict[str, Any]:
    """Read the line LOCUS: name, length, kind of molecule, shape, division, date; only the name is always there."""
    name = line.split(None, 1)[0] if line else ""
    match = _LENGTH.search(line)
    if match is None:
        return {"locus_name": name, "length": len(sequence), "molecule_type": ""}
    acid = _ACID.search(match[3] or "")
    kind = "protein" if match[2].lower() == "aa" else acid[0] if acid else ""
    return {"locus_name": name, "length": int(match[1].replace(",", "") or 0), "molecule_type": kind}


def _sequence(lines: Iterable[str]) -> str:
    """Return the letters after the line ORIGIN."""
    begun = False
    letters: list[str] = []
    for line in lines:
        if line.startswith("ORIGIN"):
            begun = True
        elif begun and line.startswith(" "):
            letters.append(_NO_LETTER.sub("", line))
        elif begun:
            break
    return "".join(letters).upper()


def _features(lines: list[str]) -> list[dict[str, Any]]:
    begin = next((at for at, line in enumerate(lines) if line.startswith("FEATURES")), None)
    if begin is None:
        return []
    found: list[tuple[str, list[str]]] = []
    for line in itertools.takewhile(lambda line: line.startswith(" ") or not line, lines[begin + 1 :]):
        key, value = line[:_QUALIFIERS].strip(), line[_QUALIFIERS:].strip()
        if key:
            found.append((key, [value]))
        elif found and value:
            found[-1][1].append(value)
    return [_feature(key, values) for key, values in found]


def _feature(key: str, lines: list[str]) -> dict[str, Any]:
    """Read one feature: its location goes on until the first line that begins with "/"."""
    place = list(itertools.takewhile(lambda line: not line.startswith("/"), lines))
    qualifiers: dict[str, list[str]] = {}
    for name, value in _qualifiers(lines[len(place) :]):
        qualifiers.setdefault(name, []).append(value)
    return {"type": key, "location": _location("".join(place)), "qualifiers": qualifiers}


def _qualifiers(lines: list[str]) -> Iterator[tuple[str, str]]:
    rest = iter(lines)
    following = next(rest, None)
    while following is not None:
        name, _, value = following.removeprefix("/").partition("=")
        parts = [value]
        following = next(rest, None)
        # Within quotes a line may begin with "/", too; a quotation mark of the text is there twice.
        while following is not None and (_is_open(parts) or not following.startswith("/")):
            parts.append(following)
            following = next(rest, None)
        joined = ("" if name == "translation" else " ").join(parts)
        if joined.startswith('"'):
            joined = joined[1:].removesuffix('"').replace('""', '"')
        yield name, joined


def _is_open(parts: list[str]) -> bool:
    return parts[0].startswith('"') and sum(part.count('"') for part in parts) % 2 == 1


def _location(text: str) -> dict[str, Any]:
    """Read a location such as "complement(join(<1..20,25..40))"."""
    text = text.replace(" ", "")
    operator = ""
    around: list[str] = []
    parts: list[list[int]] = []
    strands: set[int] = set()
    for match in _TOKEN.finditer(text):
        name, bracket, first, last = match.groups()
        if bracket == "(":
            around.append(name)
            operator = operator or (name if name != "complement" else "")
        elif bracket == ")":
            del around[-1:]
        else:
            parts.append([int(first), int(last or first)])
            strands.add(-1 if around.count("complement") % 2 else 1)
    found: dict[str, Any] = {"strand": next(iter(strands)) if len(strands) == 1 else None if strands else 1}
    if not parts:
        return found
    if operator:
        found |= {"operator": operator, "parts": parts}
    ends = {"start": min(start for start, _ in parts), "end": max(end for _, end in parts)}
    return {**found, **ends, "start_partial": "<" in text, "end_partial": ">" in text}
