"""Usual variation: how far a metric moves between two periods although nothing happened."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import Where, evaluate
from crmkpi.forecast.series import Point
from crmkpi.periods import Period, parse_period
from crmkpi.targets.gather import facts_of
from crmkpi.targets.history import history_of

# a change larger than so many standard deviations of the difference of two periods is a change (methods.md 4)
SIGMAS = 1.96


@dataclass(frozen=True)
class Usual:
    """The range in which the later value lies when only noise separates it from the earlier one, unit of the metric.

    inside: whether the later value lies there. Season is taken out where two years of history allow it.
    """

    low: float
    high: float
    inside: bool


def usual_change(
    data: DataDir, metric: str, period: Period, vs: Period, where: Sequence[Where] = ()
) -> Usual | None:
    """Whether a metric's change between two periods is within its usual variation from period to period.

    Noise of one period = mean moving range / 1.128 of the history up to `period` (History.noise), so two periods
    differ by noise x sqrt(2); 1.96 of those are usual. None for windows, short history or an unknown value.
    """
    if period.grain in ("window", "all") or period.grain != vs.grain:
        return None
    rows = evaluate(data, [metric], period.grain, last=period.last, where=where).rows
    points = [
        Point(parse_period(text), value, bool(complete))
        for text, value, complete in rows.select("period", "value", "complete").iter_rows()
    ]
    return usual_of(metric, points, period, vs)


def usual_of(metric: str, points: Sequence[Point], period: Period, vs: Period) -> Usual | None:
    """The same from a series that holds both periods; pure."""
    facts = facts_of(metric)
    values = {point.period: point.value for point in points}
    history = history_of(points, facts.share, facts.limits)
    noise, after = history.noise(), values.get(period)
    start = history.level(values.get(vs), vs)
    if noise is None or start is None or after is None:
        return None
    width = SIGMAS * math.sqrt(2) * noise
    level = start + history.season_of(period)
    low, high = (history.scale.back_one(level + side * width) for side in (-1.0, 1.0))
    return Usual(low, high, low <= after <= high)
