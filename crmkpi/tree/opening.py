"""The opening view: the two periods a person sees first (definitions.md, "Periods")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from crmkpi.engine.data import DataDir
from crmkpi.engine.slots import coverages
from crmkpi.errors import CrmKpiError
from crmkpi.periods import Coverage, Period, periods_between

# with this many complete months the same month a year earlier can be shown
MONTHS_FOR_A_YEAR = 13
SHORTER = ("month", "week", "day")


class NoCompletePeriodError(CrmKpiError):
    """The data do not hold two complete periods to compare: `first`, `last`."""

    code = "no_complete_period"


class NoCoverageError(CrmKpiError):
    """No loaded table dates the metrics of this tree: `table`."""

    code = "no_dated_table"


@dataclass(frozen=True)
class Opening:
    """The last complete period and what it is compared with.

    compare: `year` (the same month a year earlier) or `previous`. season_warning: the comparison is with the
    previous period, so a season may look like a change. closed_by_pause: the last days of the period have no rows
    and were counted as a usual pause.
    """

    period: Period
    vs: Period
    compare: str
    season_warning: bool
    closed_by_pause: bool


def coverage_of(data: DataDir, table: str) -> Coverage:
    """Days that date the metrics of a table (the engine's word); else those of the widest table there is, also in
    the engine's word: a number of a monthly sheet stands for its whole month.

    NoCoverageError when nothing with dates was loaded.
    """
    known = coverages(data)
    if table in known:
        return known[table]
    widest = list(known.values()) or [covered.coverage for covered in data.meta.coverage.values()]
    if not widest:
        raise NoCoverageError(table=table)
    return max(widest, key=lambda c: (c.last - c.first, c.last))


def opening(data: DataDir, table: str = "orders", compare: str | None = None) -> Opening:
    """Last complete month against the same month a year earlier when 13 complete months exist, else the previous.

    `table` dates the metrics of the tree; `compare` = "year" or "previous" overrides the choice (a year is taken
    only when the earlier month is complete). Data shorter than two months fall back to weeks, then days;
    NoCompletePeriodError when not even two days can be compared.
    """
    covered = coverage_of(data, table)
    for grain in SHORTER:
        period = covered.last_complete(grain)
        vs = None if period is None else partner(covered, period, compare)
        if period is not None and vs is not None:
            kind = "year" if vs == period.year_ago() else "previous"
            return Opening(period, vs, kind, kind == "previous", covered.closed_by_pause(period))
    raise NoCompletePeriodError(first=covered.first, last=covered.last)


def partner(covered: Coverage, period: Period, compare: str | None = None) -> Period | None:
    """The complete period to compare with: a year earlier or the previous one; None if neither is complete.

    A month is compared with the year before when 13 complete months exist; other grains, and everything with
    compare = "previous", with the previous period; compare = "year" asks for the year where it is complete.
    """
    year_ago, before = period.year_ago(), period.previous()
    enough = period.grain == "month" and complete_count(covered, "month") >= MONTHS_FOR_A_YEAR
    if compare == "year" or (compare is None and enough):
        order = [year_ago, before]
    else:
        order = [before, year_ago]
    return next((p for p in order if p is not None and covered.complete(p)), None)


def complete_count(covered: Coverage, grain: str) -> int:
    """How many complete periods of the grain the data hold."""
    return sum(covered.complete(p) for p in periods_between(covered.first, covered.last, grain))


def nearest_complete(covered: Coverage, period: Period) -> list[Period]:
    """The complete periods nearest to one that is not, of the same grain: the last before it and the first after.

    For a window: the part of it that the data cover.
    """
    if period.grain in ("window", "all"):
        first, last = max(period.first, covered.first), min(period.last, covered.last)
        return [Period(first, last, "window")] if first <= last else []
    complete = [p for p in periods_between(covered.first, covered.last, period.grain) if covered.complete(p)]
    before = [p for p in complete if p.first < period.first]
    after = [p for p in complete if p.first > period.first]
    return before[-1:] + after[:1]


def like_for_like(covered: Coverage, period: Period, vs: Period) -> tuple[Period, Period]:
    """Both periods cut to their first k days, k = the fewest days that the data cover of either.

    Two complete periods come back unchanged. The cut ones are windows: same number of days, never a month against
    nine days. NoCompletePeriodError when one of them has no day with data.
    """
    if covered.complete(period) and covered.complete(vs):
        return period, vs
    days = min(min((min(p.last, covered.last) - p.first).days + 1, p.days) for p in (period, vs))
    if days < 1:
        raise NoCompletePeriodError(first=covered.first, last=covered.last)
    return _first_days(period, days), _first_days(vs, days)


def _first_days(period: Period, days: int) -> Period:
    return Period(period.first, period.first + timedelta(days=days - 1), "window")
