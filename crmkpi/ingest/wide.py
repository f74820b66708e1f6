"""Wide sheets: periods across the top (янв.26, 1 кв. 2026, 2026-01), one row per metric -> values by date.

This is how many people keep their KPI. Such a sheet becomes a long text table with the columns metric, date, value
and, where rows or headers say plan and fact, target; every cell stays text, so the usual typing counts it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from crmkpi.ingest.cells import filled
from crmkpi.ingest.dates import date_form, moment
from crmkpi.ingest.text_table import ROW, Finding, TextTable

FEWEST = 3
_QUARTER = re.compile(r"(?:([1-4])\s*(?:кв|квартал|q)\.?|q([1-4]))[\s'.-]*((?:20)?\d{2})\s*(?:г\.?)?", re.I)
_QUARTER_LATER = re.compile(r"(20\d{2})[\s-]*(?:q([1-4])|([1-4])\s*кв\.?)", re.I)
_WEEK = re.compile(r"(20\d{2})[\s-]*w(\d{1,2})|(?:нед|неделя|week|w)\.?\s*(\d{1,2})\D+(20\d{2})", re.I)
_YEAR = re.compile(r"(20\d{2})\s*(?:г\.?|год)?", re.I)
_PLAN = frozenset({"план", "plan", "target", "цель", "планы", "бюджет", "budget"})
_FACT = frozenset({"факт", "fact", "actual", "результат", "actuals"})
_FINEST = ("day", "week", "month", "quarter", "year")


def period_start(header: str) -> tuple[str, date] | None:
    """Grain and first day of a header that is a period with its year, else None.

    >>> period_start("1 кв. 2026")
    ('quarter', datetime.date(2026, 1, 1))
    """
    text = header.strip().lower()
    if found := _YEAR.fullmatch(text):
        return "year", date(int(found[1]), 1, 1)
    if found := _QUARTER.fullmatch(text):
        return "quarter", date(_full_year(found[3]), 3 * int(found[1] or found[2]) - 2, 1)
    if found := _QUARTER_LATER.fullmatch(text):
        return "quarter", date(int(found[1]), 3 * int(found[2] or found[3]) - 2, 1)
    if found := _WEEK.fullmatch(text):
        return _week(int(found[1] or found[4]), int(found[2] or found[3]))
    form = date_form(pl.DataFrame({"v": [header.strip()], "n": [1]}))
    if not form.formats or form.unclear:
        return None
    day = pl.select(moment(pl.lit(header.strip()), form.formats).dt.date()).item()
    return None if day is None else ("day" if "%d" in form.formats[0] else "month", day)


def _full_year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _week(year: int, week: int) -> tuple[str, date] | None:
    if not 1 <= week <= 53:
        return None
    return "week", date.fromisocalendar(year, 1, 1) + timedelta(weeks=week - 1)


def long_values(table: TextTable) -> TextTable | None:
    """The sheet as metric, date, value (and target); None when its headers are not mostly periods.

    Totals of a coarser grain (quarters beside months) are left out, with a finding. Rows are those of the long
    table; `__row` still names the row of the sheet.
    """
    seen = {c: p for c in table.columns if c != ROW and (p := period_start(c)) is not None}
    grain = _grain([g for g, _ in seen.values()])
    starts = {c: day for c, (g, day) in seen.items() if g == grain}
    names = [c for c in table.columns if c not in seen and c != ROW]
    if len(starts) < FEWEST or not names or len(seen) < len(names):
        return None
    rows = table.collect()
    rows = rows if ROW in rows.columns else rows.with_row_index(ROW, offset=1)
    roles = next((c for c in names if _tells_plan(rows[c])), None)
    labels = [c for c in names if c != roles and rows[c].drop_nulls().len() > 0]
    long = _unpivoted(rows, labels[:2], roles, starts)
    if roles is not None:
        long = _plan_beside_fact(long)
    return _long_table(table, long, len(seen) - len(starts))


def _grain(grains: list[str]) -> str | None:
    if not grains:
        return None
    counts = Counter(grains)
    return min(counts, key=lambda g: (counts[g] < FEWEST, _FINEST.index(g)))


def _tells_plan(cells: pl.Series) -> bool:
    found = {str(v).strip().lower() for v in cells.drop_nulls().unique()}
    return bool(found & _PLAN) and found <= _PLAN | _FACT


def _unpivoted(
    rows: pl.DataFrame, labels: list[str], roles: str | None, starts: dict[str, date]
) -> pl.DataFrame:
    # merged cells: a metric's name stands once above its plan and fact rows
    name = pl.concat_str(
        [filled(pl.col(c)).forward_fill() for c in labels], separator=" / ", ignore_nulls=True
    )
    role = filled(pl.col(roles)).str.to_lowercase() if roles is not None else pl.lit("факт")
    dates = {c: day.isoformat() for c, day in starts.items()}
    base = rows.select(pl.col(ROW).cast(pl.Int64), name.alias("metric"), role.alias("role"), *starts)
    long = base.unpivot(
        on=list(starts), index=[ROW, "metric", "role"], variable_name="date", value_name="value"
    )
    long = long.with_columns(pl.col("date").replace_strict(dates, return_dtype=pl.String))
    return long.filter(filled(pl.col("value")).is_not_null() & (pl.col("metric") != "")).sort(ROW, "date")


def _plan_beside_fact(long: pl.DataFrame) -> pl.DataFrame:
    plan = pl.col("role").is_in(sorted(_PLAN))
    facts = long.filter(~plan)
    plans = long.filter(plan).select("metric", "date", target="value")
    joined = facts.join(plans, on=["metric", "date"], how="full", coalesce=True, maintain_order="left_right")
    return joined.with_columns(pl.col(ROW).fill_null(0))


def _long_table(table: TextTable, long: pl.DataFrame, left_out: int) -> TextTable:
    columns: list[str] = [c for c in ("metric", "date", "value", "target") if c in long.columns]
    findings = [*table.findings, Finding("wide_sheet", "info", None, long.height)]
    if left_out:
        findings.append(Finding("wide_totals", "info", None, left_out))
    return replace(
        table,
        frame=long.select(*columns, ROW),
        columns=columns,
        original_headers=columns,
        rows_in=long.height,
        rows_rejected=0,
        rows_empty=0,
        dropped_total_rows=0,
        rows_used=long.height,
        findings=findings,
    )
