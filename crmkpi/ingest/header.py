"""Where the header of a table stands: below title rows, in one row or spread over several, or nowhere.

A header is words above data: its cells are text where the cells below are numbers, dates or codes. The same
rules serve text files, sheets and HTML tables; rows are lists of cells.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from crmkpi.ingest.shapes import TYPED, filled, shape

Row = Sequence[str]
_LOOK = 60
_BELOW = 40
_MAX_HEADER_ROWS = 3
_INVISIBLE = re.compile("[\ufeff\u200b\u200c\u200d\u2060\u00ad\u202a-\u202e\u2066-\u2069\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True)
class Header:
    """`first` is the index of the first header row among the rows (of the first data row when `rows` is 0);
    `cells` are the header cells, joined by " / " when they stand in several rows, padded to the width."""

    first: int
    rows: int
    cells: tuple[str, ...]


def find_header(rows: Sequence[Row], width: int) -> Header:
    """Header of a table whose records mostly have `width` cells. Rows above it are titles.

    Without any row of words above data the table has no header: `rows` is 0 and the cells are empty.
    """
    counts = [filled(row) for row in rows]
    full = [n for row, n in zip(rows, counts, strict=True) if n and len(row) >= width] or [
        n for n in counts if n
    ]
    if not full:
        return Header(0, 0, ("",) * width)
    typical = median(full)
    first = _first_full(rows, counts, width, typical)
    first = _past_titles(rows, counts, first, width, typical)
    body = [
        row for row, n in zip(rows[first + 1 : first + 1 + _BELOW], counts[first + 1 :], strict=False) if n
    ]
    if _is_data(rows[first], body):
        return Header(first, 0, ("",) * width)
    first, count = _spread(rows, counts, first, width)
    cells = _joined([rows[i] for i in range(first, first + count)])
    return Header(first, count, tuple(cells) + ("",) * (width - len(cells)))


def _first_full(rows: Sequence[Row], counts: list[int], width: int, typical: float) -> int:
    """First row with at least half of the usual number of filled cells."""
    need = min(width, max(2, round(typical * 0.5 + 0.01)))
    for i, count in enumerate(counts[:_LOOK]):
        if count >= need:
            return i
    return max(range(min(len(counts), _LOOK)), key=lambda i: (counts[i], -i))


def _past_titles(rows: Sequence[Row], counts: list[int], first: int, width: int, typical: float) -> int:
    """A block of a few rows closed by a blank row is a title («Период: ...») when a header stands below it."""
    for i in range(first + 1, min(first + 6, len(rows) - 1)):
        if counts[i] == 0 and i + 2 < len(rows):
            after = next((j for j in range(i + 1, len(rows)) if counts[j]), None)
            if (
                after is not None
                and _contrast(rows[first], rows[first + 1 : i]) == 0
                and _contrast(rows[after], rows[after + 1 : after + _BELOW]) > 0
            ):
                return after
            return first
    return first


def _kinds_below(body: Sequence[Row], column: int) -> str | None:
    """The kind of data most cells of a column show, or None for words and empty columns."""
    kinds = [shape(row[column]) for row in body if column < len(row)]
    kinds = [kind for kind in kinds if kind != "empty"]
    if not kinds:
        return None
    best = max(set(kinds), key=lambda kind: (kinds.count(kind), kind))
    typed = sum(1 for kind in kinds if kind in TYPED)
    return best if best in TYPED and typed * 2 >= len(kinds) else None


def column_kinds(rows: Sequence[Row], width: int) -> tuple[str | None, ...]:
    """The kind of data each column shows in the given rows; None for words and empty columns."""
    body = [row for row in rows if filled(row)]
    return tuple(_kinds_below(body, j) for j in range(width))


def _contrast(row: Row, body: Sequence[Row]) -> int:
    """Columns where the row has words and the cells below have data."""
    return sum(
        1
        for j, cell in enumerate(row)
        if shape(cell) in ("text", "odd") and _kinds_below(body, j) is not None
    )


def _is_data(row: Row, body: Sequence[Row]) -> bool:
    """Whether a row is like the rows below it, so that it cannot be their header."""
    kinds = [(shape(cell), cell) for cell in row]
    if not body:
        typed = sum(1 for kind, _ in kinds if kind in TYPED and kind != "code")
        return typed * 2 >= max(1, sum(1 for kind, _ in kinds if kind != "empty"))
    periods = _periods(row)
    clash = sum(
        1
        for j, (kind, _) in enumerate(kinds)
        if kind in TYPED and kind != "code" and j not in periods and _kinds_below(body, j) == kind
    )
    if not clash:
        return False
    return _contrast(row, body) < clash


def _periods(row: Row) -> set[int]:
    """Columns whose header may be a year (2024, 2025): numbers, and still names."""
    years = {
        j
        for j, cell in enumerate(row)
        if re.fullmatch(r"(?:19|20)\d{2}(?:\s*г\.?)?", cell.strip()) is not None
    }
    return years if len(years) >= 2 else set()


def _spread(rows: Sequence[Row], counts: list[int], first: int, width: int) -> tuple[int, int]:
    """First row and number of rows of a header: sub-headers below, a row of groups above."""
    count = 1
    while count < _MAX_HEADER_ROWS and first + count < len(rows) - 1:
        row, body = rows[first + count], rows[first + count + 1 : first + count + 1 + _BELOW]
        body = [r for r in body if filled(r)]
        typed = [j for j in range(width) if _kinds_below(body, j) is not None]
        words = not any(shape(cell) in TYPED for cell in row) and counts[first + count] > 0
        if not (words and typed and _contrast(row, body) * 2 >= len(typed)):
            break
        count += 1
    if first > 0 and _is_group_row(rows[first - 1], rows[first], counts[first - 1], width):
        return first - 1, min(count + 1, _MAX_HEADER_ROWS)
    return first, count


def _is_group_row(above: Row, header: Row, count: int, width: int) -> bool:
    """A sparse row over a header is its row of groups when it names what the header leaves double or empty."""
    if count < 1 or len(above) < min(width, len(header)) or any(shape(c) in TYPED - {"date"} for c in above):
        return False
    if any(cell.strip().endswith(":") for cell in above) or (count == 1 and above[0].strip()):
        return False
    names = [cell.strip().lower() for cell in header if cell.strip()]
    fills = any(a.strip() and not h.strip() for a, h in zip(above, header, strict=False))
    return len(set(names)) < len(names) or fills


def _joined(rows: Sequence[Row]) -> list[str]:
    """Header cells of one or several rows. A group stands over its column and the empty ones right of it."""
    if len(rows) == 1:
        return list(rows[0])
    width = max(len(row) for row in rows)
    padded = [list(row) + [""] * (width - len(row)) for row in rows]
    for level, row in enumerate(padded[:-1]):
        below = [any(r[j].strip() for r in padded[level + 1 :]) for j in range(width)]
        for j in range(1, width):
            # a cell with nothing under it («Дата») is a name, not a group
            if not row[j].strip() and below[j] and below[j - 1]:
                row[j] = row[j - 1]
    out = []
    for column in zip(*padded, strict=True):
        parts = list(dict.fromkeys(clean_name(cell) for cell in column if cell.strip()))
        out.append(" / ".join(parts))
    return out


def clean_name(cell: str) -> str:
    """A header cell without invisible characters, with single blanks, at most 200 characters."""
    text = _INVISIBLE.sub("", cell)
    text = " ".join(text.split())
    return text if len(text) <= 200 else text[:199] + "…"


def unique_names(cells: Sequence[str]) -> tuple[list[str], int, int]:
    """Names for the columns, and how many header cells were empty and how many were doubles.

    An empty header becomes `column_<n>` (1-based place); a repeated one, in any case, gets ` (2)`, ` (3)` ...
    """
    names: list[str] = []
    seen: set[str] = {"__row"}
    empty = double = 0
    for place, cell in enumerate(cells, 1):
        base = clean_name(cell)
        if not base:
            empty += 1
            base = f"column_{place}"
        elif base.casefold() in seen:
            double += 1
        name, number = base, 2
        while name.casefold() in seen:
            name, number = f"{base} ({number})", number + 1
        seen.add(name.casefold())
        names.append(name)
    return names, empty, double
