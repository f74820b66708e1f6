"""Weeks and quarters in a column of dates: 2026-W05, «нед. 5 2026», Q1 2026, «1 кв. 2026» -> their first day."""

from __future__ import annotations

import polars as pl

from crmkpi.ingest.cells import stripped

FORM = "period"
_WEEK = r"(?:w|wk|week|нед|неделя)\.?"
_QUARTER = r"(?:q|кв|квартал)\.?"
_ORDINAL = r"\s*-?(?:й|ый|я|ая)?\s*"
_END = r"\s*(?:г\.?|год\w*)?$"
# (pattern with the year and the number as named groups, whether it is a week)
_PATTERNS = (
    (rf"^(?P<y>20\d\d)[\s.,/-]*{_WEEK}[\s-]*(?P<k>\d{{1,2}})$", True),
    (rf"^{_WEEK}[\s-]*(?P<k>\d{{1,2}})[\s.,/'-]+(?P<y>20\d\d){_END}", True),
    (rf"^(?P<k>\d{{1,2}}){_ORDINAL}{_WEEK}[\s.,/'-]+(?P<y>20\d\d){_END}", True),
    (rf"^(?P<y>20\d\d)[\s.,/-]*{_QUARTER}\s*(?P<k>[1-4])$", False),
    (rf"^{_QUARTER}\s*(?P<k>[1-4])[\s.,/'-]+(?P<y>20\d\d){_END}", False),
    (rf"^(?P<k>[1-4]){_ORDINAL}{_QUARTER}[\s.,/'-]*(?P<y>20\d\d){_END}", False),
    (rf"^(?P<y>20\d\d)[\s.,/-]+(?P<k>[1-4]){_ORDINAL}{_QUARTER}$", False),
)


def period_day(cell: pl.Expr) -> pl.Expr:
    """Text -> Datetime(us) of the first day of the ISO week (its Monday) or quarter, null for anything else."""
    text = stripped(cell).str.to_lowercase()
    found = []
    for pattern, week in _PATTERNS:
        parts = text.str.extract_groups(pattern)
        year, number = parts.struct.field("y"), parts.struct.field("k")
        if week:
            day = (year + "-W" + number.str.zfill(2) + "-1").str.to_date("%G-W%V-%u", strict=False)
        else:
            month = (number.cast(pl.Int8, strict=False) * 3 - 2).cast(pl.String).str.zfill(2)
            day = (year + "-" + month + "-01").str.to_date("%Y-%m-%d", strict=False)
        found.append(day)
    return pl.coalesce(found).cast(pl.Datetime("us"))


def all_periods(distinct: pl.DataFrame) -> bool:
    """Whether nearly all values (column v) are weeks or quarters with their year."""
    share = distinct.select(period_day(pl.col("v")).is_not_null().mean()).item()
    return share is not None and share >= 0.98
