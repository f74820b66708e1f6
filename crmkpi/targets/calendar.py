"""Weights of days: how much of a month's sum falls on which day, and which months are strong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from crmkpi.forecast.season import index_of
from crmkpi.forecast.series import Series, known_tail, slot_of
from crmkpi.periods import DAY, Period, period_of

DAYS_IN_MONTH = 30.4375
# weekdays are judged on the recent past, and not before there are four of each
MAX_WEEKS = 26
MIN_WEEKS = 4


@dataclass(frozen=True)
class DayWeights:
    """Weight of a day = weight of its month x share of its weekday inside that month.

    months: seasonal index by month, mean 1, or None (then a month weighs its days). weekdays: mean 1.
    """

    months: tuple[float, ...] | None = None
    weekdays: tuple[float, ...] = (1.0,) * 7

    @property
    def seasonal(self) -> bool:
        """Whether two full years gave a seasonal index."""
        return self.months is not None

    def day(self, day: date) -> float:
        """Weight of one day; the days of an average month sum to about 1."""
        month = period_of(day, "month")
        inside = math.fsum(
            self.weekdays[(month.first + timedelta(days=i)).weekday()] for i in range(month.days)
        )
        if inside <= 0:
            return self.month(month) / month.days
        return self.month(month) * self.weekdays[day.weekday()] / inside

    def month(self, month: Period) -> float:
        """Weight of a whole month."""
        if self.months is None:
            return month.days / DAYS_IN_MONTH
        return self.months[month.first.month - 1]

    def period(self, period: Period) -> float:
        """Weight of any period: its days together (a whole month exactly its own weight)."""
        if period.grain == "month":
            return self.month(period)
        return math.fsum(self.day(day) for day in days_of(period))


def days_of(period: Period) -> list[date]:
    """Every day of a period."""
    return [period.first + i * DAY for i in range(period.days)]


def day_weights(daily: Series, monthly: Series) -> DayWeights:
    """Weights of a metric that adds up over time, from its own history."""
    index = index_of(monthly)
    return DayWeights(tuple(index) if index else None, weekday_weights(daily))


def weekday_weights(daily: Series) -> tuple[float, ...]:
    """Mean value of each weekday over the mean of all, whole weeks only; all 1 below four weeks."""
    tail = known_tail(daily)
    weeks = min(len(tail) // 7, MAX_WEEKS)
    recent = tail[len(tail) - 7 * weeks :] if weeks else []
    whole = math.fsum(p.value for p in recent if p.value is not None)
    if weeks < MIN_WEEKS or whole <= 0:
        return (1.0,) * 7
    sums = [0.0] * 7
    for point in recent:
        sums[point.period.first.weekday()] += max(point.value or 0.0, 0.0)
    mean = math.fsum(sums) / 7
    return tuple(s / mean for s in sums)


def season_factors(periods: Sequence[Period], monthly: Series, own: Series) -> list[float] | None:
    """Seasonal factor S of each period for a level path; None with less than two years of history.

    Quarters have their own index, all other grains take the index of the month that holds their middle day.
    """
    index = index_of(own if periods and periods[0].grain == "quarter" else monthly)
    if index is None or min(index) <= 0:
        return None
    return [index[slot_of(p) if p.grain == "quarter" else _middle_month(p)] for p in periods]


def _middle_month(period: Period) -> int:
    return (period.first + (period.last - period.first) / 2).month - 1
