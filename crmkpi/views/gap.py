"""Result: for every target what is left, where it stands, and the control points on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import Where, evaluate
from crmkpi.i18n import Words
from crmkpi.periods import Period, parse_period, period_of
from crmkpi.project.document import Project
from crmkpi.project.past import set_on
from crmkpi.targets.gather import Gather, data_to
from crmkpi.targets.own_kpi import metric_of, today
from crmkpi.targets.plan import plan
from crmkpi.targets.target import Target, TargetsDocument
from crmkpi.views.node import tick
from crmkpi.views.own_points import PointTable, point_table
from crmkpi.views.owners import OwnerLine, owner_lines
from crmkpi.views.path import PathPoint, TargetPath
from crmkpi.views.standing import Standing, standing
from crmkpi.views.tree import signed_value

TONES = {
    "on_track": "good",
    "done": "good",
    "at_risk": "warn",
    "off_track": "bad",
    "not_enough_data": "neutral",
}
POINTS = ("met", "within_band", "missed", "upcoming", "unknown")
POINT_TONES = {"met": "good", "within_band": "warn", "missed": "bad"}
GLYPHS = {"good": "●", "warn": "◆", "bad": "▼", "neutral": "○"}
# a simulated chance beyond this edge is not known better than "almost"
SURE_EDGE = 0.01
# how many periods before the baseline the picture shows
BEFORE = 8
# a plan of 416.2 customers is 416; one of 2.4 keeps its tenth
WHOLE_FROM = 20
History = tuple[tuple[Period, float], ...]
LETTERS = ("specific", "measurable", "achievable", "relevant", "time_bound")


@dataclass(frozen=True)
class LetterLine:
    """One SMART letter: its name, whether it holds, and why."""

    name: str
    ok: bool
    message: str


@dataclass(frozen=True)
class GapRow:
    """One target as the Result page shows it; texts are ready to print."""

    id: str
    name: str
    sentence: str
    tone: str
    status: str
    why: str
    now: str
    start: str
    goal: str
    left: str
    progress: float | None
    progress_text: str | None
    chance: str | None
    notes: tuple[str, ...]
    letters: tuple[LetterLine, ...]
    guardrails: tuple[str, ...]
    paths: tuple[tuple[str, TargetPath], ...]
    standing: Standing
    points: tuple[PointTable, ...]
    verdict: str
    percent: bool


@dataclass(frozen=True)
class GapView:
    """All targets and what to say about them together."""

    as_of: str
    rows: tuple[GapRow, ...]
    focus: tuple[str, ...]
    owners: tuple[OwnerLine, ...] = ()
    past: bool = False


def gap_view(data: DataDir, project: Project, t: Words, as_of: date | None = None) -> GapView:
    """Assess the project's targets on the data as they are now, or as they were known on a past day.

    On a past day nothing later is judged; what happened afterwards only lies over the picture.
    """
    last = today(data_to(data), project.targets)
    day = min(as_of or last, last)
    past = day < last
    targets = tuple(set_on(target, day) for target in project.targets)
    template = project.tree.template
    document = plan(data, TargetsDocument(target=targets, settings=project.rules), day, t, template)
    from_then = tuple(map(_from_then, targets, document["targets"]))
    known = TargetsDocument(target=from_then, settings=project.rules)
    later = plan(data, known, None, t, template)["targets"] if past else []
    truth = [_truth(found) for found in later] or [{} for _ in targets]
    rows = tuple(
        _row(
            target,
            found,
            _history(data, target, day),
            known,
            standing(data, target, found, day, template, t),
            t,
        )
        for target, found, known in zip(targets, document["targets"], truth, strict=True)
    )
    if past:
        rows = tuple(_told(row, target, day, t) for row, target in zip(rows, project.targets, strict=True))
    focus = document["focus"]
    said = [f.get("message") or "" for f in focus["per_owner"]] + [_message(w) for w in focus["warnings"]]
    return GapView(t.date(day), rows, tuple(x for x in said if x), owner_lines(focus, t), past)


def _told(row: GapRow, target: Target, day: date, t: Words) -> GapRow:
    """Says so where the target was set only after the day that is looked at."""
    if target.baseline is None or target.baseline.date <= day:
        return row
    return replace(row, notes=(t("result.not_yet"), *row.notes))


def _from_then(target: Target, found: Mapping[str, Any]) -> Target:
    """The same target for today's data: it must start where it started then, or its points would be others."""
    day = found["baseline"]["date"]
    if target.baseline is not None or day is None:
        return target
    return target.model_copy(update={"baseline_date": date.fromisoformat(day)})


def _truth(found: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """Values of the control points as they are known today: (grain, due) -> value."""
    return {(m["grain"], m["due"]): m["actual"] for m in found["milestones"] if m["actual"] is not None}


def _message(warning: Any) -> str:
    return str(warning.get("message", "")) if isinstance(warning, Mapping) else str(warning)


def _history(data: DataDir, target: Target, day: date) -> tuple[tuple[Period, float], ...]:
    """The last complete periods before the baseline, at the target's own grain; a total has none."""
    if target.measure == "total":
        return ()
    if target.own is not None:
        return _typed_before(data, target, day)
    start = target.baseline.date if target.baseline else day
    where = tuple(Where(name, tuple(values)) for name, values in target.where.items())
    rows = evaluate(data, [target.metric], target.grain, last=start, where=where).rows
    known = [
        (parse_period(text), value)
        for text, last, value, complete in rows.select("period", "to", "value", "complete").iter_rows()
        if complete and value is not None and last < start
    ]
    return tuple(known[-BEFORE:])


def _typed_before(data: DataDir, target: Target, day: date) -> History:
    """The last complete periods before the baseline of a KPI without a file of its own."""
    start = target.baseline.date if target.baseline else day
    series = Gather(data, day).of(target)
    known = [(p.period, p.value) for p in series if p.complete and p.value is not None]
    return tuple([(period, value) for period, value in known if period.last < start][-BEFORE:])


def _row(
    target: Target,
    found: Mapping[str, Any],
    before: History,
    later: Mapping[tuple[str, str], float],
    stands: Standing,
    t: Words,
) -> GapRow:
    metric = metric_of(target)
    unit = metric.unit
    tone = TONES[found["status"]]
    base, goal = found["baseline"]["value"], found["goal"]
    up = goes_up(target, base, goal)
    # a goal on the bad side of the baseline: there is no way to it that could be counted in per cent
    backwards = None not in (base, goal) and (goal >= base) != up
    progress = None if backwards else found["progress"]
    return GapRow(
        id=target.id,
        name=metric.label[t.lang],
        sentence=found["sentence"],
        tone=tone,
        status=f"{GLYPHS[tone]} {t('status.' + found['status'])}",
        why="; ".join(t(f"status.why.{code}") for code in found["status_reasons"]),
        now=t.value(found["current"]["value"], unit),
        start=t.value(found["baseline"]["value"], unit),
        goal=t.value(found["goal"], unit),
        left=left_text(found, unit, t, up),
        progress=None if progress is None else max(0.0, min(1.0, progress)),
        progress_text=_progress_text(progress, t),
        chance=chance_text(found["probability"], t),
        notes=_notes(found, unit, t),
        letters=letter_lines(found["smart"], t),
        guardrails=tuple(_guardrail(g, t) for g in found["guardrails"]),
        paths=_paths(found, before, later, unit, t),
        standing=stands,
        points=_tables(target, found, t),
        verdict=found["verdict"],
        percent=unit == "share",
    )


def _tables(target: Target, found: Mapping[str, Any], t: Words) -> tuple[PointTable, ...]:
    printed_status = {
        code: f"{GLYPHS[POINT_TONES.get(code, 'neutral')]} {t('status.' + code)}" for code in POINTS
    }
    grains = [g for g in ("week", "month") if any(m["grain"] == g for m in found["milestones"])]
    return tuple(point_table(target, found, grain, printed_status, t) for grain in grains)


def _progress_text(progress: float | None, t: Words) -> str | None:
    # rounding first: a move of a thousandth the wrong way is 0 %, not -0 %
    return None if progress is None else t("gap.progress", share=t.percent(round(progress, 2) + 0.0, 0))


def chance_text(chance: float | None, t: Words) -> str | None:
    """A chance as people say it: no false decimals, never quite 0 or 100 %."""
    if chance is None:
        return None
    if chance < SURE_EDGE:
        return t("gap.chance_least", share=t.percent(SURE_EDGE, 0))
    if chance > 1 - SURE_EDGE:
        return t("gap.chance_most", share=t.percent(1 - SURE_EDGE, 0))
    return t.percent(chance, 0)


def _notes(found: Mapping[str, Any], unit: str, t: Words) -> tuple[str, ...]:
    """A restated baseline, and what the path could not take into account."""
    notes = [t(f"gap.note.{code}") for code in found["notes"]]
    base = found["baseline"]
    if base["restated"] is not None:
        notes.append(t("gap.restated", was=t.value(base["value"], unit), now=t.value(base["restated"], unit)))
    return tuple(notes)


def goes_up(target: Target, base: float | None, goal: float | None) -> bool:
    """Which side of the goal is the good one, as the status judges it (targets.resolve).

    A level to hold has its side by its kind: «держать не ниже 25 %» is above, also when it stood at 33 %. A level
    to reach has the good side of its metric; one without a good side goes from the baseline to the goal.
    """
    if target.kind != "reach":
        return target.kind == "stay_above"
    better = metric_of(target).better
    if better == "band":
        return base is None or goal is None or goal >= base
    return better != "down"


def left_text(found: Mapping[str, Any], unit: str, t: Words, up: bool | None = None) -> str:
    """What remains, unsigned: «осталось +12 п.п.», «осталось снизить на 5 п.п.», «достигнуто с запасом».

    up: whether more is the good side of the goal; None: from the baseline to the goal.
    """
    gap, goal, base = found["gap"], found["goal"], found["baseline"]["value"]
    if gap is None or goal is None:
        return t("gap.unknown")
    if up is None:
        up = base is None or goal >= base
    size = signed_value(abs(gap), unit, t).lstrip("+")
    if gap == 0:
        return t("gap.reached")
    if (gap > 0) != up:
        return t("gap.done_with", gap=size)
    return t("gap.left_up" if up else "gap.left_down", gap=size)


def letter_lines(smart: Mapping[str, Any], t: Words) -> tuple[LetterLine, ...]:
    """The five SMART letters of a target in their order, with the coach's sentences."""
    return tuple(
        LetterLine(t(f"smart.letter.{name}"), bool(smart[name]["ok"]), str(smart[name]["message"]))
        for name in LETTERS
        if name in smart
    )


def _guardrail(guard: Mapping[str, Any], t: Words) -> str:
    metric = metrics()[guard["metric"]]
    value, floor = t.value(guard["value"], metric.unit), t.value(guard["floor"], metric.unit)
    key = {True: "gap.guard_ok", False: "gap.guard_broken"}.get(guard["ok"], "gap.guard_unknown")
    return t(key, name=metric.label[t.lang], value=value, floor=floor)


def _paths(
    found: Mapping[str, Any],
    before: History,
    later: Mapping[tuple[str, str], float],
    unit: str,
    t: Words,
) -> tuple[tuple[str, TargetPath], ...]:
    """The control points by grain: weeks and months, each with its chart."""
    goal = found["goal"]
    if goal is None:
        return ()
    out = []
    for grain in ("week", "month"):
        points = tuple(_point(m, later, unit, t) for m in found["milestones"] if m["grain"] == grain)
        if points and grain == found["grain"]:
            points = (*_past(before, unit, t), *_start(found, unit, t), *points)
        if points:
            goal_text = t("gap.goal_line", goal=t.value(goal, unit))
            out.append((grain, TargetPath(points, goal, goal_text, unit)))
    return tuple(out)


def _past(before: History, unit: str, t: Words) -> tuple[PathPoint, ...]:
    """History as points that have an actual value and no plan."""
    return tuple(
        PathPoint(
            label=t.period(period),
            tick=tick(period, t),
            planned=None,
            planned_text="",
            actual=value,
            actual_text=printed(value, unit, t),
        )
        for period, value in before
    )


def printed(value: float | None, unit: str, t: Words) -> str:
    """A planned or actual value; people are counted whole."""
    if value is not None and unit == "count" and abs(value) >= WHOLE_FROM:
        value = round(value)
    return t.value(value, unit)


def _start(found: Mapping[str, Any], unit: str, t: Words) -> tuple[PathPoint, ...]:
    """The baseline as the first point of the way; a total begins at nothing and needs none."""
    base = found["baseline"]
    if base["value"] is None or found["measure"] == "total":
        return ()
    day = date.fromisoformat(base["date"])
    text = t.value(base["value"], unit)
    return (
        PathPoint(
            label=t("gap.start_at", date=day),
            tick=tick(period_of(day, "month" if found["grain"] == "month" else "day"), t),
            planned=base["value"],
            planned_text=text,
            actual=base["value"],
            actual_text=text,
        ),
    )


def _point(m: Mapping[str, Any], later: Mapping[tuple[str, str], float], unit: str, t: Words) -> PathPoint:
    truth = later.get((m["grain"], m["due"])) if m["actual"] is None else None
    due = date.fromisoformat(m["due"])
    tone = POINT_TONES.get(m["status"], "neutral")
    month = m["grain"] == "month"
    return PathPoint(
        label=t.date(due),
        tick=tick(period_of(due, "month" if month else "day"), t),
        planned=m["value"],
        planned_text=printed(m["value"], unit, t),
        low=m["low"],
        high=m["high"],
        actual=m["actual"],
        actual_text=printed(m["actual"], unit, t),
        status=tone,
        status_text=f"{GLYPHS[tone]} {t('status.' + m['status'])}",
        later=truth,
        later_text="" if truth is None else printed(truth, unit, t),
    )


def target_name(target: Target, t: Words) -> str:
    """A target in a list: metric, segment, date."""
    values = [v or t("segment.blank") for values in target.where.values() for v in values]
    segment = f" ({', '.join(values)})" if values else ""
    return f"{metric_of(target).label[t.lang]}{segment} · {t.date(target.due)}"
