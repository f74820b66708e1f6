"""Records out of damaged text: a forgiving splitter with width as the judge.

Readers agree on clean CSV and differ on damage. Here a quote opens a cell only at its start and closes it
only before a delimiter or the line end; when the record then has the wrong width, the quotes that could be
strays are tried as plain characters, and a reading is taken only if it gives exactly the expected width.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate

from crmkpi.ingest.limits import Limits

_MAX_VARIANTS = 24


@dataclass(frozen=True)
class Dialect:
    """How cells are told apart. `delimiter` None is a table of one column; `quote` None knows no quoting."""

    delimiter: str | None = ","
    quote: str | None = '"'
    escape: str | None = None
    skip_space: bool = False


@dataclass
class Parsed:
    """Cells of one record. `closed` False: a quoted cell has no end; `stray`: a quote stood out of place."""

    cells: list[str]
    closed: bool = True
    stray: bool = False


@dataclass
class Record:
    """One record of a text: cells, how many lines it took, and what happened.

    status: ok, repaired (a stray quote was read as a character), broken (an opened quote never closes in a
    way that makes sense; the record is its first line only), more (the end lies beyond the given lines).
    """

    cells: list[str]
    lines: int
    status: str = "ok"


def split_line(line: str, dialect: Dialect, literal: int = -1) -> Parsed:
    """Cells of one line. `literal` is the position of a quote to take as a plain character."""
    quote, delimiter = dialect.quote, dialect.delimiter
    if delimiter is None:
        return _one_column(line, dialect)
    if quote is None or quote not in line:
        cells = line.split(delimiter)
        return Parsed([cell.lstrip(" ") for cell in cells] if dialect.skip_space else cells)
    out = Parsed([])
    at, step = 0, len(delimiter)
    while True:
        if dialect.skip_space:
            while line.startswith(" ", at):
                at += 1
        if at != literal and line.startswith(quote, at):
            end, odd = _closing(line, at, dialect)
            out.stray = out.stray or odd
            if end < 0:
                out.cells.append(_unescaped(line[at + 1 :], dialect))
                out.closed = False
                return out
            out.cells.append(_unescaped(line[at + 1 : end], dialect))
            at = _after(line, end, delimiter)
            if at >= len(line):
                return out
        else:
            end = line.find(delimiter, at)
            cell = line[at:] if end < 0 else line[at:end]
            out.cells.append(cell)
            out.stray = out.stray or quote in cell
            if end < 0:
                return out
            at = end
        at += step


def _one_column(line: str, dialect: Dialect) -> Parsed:
    quote = dialect.quote
    if quote and line.startswith(quote):
        if len(line) > 1 and line.rstrip().endswith(quote):
            return Parsed([_unescaped(line.rstrip()[1:-1], dialect)])
        return Parsed([line[1:]], closed=False)
    return Parsed([line])


def _closing(line: str, start: int, dialect: Dialect) -> tuple[int, bool]:
    """Position of the quote that closes the cell opened at `start` (-1: none) and whether strays lie inside."""
    quote, delimiter, escape = str(dialect.quote), dialect.delimiter or "\n", dialect.escape
    at, odd = start + 1, False
    while True:
        at = line.find(quote, at)
        if at < 0:
            return -1, odd
        if escape and _escaped(line, at, start, escape):
            at += 1
            continue
        if line.startswith(quote, at + 1):
            at += 2
            continue
        after = _after(line, at, delimiter)
        if after >= len(line) or line.startswith(delimiter, after):
            return at, odd
        odd = True
        at += 1


def _escaped(line: str, at: int, start: int, escape: str) -> bool:
    count = 0
    while at - 1 - count > start and line[at - 1 - count] == escape:
        count += 1
    return count % 2 == 1


def _after(line: str, end: int, delimiter: str) -> int:
    """Position after a closing quote and the blanks behind it."""
    at = end + 1
    while at < len(line) and line[at] in " \t" and not line.startswith(delimiter, at):
        at += 1
    return at


def _unescaped(text: str, dialect: Dialect) -> str:
    quote = str(dialect.quote)
    if dialect.escape and dialect.escape in text:
        text = text.replace(dialect.escape + quote, quote).replace(dialect.escape * 2, dialect.escape)
    return text.replace(quote * 2, quote) if quote * 2 in text else text


class RecordReader:
    """Reads records one after another from a list of lines, in time linear in the text.

    `width` is the number of cells a good record has. `final` False means that more lines may follow: an
    unclosed cell then asks for them (status more) while it is within the limits for a cell with line ends.
    """

    def __init__(
        self, lines: list[str], dialect: Dialect, width: int, limits: Limits, final: bool = True
    ) -> None:
        self.lines, self.dialect, self.width = lines, dialect, width
        self.limits, self.final = limits, final
        # lines before this index, back to the last scan, hold no quote that could close a cell
        self._barren = 0
        # characters before each line
        self._sizes = list(accumulate((len(line) for line in lines), initial=0))

    def at(self, index: int) -> Record:
        """The record that begins at line `index` (0-based)."""
        line = self.lines[index]
        first = split_line(line, self.dialect)
        if first.closed and (len(first.cells) == self.width or not first.stray):
            return Record(first.cells, 1)
        grown = Record([], 0, "broken") if first.closed else self._grown(index, first)
        if grown.status in ("ok", "more"):  # well quoted: every reader would take it so
            return grown
        for variant in _variants(line, self.dialect):
            if variant.closed and len(variant.cells) == self.width:
                return Record(variant.cells, 1, "repaired")
        if first.closed:
            return Record(first.cells, 1)
        delimiter = self.dialect.delimiter
        return Record(line.split(delimiter) if delimiter else [line], 1, "broken")

    def _grown(self, index: int, first: Parsed) -> Record:
        """A record whose cell runs over line ends, within the limits; broken when it never closes well."""
        cells, tail, stray = first.cells[:-1], first.cells[-1], first.stray
        start = index + 1
        while True:
            here, end, odd = self._closer(index, start)
            if here < 0:
                return Record([], 0, "more" if end and not self.final else "broken")
            between = (_unescaped(line, self.dialect) for line in self.lines[start:here])
            line = self.lines[here]
            cells.append("\n".join((tail, *between, _unescaped(line[:end], self.dialect))))
            rest = self._rest(line, end) or Parsed([])
            cells += rest.cells
            stray = stray or odd or rest.stray
            if rest.closed:
                return Record(cells, here + 1 - index, "broken" if stray else "ok")
            tail, start = cells.pop(), here + 1

    def _closer(self, index: int, start: int) -> tuple[int, int, bool]:
        """The next line from `start` with a quote that closes the open cell: its index, the place of the
        quote, whether strays stand before it. Index -1: none; then the place is 1 if more lines might help."""
        quote, limits = str(self.dialect.quote), self.limits
        here = max(start, self._barren)
        last = min(len(self.lines), index + limits.record_lines)
        while here < last and self._sizes[here] - self._sizes[start] <= limits.quoted_cell_bytes:
            line = self.lines[here]
            end, odd = _closing(line, -1, self.dialect) if quote in line else (-1, False)
            if end >= 0:
                return here, end, odd
            here += 1
            self._barren = here
        return -1, int(here >= len(self.lines)), False

    def _rest(self, line: str, end: int) -> Parsed | None:
        """What follows a closed cell on its last line; None when nothing does."""
        delimiter = self.dialect.delimiter
        if delimiter is None:
            return None
        after = _after(line, end, delimiter)
        return split_line(line[after + len(delimiter) :], self.dialect) if after < len(line) else None


def _variants(line: str, dialect: Dialect) -> list[Parsed]:
    """Other readings of one line: each cell-opening quote as a character; with or without escapes."""
    quote, delimiter = dialect.quote, dialect.delimiter
    if quote is None or delimiter is None:
        return []
    out: list[Parsed] = []
    at = line.find(quote)
    while at >= 0 and len(out) < _MAX_VARIANTS:
        before = line[:at].rstrip(" ") if dialect.skip_space else line[:at]
        if not before or before.endswith(delimiter):
            out.append(split_line(line, dialect, literal=at))
        at = line.find(quote, at + 1)
    if "\\" + quote in line:
        other = None if dialect.escape else "\\"
        out.append(split_line(line, replace(dialect, escape=other)))
    return out


def records_of(lines: list[str], dialect: Dialect, width: int, limits: Limits) -> list[tuple[int, Record]]:
    """All records of a complete text with the 0-based line each begins at; a blank line is one empty cell."""
    reader = RecordReader(lines, dialect, width, limits)
    out: list[tuple[int, Record]] = []
    at = 0
    while at < len(lines):
        record = reader.at(at)
        out.append((at, record))
        at += record.lines
    return out
