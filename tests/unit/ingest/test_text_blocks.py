"""Blocks of lines must hold the text as Python reads it, wherever the file is cut, and know its line ends."""

from __future__ import annotations

import io

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.ingest.encoding import Encoding, TextBlocks, _lone_ends, count_byte
from crmkpi.ingest.gather import _may_be_blank
from crmkpi.ingest.limits import DEFAULT, Limits

word = st.sampled_from(["a", "№", "Заказ", ";", "é", "12"])
ends = st.sampled_from([("\n",), ("\r\n",), ("\r",), ("\n", "\r\n"), ("\n", "\r")])
# longer than what is looked at in one go, with a line end that its border cuts
LONG = 128 * 1024


def blocks(data: bytes, encoding: str, size: int) -> tuple[bytes, TextBlocks]:
    read = TextBlocks(io.BytesIO(data), Encoding(encoding), "x.csv", Limits(block_bytes=size), lenient=True)
    return b"".join(read), read


@settings(max_examples=150, deadline=None)
@given(
    st.lists(word, max_size=30),
    ends,
    st.sampled_from(["utf-8", "cp1251", "utf-16-le", "koi8-r"]),
    st.integers(2, 40),
)
def test_blocks_of_any_size_hold_the_same_lines(
    words: list[str], marks: tuple[str, ...], encoding: str, size: int
):
    data = "".join(w + marks[i % len(marks)] for i, w in enumerate(words)).encode(encoding, "replace")
    known = data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    got, _ = blocks(data, encoding, size)
    assert got.decode().replace("\r\n", "\n") == known


@given(st.binary(max_size=60).map(lambda b: b.translate(bytes([10, 13, 65] * 85 + [66])) or b"\n"))
def test_lone_line_ends_are_seen(data: bytes):
    paired = data.count(b"\r\n")
    assert _lone_ends(data) == (data.count(b"\r") > paired, data.count(b"\n") > paired)


@pytest.mark.parametrize(
    "odd, lone", [(b"x\r\n", (False, False)), (b"\rxx", (True, False)), (b"x\nx", (False, True))]
)
@pytest.mark.parametrize("before", [LONG - 3, LONG - 2, LONG - 1, LONG])
def test_line_ends_at_the_border_of_a_piece_are_seen(odd: bytes, lone: tuple[bool, bool], before: int):
    data = b"a" * before + odd + b"a" * LONG + b"\r\n"
    assert _lone_ends(data) == lone
    assert count_byte(data, 10) == data.count(b"\n")


def test_single_byte_text_longer_than_a_piece_is_whole_and_its_bad_bytes_are_counted():
    text = "Заказ № 5;" * 40_000
    data = (text + "\n").encode("cp1251") + b"\x98\x98\n"
    got, read = blocks(data, "cp1251", DEFAULT.block_bytes)
    assert got.decode() == text + "\n\ufffd\ufffd\n"
    assert (read.bad, read.line_ends) == (2, {"LF"})


def test_cut_end_of_wide_text_is_one_bad_character():
    got, read = blocks("id\n1\n".encode("utf-16-le") + b"\x31", "utf-16-le", 64)
    assert got == "id\n1\n\ufffd".encode()
    assert read.bad == 1


def test_every_white_space_may_be_blank():
    space = [chr(code) for code in range(0x3100) if chr(code).isspace()] + ["", None, "\ufeff", " x", "\t"]
    blank = pl.DataFrame({"v": space}, schema={"v": pl.String}).select(_may_be_blank(pl.col("v")))
    assert blank.to_series().all()
    assert pl.DataFrame({"v": ["1", "A-1", "z"]}).select(_may_be_blank(pl.col("v")).any()).item() is False
