"""7z and rar: read like zip and tar, never by a name that is a path, never without a bound."""

from __future__ import annotations

import os
import struct
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import py7zr
import pytest

from arrowsets import load_dataset
from arrowsets.errors import BadData, MissingDependency
from arrowsets.files import DataFile, expand
from arrowsets.files.archive import Limits

FILES = {"a.csv": b"x\n1\n2\n", "in/b.csv": b"x\n3\n", "__MACOSX/c.csv": b"x\n9\n"}


def seven(path: Path, files: Mapping[str, bytes], **options: Any) -> Path:
    with py7zr.SevenZipFile(path, "w", **options) as archive:
        for name, content in files.items():
            archive.writestr(content, name)
    return path


def rar(path: Path, files: Mapping[str, bytes], method: int = 0x30, flags: int = 0) -> Path:
    """Write an archive whose members are stored as they are, which takes no program to read."""

    def block(kind: int, flags: int, rest: bytes) -> bytes:
        head = struct.pack("<BHH", kind, flags, 7 + len(rest)) + rest
        return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head

    out = b"Rar!\x1a\x07\x00" + block(0x73, flags, bytes(6))
    for name, content in files.items():
        sizes = struct.pack("<LLBL", len(content), len(content), 3, zlib.crc32(content))
        rest = sizes + struct.pack("<LBBHL", 0, 20, method, len(name.encode()), 0o100644) + name.encode()
        out += block(0x74, 0x8000, rest) + content
    path.write_bytes(out + block(0x7B, 0x4000, b""))
    return path


WRITE: dict[str, Any] = {"7z": seven, "rar": rar}


@pytest.fixture(params=WRITE)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def file_of(path: Path) -> DataFile:
    return DataFile(str(path), path.stat().st_size, "1")


@pytest.mark.parametrize("streaming", [False, True])
def test_rows_of_all_members_are_read(kind: str, streaming: bool, tmp_path: Path) -> None:
    path = WRITE[kind](tmp_path / f"a.{kind}", FILES)
    data = load_dataset("csv", data_files=str(path), split="train", streaming=streaming)
    assert list(data) == [{"x": 1}, {"x": 2}, {"x": 3}]
    (tmp_path / "alone").mkdir()
    path.rename(tmp_path / "alone" / path.name)
    assert load_dataset(str(tmp_path / "alone"), split="train")["x"][:] == [1, 2, 3]


def test_in_a_directory_other_files_come_first(kind: str, tmp_path: Path) -> None:
    WRITE[kind](tmp_path / f"backup.{kind}", FILES)
    (tmp_path / "a.csv").write_text("x\n5\n")
    assert load_dataset(str(tmp_path), split="train")["x"][:] == [5]


def test_an_archive_that_was_replaced_is_read_again(kind: str, tmp_path: Path) -> None:
    path = WRITE[kind](tmp_path / f"a.{kind}", {"a.csv": b"x\n1\n"})
    assert load_dataset("csv", data_files=str(path), split="train")["x"][:] == [1]
    WRITE[kind](path, {"a.csv": b"x\n1234\n"})
    os.utime(path, (2e9, 2e9))
    assert load_dataset("csv", data_files=str(path), split="train")["x"][:] == [1234]


def test_members_are_files_with_contents(kind: str, tmp_path: Path) -> None:
    files = {"é/ö.csv": b"x\n1\n", "empty.csv": b"", "big.csv": b"12345\n" * 50_000}
    members = expand([file_of(WRITE[kind](tmp_path / f"a.{kind}", files))], tmp_path / "cache")
    read = {}
    for member in members:
        with member.open() as stream:
            read[member.path] = stream.read()
    assert read == files
    assert [member.size for member in members] == [len(read[member.path]) for member in members]


@pytest.mark.parametrize("name", ["../out.csv", "in/../../out.csv"])
def test_a_name_that_leaves_the_root_is_refused(kind: str, name: str, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    path = WRITE["rar"](inner / f"a.{kind}", {name: b"x\n1\n"}) if kind == "rar" else named(inner / "a.7z", name)
    with pytest.raises(BadData):
        expand([file_of(path)], inner / "cache")
    assert not list(tmp_path.glob("*.csv"))
    assert [each.name for each in (inner / "cache").iterdir()] == []


def named(path: Path, name: str) -> Path:
    """Write a 7z archive with a name that its package would not write."""
    stand_in = "z" * len(name)
    with py7zr.SevenZipFile(path, "w") as archive:
        archive.set_encoded_header_mode(False)
        archive.writestr(b"x\n1\n", stand_in)
    content = bytearray(path.read_bytes())
    at = content.index(stand_in.encode("utf-16le"))
    content[at : at + 2 * len(name)] = name.encode("utf-16le")
    start, size = struct.unpack("<QQ", content[12:28])
    content[28:32] = struct.pack("<L", zlib.crc32(content[32 + start : 32 + start + size]))
    content[8:12] = struct.pack("<L", zlib.crc32(content[12:32]))
    path.write_bytes(content)
    return path


def test_what_unpacks_to_too_much_is_refused(kind: str, tmp_path: Path) -> None:
    path = WRITE[kind](tmp_path / f"a.{kind}", {"a.csv": b"x" * 100_000})
    with pytest.raises(BadData, match="it may be a bomb"):
        expand([file_of(path)], tmp_path / "cache", limits=Limits(ratio=0.5, floor=1000))


def test_what_is_none_is_an_error_that_names_it(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    path.write_bytes(b"no archive at all, but text")
    with pytest.raises(BadData, match=rf"a\.{kind}.*not a readable {kind} archive"):
        load_dataset("csv", data_files=str(path))
    whole = WRITE[kind](path, {"a.csv": b"x\n" + b"12345\n" * 1000}).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadData, match=f"not a readable {kind} archive"):
        load_dataset("csv", data_files=str(path))


def test_a_password_is_asked_for_in_vain(tmp_path: Path) -> None:
    path = seven(tmp_path / "a.7z", FILES, password="secret", header_encryption=True)
    with pytest.raises(BadData, match="not a readable 7z archive"):
        load_dataset("csv", data_files=str(path))


def test_an_encrypted_list_of_members_is_not_an_empty_one(tmp_path: Path) -> None:
    path = rar(tmp_path / "a.rar", FILES, flags=0x80)
    with pytest.raises(BadData, match="the rar archive is encrypted"):
        load_dataset("csv", data_files=str(path))


def test_what_only_a_program_unpacks_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = rar(tmp_path / "a.rar", {"a.csv": b"x\n1\n"}, method=0x33)
    rarfile = pytest.importorskip("rarfile")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(rarfile, "CURRENT_SETUP", None)
    with pytest.raises(MissingDependency, match="needs the program unrar"):
        load_dataset("csv", data_files=str(path))


def test_what_is_not_installed_is_named(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = WRITE[kind](tmp_path / f"a.{kind}", FILES)
    monkeypatch.setitem(sys.modules, {"7z": "py7zr", "rar": "rarfile"}[kind], None)
    with pytest.raises(MissingDependency, match=r"pip install 'arrowsets\[archives\]'"):
        load_dataset("csv", data_files=str(path))
