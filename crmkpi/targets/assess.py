"""One target, assessed: everything the Targets and Result pages and the command line say about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from crmkpi.catalog.benchmarks import BenchmarkBand
from crmkpi.forecast.series import Series
from crmkpi.periods import Period
from crmkpi.targets.calendar import DayWeights, day_weights
from crmkpi.targets.facts import Facts
from crmkpi.targets.gap import Gap, gap_of
from crmkpi.targets.guardrails import Guard, guards
from crmkpi.targets.history import History, history_of
from crmkpi.targets.link import Link
from crmkpi.targets.milestones import Ground, Milestone, milestones, own_milestones
from crmkpi.targets.outlook import Outlook, last_state, outlook, total_state
from crmkpi.targets.reason import Letter
from crmkpi.targets.resolve import Resolved, resolve
from crmkpi.targets.settings import Status, TargetSettings
from crmkpi.targets.smart import Case, letters, wanted_change
from crmkpi.targets.status import Situation, progress, status_of
from crmkpi.targets.target import Target
from crmkpi.targets.waypath import Way, way_of


@dataclass(frozen=True)
class Inputs:
    """What an assessment rests on; every series is already seen as of the day.

    series: grain -> series of the metric under the target's filter; the target's grain must be there, month, week
    and day make the control points better. known: other metrics at the target's grain (guardrails).
    root_gap: goal minus baseline of the root's own target, None without one.
    """

    target: Target
    facts: Facts
    series: Mapping[str, Series]
    as_of: date
    settings: TargetSettings = field(default_factory=TargetSettings)
    known: Mapping[str, tuple[Facts, Series]] = field(default_factory=dict)
    link: Link | None = None
    root_unit: str = "money"
    root_gap: float | None = None
    benchmark: BenchmarkBand | None = None
    unknown_segments: Sequence[str] = ()
    missing: Sequence[str] = ()


@dataclass(frozen=True)
class Assessment:
    """The result; the names are those of the command line's `plan`."""

    target: Target
    facts: Facts
    resolved: Resolved
    way: Way
    gap: Gap
    progress: float | None
    letters: dict[str, Letter]
    percentile: float | None
    benchmark: BenchmarkBand | None
    milestones: list[Milestone]
    outlook: Outlook
    status: Status
    status_why: tuple[str, ...]
    root_effect: float | None
    guards: list[Guard]
    link: Link | None

    @property
    def probability(self) -> float | None:
        """Chance of the goal by the due date, None when history cannot tell."""
        return self.outlook.chance


def assess(inputs: Inputs) -> Assessment:
    """Everything about one target. Pure; raises only what `resolve` refuses."""
    target, facts = inputs.target, inputs.facts
    own = inputs.series[target.grain]
    resolved = resolve(target, facts, own, inputs.as_of, inputs.settings)
    days = _days(inputs)
    way = way_of(target, facts, resolved, own, inputs.series.get("month", ()), days)
    ground = Ground(target, facts, inputs.series, days, resolved.up, inputs.as_of, inputs.settings)
    history = history_of(own, facts.share, facts.limits)
    view = outlook(ground, resolved, way)
    gap = _gap(inputs, resolved, history, way, view)
    points = _milestones(way, resolved, ground)
    rails = guards(target, facts, inputs.known, resolved.baseline_period, _whole_period(own, resolved))
    percentile = _percentile(target, resolved, history)
    effect = _effect(inputs.link, resolved)
    case = _case(inputs, resolved, history, view.chance, percentile, effect, len(points))
    status, why = _status(inputs, resolved, ground, way, view, history, rails)
    return Assessment(
        target=target,
        facts=facts,
        resolved=resolved,
        way=way,
        gap=gap,
        progress=_progress(target, resolved),
        letters=letters(case),
        percentile=percentile,
        benchmark=inputs.benchmark,
        milestones=points,
        outlook=view,
        status=status,
        status_why=why,
        root_effect=effect,
        guards=rails,
        link=inputs.link,
    )


def _case(
    inputs: Inputs,
    resolved: Resolved,
    history: History,
    chance: float | None,
    percentile: float | None,
    effect: float | None,
    checkpoints: int,
) -> Case:
    """What the letters look at."""
    return Case(
        target=inputs.target,
        facts=inputs.facts,
        resolved=resolved,
        series=inputs.series[inputs.target.grain],
        history=history,
        chance=chance,
        percentile=percentile,
        benchmark=inputs.benchmark,
        link=inputs.link,
        root_effect=effect,
        root_unit=inputs.root_unit,
        root_share=effect / inputs.root_gap if effect is not None and inputs.root_gap else None,
        checkpoints=checkpoints,
        as_of=inputs.as_of,
        unknown_segments=inputs.unknown_segments,
        missing=inputs.missing,
        settings=inputs.settings,
    )


def _progress(target: Target, resolved: Resolved) -> float | None:
    """Share of the way gone; a level to hold has no way."""
    if target.kind != "reach":
        return None
    return progress(resolved.start, resolved.current_value, resolved.goal)


def _days(inputs: Inputs) -> DayWeights:
    """Weights of days for a metric that adds up; other metrics are never divided."""
    if inputs.facts.klass != "sum":
        return DayWeights()
    return day_weights(inputs.series.get("day", ()), inputs.series.get("month", ()))


def _milestones(way: Way, resolved: Resolved, ground: Ground) -> list[Milestone]:
    if not way.periods or resolved.baseline_period is None:
        return []
    return milestones(way, resolved.baseline_period, ground)


def _gap(inputs: Inputs, resolved: Resolved, history: History, way: Way, view: Outlook) -> Gap:
    """Gap of a level: goal minus now. Of a total: what is missing of the sum, judged by the pace it needs.

    Relative to now; for a total, relative to the sum of as many periods before the baseline.
    """
    if resolved.goal is None:
        return Gap(None, None, None, None, None, 1)
    days = max((inputs.target.due - inputs.as_of).days, 0)
    if inputs.target.measure == "level":
        now, reached = resolved.current_value, resolved.reached
        at, due = resolved.current_period, resolved.due_period
        return gap_of(now, resolved.goal, history, resolved.left, days, inputs.settings, reached, at, due)
    if resolved.current_value is None:
        return Gap(None, None, None, None, None, 1)
    missing = resolved.goal - resolved.current_value
    base = resolved.baseline_value
    relative = (resolved.goal - base) / abs(base) if base else None
    whole = sum(way.values)
    left = whole - (view.planned or 0.0)
    if way.start is None or way.start <= 0 or left <= 0 or whole <= 0 or missing <= 0:
        return Gap(missing, relative, None, None, None, 1)
    # the level that the rest needs against the level that is usual, both free of season
    needed = way.start * (missing / left) * _growth(way)
    judged = gap_of(way.start, needed, history, resolved.left, days, inputs.settings)
    return replace(judged, absolute=missing, relative=relative)


def _growth(way: Way) -> float:
    """Mean of the planned values over the usual level of one period."""
    assert way.start is not None
    return sum(way.values) / len(way.values) / way.start if way.values else 1.0


def _percentile(target: Target, resolved: Resolved, history: History) -> float | None:
    if target.kind != "reach" or target.measure == "total" or resolved.steps < 1:
        return None
    z = wanted_change(resolved, history)
    return None if z is None else history.percentile(z, resolved.steps, resolved.up)


def _effect(link: Link | None, resolved: Resolved) -> float | None:
    """Worth at the root: multiplier x (goal - baseline)."""
    if link is None or resolved.goal is None or resolved.baseline_value is None:
        return None
    return link.effect(resolved.goal - resolved.baseline_value)


def _whole_period(own: Series, resolved: Resolved) -> Period | None:
    """The last complete period up to the current one: the one in which pairs are judged."""
    limit = resolved.current_period
    found = [p.period for p in own if p.complete and (limit is None or p.period.last <= limit.last)]
    return found[-1] if found else None


def _status(
    inputs: Inputs,
    resolved: Resolved,
    ground: Ground,
    way: Way,
    view: Outlook,
    history: History,
    rails: Sequence[Guard],
) -> tuple[Status, tuple[str, ...]]:
    target = inputs.target
    points = own_milestones(way, ground) if way.periods else []
    total = target.measure == "total"
    state = total_state(ground, resolved, view, history, points) if total else last_state(points)
    held = resolved.reached
    if total and target.kind == "stay_above" and not resolved.due_passed:
        held = True
    situation = Situation(
        value_known=resolved.value_known,
        reached=resolved.reached and _may_be_done(target, resolved),
        stays=target.kind != "reach",
        held=held,
        due_passed=resolved.due_passed,
        guardrails_ok=all(rail.ok is not False for rail in rails),
        milestone=state,
        chance=view.chance,
    )
    status, why = status_of(situation, inputs.settings)
    return status, tuple(why)


def _may_be_done(target: Target, resolved: Resolved) -> bool:
    """A total that must stay small is not done before its time is over."""
    if target.measure == "total" and not resolved.up:
        return resolved.due_passed
    return True
