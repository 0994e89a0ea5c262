"""Audio: files and arrays in cells, and what is handed out."""

from __future__ import annotations

import copy
import io
import pickle
import sys
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from arrowsets import Dataset
from arrowsets.errors import BadMedia, DataFilesNotFound, MissingDependency
from arrowsets.features import Audio, Features, List, array_of, cast, resample
from arrowsets.features.sound import AudioDecoder

RATE = 8000
TIMES = np.arange(RATE // 4) / RATE
STEREO = np.stack([np.sin(2 * np.pi * 440 * TIMES), 0.25 * np.cos(2 * np.pi * 220 * TIMES)]).astype(np.float32)
soundfile = pytest.importorskip("soundfile", reason="it reads audio: pip install 'arrowsets[audio]'")


def decoded(value: Any, **options: Any) -> AudioDecoder:
    feature = Audio(**options)
    (cell,) = array_of([value], feature)[0].to_pylist()
    result = feature.decode_example(cell)
    assert isinstance(result, AudioDecoder)
    return result


def sound(array: Any = STEREO, rate: int = RATE) -> dict[str, Any]:
    return {"array": array, "sampling_rate": rate}


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "int32", "uint8"])
def test_arrays_come_back(dtype: str) -> None:
    stored = STEREO if dtype.startswith("f") else (STEREO * 100 + 100).astype(dtype)
    with io.BytesIO(Audio().encode(sound(stored.astype(dtype)))["bytes"]) as file:
        kept, rate = soundfile.read(file, dtype={"int16": "int16", "int32": "int32"}.get(dtype, "float32"))
    expected = (stored.astype("f4") - 128) / 128 if dtype == "uint8" else stored
    assert np.array_equal(kept.T, expected)
    assert rate == RATE


def test_other_programs_read_the_wav_files() -> None:
    data = Audio().encode(sound(np.array([0, 1, -1], np.int16)))["bytes"]
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (1, RATE, 2)
        assert file.readframes(9) == np.array([0, 1, -1], "<i2").tobytes()


def test_what_is_handed_out_is_a_dict() -> None:
    audio = decoded(sound())
    assert isinstance(audio, dict)
    assert list(audio) == ["path", "array", "sampling_rate"]
    assert (len(audio), audio["sampling_rate"], audio["path"]) == (3, RATE, None)
    assert np.array_equal(audio["array"], STEREO.mean(axis=0))
    assert {**audio}.keys() == dict(audio).keys() == dict(audio.items()).keys()
    with pytest.raises(KeyError):
        audio["bytes"]


def test_what_is_handed_out_has_the_methods_of_a_decoder() -> None:
    audio = decoded(sound())
    samples = audio.get_all_samples()
    assert np.array_equal(samples.array, STEREO)
    assert (samples.sample_rate, samples.duration_seconds, samples.pts_seconds) == (RATE, 0.25, 0.0)
    part = audio.get_samples_played_in_range(0.1, 0.2)
    assert np.array_equal(part.array, STEREO[:, 800:1600])
    assert part.pts_seconds == pytest.approx(0.1)
    assert (audio.metadata.num_channels, audio.metadata.duration_seconds) == (2, 0.25)


def test_samples_are_tensors_where_torch_is_installed() -> None:
    torch = pytest.importorskip("torch")
    data = decoded(sound()).get_all_samples().data
    assert torch.equal(data, torch.from_numpy(STEREO))


def test_samples_are_read_when_they_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audio = decoded(sound())
    monkeypatch.setattr(AudioDecoder, "get_all_samples", lambda self: pytest.fail("decoded"))
    assert "array" in audio
    assert audio.metadata.sample_rate == audio["sampling_rate"] == RATE
    assert audio == audio
    assert "sampling_rate=8000" in repr(audio)


@pytest.mark.parametrize("extension", ["wav", "flac", "ogg", "mp3"])
def test_files_are_read_from_their_path_and_from_bytes(extension: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{extension}"
    soundfile.write(path, STEREO.T, RATE)
    expected = soundfile.read(path, dtype="float32")[0].mean(axis=1, dtype=np.float32)
    for value in (path, str(path), path.read_bytes(), {"bytes": path.read_bytes(), "path": "x"}):
        assert np.allclose(decoded(value)["array"], expected, atol=1e-7)
    assert decoded(path)["path"] == str(path)


@pytest.mark.parametrize("rate", [16_000, 44_100, 6_000, 11_025])
@pytest.mark.parametrize("installed", [True, False])
def test_a_tone_keeps_its_pitch_at_another_rate(rate: int, installed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if installed:
        pytest.importorskip("soxr")
    else:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    audio = decoded(sound(STEREO[:1]), sampling_rate=rate)
    expected = np.sin(2 * np.pi * 440 * np.arange(rate // 4) / rate)
    assert audio["array"].shape == expected.shape
    middle = slice(rate // 20, -rate // 20)
    assert np.abs(audio["array"] - expected)[middle].max() < 1e-4
    assert (audio["sampling_rate"], audio.metadata.sample_rate) == (rate, RATE)


def test_what_is_above_the_lower_rate_is_gone_and_what_is_below_stays() -> None:
    times = np.arange(RATE) / RATE
    high, low = (np.sin(2 * np.pi * tone * times).astype(np.float32)[:, None] for tone in (3500, 0.85 * 3000))
    kept = np.sin(2 * np.pi * 0.85 * 3000 * np.arange(6000) / 6000)
    assert np.abs(resample.by_sinc(high, RATE, 6000)[500:-500]).max() < 1e-4
    assert np.abs(resample.by_sinc(low, RATE, 6000)[500:-500, 0] - kept[500:-500]).max() < 1e-3


@pytest.mark.parametrize(
    ("array", "channels", "expected"),
    [(STEREO, 1, STEREO.mean(axis=0)[None]), (STEREO, 2, STEREO), (STEREO[:1], 2, STEREO[[0, 0]])],
)
def test_channels_are_mixed(array: Any, channels: int, expected: Any) -> None:
    assert np.array_equal(decoded(sound(array), num_channels=channels).get_all_samples().array, expected)


def test_decoding_off_hands_out_the_cell() -> None:
    cell = {"bytes": b"x", "path": None}
    assert Features({"a": Audio(decode=False)}).decode_example({"a": cell}) == {"a": cell}


def test_decoded_audio_is_stored_as_the_file_it_came_from() -> None:
    cell = Audio().encode(sound())
    assert Audio().encode(Audio().decode_example(cell)) == cell
    assert array_of([Audio().decode_example(cell)])[1] == Audio()
    assert array_of([[Audio(16_000).decode_example(cell)]])[1] == List(Audio(16_000))


def test_converted_audio_is_stored_converted_where_the_type_does_not_convert() -> None:
    converted = Audio(num_channels=1).decode_example(Audio().encode(sound()))
    stored = Audio().decode_example(Audio().encode(converted))
    assert stored.metadata.num_channels == 1


def test_assigned_samples_are_stored() -> None:
    audio = decoded(sound())
    audio["array"] = np.zeros(4, np.float32)
    assert decoded(audio)["array"].tolist() == [0, 0, 0, 0]
    assert pickle.loads(pickle.dumps(audio))["array"].tolist() == [0, 0, 0, 0]


def test_decoded_audio_pickles_and_copies() -> None:
    audio = decoded(sound(), sampling_rate=16_000)
    for other in (pickle.loads(pickle.dumps(audio)), copy.deepcopy(audio)):
        assert (type(other), other["sampling_rate"]) == (AudioDecoder, 16_000)
        assert np.array_equal(other["array"], audio["array"])


def test_raw_pcm_needs_its_rate(tmp_path: Path) -> None:
    (tmp_path / "a.pcm").write_bytes(np.array([0, 16384], "<i2").tobytes())
    value = {"path": str(tmp_path / "a.pcm"), "sampling_rate": RATE}
    assert decoded(value)["array"].tolist() == [0, 0.5]
    with pytest.raises(ValueError, match="needs its 'sampling_rate'"):
        Audio().encode({"path": str(tmp_path / "a.pcm")})


def test_structs_with_arrays_are_cast() -> None:
    column = pa.array([{"array": [0.0, 0.5], "sampling_rate": RATE}, None])
    cell, null = cast(column, Audio()).to_pylist()
    assert Audio().decode_example(cell)["array"].tolist() == [0, 0.5]
    assert null is None


def test_casting_a_column_changes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, STEREO.T, RATE)
    dataset = Dataset.from_dict({"a": [str(path), None]}).cast_column("a", Audio(sampling_rate=4000))
    assert dataset[0]["a"]["array"].shape == (RATE // 8,)
    assert dataset[1]["a"] is None
    assert dataset.cast_column("a", Audio(decode=False))[0]["a"] == {"bytes": None, "path": str(path)}
    assert isinstance(dataset.with_format("numpy")[0]["a"], AudioDecoder)


@pytest.mark.parametrize("data", [b"", b"not audio at all", b"RIFF\0\0\0\0WAVE"])
def test_damaged_audio_names_its_file(data: bytes) -> None:
    with pytest.raises(BadMedia, match=rf"file x\.wav: no Audio can be decoded from the file of {len(data)} bytes"):
        Audio().decode_example({"bytes": data, "path": "x.wav"})


def test_a_file_that_is_gone_is_named() -> None:
    with pytest.raises(DataFilesNotFound, match=r"'gone\.wav'"):
        Audio().decode_example({"bytes": None, "path": "gone.wav"})


def test_missing_packages_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("soundfile", "torchcodec.decoders", "av"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependency, match=r"pip install 'arrowsets\[audio\]'"):
        Audio().decode_example({"bytes": b"RIFF", "path": None})


@pytest.mark.parametrize("value", [5, {"x": 1}, {"array": STEREO}, sound(STEREO.T), sound(STEREO.astype(complex))])
def test_what_is_no_audio_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Audio().encode(value)


@pytest.mark.parametrize("module", ["torchcodec.decoders", "av"])
def test_other_packages_read_what_soundfile_does_not_know(module: str, monkeypatch: Any) -> None:
    pytest.importorskip(module)
    for other in {"soundfile", "torchcodec.decoders", "av"} - {module}:
        monkeypatch.setitem(sys.modules, other, None)
    audio = decoded(sound())
    assert np.allclose(audio.get_all_samples().array, STEREO, atol=1e-6)
    assert np.allclose(audio.get_samples_played_in_range(0.1, 0.2).array, STEREO[:, 800:1600], atol=1e-6)
    assert (audio.metadata.sample_rate, audio.metadata.num_channels) == (RATE, 2)


def test_the_array_is_that_of_the_reference(tmp_path: Path) -> None:
    pytest.importorskip("torchcodec", reason="the reference decodes with it")
    datasets = pytest.importorskip("datasets")
    cell = Audio().encode(sound())
    reference = datasets.Audio().decode_example(cell)
    audio = Audio().decode_example(cell)
    assert np.allclose(audio["array"], reference["array"], atol=1e-7)
    assert audio["sampling_rate"] == reference["sampling_rate"]
    assert np.allclose(audio.get_all_samples().array, reference.get_all_samples().data.numpy())
    assert datasets.Audio(sampling_rate=16_000).decode_example(cell)["array"].shape == (RATE // 2,)
