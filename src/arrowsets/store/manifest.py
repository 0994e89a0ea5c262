"""What an entry says of itself: the records of its shards, and how it was made.

Records are JSON files that carry the checksum of their own text, so that a torn or flipped record is never
believed:

    {"checksum":"<xxh3_128 of the body's bytes>","body":<body>}
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import field
from typing import Any

import xxhash

from arrowsets.record import dataclass

__all__ = ["VERSION", "RecordError", "Manifest", "ShardRecord", "decode", "encode"]

VERSION = 1
_HEAD = b'{"checksum":"'
_MIDDLE = b'","body":'
_DIGITS = 32


class RecordError(ValueError):
    """The text of a record is torn, or is not one."""


def encode(body: Mapping[str, Any]) -> bytes:
    """Write a record's text."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return b"".join((_HEAD, xxhash.xxh3_128_hexdigest(text).encode("ascii"), _MIDDLE, text, b"}\n"))


def decode(data: bytes) -> dict[str, Any]:
    """Read a record's text; raise `RecordError` if it is not what was written."""
    start = len(_HEAD) + _DIGITS + len(_MIDDLE)
    text = data[start:-2]
    whole = data[: len(_HEAD)] == _HEAD and data[start - len(_MIDDLE) : start] == _MIDDLE and data[-2:] == b"}\n"
    if not whole or xxhash.xxh3_128_hexdigest(text).encode("ascii") != data[len(_HEAD) : len(_HEAD) + _DIGITS]:
        raise RecordError("the record's checksum does not agree with its text")
    body: dict[str, Any] = json.loads(text.decode("utf-8", "surrogatepass"))
    return body


@dataclass(frozen=True)
class ShardRecord:
    """One file of an entry or a draft.

    Attributes:
        name: Its file name in the entry's folder.
        checksum: xxh3_128 of its bytes, as 32 hex digits.
        batches: Rows of each record batch in it; the store only keeps them.
        extra: What the writer wants to remember of the shard, as JSON.
    """

    name: str
    num_rows: int
    num_bytes: int
    checksum: str
    batches: tuple[int, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON."""
        return {
            "name": self.name,
            "num_rows": self.num_rows,
            "num_bytes": self.num_bytes,
            "checksum": self.checksum,
            "batches": list(self.batches),
            "extra": dict(self.extra),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ShardRecord:
        """Read a record from JSON."""
        return cls(
            name=data["name"],
            num_rows=data["num_rows"],
            num_bytes=data["num_bytes"],
            checksum=data["checksum"],
            batches=tuple(data["batches"]),
            extra=data["extra"],
        )


@dataclass(frozen=True)
class Manifest:
    """What a finished entry holds and how it was made.

    Attributes:
        shards: In the order of their rows.
        fingerprint: How the entry was made, as JSON.
        extra: What the maker wants to remember, as JSON. A text under "label" is what `Store.recent` looks
            for.
        created: Seconds since 1970.
    """

    key: str
    shards: tuple[ShardRecord, ...]
    fingerprint: dict[str, Any]
    extra: dict[str, Any]
    version: int = VERSION
    created: float = field(default_factory=time.time)

    @property
    def num_rows(self) -> int:
        """Rows of all shards."""
        return sum(shard.num_rows for shard in self.shards)

    @property
    def num_bytes(self) -> int:
        """Bytes of all shards."""
        return sum(shard.num_bytes for shard in self.shards)

    def to_bytes(self) -> bytes:
        """Return the text of `manifest.json`."""
        return encode(
            {
                "version": self.version,
                "key": self.key,
                "created": self.created,
                "shards": [shard.to_json() for shard in self.shards],
                "fingerprint": self.fingerprint,
                "extra": self.extra,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Read the text of `manifest.json`.

        Raises:
            RecordError: if it is torn.
            VersionError: if it is whole, and not for this version.
        """
        body = decode(data)
        if body.get("version") != VERSION:
            raise VersionError(f"its version is {body.get('version')!r}, and this arrowsets reads {VERSION}")
        return cls(
            key=body["key"],
            shards=tuple(map(ShardRecord.from_json, body["shards"])),
            fingerprint=body["fingerprint"],
            extra=body["extra"],
            created=body["created"],
        )


class VersionError(ValueError):
    """The record was written by another version of arrowsets, for which it is whole."""
