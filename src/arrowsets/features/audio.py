"""Sound in cells: files, or arrays with their sampling rate; handed out as an `AudioDecoder`."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from arrowsets.features.base import register
from arrowsets.features.casting import struct_fields
from arrowsets.features.media import STORAGE, Media, OnError
from arrowsets.features.sound import AudioDecoder
from arrowsets.features.wav import wav_bytes
from arrowsets.record import dataclass

__all__ = ["Audio"]


@register
@dataclass(frozen=True, init=False, repr=False)
class Audio(Media):
    """Audio: encoded from a path, bytes or {"array": ..., "sampling_rate": ...}; decoded when its samples are read.

    Arrays become WAV files without loss. What is handed out is a dict of "array" (one channel of float32: the mean of
    all), "sampling_rate" and "path", and has torchcodec's methods too, such as `get_all_samples()`. Files are read by
    soundfile; those that it does not know by torchcodec or PyAV, where they are installed.

    >>> Audio(sampling_rate=16_000).encode("speech.flac")
    {'bytes': None, 'path': 'speech.flac'}

    Args:
        sampling_rate: Resample to this rate when decoding.
        decode: False hands out {"bytes": ..., "path": ...}.
        num_channels: As many channels when decoding; where the file has others, each is the mean of all.
        stream_index: The stream of a file that has several.
        on_error: What a cell becomes that cannot be decoded: "raise" an error, or "null".
    """

    type_name: ClassVar[str] = "Audio"
    dtype: ClassVar[str] = "dict"
    sampling_rate: int | None = None
    decode: bool = True
    num_channels: int | None = None
    stream_index: int | None = None
    id: str | None = field(default=None)
    on_error: OnError = "raise"

    def __init__(
        self,
        sampling_rate: int | None = None,
        decode: bool = True,
        num_channels: int | None = None,
        stream_index: int | None = None,
        id: str | None = None,  # noqa: A002
        *,
        on_error: OnError = "raise",
    ) -> None:
        for name, value in (("sampling_rate", sampling_rate), ("num_channels", num_channels)):
            if value is not None and value < 1:
                raise ValueError(f"{name}={value!r} is no positive number")
        self._set(
            sampling_rate=sampling_rate,
            decode=decode,
            num_channels=num_channels,
            stream_index=stream_index,
            id=id,
            on_error=on_error,
        )

    def open(self, file: io.BytesIO | str, name: str | None) -> AudioDecoder:
        """Return the sound, of which only the header was read."""
        return AudioDecoder(
            file if isinstance(file, str) else file.getvalue(),
            path=name,
            sampling_rate=self.sampling_rate,
            num_channels=self.num_channels,
            stream_index=self.stream_index,
        )

    def check(self, decoded: AudioDecoder) -> None:
        """Decode all samples."""
        decoded["array"]

    def decode_value(self, value: Any) -> Any:
        """Return the sound in a cell; what is decoded stays as it is."""
        return value if isinstance(value, AudioDecoder) else super().decode_value(value)

    def encode(self, value: Any) -> dict[str, Any]:
        """Return the cell of a local path, bytes, a dict with "array", "path" or "bytes", or decoded audio."""
        if isinstance(value, AudioDecoder) and value.is_original:
            return self._of_decoder(value)
        if not isinstance(value, Mapping):
            return super().encode(value)
        if value.get("array") is not None:
            return {"bytes": wav_bytes(value["array"], self._rate(value, "an array")), "path": None}
        path = value.get("path")
        if path is not None and str(path).lower().endswith(".pcm"):
            return {"bytes": self._of_pcm(value, Path(path)), "path": None}
        return super().encode(value)

    @classmethod
    def of_object(cls, value: Any) -> Audio:
        """Return the type that converts as it was done for a decoded object."""
        return cls(**value.asked) if isinstance(value, AudioDecoder) else cls()

    def _of_decoder(self, value: AudioDecoder) -> dict[str, Any]:
        # The file says what this is, unless it was decoded in a way that this type would not repeat.
        if all(asked in {None, getattr(self, name)} for name, asked in value.asked.items()):
            return dict(value.cell)
        samples = value.get_all_samples()
        return {"bytes": wav_bytes(samples.array, samples.sample_rate), "path": None}

    def encode_object(self, value: Any) -> dict[str, Any]:
        """Return the cell of torchcodec's AudioDecoder."""
        known = getattr(value, "_hf_encoded", None)  # the reference's decoders remember their cell
        if isinstance(known, dict):
            return dict(known)
        if hasattr(value, "get_all_samples"):
            samples = value.get_all_samples()
            return {"bytes": wav_bytes(np.asarray(samples.data.cpu()), samples.sample_rate), "path": None}
        return super().encode_object(value)

    def _rate(self, value: Mapping[str, Any], what: str) -> int:
        rate = value.get("sampling_rate") or self.sampling_rate
        if rate is None:
            raise ValueError(f"{what} of samples needs its 'sampling_rate' beside it, got the keys {list(value)!r}")
        return int(rate)

    def _of_pcm(self, value: Mapping[str, Any], path: Path) -> bytes:
        rate = self._rate(value, f"{path}, a file")
        data = value["bytes"] if value.get("bytes") is not None else path.read_bytes()
        return wav_bytes(np.frombuffer(data, "<i2"), rate)

    def _cast_struct(self, array: Any) -> pa.Array[Any]:
        if "array" not in struct_fields(array):
            return super()._cast_struct(array)
        return pa.array([None if row is None else self.encode(_as_array(row)) for row in array.to_pylist()], STORAGE)


def _as_array(row: dict[str, Any]) -> dict[str, Any]:
    samples = row["array"]
    return row if samples is None else {**row, "array": np.asarray(samples, np.float32)}
