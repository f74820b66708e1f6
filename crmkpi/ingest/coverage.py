"""Which days the rows of a table cover: where its history starts and ends, and how long its usual pauses are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import polars as pl

from crmkpi.engine.data import TableCoverage
from crmkpi.ingest.quality import as_date
from crmkpi.periods import usual_gap

SECONDS_A_DAY = 86_400
# tables of numbers that somebody dated: a number of a week stands for all of its days
DATED_NUMBERS = ("costs", "ads", "dated_values")
WEEK = 7
# an end that lies further ahead of the last start is planned: it has not happened yet
PLANNED_AFTER = 31
PLANNED_PAUSES = 2


def coverage_of(table: str, frame: pl.DataFrame, days: pl.Series | None = None) -> TableCoverage | None:
    """Coverage of a physical table; `days` (since 1970-01-01) instead of its own. None where no row has a day.

    The end of a subscription is an event of its own and extends the history. Numbers kept by the week cover whole
    weeks, so that nobody takes them for numbers of months.
    """
    own = "registered_day" if table == "customers" else "day"
    if days is None:
        days = frame[own] if own in frame.columns else None
    if days is None or days.null_count() == days.len():
        return None
    if table == "subscriptions":
        days = _with_ends(frame, days)
    known = [as_date(d) for d in days.drop_nulls().unique().sort()]
    if table in DATED_NUMBERS and _weekly(known):
        return TableCoverage(first=known[0], last=_end_of_weeks(known), usual_gap=1)
    return TableCoverage(first=known[0], last=known[-1], usual_gap=usual_gap(known))


def _weekly(days: Sequence[date]) -> bool:
    """Whether most numbers follow each other by exactly one week."""
    gaps = [(b - a).days for a, b in pairwise(days)]
    return bool(gaps) and 2 * sum(gap == WEEK for gap in gaps) > len(gaps)


def _end_of_weeks(days: Sequence[date]) -> date:
    """Last day of the last week: numbers of months beside those of weeks end no week."""
    usual = Counter(d.weekday() for d in days).most_common(1)[0][0]
    last = max(d for d in days if d.weekday() == usual)
    return max(days[-1], last + timedelta(days=WEEK - 1))


def planned_ends(frame: pl.DataFrame) -> pl.Series:
    """Days of the ends of subscriptions that are planned: long after the last row that has happened."""
    ends = _days(frame, "ended_ts")
    return ends.filter(ends > _happened_by(frame["day"]))


def _with_ends(frame: pl.DataFrame, days: pl.Series) -> pl.Series:
    begun = pl.concat([days.drop_nulls().alias("day"), _days(frame, "trial_started_ts")])
    ends = _days(frame, "ended_ts")
    first = begun.min()
    assert isinstance(first, int)
    # an end before any start is one of a subscription that began before the history
    return pl.concat([begun, ends.filter((ends >= first) & (ends <= _happened_by(days)))])


def _days(frame: pl.DataFrame, column: str) -> pl.Series:
    """Days of a column of moments, [] where the file had none."""
    if column not in frame.columns:
        return pl.Series("day", [], dtype=pl.Int32)
    return (frame[column].drop_nulls() // SECONDS_A_DAY).cast(pl.Int32).alias("day")


def _happened_by(days: pl.Series) -> int:
    known = days.drop_nulls().unique().sort()
    pause, last = known.diff().max(), known[-1]
    longest = pause if isinstance(pause, int) else 0
    assert isinstance(last, int)
    return last + max(PLANNED_AFTER, PLANNED_PAUSES * longest)
