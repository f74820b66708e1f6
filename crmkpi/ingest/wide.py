"""KPI sheets: periods across the top (янв.26, 1 кв. 2026), one row per metric, or the other way round.

This is how many people keep their KPI. Such a sheet becomes a long text table with the columns metric, date, value
and, where the sheet has them, target (plan), owner and unit; every cell stays text, so the usual typing counts it.
Months without a year and per cents without a sign are asked about, never guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import polars as pl

from crmkpi.ingest.cells import filled
from crmkpi.ingest.questions import Question, answer_to
from crmkpi.ingest.sheet_rows import across, down, reheaded
from crmkpi.ingest.sheet_words import DERIVED, GRAINS, PLAN, SOME_YEAR, period_start
from crmkpi.ingest.text_table import ROW, Finding, TextTable

__all__ = ["KpiSheet", "kpi_sheet", "long_values", "period_start"]
YEAR, PERCENT = "sheet_year", "sheet_percent"
SHARES, PERCENTS = "shares", "percents"
YEARS_BACK = 6
# a sheet that people keep by hand is small; a larger table is an export
MOST_ROWS, MOST_PERIODS = 5000, 1500
# a rate above this cannot be a share that people track
ABOVE_SHARE = 1.5
_YEAR_IN_NAME = re.compile(r"(?<!\d)20[12]\d(?!\d)")


@dataclass(frozen=True)
class KpiSheet:
    """A sheet of metrics by period, before dates and per cents are settled.

    `cells`: one row per filled cell with `__row`, metric, role (plan, fact), period (text), value, owner, unit;
    `periods`: period texts in their order; `key`: headers and metrics, by which the same sheet of next month is
    known; `by_rows`: one row per period (it may also be another table); `left_out`: finding code -> count.
    """

    table: TextTable
    cells: pl.DataFrame
    periods: tuple[str, ...]
    key: tuple[str, ...]
    by_rows: bool
    left_out: Mapping[str, int]

    @property
    def yearless(self) -> bool:
        """Whether some period says no year."""
        return any(period_start(p) is None for p in self.periods)

    @property
    def named_year(self) -> int | None:
        """The one year that the names of file, member or sheet say; None without or with several."""
        source = self.table.source
        text = " ".join(n for n in (source.file, source.member, source.sheet) if n)
        found = set(_YEAR_IN_NAME.findall(text))
        return int(found.pop()) if len(found) == 1 else None

    def questions(self) -> tuple[Question, ...]:
        """The year of months without one; whether 0.3 in a row of per cents is 30 % or 0.3 %."""
        found: list[Question] = []
        if self.yearless:
            this = datetime.now(tz=UTC).year
            named = self.named_year
            years = sorted({*range(this - YEARS_BACK, this + 2), *([named] if named else [])}, reverse=True)
            default = str(named) if named else None
            params: dict[str, object] = {"x": self.periods[0]}
            found.append(Question(YEAR, None, tuple(map(str, years)), default, True, params))
        rates = self._rates()
        if rates.len() and self._percents is None:
            x = rates.sort()[-1]
            params = {"x": f"{x:g}", "shares": f"{100 * x:g}", "percents": f"{x:g}"}
            found.append(Question(PERCENT, None, (SHARES, PERCENTS), None, True, params))
        return tuple(found)

    @property
    def _percents(self) -> bool | None:
        """True where a cell proves that per cents are written as plain numbers; None if nobody knows."""
        rates = self._rates()
        return True if rates.len() and bool((rates > ABOVE_SHARE).any()) else None

    def _rates(self) -> pl.Series:
        """Sizes of the cells of metrics in per cent that carry no per cent sign and are not nil."""
        wanted = self.cells.filter((pl.col("unit") == "%") & ~pl.col("value").str.contains("%", literal=True))
        plain = wanted["value"].str.replace_all(r"[\s\u00a0\u202f]", "").str.replace(",", ".", literal=True)
        sizes = plain.cast(pl.Float64, strict=False).abs().drop_nulls()
        return sizes.filter(sizes > 0)

    def long(self, answers: Mapping[str, str] | None = None) -> TextTable:
        """The sheet as metric, date, value, target, owner, unit. Without an answer an open question takes the
        first option: the load holds the file up until a person has said."""
        given = answers or {}
        asked = {q.code: q.default or q.options[0] for q in self.questions()}
        year = answer_to(given, YEAR, None) or asked.get(YEAR)
        percents = (answer_to(given, PERCENT, None) or asked.get(PERCENT)) == PERCENTS or self._percents
        grains, dates = _dates(self.periods, int(year) if year and year.isdigit() else SOME_YEAR)
        finest = _grain(grains.values())
        kept = [p for p in self.periods if grains.get(p) == finest]
        cells = self.cells.filter(pl.col("period").is_in(kept) & (pl.col("role") != DERIVED))
        cells = cells.with_columns(
            pl.col("period").replace_strict(dates, return_dtype=pl.String).alias("date")
        )
        if percents:
            signed = (pl.col("unit") == "%") & ~pl.col("value").str.contains("%", literal=True)
            cells = cells.with_columns(
                pl.when(signed).then(pl.col("value") + " %").otherwise("value").alias("value")
            )
        return self._table(_plan_beside_fact(cells), len(self.periods) - len(kept))

    def _table(self, long: pl.DataFrame, coarser: int) -> TextTable:
        columns = ["metric", "date", "value"]
        columns += [c for c in ("target", "owner", "unit") if long[c].null_count() < long.height]
        counts = {
            "period_rows" if self.by_rows else "wide_sheet": long.height,
            "wide_totals": coarser,
            **self.left_out,
        }
        found = [Finding(code, "info", None, n) for code, n in counts.items() if n]
        return replace(
            self.table,
            frame=long.select(*columns, ROW),
            columns=columns,
            original_headers=columns,
            rows_in=long.height,
            rows_rejected=0,
            rows_empty=0,
            dropped_total_rows=0,
            rows_used=long.height,
            findings=[*self.table.findings, *found],
        )


def kpi_sheet(table: TextTable) -> KpiSheet | None:
    """The table as a sheet of metrics by period, either way round; None when it is not one."""
    if table.rows_used > MOST_ROWS or (not table.rows_used and table.rows_in > MOST_ROWS):
        return None
    table = reheaded(table)
    rows = table.collect()
    rows = rows if ROW in rows.columns else rows.with_row_index(ROW, offset=1)
    rows = rows.with_columns(pl.col(ROW).cast(pl.Int64))
    found = across(rows, table.columns) or down(rows, table.columns)
    if found is None or len(found.periods) > MOST_PERIODS or found.cells.is_empty():
        return None
    cells = found.cells.filter(filled(pl.col("value")).is_not_null())
    metrics = sorted(cells["metric"].unique())
    return KpiSheet(table, cells, found.periods, (*found.headers, *metrics), found.by_rows, found.left_out)


def long_values(table: TextTable, answers: Mapping[str, str] | None = None) -> TextTable | None:
    """The sheet as metric, date, value (and target, owner, unit); None when it is no KPI sheet.

    Totals of a coarser grain (quarters beside months) are left out, with a finding. Rows are those of the long
    table; `__row` still names the row of the sheet.
    """
    sheet = kpi_sheet(table)
    return None if sheet is None else sheet.long(answers)


def _dates(periods: Sequence[str], year: int) -> tuple[dict[str, str], dict[str, str]]:
    """Grain and first day (ISO) of each period text; years of texts without one go on over December."""
    grains: dict[str, str] = {}
    dates: dict[str, str] = {}
    last = None
    for text in periods:
        found = period_start(text)
        if found is None:
            found = period_start(text, year)
            if found is not None and last is not None and found[1] < last:
                year += 1
                found = period_start(text, year)
            last = found[1] if found is not None else last
        if found is not None:
            grains[text], dates[text] = found[0], found[1].isoformat()
    return grains, dates


def _grain(grains: Iterable[str]) -> str | None:
    counts = Counter(grains)
    return min(counts, key=lambda g: (counts[g] < 2, GRAINS.index(g)), default=None)


def _plan_beside_fact(cells: pl.DataFrame) -> pl.DataFrame:
    plan = pl.col("role") == PLAN
    facts = cells.filter(~plan).sort(ROW, "date", maintain_order=True)
    plans = cells.filter(plan).select("metric", "date", "owner", "unit", ROW, target="value")
    joined = facts.join(plans, on=["metric", "date"], how="full", coalesce=True, maintain_order="left_right")
    same = [pl.coalesce(c, f"{c}_right").alias(c) for c in ("owner", "unit", ROW)]
    return joined.with_columns(same).select("metric", "date", "value", "target", "owner", "unit", ROW)
