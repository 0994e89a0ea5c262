"""WAV files of samples, written so that nothing is lost: floats as 32-bit floats, integers as they are."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["wav_bytes"]

_PCM, _FLOAT = 1, 3
_MOST_CHANNELS = 256


def wav_bytes(array: Any, rate: int) -> bytes:
    """Return a WAV file of samples.

    Args:
        array: Samples of one channel, or (channels, samples). Floats are within -1 and 1 by convention; integers of 8
            (unsigned), 16 and 32 bits use their whole range.
        rate: Samples a second.
    """
    samples = np.asarray(array)
    if samples.ndim not in {1, 2} or (samples.ndim == 2 and not 1 <= samples.shape[0] <= _MOST_CHANNELS):
        raise ValueError(f"audio is an array of samples or of (channels, samples), got the shape {samples.shape}")
    data = _stored(samples.T if samples.ndim == 2 else samples[:, None])
    content = data.tobytes()
    if len(content) > 0xFFFF0000:
        raise ValueError(f"a WAV file holds 4 GiB, these samples take {len(content):,} bytes: store a path instead")
    return _header(data, int(rate)) + content + b"\0" * (len(content) % 2)


def _stored(samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
    kind, size = samples.dtype.kind, samples.dtype.itemsize
    if kind == "f":
        return samples.astype("<f4")
    if kind == "u" and size == 1:
        return samples
    if kind == "i" and size in {2, 4}:
        return samples.astype(f"<i{size}")
    raise ValueError(f"audio samples are floats, or integers of 8 (unsigned), 16 or 32 bits, got {samples.dtype}")


def _header(data: npt.NDArray[Any], rate: int) -> bytes:
    code = _FLOAT if data.dtype.kind == "f" else _PCM
    channels, width = data.shape[1], data.dtype.itemsize
    step = channels * width
    parts = struct.pack("<4sIHHIIHH", b"fmt ", 16, code, channels, rate, rate * step, step, 8 * width)
    if code == _FLOAT:  # which then has to say how many samples there are
        parts += struct.pack("<4sII", b"fact", 4, data.shape[0])
    length = 4 + len(parts) + 8 + data.nbytes + data.nbytes % 2
    return struct.pack("<4sI4s", b"RIFF", length, b"WAVE") + parts + struct.pack("<4sI", b"data", data.nbytes)
