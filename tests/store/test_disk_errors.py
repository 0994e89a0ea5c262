"""A disk that refuses gives an error that says which path, how much room and what to do; nothing is torn."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from arrowsets.errors import StoreError
from arrowsets.store import Draft, ShardRecord, Store

Writer = Callable[..., "subprocess.Popen[str]"]
posix = pytest.mark.skipif(sys.platform == "win32", reason="limits and users of POSIX")


def temporary_files(root: Path) -> list[Path]:
    return [path for path in root.glob("entries/*/*/tmp/**/*") if path.is_file()]


@posix
def test_a_file_that_may_not_grow(tmp_path: Path, writer: Writer) -> None:
    output, _ = writer("limited", tmp_path).communicate()
    assert "rows-0.bin" in output
    assert "bytes free" in output
    assert "ulimit" in output
    assert Store(tmp_path).get("0abc") is None
    assert temporary_files(tmp_path) == []


@posix
@pytest.mark.parametrize("existing", [True, False])
def test_a_folder_that_may_not_be_written(tmp_path: Path, writer: Writer, existing: bool) -> None:
    root = tmp_path / "store"
    if existing:
        root.mkdir()
    for folder in (tmp_path, *tmp_path.parents[:3], root):
        if folder.exists() and os.geteuid() == 0:
            folder.chmod(folder.stat().st_mode | 0o055)  # nobody has to get here
    (root if existing else tmp_path).chmod(0o555)
    output, _ = writer("nobody", root).communicate()
    (root if existing else tmp_path).chmod(0o755)
    assert "permission denied; set ARROWSETS_CACHE" in output


def test_a_path_that_is_too_long(store: Store) -> None:
    with pytest.raises(StoreError, match="too long; set ARROWSETS_CACHE") as caught:
        store.open("a" * 300)
    assert caught.value.errno == errno.ENAMETOOLONG


def test_a_root_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert Store(tmp_path / "file").get("0a") is None
    with pytest.raises(StoreError, match="cannot write to"):
        Store(tmp_path / "file").open("0a")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    root = tmp_path / "disk"
    root.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "arrowsets-test", str(root)]
    try:
        made = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        made = False
    if not made:
        pytest.skip("needs the right to mount a small disk")
    yield root
    subprocess.run(["umount", "--lazy", str(root)], check=True)


def test_a_full_disk_loses_no_finished_unit(
    small_disk: Path, publish: Callable[[Draft, str, bytes], ShardRecord]
) -> None:
    with Store(small_disk).open("0a") as draft:
        publish(draft, "a.bin", b"x" * 100_000)
        with pytest.raises(StoreError, match=r"no space left \(.*bytes free.*\); free some") as caught:
            publish(draft, "b.bin", b"y" * 300_000)
    assert caught.value.errno == errno.ENOSPC
    assert temporary_files(small_disk) == []
    with Store(small_disk).open("0a") as draft:
        assert set(draft.finished) == {"a.bin"}


def test_a_full_disk_leaves_no_torn_manifest(
    small_disk: Path, publish: Callable[[Draft, str, bytes], ShardRecord]
) -> None:
    store = Store(small_disk)
    with store.open("0a") as draft:
        record = publish(draft, "a.bin", b"x" * 100_000)
        with pytest.raises(StoreError, match=r"manifest\.json.*needed"):
            draft.commit([record], {}, {"much": "z" * 300_000})
        assert store.get("0a") is None
        assert draft.commit([record], {}).files[0].stat().st_size == 100_000


def test_a_store_that_may_only_be_read_is_read(small_disk: Path, writer: Writer) -> None:
    writer("work", small_disk).communicate()
    remount = ["mount", "-o", "remount,ro", str(small_disk)]
    subprocess.run(remount, check=True)
    entry = Store(small_disk).get("0abc")
    assert entry
    with entry.pin():
        assert len(entry.files) == 6
    with pytest.raises(StoreError, match="the file system is read-only; set ARROWSETS_CACHE"):
        Store(small_disk).open("0b")
