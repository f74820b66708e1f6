"""Which delimiter, quote and escape a text uses, judged on its head only.

Each candidate splits the head; the best has many records of one width and cells that look like values
(the consistency idea of van den Burg et al., 2019, with our own measures).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

from crmkpi.ingest.limits import DEFAULT
from crmkpi.ingest.records import Dialect, records_of
from crmkpi.ingest.shapes import shape

SAMPLE_CHARS = 48_000
SAMPLE_LINES = 400
# delimiter -> how readily it is believed
_CANDIDATES = {
    ",": 1.0, ";": 1.0, "\t": 1.0, "|": 1.0, "\t\t": 0.99, "||": 0.99, ";;": 0.95, "::": 0.95, "\\t": 0.95,
    "^": 0.9, "~": 0.9, "¦": 0.9, "§": 0.9, "\x01": 1.0, "\x1f": 1.0, ":": 0.75, " ": 0.6,
}  # fmt: skip
_WEAK = (":", " ")
_WORTH = {"empty": 0.5, "text": 0.75, "odd": 0.0}
_SEP = re.compile(r"^\ufeff?\"?sep=(.{1,2}?)\"?\s*$", re.I)


@dataclass(frozen=True)
class Sniffed:
    """The dialect, the modal width of records, and how many `sep=` lines stand above the table (0 or 1)."""

    dialect: Dialect
    width: int
    sep_lines: int = 0
    score: float = 0.0


def sniff_dialect(lines: list[str]) -> Sniffed:
    """Dialect of a text by its first lines. A `sep=;` line is believed; one column has delimiter None."""
    sep = _SEP.match(lines[0]) if lines else None
    if sep:
        rest = _sample(lines[1:])
        found = _best(rest, [sep.group(1)]) if rest else Sniffed(Dialect(sep.group(1)), 1)
        return replace(found, sep_lines=1)
    sample = _sample(lines)
    text = "\n".join(sample)
    return _best(sample, [d for d in _CANDIDATES if d in text])


def _sample(lines: list[str]) -> list[str]:
    out: list[str] = []
    size = 0
    for line in lines:
        if line.strip():
            out.append(line if len(line) < 20_000 else line[:20_000])
            size += len(out[-1])
        if len(out) >= SAMPLE_LINES or size > SAMPLE_CHARS:
            break
    return out


def _best(sample: list[str], delimiters: list[str]) -> Sniffed:
    one = _one_column_worth(sample)
    best = Sniffed(Dialect(None, _quote_of(sample, None)), 1, score=0.05)
    for delimiter in delimiters:
        quote = _quote_of(sample, delimiter)
        base = Dialect(delimiter, quote)
        # before the quotes are judged: in `a, "b, c"` a quote opens its cell behind a blank
        base = replace(base, skip_space=bool(delimiter.strip()) and _spaced(sample, base))
        variants = [base]
        if quote and any("\\" + quote in line for line in sample) and _escapes(sample, base):
            variants = [replace(base, escape="\\")]
        for dialect in variants:
            width, score = _score(sample, dialect)
            score *= _CANDIDATES.get(delimiter, 1.0)
            if delimiter in _WEAK and (one >= 0.9 or width < 3 or score < 0.35):
                continue
            if delimiter == "," and one >= 0.9 and "," not in sample[0]:
                continue  # a single column of numbers with decimal commas
            if score > best.score + 1e-9:
                best = Sniffed(dialect, width, score=score)
    return best


def _one_column_worth(sample: list[str]) -> float:
    """Share of lines that are one value of a kind as they stand (times, decimal commas, dates, codes)."""
    kinds = [shape(line) for line in sample[1:] or sample]
    return sum(1 for kind in kinds if kind not in ("text", "odd", "empty")) / max(len(kinds), 1)


def _escapes(sample: list[str], dialect: Dialect) -> bool:
    """Whether backslashes escape quotes: they stand before quotes inside cells at least as often as before
    the end of a cell (`"C:\\data\\",`), and quotes inside cells are never doubled."""
    quote, mark = re.escape(str(dialect.quote)), re.escape(str(dialect.delimiter))
    doubled = re.compile(rf"\w{quote}{quote}[\w ]")
    if any(doubled.search(line) for line in sample):
        return False
    inside = re.compile(rf"\\{quote}(?!{quote}|{mark}|\s*$)")
    at_end = re.compile(rf"\\{quote}(?={mark}|\s*$)")
    within = sum(len(inside.findall(line)) for line in sample)
    return within > 0 and within >= sum(len(at_end.findall(line)) for line in sample)


def _score(sample: list[str], dialect: Dialect) -> tuple[int, float]:
    """Modal width and worth 0..1 of a reading: share of records of that width x width term x cell worth."""
    width = _line_width(sample, dialect)
    rows = [record.cells for _, record in records_of(sample, dialect, width, DEFAULT)]
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return 1, 0.0
    # a long table below a short one wins by rows; a tie goes to the wider
    width = max(widths, key=lambda w: (widths[w], w))
    cells = Counter(cell for row in rows if len(row) == width for cell in row)
    total = sum(cells.values())
    worth = sum(_WORTH.get(shape(cell), 1.0) * n for cell, n in cells.items()) / total
    return width, widths[width] / len(rows) * (width - 1) / width * worth


def _line_width(sample: list[str], dialect: Dialect) -> int:
    """Most frequent number of cells when each line is split alone."""
    quote = dialect.quote
    plain = Counter(len(line.split(dialect.delimiter)) for line in sample if not quote or quote not in line)
    if sum(plain.values()) * 2 < len(sample):
        from_quoted = Counter(
            line.count(str(dialect.delimiter)) + 1 if not dialect.quote else _quoted_width(line, dialect)
            for line in sample
        )
        return max(from_quoted, key=lambda w: (from_quoted[w], w))
    return max(plain, key=lambda w: (plain[w], w))


def _quoted_width(line: str, dialect: Dialect) -> int:
    quote = re.escape(str(dialect.quote))
    return re.sub(rf"{quote}[^{quote}]*{quote}", "", line).count(str(dialect.delimiter)) + 1


def _quote_of(sample: list[str], delimiter: str | None) -> str | None:
    """The character that wraps whole cells: `\"` unless apostrophes clearly do; None when neither is there."""
    text = "\n".join(sample[:200])
    edge = re.escape(delimiter) if delimiter else "\n"
    wrapped = {
        quote: len(re.findall(rf"(?:^|{edge})[ ]?{quote}[^{quote}\n]*{quote}[ ]?(?={edge}|$)", text, re.M))
        for quote in ('"', "'")
    }
    if wrapped["'"] > 2 * wrapped['"'] and wrapped["'"] >= max(2, len(sample) // 10):
        return "'"
    return '"' if '"' in text else None


def _spaced(sample: list[str], dialect: Dialect) -> bool:
    """Whether blanks follow (nearly) every delimiter, as in `a, b, c`."""
    cells = [
        cell
        for line in sample[:100]
        for cell in re.sub(r'"[^"]*"', '""', line).split(str(dialect.delimiter))[1:]
        if cell.strip()
    ]
    return bool(cells) and sum(cell.startswith(" ") for cell in cells) >= 0.95 * len(cells)
