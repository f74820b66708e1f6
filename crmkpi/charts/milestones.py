"""Milestones of a target: the planned path with its band, the actual values, the goal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from crmkpi.charts.theme import Palette, finished, lookup, nice_ticks, thinned, value_axis, value_scale
from crmkpi.i18n import Words
from crmkpi.views.path import PathPoint, TargetPath

STATUSES = ("good", "warn", "bad", "neutral")
SHAPES = ("circle", "diamond", "triangle-down", "circle")


def milestone_chart(path: TargetPath, t: Words, colours: Palette, height: int = 300) -> alt.Chart:
    """Band, dashed plan, actual points whose shape and colour both say the status, and the goal line."""
    points = path.points
    rows = [_row(i, p) for i, p in enumerate(points)]
    known = [v for p in points for v in (p.planned, p.low, p.high, p.actual, p.later)]
    ticks = nice_ticks([*known, path.goal], zero=False)
    places = thinned(len(points), 12)
    x = alt.X(
        "c0:O",
        axis=alt.Axis(
            values=places,
            labelExpr=lookup({str(i): points[i].tick for i in places}),
            title=None,
            grid=False,
            labelAngle=0,
            labelOverlap="greedy",
        ),
    )
    base = alt.Chart(alt.Data(values=rows)).encode(x=x, tooltip=_tooltip(points, t))
    scale = value_scale(ticks)
    y = alt.Y("c1:Q", axis=value_axis(ticks, path.unit, t), scale=scale)
    goal = alt.Chart(alt.Data(values=[{"c1": path.goal, "c2": path.goal_text}]))
    layers: list[Any] = [
        base.transform_filter("isValid(datum.c2)")
        .mark_area(color=colours.accent, opacity=0.16, interpolate="monotone")
        .encode(y=alt.Y("c2:Q", scale=scale), y2="c3:Q"),
        base.mark_line(color=colours.accent, strokeDash=[6, 4], strokeWidth=2, interpolate="monotone").encode(
            y=y
        ),
        goal.mark_rule(color=colours.good, strokeWidth=1.6).encode(y=alt.Y("c1:Q", scale=scale)),
        goal.mark_text(align="left", baseline="bottom", dy=-5, color=colours.good, fontWeight=600).encode(
            y=alt.Y("c1:Q", scale=scale), x=alt.value(4), text="c2:N"
        ),
        base.transform_filter("isValid(datum.c4)")
        .mark_line(color=colours.text, strokeWidth=2.2, interpolate="monotone")
        .encode(y=alt.Y("c4:Q", scale=scale)),
        _actual(base, scale, colours),
        *_later(base, points, scale, colours),
        # the whole height over a period answers the pointer, not only its point
        base.mark_rule(opacity=0, strokeWidth=22),
    ]
    return finished(alt.layer(*layers), colours, height)


def _row(i: int, p: Any) -> dict[str, Any]:
    return {
        "c0": i,
        "c1": p.planned,
        "c2": p.low,
        "c3": p.high,
        "c4": p.actual,
        "c5": p.status,
        "c6": p.label,
        "c7": p.planned_text,
        "c8": p.actual_text,
        "c9": p.status_text,
        "d0": p.later,
        "d1": p.later_text,
    }


def _tooltip(points: Sequence[PathPoint], t: Words) -> list[alt.Tooltip]:
    names = [("c6", "period"), ("c7", "planned"), ("c8", "actual"), ("c9", "status")]
    if any(p.later is not None for p in points):
        names.insert(3, ("d1", "later"))
    return [alt.Tooltip(f"{field}:N", title=t(f"chart.{name}")) for field, name in names]


def _later(
    base: alt.Chart, points: Sequence[PathPoint], scale: alt.Scale, colours: Palette
) -> list[alt.Chart]:
    """What happened after the day the screen is set to: hollow points on a dotted line."""
    if all(p.later is None for p in points):
        return []
    known = base.transform_filter("isValid(datum.d0)")
    y = alt.Y("d0:Q", scale=scale)
    return [
        known.mark_line(color=colours.soft, strokeDash=[2, 3], strokeWidth=2).encode(y=y),
        known.mark_circle(size=70, opacity=1, color=colours.card, stroke=colours.soft, strokeWidth=2).encode(
            y=y
        ),
    ]


def _actual(base: alt.Chart, scale: alt.Scale, colours: Palette) -> Any:
    tones = [colours.good, colours.warn, colours.bad, colours.text]
    return (
        base.transform_filter("isValid(datum.c4)")
        .mark_point(size=85, filled=True, opacity=1, stroke=colours.card, strokeWidth=1.2)
        .encode(
            y=alt.Y("c4:Q", scale=scale),
            color=alt.Color("c5:N", legend=None, scale=alt.Scale(domain=list(STATUSES), range=tones)),
            shape=alt.Shape("c5:N", legend=None, scale=alt.Scale(domain=list(STATUSES), range=list(SHAPES))),
        )
    )
