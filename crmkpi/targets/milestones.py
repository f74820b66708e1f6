"""Weekly and monthly control points: what should be there by when, how much noise is normal, what was there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from crmkpi.forecast.series import Point, Series
from crmkpi.periods import Period, period_of, periods_between
from crmkpi.targets.calendar import DayWeights, days_of
from crmkpi.targets.facts import Facts
from crmkpi.targets.history import History, history_of
from crmkpi.targets.own_path import planned
from crmkpi.targets.settings import TargetSettings
from crmkpi.targets.target import Target
from crmkpi.targets.totals import rounded
from crmkpi.targets.waypath import Way, counting_unit

GRAINS = ("month", "week")
LENGTH = {"day": 1, "week": 7, "month": 30, "quarter": 91}


@dataclass(frozen=True)
class Milestone:
    """One control point. `value` in the metric's unit for `period`; low..high the band of normal noise.

    status: met | within_band | missed | upcoming | unknown. `days` tells a cut week from a whole one.
    """

    grain: str
    period: Period
    value: float
    low: float | None
    high: float | None
    actual: float | None
    status: str

    @property
    def days(self) -> int:
        """Days of the period that belong to the target."""
        return self.period.days


@dataclass(frozen=True)
class Ground:
    """What control points rest on: the series at each grain (as of the day), weights, who is good."""

    target: Target
    facts: Facts
    series: Mapping[str, Series]
    days: DayWeights
    up: bool
    as_of: date
    settings: TargetSettings


def milestones(way: Way, baseline: Period, ground: Ground) -> list[Milestone]:
    """Monthly and weekly control points of a path, and those of its own grain when that is another.

    A sum is cut by the weights of its days, and what was cut adds up exactly; a ratio or a stock takes the
    path at the end of the shorter period; a unique count (or a ratio of such) has another level at another
    grain, so the path is carried over to the series of that grain.
    """
    found: list[Milestone] = []
    for grain in GRAINS:
        own = ground.target.grain
        if grain == own:
            pairs: list[tuple[Period, float]] = list(zip(way.periods, way.values, strict=True))
        elif LENGTH[grain] > LENGTH[own]:
            pairs = _longer(way, grain, ground)
        elif ground.facts.splitting == "sum":
            pairs = _cut(way, grain, ground)
        elif ground.facts.splitting == "level":
            pairs = _levels(way, baseline, grain, ground)
        else:
            pairs = _carried(way, baseline, grain, ground)
        found += _judged(pairs, grain, ground)
    return found


def own_milestones(way: Way, ground: Ground) -> list[Milestone]:
    """Control points at the target's own grain, whatever it is."""
    return _judged(list(zip(way.periods, way.values, strict=True)), ground.target.grain, ground)


def _cut(way: Way, grain: str, ground: Ground) -> list[tuple[Period, float]]:
    """Shorter periods of a sum: the sum of their days. Weeks at the ends are cut to the target's days."""
    plan = daily_plan(way, ground.days)
    first, last = way.periods[0].first, way.periods[-1].last
    pieces = [_clipped(p, first, last) for p in periods_between(first, last, grain)]
    values = [math.fsum(plan[day] for day in days_of(piece)) for piece in pieces]
    unit = counting_unit(ground.facts, math.fsum(way.values)) if ground.target.measure == "total" else None
    return list(zip(pieces, rounded(values, unit) if unit else values, strict=True))


def daily_plan(way: Way, days: DayWeights) -> dict[date, float]:
    """Each period's value over its days by their weights."""
    plan: dict[date, float] = {}
    for period, value in zip(way.periods, way.values, strict=True):
        inside = days_of(period)
        weights = [days.day(day) for day in inside]
        whole = math.fsum(weights)
        for day, weight in zip(inside, weights, strict=True):
            plan[day] = value * weight / whole if whole > 0 else value / len(inside)
    return plan


def _clipped(period: Period, first: date, last: date) -> Period:
    if period.first >= first and period.last <= last:
        return period
    return Period(max(period.first, first), min(period.last, last), "window")


def _longer(way: Way, grain: str, ground: Ground) -> list[tuple[Period, float]]:
    """Longer periods than the target's: a total adds, a level is that of the last period ending inside."""
    groups: dict[Period, list[tuple[Period, float]]] = {}
    for period, value in zip(way.periods, way.values, strict=True):
        groups.setdefault(period_of(period.last, grain), []).append((period, value))
    if ground.target.measure == "total":
        return [
            (Period(g[0][0].first, g[-1][0].last, "window"), math.fsum(v for _, v in g))
            for g in groups.values()
        ]
    return [group[-1] for group in groups.values()]


def _inside(way: Way, baseline: Period, grain: str) -> list[tuple[Period, float]]:
    """Shorter periods that end after the baseline and by the due date, with the path at their last day."""
    assert way.start is not None
    found = []
    ends = [baseline.last, *(p.last for p in way.periods)]
    levels = [way.start, *way.values]
    for period in periods_between(way.periods[0].first, ends[-1], grain):
        if period.last > ends[-1]:
            continue
        k = next(i for i, end in enumerate(ends) if end >= period.last)
        part = (period.last - ends[k - 1]).days / (ends[k] - ends[k - 1]).days
        found.append((period, levels[k - 1] + (levels[k] - levels[k - 1]) * part))
    return found


def _levels(way: Way, baseline: Period, grain: str, ground: Ground) -> list[tuple[Period, float]]:
    return _inside(way, baseline, grain) if way.start is not None else []


def _carried(way: Way, baseline: Period, grain: str, ground: Ground) -> list[tuple[Period, float]]:
    """The path moved to the level that the metric has at the shorter grain (methods.md 5, uniques)."""
    own, shorter = ground.series[ground.target.grain], ground.series.get(grain, ())
    history = history_of(own, ground.facts.share, ground.facts.limits)
    scale = history.scale
    levels = [
        p.value for p in shorter if p.value is not None and baseline.first <= p.period.last <= baseline.last
    ]
    if way.start is None or not scale.fits(way.start) or not levels or not all(map(scale.fits, levels)):
        return []
    usual = math.fsum(scale.forward(v) for v in levels) / len(levels) - scale.forward(way.start)
    return [
        (period, scale.back_one(scale.forward(value) + usual))
        for period, value in _inside(way, baseline, grain)
        if scale.fits(value)
    ]


def _judged(pairs: Sequence[tuple[Period, float]], grain: str, ground: Ground) -> list[Milestone]:
    # a level shown once a month may still be the value of one week: its own noise counts
    whole = next((p.grain for p, _ in pairs if p.grain != "window"), grain)
    history = _history(whole, ground)
    sigma = history.noise()
    found = []
    for period, computed in pairs:
        own = planned(ground.target.own_points, grain, period.last)
        value = computed if own is None else own
        noise = _noise_of(sigma, period, grain)
        low, high = band(value, noise, history, ground.settings.band_sigmas)
        actual = _actual(period, ground)
        over = period.last <= ground.as_of or actual is not None
        status = judge(value, low, high, actual, ground.up) if over else "upcoming"
        found.append(Milestone(grain, period, value, low, high, actual, status))
    return found


def _history(grain: str, ground: Ground) -> History:
    series = ground.series.get(grain, ())
    if not series and ground.facts.splitting == "sum":
        series = added_up(ground.series.get("day", ()), grain)
    return history_of(series, ground.facts.share, ground.facts.limits)


def added_up(daily: Series, grain: str) -> Series:
    """A longer series from the daily one of a sum; a period is complete when all its days are known."""
    groups: dict[Period, list[Point]] = {}
    for point in daily:
        groups.setdefault(period_of(point.period.first, grain), []).append(point)
    return [
        Point(
            period,
            _sum(p.value for p in points),
            len(points) == period.days and all(p.complete for p in points),
        )
        for period, points in groups.items()
    ]


def _sum(values: Iterable[float | None]) -> float | None:
    known = list(values)
    return None if any(v is None for v in known) else math.fsum(v for v in known if v is not None)


def _noise_of(sigma: float | None, period: Period, grain: str) -> float | None:
    """Noise of one period; a cut week has fewer days and so relatively more of it."""
    if sigma is None or period.grain != "window":
        return sigma
    return sigma * math.sqrt(max(1.0, LENGTH[grain] / period.days))


def band(
    value: float, sigma: float | None, history: History, width: float
) -> tuple[float | None, float | None]:
    """value -+ width sigmas on the transformed scale; (None, None) where history gives no noise."""
    if sigma is None or not history.scale.fits(value):
        return None, None
    z = history.scale.forward(value)
    return history.scale.back_one(z - width * sigma), history.scale.back_one(z + width * sigma)


def judge(value: float, low: float | None, high: float | None, actual: float | None, up: bool) -> str:
    """met on the good side of the value, within_band inside normal noise, missed outside it, unknown without."""
    if actual is None:
        return "unknown"
    slack = 1e-9 * max(1.0, abs(value))
    if actual >= value - slack if up else actual <= value + slack:
        return "met"
    edge = low if up else high
    if edge is not None and (actual >= edge if up else actual <= edge):
        return "within_band"
    return "missed"


def _actual(period: Period, ground: Ground) -> float | None:
    """What was there: the period's own value if it is over, a cut week from its days."""
    if period.grain == "window":
        days = {p.period.first: p.value for p in ground.series.get("day", ()) if p.complete}
        values = [days.get(day) for day in days_of(period)]
        return _sum(values)
    for point in ground.series.get(period.grain, ()):
        if point.period == period:
            return point.value if point.complete else None
    if ground.facts.splitting == "sum" and period.grain != "day":
        days = {p.period.first: p.value for p in ground.series.get("day", ()) if p.complete}
        return _sum(days.get(day) for day in days_of(period))
    return None
