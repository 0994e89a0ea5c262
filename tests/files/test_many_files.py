"""What is asked of many files at once is what each of them says."""

from __future__ import annotations

import errno
import os
import pickle
from contextlib import nullcontext
from pathlib import Path

import pytest

from arrowsets.errors import DataFilesNotFound
from arrowsets.files import DataFile, Files
from arrowsets.files.find import find
from arrowsets.files.listing import LocalTree

URLS = {
    "plain paths": ["/data/a.csv", "/data/b.CSV", "/data/sub/c.d/e.txt", "/data/ü.jsonl"],
    "no ending": ["/data/a", "/data.csv/b", "/data/c."],
    "hidden": ["/data/.csv", "/data/..csv", "/data/a.csv"],
    "codecs": ["/data/a.csv.gz", "/data/b.TGZ", "/data/c.gz", "/data/.gz", "/data/d.csv"],
    "odd paths": ["/data//a.csv", "/data/./b.txt", "/data/c.csv/", "/data/d.csv/."],
    "relative": ["a.csv", "data/b.txt", "c"],
    "urls": ["https://host/a.csv?x=1", "zip://m.json::/data/a.zip", "file:///data/a%20b.txt", "/data/a::b.png"],
    "a line feed": ["/data/a\n/b.csv", "/data/c.txt\n"],
    "none": [],
}


@pytest.mark.parametrize("urls", URLS.values(), ids=URLS)
def test_extensions_and_directories_are_those_of_each(urls: list[str]) -> None:
    files = Files(map(DataFile, urls))
    assert files.extensions == {file.extension for file in files}
    assert files.directories() == [file.path.rpartition("/")[0] for file in files]


@pytest.mark.skipif(os.name == "nt", reason="a path there is no URL")
def test_paths_of_this_machine_are_told_from_all_else() -> None:
    assert Files([DataFile("/data/a.csv"), DataFile("/b/c")]).are_paths
    for url in [*URLS["odd paths"], *URLS["relative"], *URLS["urls"]]:
        assert not Files([DataFile("/data/a.csv"), DataFile(url)]).are_paths
    assert not Files([DataFile("/data/a.csv", local="/cache/x")]).are_paths


def test_files_are_a_tuple_that_pickles() -> None:
    files = Files([DataFile("/data/a.csv", 3, "e")])
    assert files.extensions == {".csv"}
    again = pickle.loads(pickle.dumps(files))
    assert again == files == (DataFile("/data/a.csv", 3, "e"),)
    assert again.extensions == {".csv"}


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="needs links")
def test_links_are_followed_and_what_they_lead_to_identifies_the_file(tmp_path: Path) -> None:
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    (data / "sub").mkdir(parents=True)
    elsewhere.mkdir()
    (elsewhere / "x.csv").write_text("a\n1\n")
    (data / "file.csv").symlink_to(elsewhere / "x.csv")
    (data / "folder").symlink_to(elsewhere)
    (data / "sub" / "loop").symlink_to(data)
    (data / "broken.csv").symlink_to(tmp_path / "nothing")
    (files,) = find(data_dir=data).values()
    assert [Path(file.url).relative_to(data).as_posix() for file in files] == ["file.csv", "folder/x.csv"]
    stat = (elsewhere / "x.csv").stat()
    assert {(file.size, str(stat.st_mtime_ns) in file.etag) for file in files} == {(4, True)}


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="needs links")
@pytest.mark.parametrize("data_files", [None, "*.csv", "**/*.csv", "**"])
def test_a_link_to_itself_is_passed_over_as_one_to_nothing(tmp_path: Path, data_files: str | None) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    (tmp_path / "itself.csv").symlink_to("itself.csv")
    (files,) = find(data_files, base=tmp_path).values()
    assert [file.name for file in files] == ["a.csv"]
    with pytest.raises(DataFilesNotFound, match=r"itself.csv' does not exist"):
        find("itself.csv", base=tmp_path)


def test_what_cannot_be_looked_at_is_named_with_its_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused:
        name = "locked"

        def is_file(self) -> bool:
            raise PermissionError(errno.EACCES, "Permission denied", self.name)

    monkeypatch.setattr(os, "scandir", lambda _: nullcontext([Refused()]))
    with pytest.raises(PermissionError) as caught:
        LocalTree().scan(str(tmp_path))
    assert caught.value.filename == str(tmp_path / "locked")


def test_an_empty_name_is_not_the_whole_directory(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    with pytest.raises(ValueError, match="data_files='' names nothing"):
        find("", base=tmp_path)
