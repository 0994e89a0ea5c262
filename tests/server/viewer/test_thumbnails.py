"""Thumbnails of PDF documents: what is drawn, what has none, and what a document of somebody else's cannot do."""

from __future__ import annotations

import base64
import io
import json
import re
import socket
import sys
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests

from arrowsets import Dataset, Features, List, Pdf, Value
from arrowsets.server.viewer import children as children_of
from arrowsets.server.viewer import export as exporting
from arrowsets.server.viewer import thumbnails
from arrowsets.server.viewer.sources import open_source
from arrowsets.server.viewer.thumbnails import Document, Thumbnails

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server.viewer.conftest import Show

pytest.importorskip("pypdfium2", reason="drawing PDF documents needs pypdfium2: pip install 'arrowsets[pdf]'")

RED = b"1 0 0 rg 50 150 100 120 re f"  # a rectangle in the upper half of a page of 200 x 300
PLACE = ("data", "revision", "default", "train", 0, "p", "")


def pdf(content: bytes = RED, *, box: bytes = b"[0 0 200 300]", kids: bytes = b"[3 0 R]", more: bytes = b"") -> bytes:
    """Return a document of one page."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids %s /Count %d >>" % (kids, kids.count(b"R")),
        b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Contents 4 0 R %s >>" % (box, more),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start)


def locked() -> bytes:
    """Return a document that opens with a password only."""
    known = b"<" + b"00" * 32 + b">"
    keys = b"<< /Filter /Standard /V 1 /R 2 /O %s /U %s /P -4 >>" % (known, known)
    return pdf().replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt %s /ID [<00> <00>]" % keys)


def of(*cells: bytes | None, **columns: Any) -> Dataset:
    return Dataset.from_dict({"p": list(cells)}, features=Features({"p": Pdf()}))


def picture(data: bytes) -> Any:
    import PIL.Image

    shown = PIL.Image.open(io.BytesIO(data))
    shown.load()
    return shown


@pytest.fixture
def drawing() -> Iterator[Thumbnails]:
    made = Thumbnails()
    yield made
    made.close()


def document(data: bytes) -> Document:
    return Document(len(data), lambda: io.BytesIO(data))


def test_a_cell_has_a_picture_of_the_first_page(show: Show) -> None:
    client = show(of(pdf(), None))
    first, second = (row["row"]["p"] for row in client.get("/rows").json()["rows"])
    assert second is None
    assert first["size_bytes"] == len(pdf())
    assert client.send("GET", first["src"]).content == pdf()
    assert (first["thumbnail"]["width"], first["thumbnail"]["height"]) == (200, 300)
    answer = requests.get(first["thumbnail"]["src"], timeout=30)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    drawn = picture(answer.content)
    assert (drawn.format, drawn.size) == ("JPEG", (200, 300))
    red, green, blue = drawn.getpixel((100, 90))  # where the rectangle is
    assert red > 240
    assert max(green, blue) < 15
    assert min(drawn.getpixel((100, 250))) > 240  # and where it is not


def test_an_address_of_a_thumbnail_is_signed(show: Show) -> None:
    source = show(of(pdf(), pdf())).get("/rows").json()["rows"][0]["row"]["p"]["thumbnail"]["src"]
    for changed in (source.replace("/0/p/", "/1/p/"), source.partition("?")[0], source.replace(".jpg", ".png")):
        assert requests.get(changed, timeout=10).status_code == 401


def test_every_answer_with_rows_has_it(show: Show) -> None:
    client = show(
        Dataset.from_dict({"p": [pdf()], "t": ["found"]}, features=Features({"p": Pdf(), "t": Value("string")}))
    )
    for path, params in [
        ("/first-rows", {}),
        ("/search", {"query": "found"}),
        ("/filter", {"where": "\"t\" = 'found'"}),
    ]:
        row = client.get(path, **params).json()["rows"][0]["row"]
        assert row["p"]["thumbnail"]["height"] == 300
    assert client.own("rows")["rows"][0]["row"]["p"]["thumbnail"]["src"].startswith("assets/")
    assert client.own("cell", row=0, column="p")["value"]["thumbnail"]["width"] == 200


def test_nested_documents_have_their_own(show: Show) -> None:
    other = pdf(box=b"[0 0 100 80]")
    features = Features({"l": List(Pdf()), "s": {"a b": Pdf(), "n": Value("int64")}})
    data = {"l": [[pdf(), None, other], [], None], "s": [{"a b": other, "n": 1}, {"a b": None, "n": 2}, None]}
    rows = [row["row"] for row in show(Dataset.from_dict(data, features=features)).get("/rows").json()["rows"]]
    assert [rows[0]["l"][1], rows[1]["l"], rows[2]["l"], rows[1]["s"]["a b"]] == [None, [], None, None]
    for cell, size in [(rows[0]["l"][0], (200, 300)), (rows[0]["l"][2], (100, 80)), (rows[0]["s"]["a b"], (100, 80))]:
        assert (cell["thumbnail"]["width"], cell["thumbnail"]["height"]) == size
        assert picture(requests.get(cell["thumbnail"]["src"], timeout=30).content).size == size


@pytest.mark.parametrize(
    ("box", "size"),
    [
        (b"[0 0 595 842] /Rotate 90", (800, 565)),
        (b"[0 0 8000 2]", (800, 1)),
        (b"[0 0 2000000000 2000000000]", (800, 800)),
        (b"[100 100 300 150]", (200, 50)),
        (b"[0 0 0 0]", (612, 792)),
    ],
    ids=["turned", "flat", "huge", "moved", "none"],
)
def test_a_picture_is_as_large_as_was_said_and_never_large(drawing: Thumbnails, box: bytes, size: object) -> None:
    page = document(pdf(box=box))
    assert drawing.measured(PLACE, page, 30.0) == size
    drawn = drawing.drawn(PLACE, page)
    assert drawn is not None
    assert picture(drawn).size == size


def test_what_cannot_be_drawn_has_none_and_costs_nothing_else(show: Show) -> None:
    nothing = [
        *(b"", b"no document", pdf()[:60], pdf()[:-150].replace(b"%PDF", b"%PXF"), locked(), pdf(kids=b"[]")),
        *(pdf(kids=b"[2 0 R]"), b"%PDF-1.4\n" + bytes(range(256)) * 40),
    ]
    client = show(of(*nothing, pdf()))
    answer = client.get("/rows")
    cells = [row["row"]["p"] for row in answer.json()["rows"]]
    assert [cell["size_bytes"] for cell in cells] == [*map(len, nothing), len(pdf())]
    assert ["thumbnail" in cell for cell in cells] == [False] * len(nothing) + [True]
    assert client.own("errors")["columns"] == []


def test_what_takes_too_long_is_given_up_and_known(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    long = pdf(b"0 0 m " + b"100 250 200 10 7 300 c " * 400_000 + b"1 0 0 RG 9 w S")
    client = show(of(long, pdf()))
    slow, quick = (row["row"]["p"]["thumbnail"] for row in client.get("/rows").json()["rows"])
    with monkeypatch.context() as patch:
        patch.setattr(thumbnails, "DRAWING_SECONDS", 0.2)
        answer = requests.get(slow["src"], timeout=30)
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (404, "ResponseNotFound")
    assert requests.get(quick["src"], timeout=30).status_code == 200
    again = client.get("/rows").json()["rows"]
    assert ["thumbnail" in row["row"]["p"] for row in again] == [False, True]


def test_a_form_that_holds_itself_costs_no_other(drawing: Thumbnails) -> None:
    uses = b"/Resources << /XObject << /F 5 0 R >> >>"
    form = b"<< /Type /XObject /Subtype /Form /BBox [0 0 200 300] %s /Length 200 >>\nstream\n%s\nendstream"
    endless = pdf(b"/F Do", more=uses).replace(
        b"xref", b"5 0 obj\n%s\nendobj\nxref" % (form % (uses, b"/F Do " * 33)), 1
    )
    assert drawing.measured(PLACE, document(endless), 30.0) == (200, 300)
    drawing.drawn(PLACE, document(endless))
    assert drawing.drawn((*PLACE, 1), document(pdf())) is not None


def test_what_unpacks_to_very_much_is_not_drawn(drawing: Thumbnails) -> None:
    packer = zlib.compressobj()
    begin = packer.compress(b"0 0 m ") + packer.flush(zlib.Z_FULL_FLUSH)
    megabyte = packer.compress(b"10 10 l " * 131_072) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = begin + 700 * megabyte + packer.flush()
    bomb = document(pdf(packed).replace(b"<< /Length", b"<< /Filter /FlateDecode /Length", 1))
    assert drawing.measured(PLACE, bomb, 30.0) == (200, 300)
    assert drawing.drawn(PLACE, bomb) is None


def test_a_crash_costs_one_thumbnail(drawing: Thumbnails, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A PDFium that a document takes down, in place of the real one.
    broken = (
        "import os\nclass PdfDocument:\n    def __init__(self, file): file.read(9) == b'%PDF-1.3\\n' and os.abort()\n"
    )
    working = "    def get_page_size(self, page): return 30, 40\n    new = classmethod(lambda cls: cls(open(os.devnull, 'rb')))\n"
    (tmp_path / "pypdfium2.py").write_text(broken + working + "    def close(self): pass\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    crashing = document(pdf().replace(b"PDF-1.4", b"PDF-1.3"))
    assert drawing.measured(PLACE, crashing, 30.0) is None
    assert drawing.known(PLACE) == (None,)
    assert drawing.measured((*PLACE, 1), document(pdf()), 30.0) == (30, 40)


def test_documents_of_another_dataset_are_looked_at_by_another_process(
    drawing: Thumbnails, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = "class PdfDocument:\n    seen = -1\n    def __init__(self, file): PdfDocument.seen += 1\n"
    more = "    def get_page_size(self, page): return self.seen, 40\n    new = classmethod(lambda cls: cls(None))\n"
    (tmp_path / "pypdfium2.py").write_text(stub + more + "    def close(self): pass\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    sizes = [drawing.measured((owner, "", "", ""), document(pdf()), 30.0) for owner in ("one", "one", "other", "one")]
    shared = [(1, 40), (2, 40), (3, 40), (4, 40)]
    assert sizes == ([(1, 40), (2, 40), (1, 40), (1, 40)] if sys.platform == "linux" else shared)


def test_an_answer_waits_for_thumbnails_no_longer_than_it_may(
    drawing: Thumbnails, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = drawing.sizes(("data",), seconds=0.3)
    waited = []

    def endless(place: object, document: object, seconds: float) -> None:
        waited.append(seconds)
        time.sleep(seconds)

    monkeypatch.setattr(drawing, "measured", endless)
    assert [sizes.of(row, "p", "", document(pdf())) for row in range(100)] == [None] * 100
    assert len(waited) == 1


def test_only_what_is_needed_of_a_document_is_read(drawing: Thumbnails) -> None:
    class Counted(io.BytesIO):
        count = 0

        def read(self, size: int | None = -1) -> bytes:
            Counted.count += size or 0
            return super().read(size)

    large = pdf() + b"\n%" + b" " * (8 << 20) + pdf()[9:].partition(b"xref")[2].join([b"\nxref", b""])
    assert drawing.measured(PLACE, Document(len(large), lambda: Counted(large)), 30.0) == (200, 300)
    assert Counted.count < 1 << 20


def test_a_document_opens_no_file_and_no_connection(
    drawing: Thumbnails, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        reached = listening.getsockname()
        tries = f"[lambda: open({str(Path(__file__))!r}), lambda: __import__('socket').create_connection({reached!r})]"
        (tmp_path / "pypdfium2.py").write_text(
            "import os, socket\nclass PdfDocument:\n    def __init__(self, file): self.file = file\n"
            "    def close(self): pass\n    new = classmethod(lambda cls: cls(None))\n"
            "    def get_page_size(self, page):\n        opened = 1\n"
            f"        for each in {tries}:\n            try:\n                each()\n                opened += 1\n"
            "            except OSError: pass\n        return opened, 10\n"
        )
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        assert drawing.measured(PLACE, document(pdf()), 30.0) == (1, 10)


def test_files_of_the_dataset_are_drawn_and_no_others(show: Show, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for place in (folder, tmp_path):
        (place / "a.pdf").write_bytes(pdf())
    cells = [
        {"bytes": None, "path": name} for name in ("a.pdf", "../a.pdf", str(tmp_path / "a.pdf"), "http://x.test/a.pdf")
    ]
    features = Features({"p": Pdf()})
    table = pa.table({"p": pa.array(cells, Pdf().storage)}, schema=features.arrow_schema)
    pq.write_table(table, folder / "a.parquet")
    rows = show(folder / "a.parquet").get("/rows").json()["rows"]
    assert [row["row"]["p"] is not None for row in rows] == [True, False, False, False]
    drawn = requests.get(rows[0]["row"]["p"]["thumbnail"]["src"], timeout=30)
    assert picture(drawn.content).size == (200, 300)


def test_without_pypdfium2_cells_have_no_thumbnail(show: Show, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    cell = show(of(pdf())).get("/rows").json()["rows"][0]["row"]["p"]
    assert cell.keys() == {"src", "size_bytes"}
    assert requests.get(cell["src"], timeout=10).content == pdf()
    page = exporting.export(open_source(of(pdf())), tmp_path / "page.html").read_text(encoding="utf-8")
    assert "data:application/pdf" in page


def test_a_pypdfium2_that_does_not_start_is_tried_once(
    drawing: Thumbnails, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pypdfium2.py").write_text("raise OSError('no such library')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert drawing.measured(PLACE, document(pdf()), 30.0) is None
    monkeypatch.setattr(thumbnails, "started", None)
    assert drawing.measured((*PLACE, 1), document(pdf()), 30.0) is None


def test_a_viewer_that_ends_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[Any] = []
    start = children_of.started

    def noted(*given: Any, **more: Any) -> Any:
        children.append(start(*given, **more))
        return children[-1]

    monkeypatch.setattr(thumbnails, "started", noted)
    made = Thumbnails()
    assert made.measured(PLACE, document(pdf()), 30.0) == (200, 300)
    assert made.drawn(PLACE, document(pdf())) is not None
    made.close()
    assert [child.returncode is not None for child in children] == [True, True]
    assert made.measured((*PLACE, 1), document(pdf()), 30.0) is None
    assert len(children) == 2


def test_an_exported_page_has_thumbnails_in_it(tmp_path: Path) -> None:
    page = exporting.export(open_source(of(pdf(), None)), tmp_path / "page.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="arrowsets-data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    first, second = json.loads(found[1])["samples"][0]["rows"]["rows"]
    kind, _, content = first["row"]["p"]["thumbnail"]["src"].partition(";base64,")
    assert (kind, picture(base64.b64decode(content)).size) == ("data:image/jpeg", (200, 300))
    assert second["row"]["p"] is None
