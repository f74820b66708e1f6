"""A second table below the first in one file: its rows are never read under the first one's headers.

It begins behind a blank line with a row of nothing but words, where the first table's columns hold numbers or dates,
and with other values under it. The first table is kept; what follows is set aside, counted and named, so that it can
be saved to a file of its own. A repeated header is another matter (gather.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from crmkpi.ingest.shapes import TYPED, shape
from crmkpi.ingest.text_table import REJECTED_SCHEMA, ROW, Finding, TextTable

Cells = tuple[str | None, ...]
Rows = Sequence[Cells]
MOST_GAPS = 200
# rows looked at above and below a gap
NEAR = 20
FEWEST_CELLS = 2
LONGEST = 60
KEPT = 1_000
REASON = "second_table"
# why the reader may have set the second header aside
WRONG_WIDTH = ("shifted_row", "long_row")
# shapes that no header cell has: «Q1» and «utm_1» are codes and may be headers
_DATA = TYPED - {"code", "flag", "time"}


def first_table(text: TextTable) -> TextTable:
    """The table without what a second table below it says; the same one where there is none."""
    frame = text.frame.lazy()
    if text.rows_empty == 0 or ROW not in frame.collect_schema().names():
        return text
    rows = frame.select(ROW).with_row_index("at").with_columns(gap=pl.col(ROW).diff() > 1)
    gaps = rows.filter(pl.col("gap")).head(MOST_GAPS).collect()
    for at, row in gaps.select("at", ROW).iter_rows():
        before = max(at - NEAR, 0)
        near = frame.slice(before, at - before + NEAR + 1).select(text.columns).collect().rows()
        above, rest = near[: at - before], near[at - before :]
        if _begins(above, rest[0], rest[1:]):
            return _cut(text, row, rest[0])
        # a header of another width was set aside already as a shifted row
        aside = _aside(text, row)
        if aside is not None and _begins(above, aside[1], rest):
            return _cut(text, *aside)
    return text


def _aside(text: TextTable, row: int) -> tuple[int, Cells] | None:
    """The rejected row just above `row`: its line and cells, padded to the table's width."""
    found = text.rejected.filter((pl.col("row") == row - 1) & pl.col("reason").is_in(WRONG_WIDTH)).head(1)
    if found.is_empty():
        return None
    line, _, content = found.row(0)
    cells = (content or "").split(text.source.delimiter or ";")
    return line, tuple(cells[: len(text.columns)]) + ("",) * (len(text.columns) - len(cells))


def _begins(above: Rows, here: Cells, below: Rows) -> bool:
    """Whether a row is the header of another table than the one above it."""
    cells = [c.strip() if c else "" for c in here]
    words = [c for c in cells if c]
    if len(words) < FEWEST_CELLS or len(set(words)) < len(words) or not above or not below:
        return False
    if any(shape(c) in _DATA or len(c) > LONGEST for c in words) or not any(
        c.isalpha() for w in words for c in w
    ):
        return False
    places = [i for i, c in enumerate(cells) if c]
    told = [i for i in places if _data_share(above, i) > 0.8]
    return bool(told) and any(_data_share(below, i) > 0.5 for i in places)


def _data_share(rows: Rows, place: int) -> float:
    filled = [c for r in rows if (c := (r[place] or "").strip())]
    return sum(shape(c) in _DATA for c in filled) / len(filled) if filled else 0.0


def _cut(text: TextTable, row: int, header: Cells) -> TextTable:
    """The rows above the second header; the rest rejected with a reason."""
    frame = text.frame.lazy()
    rest = frame.filter(pl.col(ROW) >= row)
    gone = int(rest.select(pl.len()).collect().item())
    mark = text.source.delimiter or ";"
    line = pl.concat_str([pl.col(c).fill_null("") for c in text.columns], separator=mark)
    shown = rest.head(KEPT).select(
        pl.col(ROW).cast(pl.Int64).alias("row"), pl.lit(REASON).alias("reason"), line.alias("text")
    )
    kept = frame.filter(pl.col(ROW) < row)
    aside = text.rejected.cast(REJECTED_SCHEMA)  # type: ignore[arg-type]
    below = int(aside.filter(pl.col("row") >= row).height)
    reason = pl.when(pl.col("row") >= row).then(pl.lit(REASON)).otherwise(pl.col("reason"))
    rejected = pl.concat([aside.with_columns(reason.alias("reason")), shown.collect()]).sort("row")
    # the header is no row
    n = gone + below - 1
    params: dict[str, object] = {"row": row, "n": n, "example": ", ".join([c for c in header if c][:5])}
    return replace(
        text,
        frame=kept if isinstance(text.frame, pl.LazyFrame) else kept.collect(),
        rows_rejected=text.rows_rejected + gone,
        rows_used=text.rows_used - gone,
        rejected=rejected,
        findings=[*text.findings, Finding(REASON, "error", count=n, params=params)],
    )
