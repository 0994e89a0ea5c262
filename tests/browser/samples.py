"""Data for looking at: a bit of every type, and the awkward values of each."""

from __future__ import annotations

import io
import math
import random
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from arrowsets import Audio, ClassLabel, Dataset, DatasetDict, Features, Image, List, Pdf, Value

TOPICS = ["science", "travel", "cooking", "music", "sport"]
SENTENCES = [
    "The measured spectrum agrees with the model to within two per cent, except near 1420 MHz.",
    "يجب أن تُكتب الأرقام ١٢٣ من اليسار إلى اليمين داخل النص العربي.",
    "我们在北京的实验室里测量了四十二个样本。",
    "Crème brûlée: whisk six yolks, add hot cream slowly, bake at 110 °C until it just trembles. 🍮",
    "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>",
    "Order 66-1977 arrived late; the customer asked for a refund of 3,120.50 EUR.",
    "A short one.",
    "Tomorrow we take the 6:40 to Trieste, then the ferry. Bring the tickets, both passports and something to read.",
    "The second movement is slower than I remember it, and better for it.",
    "Rain until four; after that the match went on under lights.",
    "Nobody at the desk could say when the lift would run again.",
    "Der Zug hielt zwanzig Minuten auf offener Strecke.",
    "文笔很好但结尾太快了。",
    "She finished third in 2:31:07, her best by almost four minutes.",
    "Salt the water until it tastes of the sea.",
    "Le musée ferme à dix-huit heures, sauf le jeudi.",
    "Both samples were kept at 4 °C and measured on the same day.",
    "لم نجد غرفة تطل على البحر، لكن الحديقة كانت هادئة.",
    "The encore was worth the wait. 🎻",
    "Two goals in stoppage time, and the ground emptied in silence.",
    "We left the map in the car and found the bakery by its smell.",
    "Повторите измерение при трёх температурах.",
]
CHAT = [
    {"role": "system", "content": "You answer briefly and say when you are not sure."},
    {"role": "user", "content": "How many moons does Mars have?"},
    {"role": "assistant", "content": "Two: Phobos and Deimos, both found by Asaph Hall in 1877."},
    {"role": "user", "content": "وأيهما أكبر؟"},
    {"role": "assistant", "content": "Phobos، وقطره نحو ٢٢ كيلومترًا."},
]

PALETTE = [
    (np.array(low), np.array(high))
    for low, high in [
        ((24, 58, 92), (240, 214, 170)),
        ((92, 38, 60), (244, 196, 178)),
        ((22, 74, 66), (222, 232, 190)),
        ((62, 48, 104), (226, 214, 246)),
    ]
]


def picture(index: int) -> bytes:
    """A small PNG of soft shapes, different for each index."""
    from PIL import Image as Pictures

    side = 160
    y, x = np.mgrid[0:side, 0:side] / side
    turn = index * 0.9
    wave_of = 0.5 + 0.5 * np.sin(7 * (x * math.cos(turn) + y * math.sin(turn)) + 3 * np.sin(4 * y + index))
    low, high = PALETTE[index % len(PALETTE)]
    pixels = (low + (high - low) * wave_of[..., None]).astype(np.uint8)
    out = io.BytesIO()
    Pictures.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def tone(index: int) -> bytes:
    """Half a second of a tone, as a WAV file."""
    rate = 8000
    samples = (9000 * np.sin(2 * math.pi * (220 + 40 * index) * np.arange(rate // 2) / rate)).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def reviews(rows: int = 600, seed: int = 0) -> Dataset:
    """Texts in several scripts, with labels, scores, dates and nested values."""
    chance = random.Random(seed)
    columns: dict[str, list[Any]] = {
        name: [] for name in ("text", "topic", "score", "stars", "checked", "source", "tags", "meta")
    }
    for index in range(rows):
        columns["text"].append(None if index % 41 == 40 else _text(index, chance) if index % 17 else "")
        columns["topic"].append(min(4, int(chance.expovariate(0.7))))
        columns["score"].append(float("nan") if index % 37 == 9 else chance.gauss(0.62, 0.14) if index % 29 else None)
        columns["stars"].append(chance.choices([1, 2, 3, 4, 5], [1, 1, 2, 4, 3])[0])
        columns["checked"].append(None if index % 11 == 5 else chance.random() < 0.7)
        columns["source"].append(chance.choice(["web", "web", "web", "mail", "phone", "   "]))
        columns["tags"].append([chance.choice(["new", "long", "odd", "kept"]) for _ in range(chance.randrange(5))])
        columns["meta"].append({"id": 2**53 + index, "where": {"page": index, "lines": [index, index + 1]}})
    features = Features({
        "text": Value("string"), "topic": ClassLabel(names=TOPICS), "score": Value("float64"), "stars": Value("int64"),
        "checked": Value("bool"), "source": Value("string"), "tags": List(Value("string")),
        "meta": {"id": Value("int64"), "where": {"page": Value("int32"), "lines": List(Value("int64"))}},
    })  # fmt: skip
    return Dataset.from_dict(columns, features=features)


def _text(index: int, chance: random.Random) -> str:
    """One sentence, and some more after it: the first of all are there alone, for tests to find."""
    begun = SENTENCES[index % len(SENTENCES)]
    return begun if index < len(SENTENCES) else " ".join([begun, *chance.sample(SENTENCES[5:], chance.randrange(3))])


def media(rows: int = 60) -> Dataset:
    """Pictures, sounds and conversations."""
    features = Features({
        "image": Image(), "caption": Value("string"), "audio": Audio(),
        "messages": List({"role": Value("string"), "content": Value("string")}), "kind": ClassLabel(names=["wave", "ripple"]),
    })  # fmt: skip
    return Dataset.from_dict(
        {
            "image": [{"bytes": picture(index), "path": None} if index % 13 != 12 else None for index in range(rows)],
            "caption": [f"Pattern {index}: three waves that cross, one for each colour." for index in range(rows)],
            "audio": [{"bytes": tone(index), "path": None} for index in range(rows)],
            "messages": [CHAT[: 2 + index % 4] for index in range(rows)],
            "kind": [index % 2 for index in range(rows)],
        },
        features=features,
    )


def paper(index: int) -> bytes:
    """A PDF document of one page: a heading, lines of text, and a figure in a colour."""
    red, green, blue = PALETTE[index % len(PALETTE)][0] / 255
    lines = [f"/F 11 Tf 0 -19 Td ({SENTENCES[0]} {line + 1}.) Tj" for line in range(12)]
    heading = f"BT /F 26 Tf 60 740 Td (Paper number {index}) Tj {' '.join(lines)} ET"
    drawn = f"{heading} {red:.3f} {green:.3f} {blue:.3f} rg 60 180 475 260 re f".encode("ascii", "replace")
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, part) for number, part in enumerate(parts, 1))
    return b"%PDF-1.4\n" + body + b"trailer\n<</Root 1 0 R>>\n%%EOF\n"


def papers(rows: int = 12) -> Dataset:
    """Documents: some missing, one that is none, and lists of them."""
    cells = [None if index % 5 == 4 else b"%PDF-torn" if index == 2 else paper(index) for index in range(rows)]
    features = Features({"title": Value("string"), "pdf": Pdf(), "pair": List(Pdf()), "both": {"one": Pdf()}})
    return Dataset.from_dict(
        {
            "title": [f"Paper number {index}" for index in range(rows)],
            "pdf": cells,
            "pair": [[paper(index), paper(index + 1)] for index in range(rows)],
            "both": [{"one": cell} for cell in cells],
        },
        features=features,
    )


def everything() -> DatasetDict:
    """What most tests look at."""
    return DatasetDict({"train": reviews(), "test": reviews(40, seed=1)})


def wide(columns: int = 1000, rows: int = 300) -> Dataset:
    """As many columns as nobody should have."""
    values = np.arange(rows)
    return Dataset(pa.table({f"feature_{index:04d}": pa.array(values * (index + 1)) for index in range(columns)}))


def long(path: Path, rows: int = 100_000_000, piece: int = 10_000_000) -> Path:
    """A Parquet file of very many rows of small numbers."""
    schema = pa.schema([("n", pa.int32()), ("digit", pa.int8())])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for begin in range(0, rows, piece):
            n = np.arange(begin, min(rows, begin + piece), dtype=np.int32)
            writer.write_table(pa.table([pa.array(n), pa.array((n % 10).astype(np.int8))], schema=schema))
    return path
