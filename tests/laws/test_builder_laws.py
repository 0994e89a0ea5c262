"""Laws of builders: shards pickle, reads repeat, a schema is obeyed, and no cut changes a row or a type."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest
from arrowsets.builders import arrow, parquet, ranges
from arrowsets.builders.arrow import ArrowBuilder
from arrowsets.builders.conll import ConllBuilder
from arrowsets.builders.csv import CsvBuilder
from arrowsets.builders.fasta import FastaBuilder
from arrowsets.builders.fastq import FastqBuilder
from arrowsets.builders.genbank import GenbankBuilder
from arrowsets.builders.json import JsonBuilder
from arrowsets.builders.parquet import ParquetBuilder
from arrowsets.builders.text import TextBuilder
from arrowsets.builders.webdataset import WebDatasetBuilder
from arrowsets.builders.xml import XmlBuilder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arrowsets.builder import Builder
from arrowsets.features import Features
from arrowsets.files import DataFile

TABLE = pa.table({"n": list(range(50)), "t": [f"row {i}" for i in range(50)]})
OBJECTS = [{"o": {"x": 1, "l": []}}] * 20 + [None, {"o": None}, {"o": {"x": 1.5, "l": [{"z": 1}], "y": "s"}}]
LINES = [{"n": i, "t": f"a\n{i}", "o": {"x": [i, None]}} for i in range(50)] + [{"n": 1.5, "d": "2024-01-01"}]


def _parquet() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(TABLE, sink, row_group_size=7)
    return sink.getvalue().to_pybytes()


def _arrow() -> bytes:
    sink = pa.BufferOutputStream()
    with ipc.new_file(sink, TABLE.schema) as writer:
        writer.write_table(TABLE, max_chunksize=7)
    return sink.getvalue().to_pybytes()


def _tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in [(f"{i}.{column}", b"7") for i in range(9) for column in ("cls", "json", "png", "txt")]:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


CASES: dict[str, tuple[type[Builder[Any]], dict[str, Any], str, bytes]] = {
    "csv": (CsvBuilder, {}, ".csv", b"n,t,z\n" + b"".join(b'%d,"a,\n""b",\n' % i for i in range(50)) + b"1.5,x,007\n"),
    "csv without a header": (CsvBuilder, {"header": None}, ".csv", b"1,x\n" * 40 + b"\n \ny,z\n"),
    "csv, quotes within": (CsvBuilder, {}, ".csv", b"a,b\n" + b'5" disk,1\n"x\ny",2\n' * 20),
    "csv, short rows": (CsvBuilder, {}, ".csv", b"a,b\r\n" + b"1\r\n2,x\r\n" * 20),
    "csv, index": (CsvBuilder, {}, ".csv", b"a,b\n" + b"r,1,2\n" * 20),
    "csv by pandas": (CsvBuilder, {"comment": "#", "chunksize": 3}, ".csv", b"a,b\n" + b"1,x\n" * 20 + b"y,z # c\n"),
    "csv in latin-1": (CsvBuilder, {"encoding": "latin-1"}, ".csv", b"a,b\n" + b"\xe9,1\n" * 20),
    "csv.gz": (CsvBuilder, {}, ".csv.gz", gzip.compress(b"n,t\n" + b'1,"x\n"\n' * 50 + b"y,2\n", mtime=0)),
    "jsonl": (JsonBuilder, {}, ".jsonl", "\n".join(map(json.dumps, LINES)).encode()),
    "jsonl of two kinds": (JsonBuilder, {}, ".jsonl", b'{"a":1,"d":"2024-01-01"}\n' * 30 + b'{"a":"x","d":"?"}\n'),
    "json": (JsonBuilder, {}, ".json", json.dumps(LINES).encode()),
    "json objects": (JsonBuilder, {}, ".json", json.dumps(OBJECTS).encode()),
    "json on many lines": (JsonBuilder, {}, ".json", json.dumps(LINES, indent=1).encode()),
    "json objects on many lines": (
        JsonBuilder,
        {},
        ".json",
        b"\n".join(json.dumps(x, indent=1).encode() for x in LINES),
    ),
    "json member": (JsonBuilder, {"field": "f"}, ".json", json.dumps({"a": [1] * 50, "f": LINES, "z": 1}).encode()),
    "json scalars": (JsonBuilder, {}, ".json", json.dumps(["]", '"', "\\", 'x"]'] * 20).encode()),
    "text": (TextBuilder, {}, ".txt", b"a\r\nb\n\n" * 20 + b"end"),
    "text paragraphs": (TextBuilder, {"sample_by": "paragraph"}, ".txt", b"a\nb\n\n\nc\r\n\r\n" * 20),
    "text document": (TextBuilder, {"sample_by": "document"}, ".txt", "é\r\n".encode() * 40),
    "parquet": (ParquetBuilder, {}, ".parquet", _parquet()),
    "arrow": (ArrowBuilder, {}, ".arrow", _arrow()),
    "conll": (ConllBuilder, {"column_names": ["w", "t"]}, ".conll", b"a X\nb Y\n\n" * 20),
    "fasta": (FastaBuilder, {"batch_size": 3}, ".fa", b";c\n" + b">a b\nAC\nGT\n\n>c\n" * 20),
    "fastq": (FastqBuilder, {"max_batch_bytes": 40}, ".fq", b"@a b\nAC\nG\n+\nIII\n" * 20),
    "genbank": (GenbankBuilder, {}, ".gb", b"LOCUS       A 4 bp DNA\nORIGIN\n        1 acgt\n//\n" * 20),
    "xml": (XmlBuilder, {}, ".xml", b"<a/>"),
    "webdataset": (WebDatasetBuilder, {}, ".tar", _tar()),
}
BYTES = (16, 61, 200)


@pytest.fixture(params=list(CASES.values()), ids=list(CASES))
def case(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Builder[Any], DataFile]:
    cls, options, extension, content = request.param
    path = tmp_path / f"data{extension}"
    path.write_bytes(content)
    return cls.from_keywords(options), DataFile(str(path))


@pytest.fixture(params=BYTES)
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "SHARD_BYTES", request.param)
    monkeypatch.setattr(ranges, "BLOCK_BYTES", request.param)
    monkeypatch.setattr(parquet, "SHARD_BYTES", request.param)
    monkeypatch.setattr(arrow, "SHARD_BYTES", request.param)


def tables(builder: Builder[Any], file: DataFile, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
    for shard in builder.shards([file]):
        yield from builder.read(shard, schema)


def whole(builder: Builder[Any], file: DataFile) -> tuple[Features, pa.Table]:
    """Read as a driver does: unify the types of the shards, then read with those."""
    features: Features | None = None
    for table in tables(builder, file):
        own = Features.from_arrow_schema(table.schema)
        features = own if features is None else builder.unify(features, own)
    assert features is not None
    schema = features.arrow_schema
    return features, pa.concat_tables(tables(builder, file, schema))


def test_shards_pickle(case: Any) -> None:
    builder, file = case
    shards = list(builder.shards([file]))
    assert pickle.loads(pickle.dumps(shards)) == shards
    assert list(builder.shards([file])) == shards


def test_reading_twice_gives_the_same(case: Any, small: Any) -> None:
    builder, file = case
    for shard in builder.shards([file]):
        assert list(builder.read(shard)) == list(builder.read(shard))


def test_the_tables_of_a_shard_have_one_schema(case: Any, small: Any) -> None:
    builder, file = case
    for shard in builder.shards([file]):
        assert len({str(table.schema) for table in builder.read(shard)}) <= 1


def test_a_schema_is_obeyed(case: Any) -> None:
    builder, file = case
    first = next(iter(tables(builder, file))).schema
    schema = pa.schema([pa.field("more", pa.float32()), *reversed(list(first))])
    for table in tables(builder, file, schema):
        assert table.schema.equals(schema)
        assert table.column("more").null_count == table.num_rows


def test_cutting_changes_nothing(case: Any, tmp_path: Any) -> None:
    builder, file = case
    expected = whole(builder, file)
    with pytest.MonkeyPatch.context() as patch:
        for size in BYTES:
            for module, name in ((ranges, "SHARD_BYTES"), (ranges, "BLOCK_BYTES"), (parquet, "SHARD_BYTES")):
                patch.setattr(module, name, size)
            patch.setattr(arrow, "SHARD_BYTES", size)
            features, table = whole(builder, file)
            assert features == expected[0]
            assert table.to_pylist() == expected[1].to_pylist()


def test_small_cuts_are_cuts(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(ranges, "SHARD_BYTES", 32)
    for name in ("csv", "jsonl", "text", "text paragraphs"):
        cls, options, extension, content = CASES[name]
        (tmp_path / f"x{extension}").write_bytes(content)
        assert len(cls.from_keywords(options).shards([DataFile(str(tmp_path / f"x{extension}"))])) > 2, name


HEAVY = ("pandas", "polars", "torch", "PIL", "fsspec", "requests", "huggingface_hub", "pyarrow.parquet", "pyarrow.csv",
         "pyarrow.json", "pyarrow.dataset")  # fmt: skip


@pytest.mark.parametrize("module", ["csv", "json", "text", "parquet", "arrow", "imagefolder", "audiofolder", "webdataset",
                                    "conll", "xml", "hdf5", "lance", "pandas", "meshfolder", "fasta", "fastq",
                                    "genbank", "pdb"])  # fmt: skip
def test_importing_a_builder_is_light(module: Any) -> None:
    code = f"import arrowsets.builders.{module}, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
ROWS = st.lists(st.tuples(TEXT, st.none() | st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | TEXT
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
QUICK = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@QUICK
@given(rows=ROWS, size=st.integers(8, 64))
def test_csv_comes_back_however_it_is_cut(rows: Any, size: Any, tmp_path: Any) -> None:
    content = "t,n,k\n" + "".join(f"{quoted(t)},{'' if n is None else n},k\n" for t, n in rows)
    (tmp_path / "x.csv").write_bytes(content.encode())
    file = DataFile(str(tmp_path / "x.csv"))
    builder = CsvBuilder.from_keywords({"keep_default_na": False, "na_values": [""]})
    types: dict[str, Any] = {"t": pa.string(), "n": pa.int64()}
    schema = pa.schema(types)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranges, "SHARD_BYTES", size)
        got = [(row["t"], row["n"]) for table in tables(builder, file, schema) for row in table.to_pylist()]
    assert got == [(t or None, n) for t, n in rows]


@QUICK
@given(values=st.lists(VALUES, min_size=1, max_size=8), indent=st.none() | st.integers(0, 2), size=st.integers(8, 64))
def test_json_comes_back_however_it_is_cut(values: Any, indent: Any, size: Any, tmp_path: Any) -> None:
    rows = [{"v": value, "k": i} for i, value in enumerate(values)]
    (tmp_path / "x.json").write_text(json.dumps(rows, indent=indent, ensure_ascii=False), encoding="utf-8", newline="")
    file = DataFile(str(tmp_path / "x.json"))
    types: dict[str, Any] = {"k": pa.int64(), "v": pa.json_(pa.string())}
    schema = pa.schema(types)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranges, "BLOCK_BYTES", size)
        got = [row for table in tables(JsonBuilder(), file, schema) for row in table.to_pylist()]
    assert [row["k"] for row in got] == list(range(len(values)))
    assert [None if row["v"] is None else json.loads(row["v"]) for row in got] == values
