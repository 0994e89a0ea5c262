"""Streams of objects in S3: an S3 server on this machine, spoken to with s3fs, whose connections break when told."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrowsets import load_dataset
from arrowsets.errors import DataFilesNotFound
from arrowsets.files import remote

WHY = "streams of s3:// are tried with the packages s3fs and moto[server]"
s3fs: Any = pytest.importorskip("s3fs", reason=WHY)
moto: Any = pytest.importorskip("moto.server", reason=WHY)
werkzeug: Any = pytest.importorskip("werkzeug.serving", reason=WHY)

ROWS = 200_000
LINES = "".join(f'{{"x": {x}}}\n' for x in range(ROWS)).encode()


@dataclass
class Store:
    """The server: how to reach it, how it fails next, and which bytes it was asked for."""

    options: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)  # "drop" breaks an answer off halfway
    asked: list[str] = field(default_factory=list)


class Faulty:
    """A WSGI application whose answers to requests for objects break off when told."""

    def __init__(self, application: Any, store: Store) -> None:
        self._application, self._store = application, store

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        body = self._application(environ, start_response)
        if environ["REQUEST_METHOD"] != "GET" or environ["PATH_INFO"].count("/") < 2:
            return body
        self._store.asked.append(environ.get("HTTP_RANGE", ""))
        return self._broken(b"".join(body)) if self._store.faults and self._store.faults.pop(0) else body

    def _broken(self, content: bytes) -> Iterator[bytes]:
        yield content[: len(content) // 2]
        raise ConnectionAbortedError("told to")


class QuietHandler(werkzeug.WSGIRequestHandler):  # type: ignore[misc]
    def log(self, *_: object) -> None:
        """Say nothing of requests, nor of those that were told to break off."""


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An S3 server on the loopback interface with a bucket, credentials for it given by `storage_options` alone."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(remote, "retry", remote.Retry(attempts=4, sleep=lambda _: None))
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    serving = Store()
    application = Faulty(moto.DomainDispatcherApplication(moto.create_backend_app), serving)
    server = werkzeug.make_server("127.0.0.1", 0, application, threaded=True, request_handler=QuietHandler)
    url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    serving.options = {"key": "someone", "secret": "hidden", "client_kwargs": {"endpoint_url": url}}
    # These objects are small: s3fs would fetch them whole.
    serving.options["default_block_size"] = 1 << 16
    s3 = s3fs.S3FileSystem(**serving.options, skip_instance_cache=True)
    s3.makedirs("bucket", exist_ok=True)
    s3.pipe("bucket/data/rows.jsonl", LINES)
    s3.pipe("bucket/data/rows.parquet", _parquet())
    yield serving
    server.shutdown()
    thread.join()
    server.server_close()


def _parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"x": range(ROWS)}), sink, row_group_size=10_000, compression="none", use_dictionary=False)
    return sink.getvalue()


def _stream(store: Store, builder: str, name: str) -> Any:
    url = f"s3://bucket/data/{name}"
    return load_dataset(builder, data_files=url, split="train", streaming=True, storage_options=store.options)


FILES = pytest.mark.parametrize(("builder", "name"), [("json", "rows.jsonl"), ("parquet", "*.parquet")])


@FILES
def test_objects_are_streamed(store: Store, builder: str, name: str) -> None:
    assert [row["x"] for row in _stream(store, builder, name)] == list(range(ROWS))


@FILES
def test_a_connection_that_broke_is_gone_on_with(store: Store, builder: str, name: str) -> None:
    stream = _stream(store, builder, name)
    rows = iter(stream)
    first = next(rows)["x"]
    store.faults[:] = ["drop", "drop"]
    # Some rows were fetched ahead; the second iteration starts with a broken answer in any case.
    assert [first, *(row["x"] for row in rows)] == list(range(ROWS))
    assert [row["x"] for row in stream] == list(range(ROWS))
    assert not store.faults


@FILES
def test_a_state_asks_for_the_rest_only(store: Store, builder: str, name: str) -> None:
    stream = _stream(store, builder, name)
    list(islice(stream, 190_000))
    state = json.dumps(stream.state_dict())
    again = _stream(store, builder, name)
    again.load_state_dict(json.loads(state))
    store.asked.clear()
    assert next(iter(again)) == {"x": 190_000}
    ranges = [asked.removeprefix("bytes=").split("-") for asked in store.asked]
    # A twentieth is left; the head of the file, or its footer, is looked at too.
    assert (
        sum(int(stop) + 1 - int(start) for start, stop in ranges)
        < (len(LINES) if builder == "json" else len(_parquet())) // 2
    )


def test_what_is_not_there_is_said(store: Store) -> None:
    with pytest.raises(DataFilesNotFound, match=r"missing\.jsonl"):
        list(_stream(store, "json", "missing.jsonl"))
