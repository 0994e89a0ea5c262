"""What a data file says of itself, and its bytes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
from pathlib import Path

import lz4.frame
import pyarrow as pa
import pytest
import zstandard

from arrowsets.errors import BadData, DataFilesNotFound
from arrowsets.files import DataFile

TEXT = "a,b\n1,é\n".encode() * 1000

ENCODERS = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    ".zst": zstandard.compress,
    ".lz4": lz4.frame.compress,
}


def write(path: Path, content: bytes) -> DataFile:
    path.write_bytes(content)
    return DataFile(str(path))


@pytest.mark.parametrize(
    ("url", "name", "extension", "compression"),
    [
        ("/x/a.csv", "a.csv", ".csv", None),
        ("/x/a.CSV.GZ", "a.CSV.GZ", ".csv", "gzip"),
        ("/x/a.tgz", "a.tgz", ".tar", "gzip"),
        ("/x/a.tar.zst", "a.tar.zst", ".tar", "zstd"),
        ("/x.d/noext", "noext", "", None),
        ("/x/.gz", ".gz", "", None),
        ("https://h/p/a%20b.csv?download=true#x", "a b.csv", ".csv", None),
        ("s3://bucket/p/a.jsonl.zst", "a.jsonl.zst", ".jsonl", "zstd"),
        ("zip://d/a.csv::/x/y.zip", "a.csv", ".csv", None),
        ("zip://d/a.csv.gz::https://h/y.zip?x=1", "a.csv.gz", ".csv", "gzip"),
        ("memory://a/b.parquet", "b.parquet", ".parquet", None),
    ],
)
def test_names_come_from_the_url(url: str, name: str, extension: str, compression: str | None) -> None:
    file = DataFile(url)
    assert (file.name, file.extension, file.compression) == (name, extension, compression)


def test_a_members_path_is_its_path_in_the_archive() -> None:
    assert DataFile("zip://train/cat/1.jpg::/x/y.zip").path == "train/cat/1.jpg"


def test_storage_options_are_no_part_of_identity() -> None:
    plain, secret = DataFile("s3://b/x", 1, "e"), DataFile("s3://b/x", 1, "e", {"key": "secret"})
    assert plain == secret
    assert hash(plain) == hash(secret)
    assert "secret" not in repr(secret)
    assert pickle.loads(pickle.dumps(secret)).storage_options == {"key": "secret"}


@pytest.mark.parametrize("extension", ENCODERS)
def test_open_decompresses(tmp_path: Path, extension: str) -> None:
    file = write(tmp_path / f"a.csv{extension}", ENCODERS[extension](TEXT))
    with file.open() as stream:
        assert stream.readline() == b"a,b\n"
        assert stream.read() == TEXT[4:]


@pytest.mark.parametrize("extension", [".gz", ".bz2", ".xz", ".zst", ".lz4"])
def test_a_compressed_file_is_known_by_its_bytes(tmp_path: Path, extension: str) -> None:
    file = write(tmp_path / "a.csv", ENCODERS[extension](TEXT))
    with file.open() as stream:
        assert stream.read() == TEXT
    assert file.local_path() is None


@pytest.mark.parametrize("extension", [".gz", ".bz2", ".xz", ".zst", ".lz4"])
def test_streams_one_after_the_other_are_one_content(tmp_path: Path, extension: str) -> None:
    encode = ENCODERS[extension]
    file = write(tmp_path / f"a{extension}", encode(TEXT) + encode(TEXT))
    with file.open() as stream:
        assert stream.read() == TEXT * 2


@pytest.mark.parametrize("extension", ENCODERS)
def test_a_stream_that_is_cut_off_names_its_file(tmp_path: Path, extension: str) -> None:
    file = write(tmp_path / f"a.csv{extension}", ENCODERS[extension](TEXT)[:-6])
    with file.open() as stream, pytest.raises(BadData, match="broken or cut off") as caught:
        stream.read()
    assert caught.value.file == file.url


def test_a_flipped_byte_is_found(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(TEXT))
    content[-6] ^= 1
    with (
        write(tmp_path / "a.gz", bytes(content)).open() as stream,
        pytest.raises(BadData, match="gzip stream"),
    ):
        stream.read()


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n"])
def test_a_name_that_promises_compression_is_held_to_it(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadData, match="named as gzip but"):
        write(tmp_path / "a.csv.gz", content).open()


def test_an_empty_compressed_stream_is_empty(tmp_path: Path) -> None:
    with write(tmp_path / "a.bz2", bz2.compress(b"")).open() as stream:
        assert stream.read() == b""


def test_open_raw_leaves_compression_alone(tmp_path: Path) -> None:
    with write(tmp_path / "a.gz", gzip.compress(TEXT)).open_raw() as stream:
        assert gzip.decompress(stream.read()) == TEXT


def test_a_plain_file_is_its_own_local_path(tmp_path: Path) -> None:
    assert write(tmp_path / "a.csv", TEXT).local_path() == tmp_path / "a.csv"
    assert write(tmp_path / "a.csv.gz", gzip.compress(TEXT)).local_path() is None
    assert DataFile((tmp_path / "a.csv").as_uri()).local_path() == tmp_path / "a.csv"


def test_streams_are_buffered_and_fit_for_arrow_and_text(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv.gz", gzip.compress(TEXT))
    with file.open() as stream:
        assert io.TextIOWrapper(stream, "utf-8").readline() == "a,b\n"
    with file.open() as stream:
        assert pa.PythonFile(stream).read(3) == b"a,b"


def test_a_file_that_went_away_is_named() -> None:
    with pytest.raises(DataFilesNotFound, match=r"/nowhere/a\.csv"):
        DataFile("/nowhere/a.csv").open()
