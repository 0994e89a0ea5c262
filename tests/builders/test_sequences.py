"""FASTA, FASTQ and GenBank files: what the reference reads is read alike; what it leaves out in silence is an error."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from arrowsets import BioSequence, Features, Json, List, Value, load_dataset
from arrowsets.errors import BadData, ColumnNotFound

GENBANK = """\
LOCUS       SCU49845                  50 bp    DNA     linear   PLN 21-JUN-1999
DEFINITION  Saccharomyces cerevisiae TCP1-beta gene, partial cds, and Axl2p
            (AXL2) and Rev7p (REV7) genes, complete cds.
ACCESSION   U49845 U49846
VERSION     U49845.1  GI:1293613
DBLINK      BioProject: PRJNA123
KEYWORDS    one; two.
SOURCE      Saccharomyces cerevisiae (baker's yeast)
  ORGANISM  Saccharomyces cerevisiae
            Eukaryota; Fungi; Ascomycota;
            Saccharomycetales.
REFERENCE   1  (bases 1 to 50)
  AUTHORS   Roemer,T., Madden,K.
FEATURES             Location/Qualifiers
     source          1..50
                     /organism="Saccharomyces cerevisiae"
                     /db_xref="taxon:4932"
                     /db_xref="GI:1"
     CDS             complement(join(1..20,
                     25..40))
                     /note="a ""b"" and
                     /more"
                     /codon_start=1
                     /pseudo
                     /translation="MKSAW
                     ILMV"
     misc_feature    <1..>50
     exon            order(1..3,5^6,J00194.1:100..202)
     gene            join(1..2,complement(5..7))
     gene            join(complement(8..9),complement(5..7))
     gene            467
ORIGIN      Chromosome
        1 gatcctccat atacaacggt atctccacct caggtttaga tctcaacaac
//

LOCUS       MINI          9 aa            linear   UNA 01-JAN-2000
ACCESSION   MINI
ORIGIN
        1 mkvlat aaa
//
LOCUS       A  44 bp ds-DNA     circular     SYN 01-JAN-2020
CONTIG      join(A:1..2,
            B:3..4)
//
LOCUS       B
"""
WHOLE = GENBANK + "//\n"
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "fasta": ("fasta", ">s1 desc one\nACGT\nAC GT\n\n>s2\nMK*\n>s3\n", {}),
    "fasta, line ends": ("fasta", ">s1\tdesc  one \r\nACGT\r\n>s2 x\r\nacgt-", {}),
    "fasta, comments": ("fasta", ";first\n>a\nAC\n;c>x\nGT\n>b é\nA\n", {}),
    "fasta, no names": ("fasta", "> \nAC\n>\nGT\n> a b\nAC\n", {}),
    "fasta, columns": ("fasta", ">a\nAC\n>b\nGT\n", {"columns": ["sequence", "id"]}),
    "fasta, one at a time": ("fasta", ">a\nAC\n>b\nGT\n", {"batch_size": 1, "max_batch_bytes": None}),
    "fastq": ("fastq", "@r1 d 1\nACGT\n+\nIIII\n@r2\nAC\n+r2\n!~\n", {}),
    "fastq on many lines": ("fastq", "@r1\nAC\nGT\n+\nII\n@I\n\n@r2\r\nA\r\n+\r\n@\r\n", {}),
    "fastq without a base": ("fastq", "@r1\n\n+\n\n@r2\nA\n+\nI", {"columns": ["quality", "record"]}),
    "genbank": ("genbank", WHOLE, {}),
    "genbank, columns": ("genbank", WHOLE, {"columns": ["accession", "length", "record"]}),
}


def written(tmp_path: Path, name: str, content: str | bytes, extension: str = "") -> str:
    path = tmp_path / f"a{extension or '.' + name}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def stored(dataset: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = dataset.with_format("arrow")[:].to_pylist()
    for row in rows:
        if "features" in row:
            row["features"] = json.loads(row["features"])
    return rows


@pytest.mark.parametrize("case", CASES)
def test_types_and_rows_are_those_of_the_reference(case: str, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    name, content, options = CASES[case]
    file = written(tmp_path, name, content)
    ours = load_dataset(name, data_files=file, split="train", **options)
    theirs = datasets.load_dataset(name, data_files=file, split="train", cache_dir=str(tmp_path / "theirs"), **options)
    assert ours.features.to_dict() == theirs.features.to_dict()
    assert stored(ours) == stored(theirs)
    streamed = load_dataset(name, data_files=file, split="train", streaming=True, **options)
    assert streamed.features == ours.features
    assert [len(row) for row in streamed.with_format("arrow")] == [1] * len(ours)


def test_records_are_objects_of_biopython(tmp_path: Path) -> None:
    pytest.importorskip("Bio")
    for name, content, sequence in (
        ("fasta", ">s1 d\nACGT\n", "ACGT"),
        ("fastq", "@s1 d\nACGT\n+\nIIII\n", "ACGT"),
        ("genbank", WHOLE, "GATCC"),
    ):
        record = load_dataset(name, data_files=written(tmp_path, name, content), split="train")[0]["record"]
        assert str(record.seq).startswith(sequence)


@pytest.mark.parametrize(
    ("extension", "content"),
    [
        *((extension, ">a\nAC\n") for extension in (".fa", ".fna", ".ffn", ".faa", ".frn", ".afa", ".fasta")),
        (".fq", "@a\nA\n+\nI\n"),
        (".fa.gz", gzip.compress(b">a\nAC\n", mtime=0)),
        (".gbk", WHOLE),
    ],
)
def test_files_are_known_by_their_extensions(extension: str, content: str | bytes, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    written(tmp_path / "data", "", content, extension)
    dataset = load_dataset(str(tmp_path / "data"), split="train")
    assert isinstance(dataset.features["record"], BioSequence)
    assert len(dataset) > 0


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("fasta", "garbage\n>a\nAC\n", r"line 1 stands before the first header"),
        ("fasta", ">a \xe9\nAC\n".encode("latin-1"), r"a.fasta, row 0: not UTF-8"),
        (
            "fastq",
            "@r1\nA\n+\nI\n@r2\nACGT\n+\nIII\n",
            "row 1: record 'r2' has 3 characters of quality for a sequence of 4",
        ),
        ("fastq", "@r1\nACGT\n", "record 'r1' ends before its line '\\+'"),
        ("fastq", ">a\nAC\n", "begins with '@', and not with b'>a"),
        ("genbank", GENBANK, "row 3: the file ends within a record"),
        ("genbank", "junk\n", "no line begins with LOCUS"),
    ],
)
def test_what_is_no_record_is_an_error(name: str, content: str | bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadData, match=message):
        load_dataset(name, data_files=written(tmp_path, name, content), split="train")


def test_the_rest_of_a_bad_file_is_left_out_where_the_user_wants_it(tmp_path: Path) -> None:
    file = written(tmp_path, "fastq", "@r1\nA\n+\nI\n@r2\nACGT\n")
    dataset = load_dataset("fastq", data_files=file, split="train", on_bad_files="skip", columns=["id"])
    assert dataset.to_list() == [{"id": "r1"}]


@pytest.mark.parametrize("name", ["fasta", "fastq", "genbank"])
def test_an_unknown_column_lists_those_that_are_there(name: str, tmp_path: Path) -> None:
    file = written(tmp_path, name, "")
    with pytest.raises(ColumnNotFound, match="no column 'seq'; the columns are .*'sequence'"):
        load_dataset(name, data_files=file, columns=["seq"])
    with pytest.raises(TypeError, match="a list of names"):
        load_dataset(name, data_files=file, columns="sequence")


def test_given_types_are_those_of_the_columns(tmp_path: Path) -> None:
    features = Features(
        {
            "record": BioSequence("fasta"),
            "id": Value("large_string"),
            "description": Value("string"),
            "sequence": Value("string"),
        }
    )
    file = written(tmp_path, "fasta", ">1 d\nAC\n")
    dataset = load_dataset("fasta", data_files=file, split="train", features=features)
    assert dataset.features == features
    assert dataset.with_format("arrow")[:].column("sequence").to_pylist() == ["AC"]
    chosen = load_dataset("fasta", data_files=file, split="train", columns=["id"])
    assert chosen.cast_column("id", Value("int64")).to_list() == [{"id": 1}]


def test_a_long_sequence_is_read_as_one(tmp_path: Path) -> None:
    lines = "\n".join(["ACGT" * 20] * 40_000)
    file = written(tmp_path, "fasta", f">long\n{lines}\n>short\nA\n")
    dataset = load_dataset("fasta", data_files=file, split="train", columns=["sequence"])
    assert [len(text) for text in dataset["sequence"]] == [3_200_000, 1]


def test_the_types_of_a_feature_table() -> None:
    from arrowsets.builders.genbank import GenbankBuilder

    assert GenbankBuilder.types["features"] == Json()
    assert GenbankBuilder.types["secondary_accessions"] == List(Value("string"))
    assert pa.types.is_large_string(GenbankBuilder.types["sequence"].storage)
