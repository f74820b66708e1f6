"""A block of clean CSV through polars, and the proof that polars may read it.

Polars splits at every quote, so a single stray one shifts all that follows. A block is handed to it only if
each quote opens a cell at its start or closes one at its end; then every reader agrees. All else goes to the
forgiving splitter of records.py. Both give the same frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from crmkpi.ingest.encoding import count_byte
from crmkpi.ingest.limits import Limits
from crmkpi.ingest.records import Dialect, RecordReader, split_line
from crmkpi.ingest.shapes import filled, misfits
from crmkpi.ingest.text_table import ROW

_LF, _CR = 10, 13
# short records beyond this number in a block are the custom of the file, not damage
_MOST_JUDGED = 5000
Rejects = list[tuple[int, str, str]]


@dataclass
class Block:
    """Rows of one block: columns of text and `__row` (1-based line of the file), and counts.

    `rest` are the bytes of a last record that may go on in the next block; `lines` the lines before it.
    `records` counts every record, also blank and rejected ones; `rejects` are (line, reason, text).
    """

    frame: pl.DataFrame
    records: int
    lines: int
    rest: bytes = b""
    rejects: Rejects = field(default_factory=list)
    short: int = 0
    repaired: int = 0


Kinds = tuple[str | None, ...]


@dataclass(frozen=True)
class Layout:
    """What a record should look like: names of the columns, the dialect, the kind of data in each column."""

    names: list[str]
    dialect: Dialect
    kinds: Kinds
    limits: Limits


def read_block(data: bytes, layout: Layout, before: int, final: bool) -> Block:
    """Rows of a block of whole lines, `before` lines of the file standing above it. Unless `final`, a record
    that is cut at the end stays unused."""
    block = _fast(data, layout, before, final)
    if block is None:
        block = _slow(data, layout, before, final)
    if (
        b"=" in data and b'="' in data and block.frame.height
    ):  # ="00012" keeps Excel from making a number of it
        block.frame = block.frame.with_columns(pl.col(layout.names).str.replace(r'^="([^"]*)"$', "$1"))
    return block


@dataclass
class _Marks:
    """Where records end (index of the line feed) and which bytes lie inside quotes (None: no quotes)."""

    codes: np.ndarray
    inside: np.ndarray | None
    ends: np.ndarray

    def starts(self) -> np.ndarray:
        return np.concatenate(([0], self.ends[:-1] + 1))


def _fast(data: bytes, layout: Layout, before: int, final: bool) -> Block | None:
    dialect = layout.dialect
    delimiter, quote = dialect.delimiter or "\x1f", dialect.quote
    if dialect.skip_space or len(delimiter.encode()) != 1 or len((quote or '"').encode()) != 1:
        return None
    if dialect.delimiter is None and b"\x1f" in data:
        return None
    quoted = quote is not None and quote.encode() in data
    if quoted and dialect.escape and (dialect.escape + str(quote)).encode() in data:
        return None
    rest, empty_quoted = b"", False
    if quoted:
        quotes = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord(str(quote)))
        if len(quotes) % 2 and not final:
            used = _record_cut(data, quotes)
            data, rest, quotes = data[:used], data[used:], quotes[quotes < used]
        if not data or not _in_place(data, quotes, ord(delimiter)):
            return None
        empty_quoted = _empty_quoted(data, quotes)
    return _parsed(data, rest, layout, before, quoted, empty_quoted)


def _empty_quoted(data: bytes, quotes: np.ndarray) -> bool:
    """Whether a cell is just a pair of quotes, which is empty and not null to polars. A pair inside a
    cell stands for one quote; at the end of a cell it has a third quote beside it."""
    opening, closing = quotes[0::2], quotes[1::2]
    pairs = opening[closing - opening == 1]
    codes = np.frombuffer(data, dtype=np.uint8)
    quote = codes[quotes[0]] if len(quotes) else 0
    beside = (pairs > 0) & (codes[np.maximum(pairs - 1, 0)] == quote)
    beside |= codes[np.minimum(pairs + 2, len(codes) - 1)] == quote
    return bool((~beside).any())


def _record_cut(data: bytes, quotes: np.ndarray) -> int:
    """Bytes up to the end of the last complete record, by the parity of quotes; 0 when none is near the end."""
    end = len(data)
    for _ in range(1000):
        start = data.rfind(b"\n", 0, max(end - 1, 0)) + 1
        if start == 0:
            return 0
        if np.searchsorted(quotes, start) % 2 == 0:
            return start
        end = start
    return 0


def _in_place(data: bytes, quotes: np.ndarray, delimiter: int) -> bool:
    """Whether quotes open cells at their start and close them at their end (or stand doubled), one by one."""
    if len(quotes) % 2 or not len(quotes):
        return not len(quotes)
    codes = np.frombuffer(data, dtype=np.uint8)
    opening, closing = quotes[0::2], quotes[1::2]
    quote = codes[opening[0]]
    before = codes[np.maximum(opening - 1, 0)]
    after = codes[np.minimum(closing + 1, len(codes) - 1)]
    opens = (before == delimiter) | (before == _LF) | (before == quote) | (opening == 0)
    closes = (
        (after == delimiter)
        | (after == _LF)
        | (after == _CR)
        | (after == quote)
        | (closing == len(codes) - 1)
    )
    return bool(opens.all() and closes.all())


def _polars(data: bytes, names: list[str], dialect: Dialect, exact: bool) -> pl.DataFrame | None:
    """The block as polars reads it; None where it refuses. `exact` refuses rows with too many cells."""
    try:
        return pl.read_csv(
            data,
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
            separator=dialect.delimiter or "\x1f",
            quote_char=dialect.quote,
            extra_columns="raise" if exact else "ignore",
            missing_columns="insert",
            infer_schema=False,
        )
    except pl.exceptions.PolarsError:
        return None


def _parsed(
    data: bytes, rest: bytes, layout: Layout, before: int, quoted: bool, empty_quoted: bool
) -> Block | None:
    """Row numbers and shapes of a block; None when it needs the forgiving splitter after all."""
    names, dialect, limits = layout.names, layout.dialect, layout.limits
    frame, exact = _polars(data, names, dialect, exact=True), True
    if frame is None:
        frame, exact = _polars(data, names, dialect, exact=False), False
    if frame is None:
        return None
    if empty_quoted:  # "" is an empty cell too
        frame = frame.with_columns(pl.when(pl.all().str.len_bytes() > 0).then(pl.all()))
    lines = count_byte(data, _LF) + (not data.endswith(b"\n") and bool(data))
    marks = None
    if quoted and lines != frame.height:
        marks = _marks(data, dialect.quote)
        frame = frame.with_columns(pl.all().str.replace_all("\r\n", "\n", literal=True))
        longest = max((n or 0 for n in frame.select(pl.all().str.len_bytes().max()).row(0)), default=0)
        if longest > limits.quoted_cell_bytes or _most_lines(marks, lines) > limits.record_lines:
            return None
    if (len(marks.ends) if marks else lines) != frame.height:
        return None
    numbers = _line_numbers(marks) if marks else np.arange(1, frame.height + 1)
    out = Block(
        frame.with_columns(pl.Series(ROW, numbers + before, dtype=pl.Int64)), frame.height, lines, rest
    )
    if dialect.delimiter and not (exact and _no_short(frame, data, dialect.delimiter, quoted)):
        marks = marks or _marks(data, dialect.quote if quoted else None)
        _check_widths(out, marks, data, layout)
    return out


def _no_short(frame: pl.DataFrame, data: bytes, delimiter: str, quoted: bool) -> bool:
    """Whether no row lacks cells (none has too many): its last cell would be null, and a delimiter missing."""
    if frame[frame.columns[-1]].null_count() == 0:
        return True
    total = count_byte(data, ord(delimiter))
    if quoted:
        inside = frame.select(pl.all().str.count_matches(delimiter, literal=True).sum()).row(0)
        total -= sum(n or 0 for n in inside)
    return total == frame.height * (frame.width - 1)


def _marks(data: bytes, quote: str | None) -> _Marks:
    codes = np.frombuffer(data, dtype=np.uint8)
    feeds = np.flatnonzero(codes == _LF)
    inside = None
    if quote is not None:
        inside = np.bitwise_xor.accumulate((codes == quote.encode()[0]).view(np.uint8)).astype(bool)
        feeds = feeds[~inside[feeds]]
    if len(codes) and (not len(feeds) or feeds[-1] != len(codes) - 1):
        feeds = np.append(feeds, len(codes))
    return _Marks(codes, inside, feeds)


def _most_lines(marks: _Marks, lines: int) -> int:
    return int(np.diff(_line_numbers(marks), append=lines + 1).max(initial=0))


def _line_numbers(marks: _Marks) -> np.ndarray:
    feeds = np.flatnonzero(marks.codes == _LF)
    return np.searchsorted(feeds, marks.starts(), side="left") + 1


def _check_widths(out: Block, marks: _Marks, data: bytes, layout: Layout) -> None:
    """Judges the records whose number of cells is not that of the table."""
    dialect, width = layout.dialect, len(layout.names)
    is_delimiter = marks.codes == ord(str(dialect.delimiter))
    if marks.inside is not None:
        is_delimiter &= ~marks.inside
    counts = np.bincount(np.searchsorted(marks.ends, np.flatnonzero(is_delimiter)), minlength=len(marks.ends))
    starts = marks.starts()
    sizes = marks.ends - starts
    blank = (sizes == 0) | ((sizes == 1) & (marks.codes[np.minimum(starts, len(marks.codes) - 1)] == _CR))
    short = (counts < width - 1) & ~blank
    suspects = np.flatnonzero((counts > width - 1) | short)
    if short.sum() > _MOST_JUDGED:  # cut records are the custom of this file
        suspects, out.short = np.flatnonzero(counts > width - 1), int(short.sum())
    keep = np.ones(len(counts), dtype=bool)
    for i in suspects:
        text = data[starts[i] : marks.ends[i]].decode("utf-8", "replace").rstrip("\r")
        keep[i] = _judged(out, int(out.frame[ROW][int(i)]), split_line(text, dialect).cells, text, layout)
    if not keep.all():
        out.frame = out.frame.filter(pl.Series(keep))


def _judged(out: Block, line: int, cells: list[str], text: str, layout: Layout) -> bool:
    """Whether a record of the wrong width may stay: empty extra cells, or missing ones at the end, while what
    is there fits its columns. Otherwise it is rejected with a reason."""
    width = len(layout.names)
    if len(cells) == width or not any(cell.strip() for cell in cells):
        return True
    if any(cell.strip() for cell in cells[width:]):
        out.rejects.append((line, "long_row", text))
        return False
    # a line of one cell is a note or a section, which the gatherer judges
    if filled(cells) > 1 and misfits(cells, layout.kinds):
        out.rejects.append((line, "shifted_row", text))
        return False
    out.short += len(cells) < width
    return True


def _slow(data: bytes, layout: Layout, before: int, final: bool) -> Block:
    """The same by the forgiving splitter, record by record."""
    names = layout.names
    data = data.replace(b"\r\n", b"\n")
    lines = data.decode("utf-8", "replace").split("\n")
    if not lines[-1]:
        lines.pop()
    reader = RecordReader(lines, layout.dialect, len(names), layout.limits, final)
    out = Block(pl.DataFrame(), 0, len(lines))
    rows: list[list[str | None]] = []
    numbers: list[int] = []
    at = 0
    while at < len(lines):
        record = reader.at(at)
        if record.status == "more":
            out.rest, out.lines = "".join(line + "\n" for line in lines[at:]).encode(), at
            break
        out.records += 1
        text = "\n".join(lines[at : at + record.lines])
        if record.status == "broken":
            out.rejects.append((before + at + 1, "broken_quotes", text))
        elif _judged(out, before + at + 1, record.cells, text, layout):
            out.repaired += record.status == "repaired"
            row: list[str | None] = [cell or None for cell in record.cells[: len(names)]]
            rows.append(row + [None] * (len(names) - len(row)))
            numbers.append(before + at + 1)
        at += record.lines
    columns = zip(*rows, strict=True) if rows else [[] for _ in names]
    out.frame = pl.DataFrame(
        [pl.Series(name, values, dtype=pl.String) for name, values in zip(names, columns, strict=True)]
        + [pl.Series(ROW, numbers, dtype=pl.Int64)]
    )
    return out
