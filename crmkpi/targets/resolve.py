"""From what was typed to what is meant: baseline, current value, the goal as a number, the due period."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from crmkpi.errors import CrmKpiError, UnansweredError
from crmkpi.forecast.series import Point, Series
from crmkpi.periods import Period, period_of
from crmkpi.targets.facts import Facts
from crmkpi.targets.settings import TargetSettings
from crmkpi.targets.target import Target


class ImpossibleGoalError(CrmKpiError):
    """A goal outside what the metric can be: `metric`, `goal`, `low`, `high`."""

    code = "impossible_goal"

    @property
    def key(self) -> str:
        """A metric without an upper limit has a sentence of its own."""
        return "error.impossible_goal" if self.params.get("high") is not None else "error.impossible_goal_low"


class PointsNotShareError(CrmKpiError):
    """Percentage points asked of a metric that is no share: `metric`."""

    code = "points_not_share"


class TotalNotSumError(CrmKpiError):
    """A total asked of a metric that cannot be summed over periods: `metric`."""

    code = "total_not_sum"


class PercentOrShareError(UnansweredError):
    """A change above 5, that is 500 %, is asked about: `metric`, `goal`, `share` (what was probably meant)."""

    code = "percent_or_share"


@dataclass(frozen=True)
class Resolved:
    """A target on its series.

    goal: a number in the metric's unit, None while a relative goal has no baseline. baseline_*: the start (of a
    total: the sum of as many periods before). `start` is what progress counts from (0 for totals). current_*:
    the last complete period (of a total: the sum so far, with `current_complete` False inside a period).
    due_period: the last full period that ends on or before due. steps: periods from the baseline to it; left:
    periods from the current one to it. up: whether more is the good way.
    """

    goal: float | None
    baseline_value: float | None
    baseline_period: Period | None
    start: float | None
    current_value: float | None
    current_period: Period | None
    current_complete: bool
    due_period: Period | None
    steps: int
    left: int
    up: bool
    due_passed: bool
    restated: float | None = None

    @property
    def value_known(self) -> bool:
        """Whether there is a value to judge: after the due date, that of the due period itself."""
        if self.current_value is None or self.goal is None:
            return False
        if not self.due_passed:
            return True
        same = self.current_period is not None and self.due_period is not None
        return same and self.current_period == self.due_period and self.current_complete

    @property
    def reached(self) -> bool:
        """Whether the current value is on the good side of the goal."""
        if self.current_value is None or self.goal is None:
            return False
        slack = 1e-9 * max(1.0, abs(self.goal))
        if self.up:
            return self.current_value >= self.goal - slack
        return self.current_value <= self.goal + slack


def as_of_view(series: Series, day: date, data_to: date, mature_days: int = 0) -> list[Point]:
    """The series as it was known on a day: later periods are gone, unfinished ones are not complete.

    On the last day of the data (or later) a period that the usual pause closes stays complete (definitions.md);
    on an earlier day the calendar decides. A value that ripens (`mature_days` after its period) is neither known
    nor complete before that.
    """
    found = []
    for p in series:
        if p.period.first > day:
            continue
        ripe = mature_days == 0 or (p.period.last - day).days + mature_days <= 0
        complete = p.complete and ripe and (day >= data_to or p.period.last <= day)
        found.append(Point(p.period, p.value if ripe else None, complete, p.weight))
    return found


def check_goal(target: Target, facts: Facts, goal: float | None, settings: TargetSettings) -> None:
    """Refuse what cannot be: the only refusals of the coach.

    Errors: PointsNotShareError, TotalNotSumError, PercentOrShareError (a question), ImpossibleGoalError.
    """
    if target.change_type == "points" and not facts.share:
        raise PointsNotShareError(metric=facts.id)
    if target.measure == "total" and facts.klass != "sum":
        raise TotalNotSumError(metric=facts.id)
    typed_change = target.change_type != "absolute"
    if typed_change and abs(target.goal) > settings.ask_above and not target.confirmed:
        raise PercentOrShareError(
            metric=facts.id, goal=target.goal, share=target.goal / 100, questions=f"goal: {facts.id}"
        )
    low, high = facts.limits
    if goal is not None and ((low is not None and goal < low) or (high is not None and goal > high)):
        raise ImpossibleGoalError(metric=facts.id, goal=goal, low=low, high=high)


def resolve(target: Target, facts: Facts, series: Series, as_of: date, settings: TargetSettings) -> Resolved:
    """Put a target on its series (already seen as of the day). Rules: cli.md `plan`, definitions.md Periods."""
    complete = [p for p in series if p.complete]
    base_day = target.baseline_date or (target.baseline.date if target.baseline else None)
    base_point = _last(complete, base_day)
    now_point = _last(complete, None)
    base_period = base_point.period if base_point else None
    due_period = last_full(target.due, target.grain)
    passed = target.due <= as_of
    if base_day is None and base_period and due_period < base_period:
        # set after its own due date: judged by what was, nothing lies between
        base_period = due_period
        base_point = next((p for p in complete if p.period == due_period), None)
    steps = _steps(base_period or last_full(as_of, target.grain), due_period)
    base, restated = _baseline(target, series, base_point, steps)
    goal = goal_value(target, base)
    check_goal(target, facts, goal, settings)
    if target.measure == "total":
        current, current_period, whole = _sum_so_far(series, base_period, due_period)
    else:
        if passed:
            now_point = _last(complete, due_period.last) or now_point
        current = now_point.value if now_point else None
        current_period = now_point.period if now_point else None
        whole = current_period is not None
    return Resolved(
        goal=goal,
        baseline_value=base,
        baseline_period=base_period,
        start=0.0 if target.measure == "total" else base,
        current_value=current,
        current_period=current_period,
        current_complete=whole,
        due_period=due_period,
        steps=steps,
        left=_steps(current_period, due_period),
        up=_up(target, facts, base, goal),
        due_passed=passed,
        restated=restated,
    )


def last_full(due: date, grain: str) -> Period:
    """The last period of the grain that ends on or before the day."""
    period = period_of(due, grain)
    if period.last > due:
        before = period.previous()
        assert before is not None
        return before
    return period


def goal_value(target: Target, baseline: float | None) -> float | None:
    """The goal as a number of the metric: itself, baseline (1 + change), or baseline + points."""
    if target.change_type == "absolute":
        return target.goal
    if baseline is None:
        return None
    return baseline * (1 + target.goal) if target.change_type == "relative" else baseline + target.goal


def _baseline(
    target: Target, series: Series, point: Point | None, steps: int
) -> tuple[float | None, float | None]:
    """The frozen value if there is one, else the value in the data; and the data's value where it now differs."""
    now = point.value if point else None
    if target.measure == "total" and point is not None:
        now = _sum_before(series, point.period, steps)
    if target.baseline is None:
        return now, None
    frozen = target.baseline.value
    same = now is None or frozen is None or math.isclose(now, frozen, rel_tol=1e-9, abs_tol=1e-12)
    return frozen, None if same else now


def _up(target: Target, facts: Facts, base: float | None, goal: float | None) -> bool:
    if target.kind != "reach":
        return target.kind == "stay_above"
    if facts.better == "band":
        return base is None or goal is None or goal >= base
    return facts.better != "down"


def _last(complete: list[Point], day: date | None) -> Point | None:
    """The last complete period that ends on or before the day (None: the last one at all)."""
    found = [p for p in complete if day is None or p.period.last <= day]
    return found[-1] if found else None


def _steps(first: Period | None, last: Period) -> int:
    """Periods after `first` up to and including `last`; 0 if there is none."""
    if first is None:
        return 0
    count, period = 0, first
    while period.last < last.last:
        period, count = period.next(), count + 1
    return count


def _sum_before(series: Series, last: Period, count: int) -> float | None:
    """Sum of `count` complete periods that end with `last`; None if one is missing or unknown."""
    known = {p.period: p.value for p in series if p.complete}
    values, period = [], last
    for _ in range(count):
        value = known.get(period)
        if value is None:
            return None
        values.append(value)
        before = period.previous()
        assert before is not None
        period = before
    return math.fsum(values) if values else None


def _sum_so_far(series: Series, base: Period | None, due: Period) -> tuple[float | None, Period | None, bool]:
    """Sum of the periods after the baseline up to due, the unfinished one included; its last period."""
    if base is None:
        return None, None, False
    inside = [p for p in series if p.period.first > base.last and p.period.last <= due.last]
    known = [p for p in inside if p.value is not None]
    if not known:
        return 0.0, base, True
    if any(p.value is None and p.complete for p in inside):
        return None, known[-1].period, known[-1].complete
    return math.fsum(p.value for p in known if p.value is not None), known[-1].period, known[-1].complete
