"""Archives as directories of data files."""

from __future__ import annotations

import io
import pickle
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from arrowsets.errors import BadData, DataFilesNotFound
from arrowsets.files import DataFile, Limits, expand
from arrowsets.files.find import find

CONTENT = {
    "train/a.csv": b"1",
    "train/b.csv": b"22",
    "test/c.csv": b"333",
    "x.txt": b"",
    ".h.csv": b"h",
    "README.md": b"r",
}


def make_zip(path: Path, content: Mapping[str, bytes] = CONTENT, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def make_tar(path: Path, content: Mapping[str, bytes] = CONTENT, mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def add_link(path: Path, name: str, target: str, kind: bytes) -> None:
    with tarfile.open(path, "a") as archive:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, target
        archive.addfile(info)


def read(file: DataFile) -> bytes:
    with file.open() as stream:
        return stream.read()


MAKERS = [
    ("x.zip", make_zip),
    ("x.tar", make_tar),
    ("x.tar.gz", lambda path: make_tar(path, mode="w:gz")),
    ("x.tgz", lambda path: make_tar(path, mode="w:gz")),
    ("x.tar.bz2", lambda path: make_tar(path, mode="w:bz2")),
    ("x.tar.xz", lambda path: make_tar(path, mode="w:xz")),
]


@pytest.mark.parametrize(("name", "make"), MAKERS, ids=lambda value: value if isinstance(value, str) else "")
def test_an_archive_expands_to_its_visible_members(tmp_path: Path, name: str, make: object) -> None:
    path = make(tmp_path / name)  # type: ignore[operator]
    files = expand(find(str(path))["train"], tmp_path / "cache")
    assert [file.path for file in files] == ["test/c.csv", "train/a.csv", "train/b.csv", "x.txt"]
    assert [read(pickle.loads(pickle.dumps(file))) for file in files] == [b"333", b"1", b"22", b""]
    assert [file.size for file in files] == [3, 1, 2, 0]
    assert files[0].local_path() is None


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_all_methods_of_zip_are_read(tmp_path: Path, method: int) -> None:
    path = make_zip(tmp_path / "x.zip", {"a.txt": b"abc" * 1000}, method)
    (file,) = expand([DataFile(str(path))])
    assert read(file) == b"abc" * 1000


def test_members_can_be_sought_in(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "x.tar", {"a": b"0123456789"})
    (file,) = expand([DataFile(str(path))])
    with file.open_raw() as stream:
        assert stream.seek(-3, io.SEEK_END) == 7
        assert stream.read() == b"789"
        assert stream.seek(2) == 2
        assert stream.read(2) == b"23"


def test_a_compressed_tar_is_unpacked_once(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "x.tar.gz", mode="w:gz")
    cache = tmp_path / "cache"
    first = expand(find(str(path))["train"], cache)
    (unpacked,) = cache.iterdir()
    stamp = unpacked.stat().st_mtime_ns
    assert expand(find(str(path))["train"], cache) == first
    assert [entry.stat().st_mtime_ns for entry in cache.iterdir()] == [stamp]


def test_a_replaced_archive_has_members_with_other_etags(tmp_path: Path) -> None:
    def members() -> list[DataFile]:
        return expand(find(str(tmp_path / "x.zip"))["train"])

    make_zip(tmp_path / "x.zip", {"a": b"1"})
    (before,) = members()
    make_zip(tmp_path / "x.zip", {"a": b"2"})
    (after,) = members()
    assert before.etag != after.etag
    assert read(after) == b"2"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("zip://*.csv::x.zip", []),
        ("zip://*/*.csv::x.zip", ["test/c.csv", "train/a.csv", "train/b.csv"]),
        ("zip://train/**::x.zip", ["train/a.csv", "train/b.csv"]),
        ("zip://train/a.csv::*.zip", ["train/a.csv", "train/a.csv"]),
        ("tar://train/*::x.tar.gz", ["train/a.csv", "train/b.csv"]),
        ("zip://.h.csv::x.zip", [".h.csv"]),
    ],
)
def test_patterns_reach_into_archives(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    make_zip(tmp_path / "x.zip")
    make_zip(tmp_path / "y.zip")
    make_tar(tmp_path / "x.tar.gz", mode="w:gz")
    if not expected:
        with pytest.raises(DataFilesNotFound, match="no file matches"):
            find(pattern, base=tmp_path, cache_dir=tmp_path / "cache")
        return
    files = find(pattern, base=tmp_path, cache_dir=tmp_path / "cache")["train"]
    assert [file.path for file in files] == expected
    assert all(read(file) == CONTENT[file.path] for file in files)


def test_a_missing_member_is_told_with_those_there(tmp_path: Path) -> None:
    make_zip(tmp_path / "x.zip")
    with pytest.raises(DataFilesNotFound, match=r"no member 'no\.csv'; there are 'README\.md', 'test/c\.csv'"):
        find("zip://no.csv::x.zip", base=tmp_path)


@pytest.mark.parametrize(
    "name", ["../a.csv", "/etc/a.csv", "x/../../a.csv", "C:/a.csv", "\\\\host\\a.csv", "..\\a.csv"]
)
@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_a_name_outside_the_archive_is_refused(tmp_path: Path, make: object, name: str) -> None:
    suffix = "zip" if make is make_zip else "tar"
    path = make(tmp_path / f"x.{suffix}", {name: b"1"})  # type: ignore[operator]
    with pytest.raises(BadData, match="outside its own root"):
        expand([DataFile(str(path))])


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
@pytest.mark.parametrize("target", ["../secret", "/etc/passwd"])
def test_a_link_out_of_the_archive_is_refused(tmp_path: Path, kind: bytes, target: str) -> None:
    path = make_tar(tmp_path / "x.tar", {"a.csv": b"1"})
    add_link(path, "b.csv", target, kind)
    with pytest.raises(BadData, match="outside the archive"):
        expand([DataFile(str(path))])


def test_a_link_within_the_archive_is_its_target(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "x.tar", {"d/a.csv": b"1"})
    add_link(path, "d/b.csv", "a.csv", tarfile.SYMTYPE)
    add_link(path, "c.csv", "d/a.csv", tarfile.LNKTYPE)
    assert {file.path: read(file) for file in expand([DataFile(str(path))])} == {
        "c.csv": b"1", "d/a.csv": b"1", "d/b.csv": b"1",
    }  # fmt: skip


def test_a_zip_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"a": bytes(100_000)})
    with pytest.raises(BadData, match="unpacks to 100,000 bytes, more than the 50,000 allowed: it may be a bomb"):
        expand([DataFile(str(path))], limits=Limits(ratio=1, floor=50_000))
    assert len(expand([DataFile(str(path))], limits=Limits(ratio=1000, floor=0))) == 1


def test_a_compressed_tar_that_unpacks_to_too_much_leaves_nothing(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "x.tar.gz", {"a": bytes(3_000_000)}, "w:gz")
    with pytest.raises(BadData, match="unpacks to more than 1,000,000 bytes"):
        expand(find(str(path))["train"], tmp_path / "cache", limits=Limits(ratio=1, floor=1_000_000))
    assert list((tmp_path / "cache").iterdir()) == []


def test_archives_in_archives_are_expanded_up_to_a_depth(tmp_path: Path) -> None:
    inner = make_zip(tmp_path / "inner.zip", {"a.csv": b"1"}).read_bytes()
    middle = make_tar(tmp_path / "middle.tar", {"inner.zip": inner}).read_bytes()
    outer = make_zip(tmp_path / "outer.zip", {"middle.tar": middle})
    (file,) = expand(find(str(outer))["train"], tmp_path / "cache")
    assert file.path == "a.csv"
    assert read(file) == b"1"
    with pytest.raises(BadData, match="more than 2 deep"):
        expand(find(str(outer))["train"], tmp_path / "cache", limits=Limits(depth=2))


def test_compressed_members_are_decompressed(tmp_path: Path) -> None:
    import gzip

    path = make_tar(tmp_path / "x.tar", {"a.csv.gz": gzip.compress(b"abc")})
    (file,) = expand([DataFile(str(path))])
    assert (file.extension, read(file)) == (".csv", b"abc")


def test_some_archives_can_stay_whole(tmp_path: Path) -> None:
    tar, packed = (
        DataFile(str(make_tar(tmp_path / "x.tar"))),
        DataFile(str(make_zip(tmp_path / "y.zip", {"a": b"1"}))),
    )
    kept = expand([tar, packed], keep=lambda file: file.extension == ".tar")
    assert [file.name for file in kept] == ["x.tar", "a"]


@pytest.mark.parametrize("name", ["x.zip", "x.tar"])
def test_what_is_no_archive_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no archive at all" * 100)
    with pytest.raises(BadData, match="not a readable"):
        expand([DataFile(str(tmp_path / name))])


def test_an_encrypted_member_is_told(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"a.csv": b"1"})
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    (file,) = expand([DataFile(str(path))])
    with pytest.raises(BadData, match="encrypted"):
        file.open()


def test_a_damaged_member_names_itself(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"a.csv": b"abcdef" * 100}, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"abcdefabc", b"abcdefabX", 1))
    (file,) = expand([DataFile(str(path))])
    with pytest.raises(BadData, match="zip member") as caught:
        read(file)
    assert caught.value.file == file.url


def test_a_tar_that_is_cut_off_is_told(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "x.tar", {"a": bytes(5000), "b": bytes(5000)})
    path.write_bytes(path.read_bytes()[:8000])
    with pytest.raises(BadData, match="not a readable tar archive"):
        expand([DataFile(str(path))])
