"""The inputs of the steps, made from a seed: `python data.py DIRECTORY SCALE KIND...` makes what is not there yet.

text      50,000 rows of about 1,300 characters and a label, like film reviews         text.{arrow,parquet,csv}
table     2,000,000 rows of 7 columns: integers, floats, short strings, a flag         table.{arrow,parquet,csv}
table4x   four times as many                                                          table4x.{arrow,parquet,csv}
rows      the first 200,000 of them, for what is slow by row                           rows.{arrow,parquet,csv}
small     the first 100                                                               small.{arrow,parquet,csv}
lines     the same 200,000 rows as lines of JSON                                        lines.jsonl
nested    1,000,000 lines of nested JSON                                               nested.jsonl
images    20,000 small JPEG files, 2,000 in each of ten folders with two classes       images/part-0/{cat,dog}/*.jpg
pictures  the same files inside of a table                                             pictures.{arrow,parquet}
tokenizer a byte-pair tokenizer trained on the text                                    tokenizer.json
"""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

RECIPE = 2
"""Counted up when what is made here changes: older files are made again."""

SEED = 20260101
TEXTS, TABLE_ROWS, FEW_ROWS, DOCUMENTS, IMAGES = 50_000, 2_000_000, 200_000, 1_000_000, 20_000
BLOCK = 100_000


def count(full: int, scale: float) -> int:
    return max(int(full * scale), 100)


def generator(kind: str) -> np.random.Generator:
    return np.random.default_rng([SEED, *kind.encode()])


# Text


def vocabulary(rng: np.random.Generator, size: int = 20_000) -> list[str]:
    """Make words of syllables; some end sentences, a few are quoted, tagged or not ASCII."""
    consonants, vowels = [*"bcdfghklmnprstvwz", "th", "st", "ch"], [*"aeiou", "ea", "ou"]
    words: list[str] = []
    for _ in range(size):
        parts = rng.integers(1, 4)
        word = "".join(str(rng.choice(consonants)) + str(rng.choice(vowels)) for _ in range(parts))
        ending = rng.random()
        words.append(word + ("." if ending < 0.05 else "," if ending < 0.1 else "n" if ending < 0.5 else ""))
    for index in range(500, size, 500):
        words[index] = ['"film"', "<br />", "café", "naïve", "it's"][index // 500 % 5]
    return words


def texts(rows: int) -> Iterator[pa.RecordBatch]:
    rng = generator("text")
    words = np.array(vocabulary(rng), dtype=object)
    shares = 1 / np.arange(2, len(words) + 2)
    ladder = np.cumsum(shares / shares.sum())
    for start in range(0, rows, 10_000):
        lengths = np.clip(rng.lognormal(5.25, 0.45, min(10_000, rows - start)), 20, 1200).astype(int)
        chosen = words[np.minimum(np.searchsorted(ladder, rng.random(int(lengths.sum()))), len(words) - 1)].tolist()
        ends = np.cumsum(lengths).tolist()
        text = [" ".join(chosen[first:last]) for first, last in zip([0, *ends], ends, strict=False)]
        labels = rng.integers(0, 2, len(text))
        yield pa.record_batch({"text": pa.array(text), "label": pa.array(labels)})


# Table


def table(rows: int, kind: str = "table") -> Iterator[pa.RecordBatch]:
    rng = generator(kind)
    categories = np.array([f"category {number:03d}" for number in range(500)], dtype=object)
    for start in range(0, rows, BLOCK):
        size = min(BLOCK, rows - start)
        names = [f"n{number:x}" for number in rng.integers(0, 1 << 32, size).tolist()]
        yield pa.record_batch(
            {
                "id": np.arange(start, start + size),
                "count": rng.integers(0, 1000, size),
                "price": np.round(rng.gamma(2.0, 40.0, size), 2),
                "score": np.round(rng.normal(0, 1, size), 4),
                "category": categories[np.minimum(rng.geometric(0.01, size), 499)],
                "name": names,
                "flag": rng.random(size) < 0.3,
            }
        )


def documents(rows: int) -> Iterator[str]:
    rng = generator("nested")
    words = vocabulary(rng, 2_000)
    for start in range(0, rows, 10_000):
        size = min(10_000, rows - start)
        picks = rng.integers(0, len(words), (size, 12)).tolist()
        numbers = np.round(rng.normal(0, 10, (size, 4)), 3).tolist()
        lengths = rng.integers(0, 4, (size, 2)).tolist()
        for row in range(size):
            pick, number, (tags, items) = picks[row], numbers[row], lengths[row]
            document = {
                "id": start + row,
                "user": {"name": words[pick[0]], "age": pick[1] % 90, "tags": [words[p] for p in pick[2 : 2 + tags]]},
                "scores": number[: 1 + tags],
                "items": [{"key": words[p], "value": n} for p, n in zip(pick[5 : 5 + items], number, strict=False)],
                "title": " ".join(words[p] for p in pick[8:]),
            }
            yield json.dumps(document, ensure_ascii=False) + "\n"


# Images


def pictures(amount: int) -> Iterator[tuple[str, bytes]]:
    """Yield names and JPEG files: smooth random shapes, 96 by 72 points."""
    from PIL import Image

    rng = generator("images")
    for number in range(amount):
        small = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
        data = io.BytesIO()
        small.resize((96, 72), Image.Resampling.BILINEAR).save(data, "JPEG", quality=80)
        part, rest = divmod(number, 2_000)
        yield f"part-{part}/{'cat' if rest % 2 == 0 else 'dog'}/{number:06d}.jpg", data.getvalue()


# Files


def write_tables(batches: Iterator[pa.RecordBatch], folder: Path, kind: str, csv: bool = True) -> None:
    """Write the same rows as Arrow, Parquet and CSV, without holding them."""
    first = next(batches)
    schema = first.schema
    options = pa.csv.WriteOptions(quoting_style="needed")
    with (
        pa.OSFile(str(folder / f"{kind}.arrow"), "wb") as sink,
        pa.ipc.new_file(sink, schema.remove_metadata()) as arrow,
        pa.parquet.ParquetWriter(folder / f"{kind}.parquet", schema) as parquet,
    ):
        text = pa.csv.CSVWriter(str(folder / f"{kind}.csv"), schema, write_options=options) if csv else None
        for batch in chained(first, batches):
            arrow.write_batch(batch.replace_schema_metadata(None))
            parquet.write_batch(batch)
            if text is not None:
                text.write_batch(batch)
        if text is not None:
            text.close()


def chained(first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield first
    yield from rest


def make_text(folder: Path, scale: float) -> None:
    write_tables(texts(count(TEXTS, scale)), folder, "text")


def make_table(folder: Path, scale: float) -> None:
    write_tables(table(count(TABLE_ROWS, scale)), folder, "table")


def make_table4x(folder: Path, scale: float) -> None:
    write_tables(table(4 * count(TABLE_ROWS, scale)), folder, "table4x")


def make_rows(folder: Path, scale: float) -> None:
    write_tables(table(count(FEW_ROWS, scale)), folder, "rows")


def make_small(folder: Path, scale: float) -> None:
    del scale
    write_tables(table(100), folder, "small")


def make_lines(folder: Path, scale: float) -> None:
    with (folder / "lines.jsonl").open("w", encoding="utf-8") as file:
        for batch in table(count(FEW_ROWS, scale)):
            file.writelines(json.dumps(row) + "\n" for row in batch.to_pylist())


def make_nested(folder: Path, scale: float) -> None:
    with (folder / "nested.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(documents(count(DOCUMENTS, scale)))


def make_images(folder: Path, scale: float) -> None:
    shutil.rmtree(folder / "images", ignore_errors=True)
    for name, data in pictures(count(IMAGES, scale)):
        path = folder / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def make_pictures(folder: Path, scale: float) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        features = {"image": {"_type": "Image"}, "number": {"dtype": "int64", "_type": "Value"}}
        about = {"huggingface": json.dumps({"info": {"features": features}})}
        files = list(pictures(count(IMAGES, scale)))
        for start in range(0, len(files), 1000):
            some = [{"bytes": data, "path": name.rpartition("/")[2]} for name, data in files[start : start + 1000]]
            columns = {"image": some, "number": list(range(start, start + len(some)))}
            yield pa.record_batch(columns).replace_schema_metadata(about)

    write_tables(batches(), folder, "pictures", csv=False)


def make_tokenizer(folder: Path, scale: float) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    make_if_absent(folder, scale, "text")
    sample = pa.parquet.read_table(folder / "text.parquet", columns=["text"]).column(0)[:5000].to_pylist()
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(
        sample, trainers.BpeTrainer(vocab_size=8_000, special_tokens=["[UNK]"], show_progress=False)
    )
    tokenizer.save(str(folder / "tokenizer.json"))


MAKERS: dict[str, Callable[[Path, float], Any]] = {
    "text": make_text,
    "table": make_table,
    "table4x": make_table4x,
    "rows": make_rows,
    "small": make_small,
    "lines": make_lines,
    "nested": make_nested,
    "images": make_images,
    "pictures": make_pictures,
    "tokenizer": make_tokenizer,
}


def make_if_absent(folder: Path, scale: float, kind: str) -> None:
    """Make one kind of input, unless it is there."""
    stamp = folder / f"{kind}.made"
    if stamp.exists() and stamp.read_text() == str(RECIPE):
        return
    print(f"making {kind} at scale {scale:g} ...", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    MAKERS[kind](folder, scale)
    stamp.write_text(str(RECIPE))


def main() -> None:
    folder, scale = Path(sys.argv[1]), float(sys.argv[2])
    for kind in sys.argv[3:] or list(MAKERS):
        make_if_absent(folder, scale, kind)


if __name__ == "__main__":
    main()
