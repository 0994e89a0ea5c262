"""An audio file that is decoded when its samples are asked for.

libsndfile (the package soundfile) reads WAV, FLAC, OGG, OPUS, MP3, AIFF and more. What it does not know (AAC, the sound
of a video), and streams other than the first, are read by torchcodec, or else by PyAV, where they are installed.
"""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from arrowsets.errors import MissingDependency
from arrowsets.features.containers import Container, refuse_playlist
from arrowsets.features.resample import resampled
from arrowsets.record import dataclass

__all__ = ["AudioDecoder", "AudioMetadata", "AudioSamples", "importable", "tensor_or_array"]

Samples = npt.NDArray[np.float32]
_KEYS: Final = ("path", "array", "sampling_rate")


def tensor_or_array(array: npt.NDArray[Any]) -> Any:
    """Return a torch tensor over an array where torch is installed, else the array."""
    try:
        import torch
    except ImportError:
        return array
    return torch.from_numpy(array)


@dataclass(frozen=True)
class AudioMetadata:
    """What the file says of its sound, before any conversion."""

    sample_rate: int
    num_channels: int
    duration_seconds: float | None
    codec: str
    path: str | None = None
    stream_index: int = 0


@dataclass(frozen=True)
class AudioSamples:
    """Samples as (channels, samples) of float32.

    Attributes:
        array: The samples in numpy; `data` is a torch tensor over them where torch is installed.
        pts_seconds: When the first is played.
    """

    array: Samples
    pts_seconds: float
    sample_rate: int

    @property
    def data(self) -> Any:
        """The samples as a torch tensor where torch is installed, else as a numpy array."""
        return tensor_or_array(self.array)

    @property
    def duration_seconds(self) -> float:
        """How long the samples last."""
        return float(self.array.shape[1] / self.sample_rate)


class AudioDecoder(dict[str, Any]):
    """The sound of a file, as a dict of "path", "array" and "sampling_rate", and with torchcodec's methods.

    "array" is one channel (the mean of all), `get_all_samples().data` has each.
    """

    __slots__ = ("_changed", "_num_channels", "_source", "asked", "cell", "metadata", "stream_index")

    def __init__(
        self,
        source: bytes | str,
        *,
        path: str | None = None,
        sampling_rate: int | None = None,
        num_channels: int | None = None,
        stream_index: int | None = None,
    ) -> None:
        self._source = _opened(source, stream_index)
        self._num_channels, self.stream_index = num_channels, stream_index
        self.asked: dict[str, Any] = {
            "sampling_rate": sampling_rate,
            "num_channels": num_channels,
            "stream_index": stream_index,
        }
        self.cell: dict[str, Any] = {"bytes": source if isinstance(source, bytes) else None, "path": path}
        found = self._source
        self.metadata = AudioMetadata(found.rate, found.channels, found.seconds, found.codec, path, stream_index or 0)
        super().__init__(path=path, sampling_rate=sampling_rate or found.rate)
        self._changed = False

    def get_all_samples(self) -> AudioSamples:
        """Decode the whole file."""
        return self._samples(0, None)

    def get_samples_played_in_range(
        self, start_seconds: float = 0.0, stop_seconds: float | None = None
    ) -> AudioSamples:
        """Decode what is played from a time on and before another."""
        rate = self.metadata.sample_rate
        if start_seconds < 0 or (stop_seconds is not None and stop_seconds < start_seconds):
            raise ValueError(f"no range of seconds: from {start_seconds} to {stop_seconds}")
        stop = None if stop_seconds is None else round(stop_seconds * rate)
        return self._samples(round(start_seconds * rate), stop)

    def _samples(self, start: int, stop: int | None) -> AudioSamples:
        native, wanted = self.metadata.sample_rate, dict.__getitem__(self, "sampling_rate")
        samples = _mixed(self._source.read(start, stop), self._num_channels)
        samples = resampled(samples, native, wanted)
        return AudioSamples(np.ascontiguousarray(samples.T), start / native, wanted)

    @property
    def is_original(self) -> bool:
        """Whether nothing was assigned, so that the file still says what this is."""
        return not self._changed

    # The dict: as any other, but that "array" comes into being when it is first looked at.

    def _load(self) -> AudioDecoder:
        if not dict.__contains__(self, "array") and not self._changed:
            array = self.get_all_samples().array
            dict.__setitem__(self, "array", array[0] if len(array) == 1 else array.mean(axis=0))
        return self

    def __missing__(self, key: str) -> Any:
        if key == "array" and not self._changed:
            return dict.__getitem__(self._load(), "array")
        raise KeyError(key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._load()
        self._changed = True
        super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        self._load()
        self._changed = True
        super().__delitem__(key)

    def pop(self, key: str, *default: Any) -> Any:
        """Remove a key."""
        self._load()
        self._changed = True
        return super().pop(key, *default)

    def update(self, *others: Any, **values: Any) -> None:
        """Assign several keys."""
        for key, value in dict(*others, **values).items():
            self[key] = value

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (key == "array" and not self._changed)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return super().__len__() if self._changed else len(_KEYS)

    def keys(self) -> Any:
        """The keys; does not decode."""
        return super().keys() if self._changed else dict.fromkeys(_KEYS).keys()

    def values(self) -> Any:
        """The values; decodes."""
        return dict(self).values()

    def items(self) -> Any:
        """The items; decodes."""
        return {key: self[key] for key in self.keys()}.items()

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, or the default for any other key than the three."""
        return self[key] if key in self else default  # noqa: SIM401 - this is how it is made

    def copy(self) -> dict[str, Any]:
        """Return a plain dict; decodes."""
        return dict(self.items())

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def __repr__(self) -> str:
        return f"<AudioDecoder path={self.cell['path']!r} sampling_rate={self['sampling_rate']}>"

    def __reduce__(self) -> Any:
        return _revived, (self.cell, self.asked, dict(self.items()) if self._changed else None)


def _revived(cell: dict[str, Any], asked: dict[str, Any], assigned: dict[str, Any] | None) -> AudioDecoder:
    source = cell["bytes"] if cell["bytes"] is not None else cell["path"]
    decoder = AudioDecoder(source, path=cell["path"], **asked)
    if assigned is not None:
        decoder.update(assigned)
    return decoder


def _mixed(samples: Samples, channels: int | None) -> Samples:
    """Return samples with as many channels as asked for: of others than there are, each is the mean of all."""
    if channels is None or channels == samples.shape[1]:
        return samples
    mono = samples.mean(axis=1, keepdims=True, dtype=np.float32)
    return mono if channels == 1 else np.repeat(mono, channels, axis=1)


class _Source(ABC):
    """An audio file: what its header says, and its samples. No file stays open between two readings."""

    rate: int
    channels: int
    seconds: float | None
    codec: str

    @abstractmethod
    def __init__(self, source: bytes | str, stream: int | None) -> None: ...

    @abstractmethod
    def read(self, start: int, stop: int | None) -> Samples:
        """Return (samples, channels)."""


class _SoundFile(_Source):
    def __init__(self, source: bytes | str, stream: int | None) -> None:
        if stream:
            raise ValueError(f"soundfile reads the first stream only, not stream {stream}")
        self._file = source
        with self._open() as file:
            self.rate, self.channels, self.codec = file.samplerate, file.channels, file.subtype.lower()
            self.seconds = file.frames / file.samplerate

    def _open(self) -> Any:
        import soundfile

        return soundfile.SoundFile(io.BytesIO(self._file) if isinstance(self._file, bytes) else self._file)

    def read(self, start: int, stop: int | None) -> Samples:
        with self._open() as file:
            file.seek(min(start, file.frames))
            samples: Samples = file.read(-1 if stop is None else stop - start, dtype="float32", always_2d=True)
            return samples


class _TorchCodec(_Source):
    def __init__(self, source: bytes | str, stream: int | None) -> None:
        refuse_playlist(source)
        self._decoder = import_module("torchcodec.decoders").AudioDecoder(source, stream_index=stream)
        found = self._decoder.metadata
        self.rate, self.channels = found.sample_rate, found.num_channels
        self.codec, self.seconds = found.codec, found.duration_seconds

    def read(self, start: int, stop: int | None) -> Samples:
        if start == 0 and stop is None:
            whole: Samples = self._decoder.get_all_samples().data.numpy().T
            return whole
        end = None if stop is None else stop / self.rate
        part: Samples = self._decoder.get_samples_played_in_range(start / self.rate, end).data.numpy().T
        return part


class _Av(_Source):
    def __init__(self, source: bytes | str, stream: int | None) -> None:
        self._file, self._stream = source, stream
        with Container(source) as container:
            found = container.stream("audio", stream)
            self.rate, self.channels = found.codec_context.sample_rate, found.codec_context.channels
            self.codec = found.codec_context.name
            self.seconds = None if found.duration is None else float(found.duration * found.time_base)

    def read(self, start: int, stop: int | None) -> Samples:
        plain = import_module("av").AudioResampler(format="fltp")
        with Container(self._file) as container:
            decoded = container.av.decode(container.stream("audio", self._stream))
            frames = [one for frame in decoded for one in plain.resample(frame)]
            frames += plain.resample(None)
        if not frames:
            return np.empty((0, self.channels), np.float32)
        samples: Samples = np.concatenate([frame.to_ndarray() for frame in frames], axis=1).T
        return samples[start:stop]


_PACKAGES: Final[tuple[tuple[str, type[_Source]], ...]] = (
    ("soundfile", _SoundFile),
    ("torchcodec.decoders", _TorchCodec),
    ("av", _Av),
)


def _opened(source: bytes | str, stream: int | None) -> _Source:
    reasons = []
    for module, reader in _PACKAGES:
        if not importable(module):
            continue
        try:
            return reader(source, stream)
        except FileNotFoundError:
            raise
        except Exception as error:  # noqa: BLE001 - the next package may know the format
            reasons.append(f"{module.partition('.')[0]}: {error}")
    if not reasons:
        raise MissingDependency.of("decoding audio", "soundfile", "audio")
    more = "" if len(reasons) > 1 else "; torchcodec or av, if installed, read more formats: pip install av"
    raise ValueError("; ".join(reasons) + more)


def importable(module: str) -> bool:
    """Tell whether an optional package is there and works."""
    try:
        import_module(module)
    except (ImportError, OSError, RuntimeError):  # torchcodec says by any of them that ffmpeg is missing
        return False
    return True
