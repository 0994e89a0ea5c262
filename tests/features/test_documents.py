"""Pdf, Nifti, Mesh, BioSequence and BioStructure: files and objects in cells."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from arrowsets.errors import BadData, BadMedia, MissingDependency
from arrowsets.features import BioSequence, BioStructure, Mesh, Nifti, Pdf, array_of, decoder

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 50]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
PLY = (
    b"ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
    b"element face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n"
)
ATOM = b"ATOM      1  N   ALA A   1      11.104   6.134  -6.504  1.00  0.00           N  \nEND\n"
PACKAGES: dict[Any, tuple[str, str]] = {
    Pdf: ("pdfplumber", "pdf"),
    Nifti: ("nibabel", "nifti"),
    Mesh: ("trimesh", "mesh"),
    BioSequence: ("Bio", "bio"),
    BioStructure: ("Bio", "bio"),
}
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def volume() -> Any:
    nibabel = pytest.importorskip("nibabel", reason="pip install 'arrowsets[nifti]'")
    return nibabel.Nifti1Image(np.arange(8, dtype=np.int16).reshape(2, 2, 2), np.eye(4))


def test_pdfs_are_documents_of_pdfplumber(tmp_path: Path) -> None:
    pytest.importorskip("pdfplumber", reason="pip install 'arrowsets[pdf]'")
    (tmp_path / "a.pdf").write_bytes(PDF)
    for value in (PDF, tmp_path / "a.pdf"):
        cell = Pdf().encode(value)
        with Pdf().decode_example(cell) as document:
            assert (len(document.pages), document.pages[0].width) == (1, 100)
            assert array_of([document, None])[0].to_pylist() == [cell, None]


def test_volumes_are_images_of_nibabel(tmp_path: Path) -> None:
    image = volume()
    array, feature = array_of([image, None])
    assert feature == Nifti()
    decode = decoder(feature)
    assert decode is not None
    assert np.array_equal(decode(array.to_pylist()[0]).get_fdata(), image.get_fdata())
    for name in ("a.nii", "a.nii.gz"):
        image.to_filename(tmp_path / name)
        for value in (tmp_path / name, (tmp_path / name).read_bytes()):
            loaded = decode(Nifti().encode(value))
            assert np.array_equal(loaded.get_fdata(), image.get_fdata())


def test_an_opened_volume_is_stored_by_name(tmp_path: Path) -> None:
    volume().to_filename(tmp_path / "a.nii")
    opened = Nifti().decode_example({"bytes": None, "path": str(tmp_path / "a.nii")})
    assert Nifti().encode(opened) == {"bytes": None, "path": str(tmp_path / "a.nii")}


def test_meshes_are_objects_of_trimesh() -> None:
    trimesh = pytest.importorskip("trimesh", reason="pip install 'arrowsets[mesh]'")
    mesh = Mesh().decode_example({"bytes": PLY, "path": None})
    assert mesh.vertices.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    array, feature = array_of([mesh, None])
    again = Mesh().decode_example(array.to_pylist()[0])
    assert feature == Mesh()
    assert len(again.geometry) == 1
    stl = trimesh.Trimesh(mesh.vertices, mesh.faces).export(file_type="stl")
    assert Mesh().decode_example({"bytes": stl, "path": "a.stl"}).area == 0.5


def test_sequences_and_structures_are_objects_of_biopython() -> None:
    pytest.importorskip("Bio", reason="pip install 'arrowsets[bio]'")
    record = BioSequence().decode_example({"bytes": b">one\nACGT\n", "path": None})
    assert (record.id, str(record.seq)) == ("one", "ACGT")
    assert array_of([record])[0].to_pylist() == [{"bytes": b">one\nACGT\n", "path": None}]
    structure = BioStructure().decode_example({"bytes": ATOM, "path": "1abc.pdb"})
    assert (structure.id, [atom.name for atom in structure.get_atoms()]) == ("1abc", ["N"])
    with pytest.raises(ValueError, match="unknown format 'x' of structures"):
        BioStructure("x")


@pytest.mark.parametrize("kind", PACKAGES, ids=lambda kind: kind.__name__)
def test_what_is_damaged_names_its_file(kind: Any) -> None:
    pytest.importorskip(PACKAGES[kind][0])
    with pytest.raises(BadMedia, match=rf"file a\.x: no {kind.__name__} can be decoded from the file of 4 bytes"):
        kind().decode_example({"bytes": b"\xff\xfe!!", "path": "a.x"})


@pytest.mark.parametrize("kind", PACKAGES, ids=lambda kind: kind.__name__)
def test_missing_packages_say_what_to_install(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    package, extra = PACKAGES[kind]
    for module in (package, "Bio.SeqIO", "Bio.PDB"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependency, match=rf"pip install 'arrowsets\[{extra}\]'"):
        kind().decode_example({"bytes": b"", "path": None})


@pytest.mark.parametrize("kind", PACKAGES, ids=lambda kind: kind.__name__)
def test_paths_bytes_and_embedding_are_those_of_all_media(kind: Any, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    array, _ = array_of([tmp_path / "a", b"y", None], kind())
    cells = [{"bytes": b"x", "path": "a"}, {"bytes": b"y", "path": None}, None]
    assert kind().embed(array).to_pylist() == cells
    with pytest.raises(BadData, match="never fetched"):
        kind().embed(pa.array([{"bytes": None, "path": "https://host/a"}]))
    with pytest.raises(TypeError, match=f"{kind.__name__} takes a path"):
        kind().encode(io.StringIO())


def test_one_column_holds_one_medium() -> None:
    from PIL import Image

    with pytest.raises(ValueError, match="row 1: one column holds Image objects, or Nifti objects"):
        array_of([Image.new("L", (1, 1)), volume()])
