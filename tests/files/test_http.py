"""Files on web servers: found, read, downloaded, through faults."""

from __future__ import annotations

import gzip
import threading
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from arrowsets.errors import BadData, DataFilesNotFound, OfflineError, RemoteError
from arrowsets.files import DataFile, expand, remote
from arrowsets.files.download import download
from arrowsets.files.find import find

CONTENT = bytes(range(256)) * 20_000


def one(server: Any, path: str = "/d/x.bin") -> DataFile:
    server.files.setdefault(path, CONTENT)
    (file,) = find(server.url + path)["train"]
    return file


def read(file: DataFile) -> bytes:
    with file.open() as stream:
        return stream.read()


def test_a_url_is_found_with_size_and_etag(server: Any) -> None:
    file = one(server)
    assert file.size == len(CONTENT)
    assert file.etag == f'"{hash(CONTENT)}"'
    assert [method for method, *_ in server.asked] == ["HEAD"]


def test_query_and_brackets_in_a_url_are_no_pattern(server: Any) -> None:
    server.files["/x[1]*.csv"] = b"a"
    (file,) = find(f"{server.url}/x[1]*.csv?v={{a,b}}")["train"]
    assert file.name == "x[1]*.csv"


def test_many_urls_keep_their_order(server: Any) -> None:
    server.files.update({f"/{i}.csv": b"a" * i for i in range(30)})
    files = find([f"{server.url}/{i}.csv" for i in range(30)])["train"]
    assert [file.size for file in files] == list(range(30))


def test_a_file_is_read_as_it_comes(server: Any) -> None:
    file = one(server)
    assert read(file) == CONTENT
    assert server.headers[-1]["Accept-Encoding"] == "identity"


def test_compressed_content_is_decompressed(server: Any) -> None:
    server.files["/x.csv.gz"] = gzip.compress(CONTENT)
    assert read(one(server, "/x.csv.gz")) == CONTENT


def test_a_dropped_connection_goes_on_where_it_broke(server: Any) -> None:
    file = one(server)
    server.faults = ["drop", "drop"]
    assert read(file) == CONTENT
    asked = [ranges for method, _, ranges in server.asked if method == "GET"]
    assert asked[0] is None
    assert asked[1] == f"bytes={len(CONTENT) // 2}-"
    assert len(asked) == 3


def test_a_dropped_connection_is_survived_without_ranges(server: Any) -> None:
    file = one(server)
    server.ranges = False
    server.faults = ["drop"]
    assert read(file) == CONTENT


def test_a_connection_that_always_drops_is_told(server: Any) -> None:
    file = one(server)
    server.faults = ["drop"] * 100
    server.ranges = False
    with file.open() as stream, pytest.raises(BadData, match="the download broke off at byte"):
        stream.read()


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_passing_failure_is_repeated(server: Any, status: int) -> None:
    file = one(server)
    server.faults = [status, status]
    assert read(file) == CONTENT


def test_repeated_requests_wait_longer_each_time(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file, waits = one(server), list[float]()
    monkeypatch.setattr(remote, "retry", remote.Retry(attempts=4, delay=1, sleep=waits.append))
    server.faults = [500, 500, 500]
    read(file)
    assert [0.5 * 2**i <= wait <= 1.5 * 2**i for i, wait in enumerate(waits)] == [True] * 3


def test_a_lasting_failure_names_status_and_url(server: Any) -> None:
    file = one(server)
    server.faults = [500] * 20
    with file.open_raw() as stream, pytest.raises(RemoteError, match=r"d/x\.bin.*500"):
        stream.read()


def test_what_is_not_there_is_no_data_file(server: Any) -> None:
    with pytest.raises(DataFilesNotFound, match=r"nope\.csv.*404"):
        find(server.url + "/nope.csv")


def test_a_refusal_says_where_credentials_go(server: Any) -> None:
    server.faults = [403]
    file = DataFile(server.url + "/x")
    with file.open_raw() as stream, pytest.raises(RemoteError, match="storage_options"):
        stream.read()


def test_headers_of_storage_options_are_sent(server: Any) -> None:
    server.files["/x"] = b"1"
    (file,) = find(server.url + "/x", storage_options={"headers": {"Authorization": "Bearer t"}})["train"]
    assert read(file) == b"1"
    assert [headers.get("Authorization") for headers in server.headers] == ["Bearer t"] * 2


def test_a_file_that_changed_since_is_not_mixed(server: Any) -> None:
    file = one(server)
    server.files["/d/x.bin"] = CONTENT[::-1]
    with file.open_raw() as stream, pytest.raises(BadData, match="changed on the server"):
        stream.read()


def test_seeking_asks_for_the_rest(server: Any) -> None:
    with one(server).open_raw() as stream:
        stream.seek(-10, 2)
        assert stream.read() == CONTENT[-10:]
        stream.seek(100)
        assert stream.read(5) == CONTENT[100:105]


def test_a_download_lies_under_url_and_etag(server: Any, tmp_path: Path) -> None:
    file = one(server)
    (local,) = download([file], tmp_path)
    assert local == file
    path = local.local_path()
    assert path is not None
    assert path.read_bytes() == CONTENT
    asked = len(server.asked)
    assert download([file], tmp_path)[0].local == local.local
    assert len(server.asked) == asked


def test_a_changed_file_is_downloaded_again(server: Any, tmp_path: Path) -> None:
    (before,) = download([one(server)], tmp_path)
    server.files["/d/x.bin"] = b"new"
    (after,) = download([one(server)], tmp_path)
    assert read(after) == b"new"
    assert read(before) == CONTENT


def test_a_failed_download_leaves_nothing(server: Any, tmp_path: Path) -> None:
    file = one(server)
    server.ranges = False
    server.faults = ["drop"] * 100
    with pytest.raises(BadData, match="broke off"):
        download([file], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_downloads_of_one_file_at_once_end_in_one(server: Any, tmp_path: Path) -> None:
    file = one(server)
    barrier = threading.Barrier(4)

    def fetch(_: int) -> bytes:
        barrier.wait()
        return read(download([file], tmp_path)[0])

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(fetch, range(4))) == {CONTENT}
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".part"]


def test_a_server_without_etags_is_read_anew(server: Any, tmp_path: Path) -> None:
    server.etags = False
    assert read(download([one(server)], tmp_path)[0]) == CONTENT
    server.files["/d/x.bin"] = b"new"
    assert read(download([one(server)], tmp_path)[0]) == b"new"


def test_offline_what_was_downloaded_is_used(server: Any, tmp_path: Path, offline: Callable[[], None]) -> None:
    (before,) = download([one(server)], tmp_path)
    offline()
    (file,) = find(server.url + "/d/x.bin", cache_dir=tmp_path)["train"]
    assert file == before
    assert read(download([file], tmp_path)[0]) == CONTENT


def test_offline_what_was_not_downloaded_is_told(tmp_path: Path, offline: Callable[[], None]) -> None:
    offline()
    with pytest.raises(OfflineError, match="offline mode is on"):
        find("http://127.0.0.1:1/x.csv", cache_dir=tmp_path)
    with pytest.raises(OfflineError, match="offline mode is on"):
        DataFile("http://127.0.0.1:1/x.csv").open()


def test_no_server_at_all_is_told(server: Any) -> None:
    with pytest.raises(RemoteError, match="no answer from"):
        find("http://127.0.0.1:1/x.csv")


def test_an_archive_on_a_server_is_fetched_once_and_listed(server: Any, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.csv", "1")
    server.files["/x.zip"] = (tmp_path / "x.zip").read_bytes()
    (inside,) = find(f"zip://*.csv::{server.url}/x.zip", cache_dir=tmp_path / "cache")["train"]
    assert read(inside) == b"1"
    (expanded,) = expand([one(server, "/x.zip")], tmp_path / "cache")
    assert expanded == inside
    assert [method for method, *_ in server.asked].count("GET") == 1


def test_one_file_can_be_named_by_query(server: Any) -> None:
    server.files["/get"] = b"1"
    files = find([f"{server.url}/get?f=a.csv", f"{server.url}/get?f=b.csv"])["train"]
    assert len({file.url for file in files}) == 2
