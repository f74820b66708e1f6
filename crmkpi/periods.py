"""Grain and periods: names, neighbours, completeness. Dates only; no clock is ever read here.

Texts of periods (stable, as in the command line): `2011-09-05`, `2011-W36` (ISO week), `2011-09`, `2011-Q3`,
`2011`, `all`, and a window `2011-09-01..2011-09-20` (both days belong to it).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal, get_args

from crmkpi.errors import CrmKpiError

Grain = Literal["day", "week", "month", "quarter", "year", "all", "window"]
GRAINS: tuple[str, ...] = ("day", "week", "month", "quarter", "year", "all")
DAY = timedelta(days=1)
# a pause between days with data may close a period early, but never more than this (definitions.md)
MAX_USUAL_GAP = 7


class BadPeriodError(CrmKpiError):
    """A text that is no period: `text`."""

    code = "bad_period"


class BadGrainError(CrmKpiError):
    """A grain that does not exist: `text`, `known`."""

    code = "bad_grain"


@dataclass(frozen=True, order=True)
class Period:
    """One concrete interval, both days included."""

    first: date
    last: date
    grain: str = "window"

    @property
    def text(self) -> str:
        """The stable name of the period."""
        f = self.first
        if self.grain == "day":
            return f.isoformat()
        if self.grain == "week":
            year, week, _ = f.isocalendar()
            return f"{year}-W{week:02d}"
        if self.grain == "month":
            return f"{f.year:04d}-{f.month:02d}"
        if self.grain == "quarter":
            return f"{f.year:04d}-Q{(f.month + 2) // 3}"
        if self.grain == "year":
            return f"{f.year:04d}"
        if self.grain == "all":
            return "all"
        return f"{f.isoformat()}..{self.last.isoformat()}"

    @property
    def days(self) -> int:
        """Length in days."""
        return (self.last - self.first).days + 1

    def previous(self) -> Period | None:
        """The period before: of the same grain; of a window, the equal length before; of `all`, none."""
        if self.grain == "all":
            return None
        if self.grain == "window":
            return Period(self.first - self.days * DAY, self.first - DAY, "window")
        return period_of(self.first - DAY, self.grain)

    def next(self) -> Period:
        """The period after it, of the same grain or length."""
        if self.grain in ("window", "all"):
            return Period(self.last + DAY, self.last + self.days * DAY, "window")
        return period_of(self.last + DAY, self.grain)

    def year_ago(self) -> Period:
        """The same period of the year before; a week keeps its ISO number (53 falls back to 52)."""
        if self.grain == "week":
            year, week, _ = self.first.isocalendar()
            weeks = date(year - 1, 12, 28).isocalendar()[1]
            return period_of(date.fromisocalendar(year - 1, min(week, weeks), 1), "week")
        if self.grain in ("month", "quarter", "year"):
            return period_of(_shift_year(self.first, -1), self.grain)
        return Period(_shift_year(self.first, -1), _shift_year(self.last, -1), self.grain)

    def contains(self, day: date) -> bool:
        """Whether the day lies in the period."""
        return self.first <= day <= self.last


def _shift_year(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


def _month_end(year: int, month: int) -> date:
    return (date(year + (month == 12), month % 12 + 1, 1)) - DAY


def period_of(day: date, grain: str) -> Period:
    """The period of the grain that holds the day (weeks begin on Monday)."""
    if grain == "day":
        return Period(day, day, "day")
    if grain == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(monday, monday + timedelta(days=6), "week")
    if grain == "month":
        return Period(day.replace(day=1), _month_end(day.year, day.month), "month")
    if grain == "quarter":
        month = (day.month - 1) // 3 * 3 + 1
        return Period(date(day.year, month, 1), _month_end(day.year, month + 2), "quarter")
    if grain == "year":
        return Period(date(day.year, 1, 1), date(day.year, 12, 31), "year")
    raise BadGrainError(text=grain, known=", ".join(GRAINS))


def periods_between(first: date, last: date, grain: str) -> list[Period]:
    """Every period of the grain that touches first..last, in order; `all` gives the one window."""
    if grain == "all":
        return [Period(first, last, "all")]
    found = [period_of(first, grain)]
    while found[-1].last < last:
        found.append(found[-1].next())
    return found


_PATTERNS: tuple[tuple[str, str], ...] = (
    (r"(\d{4})-(\d{2})-(\d{2})\.\.(\d{4})-(\d{2})-(\d{2})", "window"),
    (r"(\d{4})-(\d{2})-(\d{2})", "day"),
    (r"(\d{4})-W(\d{1,2})", "week"),
    (r"(\d{4})-Q([1-4])", "quarter"),
    (r"(\d{4})-(\d{2})", "month"),
    (r"(\d{4})", "year"),
)


def parse_period(text: str) -> Period:
    """Read a period text; anything else is a BadPeriodError."""
    for pattern, grain in _PATTERNS:
        match = re.fullmatch(pattern, text.strip(), re.IGNORECASE)
        if match:
            try:
                return _from_parts(grain, [int(g) for g in match.groups()])
            except ValueError as error:
                raise BadPeriodError(text=text) from error
    raise BadPeriodError(text=text)


def _from_parts(grain: str, n: list[int]) -> Period:
    if grain == "window":
        first, last = date(n[0], n[1], n[2]), date(n[3], n[4], n[5])
        if last < first:
            raise ValueError("the window ends before it begins")
        return Period(first, last, "window")
    if grain == "day":
        return period_of(date(n[0], n[1], n[2]), "day")
    if grain == "week":
        return period_of(date.fromisocalendar(n[0], n[1], 1), "week")
    if grain == "quarter":
        return period_of(date(n[0], n[1] * 3, 1), "quarter")
    if grain == "month":
        return period_of(date(n[0], n[1], 1), "month")
    return period_of(date(n[0], 1, 1), "year")


@dataclass(frozen=True)
class Coverage:
    """Which days the data cover. `usual_gap` = 95th percentile of the pauses between days with data."""

    first: date
    last: date
    usual_gap: int = 1

    def complete(self, period: Period) -> bool:
        """Complete: the data reach both ends, or the missing tail is no longer than the usual pause."""
        if period.first < self.first:
            return False
        return period.last <= self.last or self.closed_by_pause(period)

    def closed_by_pause(self, period: Period) -> bool:
        """Counted as complete although the last days have no rows (a notice goes with it)."""
        tail = (period.last - self.last).days
        return period.first >= self.first and 0 < tail <= min(self.usual_gap, MAX_USUAL_GAP)

    def last_complete(self, grain: str) -> Period | None:
        """The latest complete period of the grain, None if there is none."""
        period = period_of(self.last, grain)
        while not self.complete(period):
            period = period_of(period.first - DAY, grain)
            if period.first < self.first:
                return None
        return period


def usual_gap(days: list[date]) -> int:
    """95th percentile (nearest rank) of the differences between neighbouring days with data, 1..7."""
    ordered = sorted(set(days))
    gaps = sorted((b - a).days for a, b in pairwise(ordered))
    if not gaps:
        return 1
    rank = max(0, -(-95 * len(gaps) // 100) - 1)
    return max(1, min(gaps[rank], MAX_USUAL_GAP))


assert set(GRAINS) < set(get_args(Grain))
