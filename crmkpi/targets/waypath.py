"""The path of a target at its own grain: what each period until the due one should bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crmkpi.forecast.series import Series, known_tail
from crmkpi.periods import Period
from crmkpi.targets.calendar import DayWeights, season_factors
from crmkpi.targets.curves import ImpossibleShapeError, path, seasonal_path
from crmkpi.targets.facts import Facts
from crmkpi.targets.resolve import Resolved
from crmkpi.targets.target import Target
from crmkpi.targets.totals import growing_total, rounded, spread

CURVED = ("linear", "geometric", "logit", "s_curve", "lag")


@dataclass(frozen=True)
class Way:
    """Values of the periods after the baseline; `shape` is the one used, `notes` codes say what was not possible.

    start: the level at the baseline (of a total: the baseline's level of one period).
    """

    periods: tuple[Period, ...] = ()
    values: tuple[float, ...] = ()
    start: float | None = None
    shape: str = "linear"
    notes: tuple[str, ...] = ()


def way_of(
    target: Target, facts: Facts, resolved: Resolved, own: Series, monthly: Series, days: DayWeights
) -> Way:
    """The path from baseline to goal (methods.md 5). `own` is the series at the target's grain.

    shape auto: seasonal for sums and unique counts with two full years of history, else linear. Ratios are
    never divided: they get a path of levels.
    """
    periods = _between(resolved)
    if not periods or resolved.goal is None:
        return Way()
    if target.kind != "reach" and target.measure == "level":
        return Way(periods, (resolved.goal,) * len(periods), resolved.goal, "linear")
    if target.measure == "total":
        return _total(target, facts, resolved, own, periods, days)
    if resolved.baseline_value is None:
        return Way()
    return _level(target, facts, resolved, own, monthly, periods)


def _between(resolved: Resolved) -> tuple[Period, ...]:
    found: list[Period] = []
    if resolved.baseline_period is None:
        return ()
    period = resolved.baseline_period
    for _ in range(resolved.steps):
        period = period.next()
        found.append(period)
    return tuple(found)


def _level(
    target: Target, facts: Facts, resolved: Resolved, own: Series, monthly: Series, periods: Sequence[Period]
) -> Way:
    base, goal = resolved.baseline_value, resolved.goal
    assert base is not None and goal is not None and resolved.baseline_period is not None
    shape, notes = target.shape, []
    if shape in ("auto", "seasonal"):
        wanted = shape == "seasonal" or facts.klass in ("sum", "unique")
        factors = season_factors([resolved.baseline_period, *periods], monthly, own) if wanted else None
        if factors is not None:
            values = seasonal_path(base, goal, factors)
            if not _leaves_limits(values, facts):
                return Way(tuple(periods), tuple(values[1:]), base, "seasonal")
        if wanted:
            notes.append("no_seasonality")
        shape = "linear"
    try:
        values = path(base, goal, len(periods), shape)
    except ImpossibleShapeError:
        notes.append("shape_not_possible")
        shape, values = "linear", path(base, goal, len(periods), "linear")
    return Way(tuple(periods), tuple(values[1:]), base, shape, tuple(notes))


def _leaves_limits(values: Sequence[float], facts: Facts) -> bool:
    low, high = facts.limits
    return (low is not None and min(values) < low) or (high is not None and max(values) > high)


def _total(
    target: Target, facts: Facts, resolved: Resolved, own: Series, periods: Sequence[Period], days: DayWeights
) -> Way:
    """A total: spread by season or by days; with a growing level where the baseline is known."""
    goal = resolved.goal
    assert goal is not None and resolved.baseline_period is not None
    weights = [days.period(p) for p in periods]
    level = usual_level(own, resolved.baseline_period, len(periods), days)
    notes = () if days.seasonal else ("no_seasonality",)
    if target.shape == "seasonal" or target.kind != "reach" or level is None or level <= 0:
        values, shape = spread(goal, weights), "seasonal"
    else:
        shape = target.shape if target.shape in ("geometric", "s_curve", "lag") else "linear"
        values = growing_total(level, goal, [1.0, *weights], shape)
    unit = counting_unit(facts, goal)
    if unit is not None:
        values = rounded(values, unit)
    return Way(tuple(periods), tuple(values), level, shape, notes)


def usual_level(own: Series, last: Period, count: int, days: DayWeights) -> float | None:
    """Level of one period free of season: sum of the `count` periods up to `last` over their weights."""
    tail = [p for p in known_tail(own) if p.period.last <= last.last][-count:]
    weight = sum(days.period(p.period) for p in tail)
    if not tail or weight <= 0:
        return None
    return sum(p.value for p in tail if p.value is not None) / weight


def counting_unit(facts: Facts, goal: float) -> float | None:
    """The unit in which parts of a total are rounded: whole things, whole money; None where that cannot hold."""
    whole = abs(goal - round(goal)) < 1e-9 and abs(goal) >= 1
    return 1.0 if whole and facts.unit in ("count", "money") else None
