"""The fast way through polars and the forgiving splitter must give one and the same table."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.ingest.blocks import Block, Layout, _fast, _slow, read_block
from crmkpi.ingest.limits import DEFAULT
from crmkpi.ingest.records import Dialect, split_line

NAMES = ["a", "b", "c"]
piece = st.sampled_from(['"', '""', ",", "\n", "\r\n", "x", "12", " ", '","', '"\n', '\n"', "é", "'"])


def layout(kinds: tuple[str | None, ...] = ()) -> Layout:
    return Layout(NAMES, Dialect(), kinds, DEFAULT)


@settings(max_examples=400, deadline=None)
@given(st.lists(piece, max_size=40), st.booleans())
def test_fast_and_forgiving_ways_agree(pieces: list[str], final: bool):
    data = ("".join(pieces) + "\n").encode()
    fast = _fast(data, layout(), 10, final)
    if fast is None:
        return
    slow = _slow(data, layout(), 10, final)
    assert finished(fast) == finished(slow)


def finished(block: Block) -> tuple[list[tuple[object, ...]], int, int, list[tuple[int, str, str]]]:
    """Rows and counts of a block with what it left for the next one."""
    rows, records, short, rejects = block.frame.rows(), block.records, block.short, list(block.rejects)
    if block.rest:
        last = _slow(block.rest, layout(), 10 + block.lines, True)
        rows, records, short = rows + last.frame.rows(), records + last.records, short + last.short
        rejects += last.rejects
    return rows, records, short, rejects


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.lists(st.text(st.sampled_from('ab,"\n é'), max_size=5), min_size=3, max_size=3), max_size=20)
)
def test_blocks_cut_anywhere_join_to_the_same_rows(rows: list[list[str]]):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    text = out.getvalue().encode()
    whole = read_block(text, layout(), 0, True).frame.rows() if text else []
    lines = text.splitlines(keepends=True)
    got, rest, before = [], b"", 0
    for line in lines:  # the worst case: every line its own block
        block = read_block(rest + line, layout(), before, False)
        got += block.frame.rows()
        rest, before = block.rest, before + block.lines
    if rest:
        got += read_block(rest, layout(), before, True).frame.rows()
    assert got == whole
    assert [row[:3] for row in got] == [tuple(cell or None for cell in row) for row in rows]


@pytest.mark.parametrize("line", ['x,"open,1\n', '"', 'a,"b"c,d\n', '"a"b"c,"d,e\n'])
def test_damage_on_every_line_is_survived(line: str):
    data = (line.rstrip("\n") + "\n").encode() * 20_000
    block = read_block(data, layout(), 0, True)
    assert block.records == block.frame.height + len(block.rejects)


@given(st.lists(st.text(st.sampled_from('ab;" '), max_size=6), min_size=2, max_size=6))
def test_a_written_line_splits_back(cells: list[str]):
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="", quoting=csv.QUOTE_ALL).writerow(cells)
    assert split_line(out.getvalue(), Dialect(";")).cells == cells
