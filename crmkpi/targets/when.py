"""By when? Dates from how long this metric took for a change of that size, its usual horizon and the season.

Every proposed date ends a period and passes the letter T. The past speaks by first passages: from each past period,
how many periods passed until the metric had moved as far as is wanted now; runs that never got there count as not
yet over (Kaplan-Meier), so that impatience does not shorten the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from crmkpi.forecast.series import Array, Point, known_tail
from crmkpi.periods import Period, period_of
from crmkpi.targets.assess import Inputs, assess
from crmkpi.targets.history import History, history_of
from crmkpi.targets.resolve import resolve
from crmkpi.targets.smart import horizon

DueSource = Literal["soonest", "as_before", "latest"]
Season = Literal["strong", "weak", "usual"]
# how far off its usual level a season must be, on the transformed scale
NOTABLE = 0.05
# runs that got there; fewer are an anecdote
MIN_RUNS = 3


@dataclass(frozen=True)
class Setback:
    """The worst step back on the way of the latest comparable run: its period and size in the metric's unit."""

    period: Period
    before: float
    after: float


@dataclass(frozen=True)
class Pace:
    """How long a change of this size took before.

    median: periods (None when fewer than half of the runs got there); runs: past starts; reached: those that got
    there; first..last: the latest run that did; setback: what went wrong on it, None if nothing did.
    """

    median: int | None
    runs: int
    reached: int
    first: Period | None = None
    last: Period | None = None
    setback: Setback | None = None


@dataclass(frozen=True)
class DueOption:
    """One proposed date. `source` chooses the sentence `when.source.<source>`; days count from the baseline."""

    day: date
    source: DueSource
    days: int
    season: Season | None = None


@dataclass(frozen=True)
class Dues:
    """Proposed dates, the soonest first, and the past they rest on (None without a goal or a history)."""

    found: tuple[DueOption, ...]
    pace: Pace | None


def propose(inputs: Inputs, goal: float | None = None) -> Dues:
    """Dates for a draft. `goal`: the wanted value in the metric's unit, None = any change."""
    own = inputs.series[inputs.target.grain]
    history = history_of(own, inputs.facts.share, inputs.facts.limits)
    tail = known_tail(own)
    if not tail:
        return Dues((), None)
    start = tail[-1]
    pace = _pace(inputs, history, tail, goal)
    least, most = horizon(inputs.facts, inputs.settings)
    wanted: list[tuple[DueSource, date]] = [("soonest", start.period.last + timedelta(days=least))]
    if pace is not None and pace.median is not None:
        wanted.append(("as_before", _later(start.period, pace.median).last))
    wanted.append(("latest", start.period.last + timedelta(days=most)))
    found: dict[date, DueOption] = {}
    for source, day in wanted:
        fitted = _on_boundary(day, start.period, inputs.target.grain, least, most, source == "latest")
        if fitted is None or fitted in found or not _passes(inputs, fitted, start.value):
            continue
        found[fitted] = DueOption(
            fitted, source, (fitted - start.period.last).days, _season(history, fitted, inputs.target.grain)
        )
    return Dues(tuple(sorted(found.values(), key=lambda d: d.day)), pace)


def _later(period: Period, count: int) -> Period:
    for _ in range(count):
        period = period.next()
    return period


def _on_boundary(day: date, start: Period, grain: str, least: int, most: int, before: bool) -> date | None:
    """The end of a period of the target's grain (of a month for days) inside the horizon, None if none fits."""
    step = "month" if grain == "day" else grain
    period = period_of(day, step)
    if before and period.last > day:
        earlier = period.previous()
        assert earlier is not None
        period = earlier
    days = (period.last - start.last).days
    if days > most:
        earlier = period.previous()
        assert earlier is not None
        period, days = earlier, (earlier.last - start.last).days
    while days < least:
        period = period.next()
        days = (period.last - start.last).days
    return period.last if least <= days <= most else None


def _passes(inputs: Inputs, day: date, value: float | None) -> bool:
    """Whether a target with this date passes T (a goal a tenth away stands for any)."""
    goal = (
        inputs.target.goal
        if inputs.target.change_type == "absolute" and inputs.target.goal
        else (value or 0.0)
    )
    target = inputs.target.model_copy(
        update={"due": day, "goal": goal, "change_type": "absolute", "confirmed": True}
    )
    return assess(replace(inputs, target=target)).letters["time_bound"].ok


def _pace(inputs: Inputs, history: History, tail: Sequence[Point], goal: float | None) -> Pace | None:
    if goal is None or history.periods < 2:
        return None
    target = inputs.target.model_copy(update={"goal": goal, "change_type": "absolute"})
    resolved = resolve(target, inputs.facts, inputs.series[target.grain], inputs.as_of, inputs.settings)
    way = history.distance(resolved.baseline_value, goal, resolved.baseline_period, resolved.due_period)
    if way is None or way == 0:
        return None
    runs = [passage(history.z, start, way) for start in range(history.periods - 1)]
    done = [(start, run) for start, run in enumerate(runs) if run is not None]
    median = median_passage([(run or history.periods - 1 - i, run is not None) for i, run in enumerate(runs)])
    if len(done) < MIN_RUNS:
        return Pace(None, len(runs), len(done))
    start, run = done[-1]
    worst = _setback(history, tail, start, run, way > 0)
    return Pace(median, len(runs), len(done), tail[start].period, tail[start + run].period, worst)


def passage(z: Sequence[float] | Array, start: int, way: float) -> int | None:
    """Periods until z has moved by `way` from its value at `start`; None if it has not yet."""
    for k in range(1, len(z) - start):
        moved = z[start + k] - z[start]
        if (moved >= way) if way > 0 else (moved <= way):
            return k
    return None


def median_passage(runs: Sequence[tuple[int, bool]]) -> int | None:
    """Kaplan-Meier median of (periods, got there): the first length by which half have arrived; None if never.

    Runs not yet over leave the risk set at their length without counting as arrived.
    """
    still = 1.0
    for length in sorted({periods for periods, arrived in runs if arrived}):
        at_risk = sum(periods >= length for periods, _ in runs)
        arrived = sum(periods == length and got for periods, got in runs)
        still *= 1 - arrived / at_risk
        if still <= 0.5 + 1e-9:
            return length
    return None


def _setback(history: History, tail: Sequence[Point], start: int, run: int, up: bool) -> Setback | None:
    """The largest step the wrong way inside a run."""
    steps = [(history.z[i + 1] - history.z[i]) * (1 if up else -1) for i in range(start, start + run)]
    worst = min(range(len(steps)), key=lambda i: steps[i])
    if steps[worst] >= 0:
        return None
    before, after = tail[start + worst], tail[start + worst + 1]
    if before.value is None or after.value is None:
        return None
    return Setback(after.period, before.value, after.value)


def _season(history: History, day: date, grain: str) -> Season | None:
    """Whether the due period lies in a strong or a weak season; None without two years of history."""
    if not history.seasonal:
        return None
    part = history.season_of(period_of(day, grain))
    if abs(part) < NOTABLE:
        return "usual"
    return "strong" if part > 0 else "weak"
