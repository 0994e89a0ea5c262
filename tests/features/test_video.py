"""Video: files in cells, and the frames of what is handed out."""

from __future__ import annotations

import http.server
import io
import pickle
import sys
import threading
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from arrowsets.errors import BadMedia, MissingDependency
from arrowsets.features import Audio, Video, array_of
from arrowsets.features.film import VideoDecoder

av = pytest.importorskip("av", reason="it writes the videos: pip install 'arrowsets[video]'")


@pytest.fixture(scope="module")
def film() -> bytes:
    """25 frames at 10 a second, of rising brightness, with a key frame each 12."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
        for index in range(25):
            picture = np.full((16, 32, 3), index * 10, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


@pytest.fixture(params=["av", "torchcodec"])
def video(request: pytest.FixtureRequest, film: bytes, monkeypatch: pytest.MonkeyPatch) -> Any:
    if request.param == "av":
        monkeypatch.setitem(sys.modules, "torchcodec.decoders", None)
    else:
        pytest.importorskip("torchcodec.decoders")
    return Video().decode_example({"bytes": film, "path": "a.mp4"})


def brightness(frame: Any) -> int:
    return round(float(np.asarray(frame).mean()) / 10)


def test_frames_are_a_sequence(video: Any) -> None:
    assert len(video) == 25
    assert tuple(video[0].shape) == (3, 16, 32)
    assert [brightness(video[index]) for index in (24, 3, 17, 0, 1, -1)] == [24, 3, 17, 0, 1, 24]
    assert [brightness(frame) for frame in video] == list(range(25))
    assert [brightness(frame) for frame in video[2:20:6]] == [2, 8, 14]
    with pytest.raises(IndexError):
        video[25]


def test_frames_know_their_times(video: Any) -> None:
    assert video.get_frame_at(3).pts_seconds == pytest.approx(0.3)
    assert video.get_frame_at(3).duration_seconds == pytest.approx(0.1)
    assert video.get_frame_played_at(0.55).pts_seconds == pytest.approx(0.5)
    assert video.get_frames_played_in_range(0.1, 0.45).pts_seconds.tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert [brightness(frame) for frame in video.get_frames_at([4, 1]).data] == [4, 1]
    assert len(video.get_frames_in_range(0, 4, 2).data) == 2
    with pytest.raises((IndexError, RuntimeError)):
        video.get_frame_played_at(9)


def test_metadata_are_those_of_the_file(video: Any) -> None:
    found = video.metadata
    assert (found.width, found.height, found.num_frames, found.codec, found.path) == (32, 16, 25, "mpeg4", "a.mp4")
    assert (found.duration_seconds, found.average_fps) == (pytest.approx(2.5), pytest.approx(10))


def test_a_decoder_is_stored_as_its_file(video: Any, film: bytes) -> None:
    array, feature = array_of([video, None])
    assert feature == Video()
    assert array.to_pylist() == [{"bytes": film, "path": "a.mp4"}, None]


def test_dimensions_may_come_last(film: bytes) -> None:
    assert tuple(Video(dimension_order="NHWC").decode_example({"bytes": film, "path": None})[0].shape) == (16, 32, 3)
    with pytest.raises(ValueError, match="unknown dimension_order 'CNHW'"):
        Video(dimension_order="CNHW")


def test_decoders_of_av_pickle(film: bytes) -> None:
    other = pickle.loads(pickle.dumps(VideoDecoder(film, path="x")))
    assert (len(other), other.cell["path"]) == (25, "x")


@pytest.mark.parametrize("data", [b"", b"no video", b"\0\0\0\x18ftypmp42"])
def test_damaged_video_names_its_file(data: bytes) -> None:
    with pytest.raises(BadMedia, match=r"file a\.mp4: no Video can be decoded"):
        Video().decode_example({"bytes": data, "path": "a.mp4"})


class Server(http.server.BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(404)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.mark.parametrize(
    "first", [b"#EXTM3U\n#EXTINF:1,\n", b"ffconcat version 1.0\nfile ", b" \n<MPD>", b"\x00#EXTM3U\n"]
)
@pytest.mark.parametrize("kind", [Video, Audio])
def test_playlists_make_nobody_open_anything(first: bytes, kind: Any, tmp_path: Path) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        playlist = first + b"http://127.0.0.1:%d/a.ts\n#EXT-X-ENDLIST\n" % server.server_port
        path = tmp_path / "a.m3u8"
        path.write_bytes(playlist)
        for cell in ({"bytes": playlist, "path": "a.m3u8"}, {"bytes": None, "path": str(path)}):
            with pytest.raises(BadMedia):
                kind().decode_example(cell)
        server.shutdown()
        thread.join()
    assert Server.asked == []


def test_missing_packages_say_what_to_install(film: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("torchcodec.decoders", "av"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependency, match=r"pip install 'arrowsets\[video\]'"):
        Video().decode_example({"bytes": film, "path": None})
