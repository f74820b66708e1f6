"""Where it goes by itself: forecast until due, the chance of the goal, the pace against the path."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from crmkpi.forecast.chance import chance_at, chance_of_holding, chance_of_total
from crmkpi.forecast.forecast import Forecast, NotEnough, forecast
from crmkpi.forecast.series import Series
from crmkpi.periods import Period
from crmkpi.targets.calendar import DayWeights, days_of
from crmkpi.targets.history import History
from crmkpi.targets.milestones import Ground, Milestone
from crmkpi.targets.resolve import Resolved
from crmkpi.targets.waypath import Way


@dataclass(frozen=True)
class Outlook:
    """forecast: the path or the reason why there is none. chance 0..1 or None. pace: 1 = exactly on the path.

    planned: what the path wanted by now (of a total: the sum so far); elapsed: share of a total's plan gone by.
    """

    forecast: Forecast | NotEnough
    chance: float | None
    pace: float | None
    planned: float | None
    elapsed: float | None = None


def outlook(ground: Ground, resolved: Resolved, way: Way) -> Outlook:
    """Forecast, chance and pace of one target (methods.md 6)."""
    own = ground.series[ground.target.grain]
    if resolved.due_period is None or resolved.goal is None:
        found: Forecast | NotEnough = NotEnough("no_future")
    else:
        found = forecast(
            own,
            resolved.due_period,
            share=ground.facts.share,
            limits=ground.facts.limits,
            paths=ground.settings.paths,
        )
    if ground.target.measure == "total":
        return _total(ground, resolved, way, found)
    planned = _planned_level(resolved, way)
    return Outlook(found, _chance(ground, resolved, found), _pace_of_level(resolved, planned), planned)


def _chance(ground: Ground, resolved: Resolved, found: Forecast | NotEnough) -> float | None:
    if (
        isinstance(found, NotEnough)
        or resolved.goal is None
        or resolved.due_period is None
        or resolved.due_passed
    ):
        return None
    if found.at(resolved.due_period) is None:
        return None
    if ground.target.kind != "reach":
        return chance_of_holding(found, resolved.goal, resolved.up)
    return chance_at(found, resolved.goal, resolved.up)


def _planned_level(resolved: Resolved, way: Way) -> float | None:
    if resolved.current_period not in way.periods:
        return None
    return way.values[way.periods.index(resolved.current_period)]


def _pace_of_level(resolved: Resolved, planned: float | None) -> float | None:
    """Way gone over way planned by now: (current - baseline) / (planned - baseline)."""
    start, current = resolved.start, resolved.current_value
    if planned is None or start is None or current is None or planned == start:
        return None
    return (current - start) / (planned - start)


def _total(ground: Ground, resolved: Resolved, way: Way, found: Forecast | NotEnough) -> Outlook:
    """Totals: share of seasonal weight elapsed p, pace = A / (T p), chance from what is still to come."""
    goal, done = resolved.goal, resolved.current_value
    if goal is None or done is None or not way.periods:
        return Outlook(found, None, None, None)
    gone = [_gone(period, ground) for period in way.periods]
    planned = math.fsum(v * part for v, part in zip(way.values, gone, strict=True))
    pace = done / planned if planned > 0 else None
    chance = None
    if isinstance(found, Forecast) and not resolved.due_passed:
        rest = _rest(found.periods, way.periods, gone)
        if rest is not None:
            chance = chance_of_total(found, goal, resolved.up, done, rest)
    return Outlook(found, chance, pace, planned, planned / goal if goal else None)


def _gone(period: Period, ground: Ground) -> float:
    """Part of a period's weight that lies before or on the day: 1 if it is complete."""
    point = next((p for p in ground.series[ground.target.grain] if p.period == period), None)
    if point is not None and point.complete:
        return 1.0
    if point is None or point.value is None or period.first > ground.as_of:
        return 0.0
    return elapsed(period, ground.days, ground.as_of)


def elapsed(period: Period, days: DayWeights, as_of: date) -> float:
    """Share of a period's day weights up to the last day seen."""
    weights = [days.day(day) for day in days_of(period)]
    seen = [w for day, w in zip(days_of(period), weights, strict=True) if day <= as_of]
    return math.fsum(seen) / math.fsum(weights) if math.fsum(weights) > 0 else 0.0


def _rest(ahead: Sequence[Period], planned: Sequence[Period], gone: Sequence[float]) -> list[float] | None:
    """Part still to come of each forecast period; None when the forecast misses an open planned one."""
    left = dict(zip(planned, gone, strict=True))
    if any(part < 1 and period not in ahead for period, part in left.items()):
        return None
    return [1 - left.get(period, 1.0) for period in ahead]


def total_state(
    ground: Ground, resolved: Resolved, view: Outlook, history: History, points: Sequence[Milestone]
) -> str | None:
    """State of a total so far against its plan so far: met, within_band (noise of k periods), missed; None early."""
    over = [m for m in points if m.status != "upcoming"]
    if not over or not view.planned or resolved.current_value is None:
        return None
    ratio = resolved.current_value / view.planned
    if ratio >= 1 - 1e-9 if resolved.up else ratio <= 1 + 1e-9:
        return "met"
    sigma = history.noise()
    if sigma is None or history.scale.name != "log":
        return "missed"
    width = ground.settings.band_sigmas * sigma / math.sqrt(len(over))
    inside = ratio >= math.exp(-width) if resolved.up else ratio <= math.exp(width)
    return "within_band" if inside else "missed"


def last_state(points: Sequence[Milestone]) -> str | None:
    """State of the latest control point that has a value; None before the first."""
    judged = [m.status for m in points if m.status in ("met", "within_band", "missed")]
    return judged[-1] if judged else None


def usable(series: Series) -> bool:
    """Whether any complete period has a value."""
    return any(p.complete and p.value is not None for p in series)
