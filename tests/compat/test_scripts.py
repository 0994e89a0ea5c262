"""Builders written as classes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from arrowsets import (
    ArrowBasedBuilder,
    BuilderConfig,
    DatasetBuilder,
    DatasetInfo,
    DownloadManager,
    Features,
    GeneratorBasedBuilder,
    Split,
    SplitGenerator,
    Value,
    load_dataset,
    load_dataset_builder,
    load_from_disk,
)


class Numbers(GeneratorBasedBuilder):
    BUILDER_CONFIGS = (BuilderConfig("one"), BuilderConfig("ten", description="tens"))
    DEFAULT_CONFIG_NAME = "one"

    def _info(self) -> DatasetInfo:
        return DatasetInfo(features=Features({"x": Value("int16")}))

    def _split_generators(self, dl_manager: DownloadManager) -> list[SplitGenerator]:
        assert isinstance(dl_manager, DownloadManager)
        return [
            SplitGenerator(Split.TRAIN, {"numbers": [1, 2, 3]}),
            SplitGenerator(Split.TEST, {"numbers": [4]}),
        ]

    def _generate_examples(  # type: ignore[override]
        self, numbers: list[int]
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        print("called with", numbers)
        for number in numbers:
            yield number, {"x": number * (10 if self.config.name == "ten" else 1)}


class Tables(ArrowBasedBuilder):
    def _split_generators(self, dl_manager: DownloadManager) -> list[SplitGenerator]:
        return [SplitGenerator("train", {"numbers": [1, 2]})]

    def _generate_tables(self, numbers: list[int]) -> Iterator[tuple[int, pa.Table]]:  # type: ignore[override]
        for number in numbers:
            yield number, pa.table({"x": pa.array([number], pa.int8())})


def prepared(cls: type[DatasetBuilder], *names: Any, **keywords: Any) -> DatasetBuilder:
    builder = cls(None, None, *names)
    builder.download_and_prepare(**keywords)
    return builder


def test_rows_and_splits() -> None:
    builder = prepared(Numbers)
    splits = builder.as_dataset()
    assert {name: split["x"][:] for name, split in splits.items()} == {"train": [1, 2, 3], "test": [4]}
    assert splits["train"].features == Features({"x": Value("int16")})
    assert builder.as_dataset("train[1:]+test")["x"][:] == [2, 3, 4]
    assert builder.info.splits is not None
    assert builder.info.splits["train"].num_examples == 3


def test_tables_keep_their_types() -> None:
    dataset = prepared(Tables).as_dataset("train")
    assert dataset.features == Features({"x": Value("int8")})
    assert dataset["x"][:] == [1, 2]


def test_configurations_are_told_apart() -> None:
    assert prepared(Numbers, "ten").as_dataset("test")["x"][:] == [40]
    assert prepared(Numbers).as_dataset("test")["x"][:] == [4]
    with pytest.raises(ValueError, match="'one', 'ten'"):
        Numbers(config_name="two")


def test_what_was_prepared_is_found_again(capsys: pytest.CaptureFixture[str]) -> None:
    prepared(Numbers)
    assert "called with [1, 2, 3]" in capsys.readouterr().out
    prepared(Numbers)
    assert capsys.readouterr().out == ""
    prepared(Numbers, download_mode="force_redownload")
    assert "called with [1, 2, 3]" in capsys.readouterr().out


def test_lists_are_shared_out_to_processes() -> None:
    assert prepared(Tables, num_proc=2).as_dataset("train")["x"][:] == [1, 2]


def test_streams_generate_rows_while_one_iterates(capsys: pytest.CaptureFixture[str]) -> None:
    streams = Numbers().as_streaming_dataset()
    assert capsys.readouterr().out == ""
    assert [row["x"] for row in streams["train"]] == [1, 2, 3]
    assert capsys.readouterr().out.split("\n")[:3] == ["called with [1]", "called with [2]", "called with [3]"]


def test_files_are_written_where_asked(tmp_path: Path) -> None:
    prepared(Numbers, output_dir=tmp_path / "arrow")
    assert load_from_disk(str(tmp_path / "arrow"))["train"]["x"][:] == [1, 2, 3]
    prepared(Numbers, output_dir=tmp_path / "parquet", file_format="parquet")
    found = load_dataset("parquet", data_files=str(tmp_path / "parquet" / "*train*.parquet"), split="train")
    assert found["x"][:] == [1, 2, 3]


def test_nothing_is_there_before_it_is_prepared() -> None:
    with pytest.raises(ValueError, match="download_and_prepare"):
        Numbers().as_dataset()


def test_what_finds_a_source_is_a_builder_too(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("x\n1\n2\n")
    builder = load_dataset_builder(str(tmp_path))
    assert isinstance(builder, DatasetBuilder)
    builder.download_and_prepare()
    assert builder.as_dataset("train")["x"][:] == [1, 2]


def test_archives_and_files_come_in_the_shape_they_were_named_in(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("inner/a.txt", "one")
        archive.writestr("b.txt", "two")
    manager = DownloadManager()
    found = manager.download_and_extract({"data": [str(tmp_path / "all.zip")]})
    directory = found["data"][0]
    assert [Path(path).relative_to(directory).as_posix() for path in manager.iter_files(directory)] == [
        "b.txt",
        "inner/a.txt",
    ]
    assert {name: stream.read() for name, stream in manager.iter_archive(str(tmp_path / "all.zip"))} == {
        "inner/a.txt": b"one",
        "b.txt": b"two",
    }
    with pytest.raises(FileNotFoundError):
        manager.download(str(tmp_path / "none.txt"))
