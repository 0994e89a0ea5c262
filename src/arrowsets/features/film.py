"""A video file whose frames are decoded when they are looked at, by PyAV, with the methods of torchcodec's decoder.

A frame is found exactly: the times of all packets are read once, without decoding; then the decoder starts at the last
key frame before the wanted one, or goes on from where it stands.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from arrowsets.features.containers import Container
from arrowsets.features.sound import tensor_or_array
from arrowsets.record import dataclass

__all__ = ["Frame", "FrameBatch", "VideoDecoder", "VideoMetadata"]

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class VideoMetadata:
    """What the file says of its pictures."""

    width: int
    height: int
    num_frames: int
    duration_seconds: float
    average_fps: float
    codec: str
    stream_index: int
    path: str | None = None


@dataclass(frozen=True)
class Frame:
    """One picture; `data` is a torch tensor where torch is installed, else a numpy array."""

    data: Any
    pts_seconds: float
    duration_seconds: float


@dataclass(frozen=True)
class FrameBatch:
    """Several pictures; each field has one entry for each."""

    data: Any
    pts_seconds: Any
    duration_seconds: Any


class VideoDecoder:
    """The frames of a video, as a sequence.

    Args:
        source: The file's content, or its path.
        path: What the cell calls it.
        dimension_order: "NCHW" or "NHWC".
    """

    def __init__(
        self,
        source: bytes | str,
        *,
        path: str | None = None,
        stream_index: int | None = None,
        dimension_order: str = "NCHW",
        num_ffmpeg_threads: int = 1,
    ) -> None:
        self._source, self._asked = source, stream_index
        self._order, self._threads = dimension_order, num_ffmpeg_threads
        self.cell: dict[str, Any] = {"bytes": source if isinstance(source, bytes) else None, "path": path}
        self._container: Container | None = None
        self._frames: Iterator[Any] | None = None
        self._next = 0
        self._open()
        stream = self._stream
        self._unit = float(stream.time_base)
        self._times = self._packet_times()
        self._spans = self._durations()
        self.metadata = self._described(stream)
        self.stream_index: int = stream.index
        self.close()

    def _open(self) -> None:
        self.close()
        self._container = Container(self._source)
        self._stream = stream = self._container.stream("video", self._asked)
        stream.codec_context.thread_count = self._threads

    def close(self) -> None:
        """Close the file; it is opened again when a frame is asked for."""
        if self._container is not None:
            self._container.close()
        self._container = self._frames = None

    def __del__(self) -> None:
        if getattr(self, "_container", None) is not None:
            self.close()

    def _packet_times(self) -> list[int]:
        assert self._container is not None
        times = sorted(packet.pts for packet in self._container.av.demux(self._stream) if packet.pts is not None)
        if not times:
            raise ValueError("the video has no frames")
        return times

    def _durations(self) -> list[float]:
        gaps = [float(later - one) for one, later in zip(self._times, self._times[1:], strict=False)]
        rate = self._stream.average_rate
        last = gaps[-1] if gaps else (1 / float(rate) / self._unit if rate else 0.0)
        return [gap * self._unit for gap in [*gaps, last]]

    def _described(self, stream: Any) -> VideoMetadata:
        duration = (self._times[-1] - self._times[0]) * self._unit + self._spans[-1]
        return VideoMetadata(
            width=stream.codec_context.width,
            height=stream.codec_context.height,
            num_frames=len(self._times),
            duration_seconds=duration,
            average_fps=len(self._times) / duration if duration else 0.0,
            codec=stream.codec_context.name,
            stream_index=stream.index,
            path=self.cell["path"],
        )

    def __len__(self) -> int:
        return len(self._times)

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, key: int | slice) -> Any:
        if isinstance(key, slice):
            return tensor_or_array(self._pixels(range(*key.indices(len(self)))))
        return tensor_or_array(self._pixels([self._index(key)])[0])

    def get_frame_at(self, index: int) -> Frame:
        """Return one frame with its time."""
        index = self._index(index)
        return Frame(self[index], self._times[index] * self._unit, self._spans[index])

    def get_frames_at(self, indices: Sequence[int]) -> FrameBatch:
        """Return frames with their times."""
        chosen = [self._index(index) for index in indices]
        times = np.array([self._times[index] * self._unit for index in chosen])
        spans = np.array([self._spans[index] for index in chosen])
        return FrameBatch(tensor_or_array(self._pixels(chosen)), tensor_or_array(times), tensor_or_array(spans))

    def get_frames_in_range(self, start: int, stop: int, step: int = 1) -> FrameBatch:
        """Return the frames of a range of positions."""
        return self.get_frames_at(range(*slice(start, stop, step).indices(len(self))))

    def get_all_frames(self) -> FrameBatch:
        """Return all frames."""
        return self.get_frames_at(range(len(self)))

    def get_frame_played_at(self, seconds: float) -> Frame:
        """Return the frame that is shown at a time."""
        return self.get_frame_at(self._played_at(seconds))

    def get_frames_played_at(self, seconds: Sequence[float]) -> FrameBatch:
        """Return the frames that are shown at some times."""
        return self.get_frames_at([self._played_at(float(second)) for second in seconds])

    def get_frames_played_in_range(self, start_seconds: float, stop_seconds: float) -> FrameBatch:
        """Return the frames that are shown from a time on and before another."""
        first = self._played_at(start_seconds)
        stop = bisect.bisect_left(self._times, stop_seconds / self._unit - 1e-6)
        return self.get_frames_at(range(first, max(stop, first)))

    def _played_at(self, seconds: float) -> int:
        end = self._times[-1] * self._unit + self._spans[-1]
        if not self._times[0] * self._unit <= seconds < end:
            raise IndexError(f"nothing is played at {seconds} seconds; the video ends at {end}")
        return bisect.bisect_right(self._times, seconds / self._unit + 1e-6) - 1

    def _index(self, index: int) -> int:
        count = len(self)
        if not -count <= index < count:
            raise IndexError(f"no frame {index}; the video has {count}")
        return int(index) % count

    def _pixels(self, indices: Sequence[int]) -> Pixels:
        height, width = self.metadata.height, self.metadata.width
        pixels = np.empty((len(indices), height, width, 3), np.uint8)
        for place in np.argsort(indices, kind="stable"):  # forward, so that nothing is decoded twice
            pixels[place] = self._frame(indices[place])
        return pixels if self._order == "NHWC" else np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))

    def _frame(self, index: int) -> Pixels:
        if self._container is None:
            self._open()
        assert self._container is not None
        wanted = self._times[index]
        near = index - self._next
        if self._frames is None or near < 0 or near > _SKIPPED:
            self._container.av.seek(wanted, stream=self._stream)
            self._frames = self._container.av.decode(self._stream)
        for frame in self._frames:
            if frame.pts is None or frame.pts < wanted:
                continue
            self._next = index + 1
            pixels: Pixels = frame.to_ndarray(format="rgb24")
            return pixels
        raise ValueError(f"the video ends before frame {index}, which its index names")

    def __reduce__(self) -> Any:
        return _revived, (self.cell, self._asked, self._order, self._threads)

    def __repr__(self) -> str:
        return f"<VideoDecoder path={self.cell['path']!r} frames={len(self)}>"


_SKIPPED = 30  # frames ahead that are decoded rather than jumped over


def _revived(cell: dict[str, Any], stream_index: int | None, order: str, threads: int) -> VideoDecoder:
    source = cell["bytes"] if cell["bytes"] is not None else cell["path"]
    return VideoDecoder(
        source, path=cell["path"], stream_index=stream_index, dimension_order=order, num_ffmpeg_threads=threads
    )
