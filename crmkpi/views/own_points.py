"""Control points as a table to edit: numbers as people type them, and whether they still reach the goal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

import polars as pl

from crmkpi.i18n import Words
from crmkpi.targets.own_kpi import metric_of
from crmkpi.targets.own_path import path_verdict
from crmkpi.targets.target import OwnPoint, Target, TargetGrain

# a plan of 416.2 customers is 416; one of 2.4 keeps its tenth
WHOLE_FROM = 20


@dataclass(frozen=True)
class PointLine:
    """One row: the last day of its period, the plan as typed (shares in per cent), printed texts beside it."""

    day: date
    label: str
    plan: float
    low_high: str
    fact: str
    status: str


@dataclass(frozen=True)
class PointTable:
    """The points of one grain; `moved`: some were set by hand; `verdict` and `said`: do they still reach the goal."""

    grain: str
    lines: tuple[PointLine, ...]
    moved: bool
    verdict: Literal["reaches", "short", "overshoots", "unknown"]
    said: str
    percent: bool


def point_table(
    target: Target, found: Mapping[str, Any], grain: str, status: Mapping[str, str], t: Words
) -> PointTable:
    """Rows of the plan's entry of a target. `status`: printed statuses by code."""
    unit = metric_of(target).unit
    percent = unit == "share"
    points = [m for m in found["milestones"] if m["grain"] == grain]
    lines = tuple(
        PointLine(
            day=date.fromisoformat(m["due"]),
            label=t.date(date.fromisoformat(m["due"])),
            plan=_typed(m["value"] * 100 if percent else m["value"], unit),
            low_high="" if m["low"] is None else f"{t.value(m['low'], unit)} – {t.value(m['high'], unit)}",
            fact=t.value(m["actual"], unit),
            status=status[m["status"]],
        )
        for m in points
    )
    moved = any(p.grain == grain for p in target.own_points)
    verdict, said = judged(target, found, [m["value"] for m in points], t)
    return PointTable(grain, lines, moved, verdict, said, percent)


def _typed(value: float, unit: str) -> float:
    """A number as people would type it; the exact one stays in the plan until somebody changes it."""
    if unit == "count" and abs(value) >= WHOLE_FROM:
        return float(round(value))
    return round(value, 0 if abs(value) >= 1000 else 2 if abs(value) >= 1 else 4)


def judged(
    target: Target, found: Mapping[str, Any], values: Sequence[float], t: Words
) -> tuple[Literal["reaches", "short", "overshoots", "unknown"], str]:
    """Whether these control points still reach the goal, with a sentence."""
    goal, base, unit = found["goal"], found["baseline"]["value"], metric_of(target).unit
    if goal is None or not values:
        return "unknown", ""
    up = metric_of(target).better != "down" if base is None or target.measure == "total" else goal >= base
    verdict = path_verdict(values, goal, up, target.measure == "total")
    end = sum(values) if target.measure == "total" else values[-1]
    return verdict, t(f"points.{verdict}", end=t.value(end, unit), goal=t.value(goal, unit))


def with_points(target: Target, grain: str, typed: Mapping[date, float], shown: PointTable) -> Target:
    """The target with the points that differ from the shown ones set by hand; others stay as they were."""
    before = {line.day: line.plan for line in shown.lines}
    scale = 100 if shown.percent else 1
    changed = {day: value / scale for day, value in typed.items() if day in before and value != before[day]}
    rest = [p for p in target.own_points if p.grain != grain or p.day not in changed]
    fresh = [OwnPoint(day=day, grain=cast(TargetGrain, grain), value=value) for day, value in changed.items()]
    return target.model_copy(update={"own_points": (*rest, *sorted(fresh, key=lambda p: p.day))})


def without_points(target: Target, grain: str) -> Target:
    """The target with the computed points of this grain back."""
    return target.model_copy(update={"own_points": tuple(p for p in target.own_points if p.grain != grain)})


def point_frame(shown: PointTable, t: Words) -> pl.DataFrame:
    """The table for a spreadsheet: a date, a number, and texts."""
    plan = t("gap.plan") + (" (%)" if shown.percent else "")
    return pl.DataFrame(
        {
            t("gap.due"): [line.day for line in shown.lines],
            plan: [line.plan for line in shown.lines],
            t("points.usual"): [line.low_high for line in shown.lines],
            t("gap.fact"): [line.fact for line in shown.lines],
            t("gap.state"): [line.status for line in shown.lines],
        }
    )
