"""The five letters, computed (methods.md 4). Every threshold is a setting; every verdict carries its reasons."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from crmkpi.catalog.benchmarks import BenchmarkBand
from crmkpi.forecast.series import Series, known_tail
from crmkpi.periods import Period, period_of
from crmkpi.targets.facts import Facts
from crmkpi.targets.history import History
from crmkpi.targets.link import Link
from crmkpi.targets.reason import Amount, Letter, Reason, Share, Step
from crmkpi.targets.resolve import Resolved
from crmkpi.targets.settings import TargetSettings
from crmkpi.targets.status import chance_condition
from crmkpi.targets.target import Target

LETTERS = ("specific", "measurable", "achievable", "relevant", "time_bound")
# z(1 - .05/2) + z(.80): the usual test at 5 % with 80 % power
DETECTABLE = 2.8016


@dataclass(frozen=True)
class Case:
    """Everything the letters look at. `series` is the target's grain as of the day.

    `percentile` of the wanted change in own history; `root_effect` in the root's unit, `root_share` of the root's
    own gap where the root has a target; `checkpoints` control points until due.
    """

    target: Target
    facts: Facts
    resolved: Resolved
    series: Series
    history: History
    chance: float | None
    percentile: float | None
    benchmark: BenchmarkBand | None
    link: Link | None
    root_effect: float | None
    root_unit: str
    root_share: float | None
    checkpoints: int
    as_of: date
    unknown_segments: Sequence[str]
    missing: Sequence[str]
    settings: TargetSettings


def letters(case: Case) -> dict[str, Letter]:
    """All five letters."""
    found = (specific(case), measurable(case), achievable(case), relevant(case), time_bound(case))
    return dict(zip(LETTERS, found, strict=True))


def specific(case: Case) -> Letter:
    """S: metric, segment, unit, kind of change, direction, owner."""
    bad = [Reason("segment_unknown", {"segment": name}) for name in case.unknown_segments]
    if case.missing:
        bad.append(Reason("metric_unavailable", {"missing": ", ".join(case.missing)}))
    goal, base = case.resolved.goal, case.resolved.baseline_value
    if _wrong_side(case):
        bad.append(Reason("wrong_side", {"goal": Amount(goal), "baseline": Amount(base)}))
    if bad:
        return Letter(False, tuple(bad))
    return Letter(True, (Reason("specific", {"owner": case.target.owner}),))


def _wrong_side(case: Case) -> bool:
    """A goal worse than the start, of a metric that has a good direction."""
    goal, base = case.resolved.goal, case.resolved.baseline_value
    if goal is None or base is None or case.target.kind != "reach" or case.target.measure == "total":
        return False
    if case.facts.better == "band":
        return False
    return goal < base if case.resolved.up else goal > base


def measurable(case: Case) -> Letter:
    """M: enough complete, fresh history; a change larger than noise and than sampling error."""
    settings, history = case.settings, case.history
    need = settings.min_periods_seasonal if case.target.shape == "seasonal" else settings.min_periods
    tail = known_tail(case.series)
    if not tail:
        return Letter(False, (Reason("no_values"),))
    bad: list[Reason] = []
    if len(tail) < need:
        bad.append(Reason("few_periods", {"have": len(tail), "need": need}))
    coverage = _coverage(case.series)
    if coverage < settings.min_coverage:
        bad.append(Reason("holes", {"coverage": Share(coverage)}))
    if _stale(tail[-1].period, case.as_of):
        bad.append(Reason("stale", {"period": tail[-1].period, "as_of": case.as_of}))
    bad += _noise_reasons(case)
    if bad:
        return Letter(False, tuple(bad))
    return Letter(True, (Reason("measurable", {"have": history.periods}),))


def _coverage(series: Series) -> float:
    """Known values among the complete periods from the first known one."""
    complete = [p for p in series if p.complete]
    first = next((i for i, p in enumerate(complete) if p.value is not None), len(complete))
    span = complete[first:]
    return sum(p.value is not None for p in span) / len(span) if span else 0.0


def _stale(last: Period, as_of: date) -> bool:
    """The last known period is more than one period behind the one that runs."""
    return last.next().next().last <= as_of


def _noise_reasons(case: Case) -> list[Reason]:
    goal, base = case.resolved.goal, case.resolved.baseline_value
    if goal is None or base is None or case.target.kind != "reach" or case.target.measure == "total":
        return []
    bad = []
    noise, z = case.history.noise(), wanted_change(case.resolved, case.history)
    if noise is not None and z is not None and abs(z) < case.settings.noise_sigmas * noise:
        scale = case.history.scale
        usual = abs(scale.back_one(scale.forward(base) + case.settings.noise_sigmas * noise) - base)
        bad.append(Reason("inside_noise", {"change": Step(abs(goal - base)), "noise": Step(usual)}))
    smallest = detectable_change(base, _usual_weight(case.series)) if case.facts.share else None
    if smallest is not None and smallest > abs(goal - base):
        bad.append(Reason("few_observations", {"change": Step(abs(goal - base)), "smallest": Step(smallest)}))
    return bad


def wanted_change(resolved: Resolved, history: History) -> float | None:
    """What a target asks for beyond the season: goal minus baseline on the transformed scale."""
    return history.distance(
        resolved.baseline_value, resolved.goal, resolved.baseline_period, resolved.due_period
    )


def _usual_weight(series: Series) -> float | None:
    weights = [p.weight for p in known_tail(series)[-6:] if p.weight]
    return sum(weights) / len(weights) if weights else None


def detectable_change(rate: float, n: float | None) -> float | None:
    """Smallest change of a share seen with 80 % power at 5 %, n observations before and after.

    MDE = (z_{1-a/2} + z_{1-b}) sqrt(p (1-p) (1/n1 + 1/n0)) (methods.md 7).
    """
    if n is None or n <= 0 or not 0 < rate < 1:
        return None
    return DETECTABLE * math.sqrt(rate * (1 - rate) * 2 / n)


def achievable(case: Case) -> Letter:
    """A: the chance from own history, its place among past changes; a benchmark only when history is short."""
    if case.resolved.reached and case.target.kind == "reach":
        return Letter(True, (Reason("already_reached", {"current": Amount(case.resolved.current_value)}),))
    reasons: list[Reason] = []
    if case.chance is None:
        ok, first = _without_chance(case)
    else:
        ok, first = _by_chance(case, case.chance)
    reasons.append(first)
    enough = case.history.independent(max(case.resolved.left, 1)) >= case.settings.min_independent
    if case.percentile is not None and enough:
        reasons.append(Reason("percentile", {"percentile": Share(case.percentile)}))
    if _low_base(case):
        reasons.append(Reason("low_base", {"period": case.resolved.baseline_period}))
    return Letter(ok, tuple(reasons))


def _by_chance(case: Case, chance: float) -> tuple[bool, Reason]:
    params: dict[str, object] = {"chance": Share(chance)}
    if chance >= case.settings.chance_sure:
        return True, Reason("will_happen_anyway" if case.target.kind == "reach" else "comfortable", params)
    band = chance_condition(chance, case.settings)
    if band == "chance_high":
        return True, Reason("comfortable", params)
    if band == "chance_fair":
        return True, Reason("ambitious", params)
    if band == "chance_low":
        if case.target.lever:
            return True, Reason("stretch_with_lever", {**params, "lever": case.target.lever})
        return False, Reason("stretch", params)
    return False, Reason("unrealistic", params)


def _without_chance(case: Case) -> tuple[bool, Reason]:
    """A benchmark decides only when own history has under six periods (methods.md 11)."""
    goal, band = case.resolved.goal, case.benchmark
    short = case.history.periods < case.settings.min_periods
    if short and band is not None and goal is not None:
        params: dict[str, object] = {
            "low": Amount(band.low),
            "high": Amount(band.high),
            "sources": "; ".join(band.sources[:3]),
        }
        beyond = goal > band.high if case.resolved.up else goal < band.low
        return (
            (False, Reason("beyond_benchmark", params))
            if beyond
            else (True, Reason("within_benchmark", params))
        )
    if not short:
        return False, Reason("no_chance")
    return False, Reason("not_enough_history", {"from_date": _certain_from(case)})


def _certain_from(case: Case) -> date:
    """The day from which history is long enough for a chance."""
    tail = known_tail(case.series)
    period = tail[-1].period if tail else period_of(case.as_of, case.target.grain)
    for _ in range(max(case.settings.min_periods - len(tail), 0)):
        period = period.next()
    return period.last


def _low_base(case: Case) -> bool:
    """The baseline is the first period with tracking: any growth from it is partly an illusion."""
    first = next((p.period for p in case.series if p.complete and p.value is not None), None)
    return first is not None and first == case.resolved.baseline_period


def relevant(case: Case) -> Letter:
    """R: a path to a business goal, what the target is worth there, and whether it is a result at all."""
    link, reasons = case.link, []
    process = Reason("process_metric")
    if case.facts.level == "goal":
        reasons.append(Reason("is_goal"))
        return Letter(True, tuple(reasons))
    if link is None and not case.facts.bounded:
        return Letter(False, (Reason("typed_no_path"),))
    if link is None:
        return Letter(
            False, (Reason("no_path"), process) if case.facts.kind == "process" else (Reason("no_path"),)
        )
    ok = True
    if case.root_effect is not None:
        effect = Amount(case.root_effect, case.root_unit)
        reasons.append(Reason("root_effect", {"root": link.root, "effect": effect}))
        if case.root_share is not None and case.root_share < case.settings.min_root_share:
            ok = False
            reasons.append(Reason("small_share", {"share": Share(case.root_share), "root": link.root}))
    elif link.influence:
        reasons.append(Reason("influence_only", {"root": link.root}))
    else:
        reasons.append(Reason("path", {"root": link.root}))
    if case.facts.controllable == "no":
        reasons.append(Reason("not_controllable"))
    if case.facts.kind == "process":
        reasons.append(process)
    return Letter(ok, tuple(reasons))


def horizon(facts: Facts, settings: TargetSettings) -> tuple[int, int]:
    """Fitting length of a target in days by the metric: goal level, strategic or tactical."""
    if facts.level == "goal":
        return settings.goal_days
    return settings.strategic_days if facts.horizon == "strategic" else settings.tactical_days


def time_bound(case: Case) -> Letter:
    """T: a date ahead, on a period boundary, a horizon that fits the metric, control points on the way."""
    resolved, due = case.resolved, case.target.due
    start = resolved.baseline_period.last if resolved.baseline_period else case.as_of
    if due <= case.as_of and resolved.steps == 0:
        return Letter(False, (Reason("due_in_past", {"due": due, "as_of": case.as_of}),))
    if resolved.steps == 0:
        return Letter(False, (Reason("no_full_period", {"due": due, "start": start}),))
    bad: list[Reason] = []
    days = (due - start).days
    least, most = horizon(case.facts, case.settings)
    if days < least:
        bad.append(Reason("too_short", {"days": days, "least": least, "most": most}))
    if days > most:
        bad.append(Reason("too_long", {"days": days, "least": least, "most": most}))
    if resolved.due_period is not None and resolved.due_period.last != due:
        bad.append(Reason("not_on_boundary", {"due": due, "last": resolved.due_period.last}))
    known = resolved.baseline_value is not None and resolved.goal is not None
    if known and case.checkpoints < case.settings.min_checkpoints:
        bad.append(
            Reason("few_checkpoints", {"have": case.checkpoints, "need": case.settings.min_checkpoints})
        )
    if bad:
        return Letter(False, tuple(bad))
    return Letter(True, (Reason("time_bound", {"due": due, "days": days}),))
