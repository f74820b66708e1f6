"""Rows that are no records: totals, subtotals, notes under the table, headers repeated inside it.

A total row summed with the rows it sums doubles revenue. The word alone proves nothing (a client may be
called «Total»), so a row is dropped only with a second sign: an empty cell where every record has one, the
word in a column of dates or ids, or numbers equal to the sum of the column.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from crmkpi.ingest.shapes import shape

_LABEL = re.compile(
    r"^\W*(?:общий\s+итог|и\s?т\s?о\s?г\s?о|итог|в\s?с\s?е\s?г\s?о|промежуточный\s+итог|в\s+среднем|среднее|сумма|"
    r"grand\s+total|sub[\s\-]?total|totals?|sum|average|summary)"
    r"(?:\s*[:.\-–—=].*|\s+(?:по|за|на|for|by|of)\b.*|\s*[\d(].*|\s*)$",
    re.I | re.S,
)
_LABEL_AT_END = re.compile(r"^.{1,80}\s(?:итог|итого|всего|total|subtotal)\s*:?\s*$", re.I | re.S)
# cheap filter before the patterns: how such a cell may begin or what it may contain
_HINT = r"(?i)итог|и т о г о|в с е г о|всего|total|сумма|средне|average|\bsum"
_FIRST_COLUMNS = 4


@dataclass(frozen=True)
class Usual:
    """What a normal row has: columns filled in nearly every row, columns of data kinds, filled cells."""

    always: frozenset[int]
    typed: frozenset[int]
    filled: int


def usual(frame: pl.DataFrame, columns: list[str]) -> Usual:
    """The shape of normal rows by a sample of the table (up to 2,000 rows), totals and sparse rows aside."""
    rows = [row for row in frame.select(columns).head(2000).iter_rows() if any(row)]
    counts = [sum(1 for cell in row if cell) for row in rows]
    most = sorted(counts)[len(counts) * 3 // 4] if counts else 0
    normal = [row for row, n in zip(rows, counts, strict=True) if 2 * n > most and _label_place(row) is None]
    always, data = set(), set()
    for j in range(len(columns)):
        cells = [row[j] for row in normal if row[j]]
        if len(cells) >= 0.9 * max(len(normal), 1):
            always.add(j)
        kinds = [shape(str(cell)) not in ("text", "odd", "empty") for cell in cells[:200]]
        if kinds and sum(kinds) >= 0.8 * len(kinds):
            data.add(j)
    return Usual(frozenset(always), frozenset(data), len(always))


def is_label(cell: str) -> bool:
    """Whether a cell reads as the name of a total: «Итого», «Всего по магазину», «Grand total»."""
    return bool(_LABEL.match(cell) or _LABEL_AT_END.match(cell))


def lacking(frame: pl.DataFrame, columns: list[str], norm: Usual) -> pl.DataFrame:
    """Rows without a cell that nearly every record has: the cheap test first, for large tables."""
    missing = [pl.col(columns[j]).is_null() for j in norm.always if frame[columns[j]].null_count()]
    return frame.filter(pl.any_horizontal(missing)) if missing else frame.clear()


def labelled(frame: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Rows whose first filled cell reads like the name of a total."""
    if frame.height > 64:
        hints = pl.any_horizontal(pl.col(c).str.contains(_HINT) for c in columns[:_FIRST_COLUMNS])
        frame = frame.filter(hints.fill_null(False))
    keep = [_label_place(row) is not None for row in frame.select(columns).iter_rows()]
    return frame.filter(pl.Series(keep, dtype=pl.Boolean))


def _label_place(cells: Sequence[str | None]) -> int | None:
    for j, cell in enumerate(cells):
        if cell and cell.strip():
            return j if is_label(cell) else None
    return None


def stands_apart(cells: tuple[str | None, ...], norm: Usual) -> bool:
    """A labelled row is a total by its shape: a cell that every record has is empty, or the word stands in a
    column of dates, numbers or ids; and all other filled cells are numbers."""
    place = _label_place(cells)
    if place is None:
        return False
    others = [shape(cell) for j, cell in enumerate(cells) if cell and cell.strip() and j != place]
    if any(kind not in ("number", "time", "flag") for kind in others):
        return False
    missing = any(not (cells[j] or "").strip() for j in norm.always if j != place)
    return missing or place in norm.typed


def bare_sums(cells: tuple[str | None, ...], norm: Usual) -> bool:
    """A row of numbers alone, without half of what every record has: a total that nobody labelled, if the numbers
    turn out to be the sums above."""
    kinds = [shape(cell) for cell in cells if cell and cell.strip()]
    missing = sum(not (cells[j] or "").strip() for j in norm.always)
    return bool(kinds) and set(kinds) == {"number"} and norm.filled >= 2 and missing * 2 >= norm.filled


def sums_match(frame: pl.LazyFrame, columns: list[str], cells: tuple[str | None, ...]) -> bool:
    """Whether a labelled row's numbers equal the sums of the rows in `frame` (at least one non-zero number).

    The decimal sign of a column is the one of `,` and `.` that stands last in its cells more often.
    """
    picked = [(c, cell) for c, cell in zip(columns, cells, strict=True) if cell and shape(cell) == "number"]
    if not picked:
        return False
    comma = frame.select(
        *(
            (
                pl.col(c).str.contains(r",\d{1,2}\D*$").sum() > pl.col(c).str.contains(r"\.\d+\D*$").sum()
            ).alias(c)
            for c, _ in picked
        ),
        pl.len().alias("__rows"),
    ).collect()
    rows = int(comma["__rows"][0])
    if rows < 2:
        return False
    sums = frame.select(_number(c, bool(comma[c][0])).sum().alias(c) for c, _ in picked).collect()
    for c, cell in picked:
        value = pl.DataFrame({c: [cell]}).select(_number(c, bool(comma[c][0]))).item()
        if value and abs(value - sums[c][0]) <= 0.006 * rows**0.5 + 1e-9 * abs(value):
            return True
    return False


def _number(column: str, comma: bool) -> pl.Expr:
    text = pl.col(column).str.replace_all("[−–]", "-").str.replace_all(r"[^\d,.\-]", "")
    text = text.str.replace_all(".", "", literal=True).str.replace_all(",", ".", literal=True) if comma else (
        text.str.replace_all(",", "", literal=True)
    )  # fmt: skip
    return text.cast(pl.Float64, strict=False)


def is_note(cells: tuple[str | None, ...], norm: Usual, width: int) -> bool:
    """A line that is no record: one cell of words where records fill three and more («Сформировано ...» under
    the table, a section «Магазин 1» inside it)."""
    texts = [cell for cell in cells if cell and cell.strip()]
    return width >= 3 and norm.filled >= 3 and len(texts) == 1 and shape(texts[0]) in ("text", "odd")
