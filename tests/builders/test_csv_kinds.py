"""The type of a few values, found without Arrow's kernels, is the one that many of them have."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from arrowsets.builders import csv_parse
from arrowsets.builders.csv_types import Words, kind_of, narrow
from hypothesis import example, given
from hypothesis import strategies as st

PIECES = [
    "0",
    "1",
    "-",
    "+",
    ".",
    "e5",
    " ",
    "\t",
    "\n",
    "\x0b",
    "inf",
    "Infinity",
    "nan",
    "True",
    "false",
    "0x1F",
    "_",
    "a",
    "٣",
    "",
]
VALUES = st.one_of(
    st.none(),
    st.integers(-(1 << 65), 1 << 65).map(str),
    st.floats().map(str),
    st.lists(st.sampled_from(PIECES), max_size=4).map("".join),
    st.sampled_from(["True", "FALSE", "true", "9223372036854775807", "9223372036854775808", "18446744073709551615"]),
)


@given(st.one_of(st.lists(VALUES, max_size=6), st.lists(st.integers(-3, 1 << 64).map(str), max_size=4)))
@example(["9" * 5000])
@example(["9" * 50])
@example(["0" * 5000])
@example(["18446744073709551616"])
@example(["-1", "9223372036854775808"])
@example(["true", None, "1"])
@example(["5\n", " +7 "])
def test_a_few_values_have_the_type_of_many(values: list[str | None]) -> None:
    text = pa.array(values, pa.string())
    assert kind_of(text, Words()) == narrow(text, Words()).type


@pytest.mark.parametrize("words", [Words(true=("yes",), false=("no",))])
def test_other_words_are_booleans(words: Words) -> None:
    for values in (["yes", "no", None], ["yes", "True"], ["True"]):
        text = pa.array(values, pa.string())
        assert kind_of(text, words) == narrow(text, words).type


def test_a_small_file_is_loaded_without_arrows_kernels(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,b,c,d\n1,0.5,True,x\n2,1e3,False,\n")
    code = (
        "import sys, arrowsets\n"
        f"rows = arrowsets.load_dataset('csv', data_files={str(path)!r}, split='train', cache_dir={str(tmp_path / 'cache')!r})\n"
        "print(rows[1], 'pyarrow.compute' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert answer.strip() == "{'a': 2, 'b': 1000.0, 'c': False, 'd': None} False"


@given(
    st.lists(st.sampled_from([b"0", b"x", b"X", b"a", b",", b"0x", b"1"]), max_size=12).map(b"".join), st.integers(1, 5)
)
@example(b"x0x", 1)
@example(b"0" * 9 + b"X", 4)
def test_hexadecimal_numbers_are_seen_whichever_character_is_rare(block: bytes, few: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_parse, "_FEW", few)
        assert csv_parse._may_have_hex(block) == (b"0x" in block or b"0X" in block)
