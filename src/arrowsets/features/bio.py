"""Biological sequences and molecular structures in cells, handed out as objects of biopython."""

from __future__ import annotations

import io
from dataclasses import field
from pathlib import Path
from typing import Any, ClassVar

from arrowsets.features.base import register
from arrowsets.features.media import Media, OnError, needed
from arrowsets.record import dataclass

__all__ = ["BioSequence", "BioStructure"]


@register
@dataclass(frozen=True, init=False, repr=False)
class BioSequence(Media):
    """A file of one sequence: encoded from a path, bytes or a SeqRecord, which it is decoded to.

    Args:
        format: Its format, by the names of `Bio.SeqIO`.
        decode: False hands out {"bytes": ..., "path": ...}.
        on_error: What a cell becomes that cannot be decoded: "raise" an error, or "null".
    """

    type_name: ClassVar[str] = "BioSequence"
    dtype: ClassVar[str] = "Bio.SeqRecord.SeqRecord"
    format: str = "fasta"
    decode: bool = True
    id: str | None = field(default=None)
    on_error: OnError = "raise"

    def __init__(
        self,
        format: str = "fasta",  # noqa: A002
        decode: bool = True,
        id: str | None = None,  # noqa: A002
        *,
        on_error: OnError = "raise",
    ) -> None:
        self._set(format=format, decode=decode, id=id, on_error=on_error)

    def open(self, file: io.BytesIO | str, name: str | None) -> Any:
        """Return the first record."""
        del name
        reader = needed("Bio.SeqIO", "reading sequences", "biopython", "bio")
        record = next(reader.parse(io.StringIO(_text(file)), self.format), None)
        if record is None:
            raise ValueError("it holds no sequence")
        return record

    def encode_object(self, value: Any) -> dict[str, Any]:
        """Return the cell of a SeqRecord."""
        if not hasattr(value, "seq"):
            return super().encode_object(value)
        return {"bytes": value.format(self.format).encode(), "path": None}


@register
@dataclass(frozen=True, init=False, repr=False)
class BioStructure(Media):
    """A molecular structure: encoded from a path, bytes or a Structure, which it is decoded to.

    Args:
        format: "pdb" or "mmcif".
        decode: False hands out {"bytes": ..., "path": ...}.
        on_error: What a cell becomes that cannot be decoded: "raise" an error, or "null".
    """

    type_name: ClassVar[str] = "BioStructure"
    dtype: ClassVar[str] = "Bio.PDB.Structure.Structure"
    format: str = "pdb"
    decode: bool = True
    id: str | None = field(default=None)
    on_error: OnError = "raise"

    def __init__(
        self,
        format: str = "pdb",  # noqa: A002
        decode: bool = True,
        id: str | None = None,  # noqa: A002
        *,
        on_error: OnError = "raise",
    ) -> None:
        if format not in {"pdb", "mmcif"}:
            raise ValueError(f"unknown format {format!r} of structures; allowed: 'pdb', 'mmcif'")
        self._set(format=format, decode=decode, id=id, on_error=on_error)

    def open(self, file: io.BytesIO | str, name: str | None) -> Any:
        """Return the structure, named after its file."""
        library = needed("Bio.PDB", "reading structures", "biopython", "bio")
        parser = library.PDBParser(QUIET=True) if self.format == "pdb" else library.MMCIFParser(QUIET=True)
        return parser.get_structure(Path(name or "structure").stem, io.StringIO(_text(file)))

    def check(self, decoded: Any) -> None:
        """Look for an atom: parsers take any text for a structure without."""
        if next(decoded.get_atoms(), None) is None:
            raise ValueError("it has no atoms")

    def encode_object(self, value: Any) -> dict[str, Any]:
        """Return the cell of a Structure."""
        if not hasattr(value, "get_atoms"):
            return super().encode_object(value)
        library = needed("Bio.PDB", "writing structures", "biopython", "bio")
        writer = library.PDBIO() if self.format == "pdb" else library.MMCIFIO()
        writer.set_structure(value)
        text = io.StringIO()
        writer.save(text)
        return {"bytes": text.getvalue().encode(), "path": None}


def _text(file: io.BytesIO | str) -> str:
    return (Path(file).read_bytes() if isinstance(file, str) else file.getvalue()).decode()
