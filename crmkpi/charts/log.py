"""The log in pictures: the timeline of initiatives, and two groups before and after a start."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import altair as alt

from crmkpi.charts.theme import Palette, finished, lookup, nice_ticks, value_axis, value_scale
from crmkpi.i18n import Words
from crmkpi.periods import Period, period_of
from crmkpi.views.log import EntryView, TrendPoint
from crmkpi.views.node import tick

ROW, MARGIN = 46, 34
TREND_HEIGHT = 220
# a title that starts in the right half is written to the left of its end
RIGHT_HALF = 0.5
MOST_TICKS = 7


def timeline_chart(entries: Sequence[EntryView], t: Words, colours: Palette) -> alt.Chart:
    """One row an initiative, the oldest at the top: a bar over the days of its effect, its grade, its title."""
    ordered = sorted(entries, key=lambda e: (e.first, e.title))
    first, last = min(e.first for e in ordered), max(e.last for e in ordered)
    span = max((last - first).days, 28)
    rows = [_row(i, e, first, span) for i, e in enumerate(ordered)]
    tones = {"good": colours.good, "bad": colours.bad, "warn": colours.warn, "neutral": colours.flat}
    places = _months(first, span)
    labels = {str((p.first - first).days): tick(p, t) for p in places}
    axis = alt.Axis(
        values=[(p.first - first).days for p in places], labelExpr=lookup(labels), title=None, grid=True
    )
    x = alt.X("c1:Q", axis=axis, scale=alt.Scale(domain=[0, span], nice=False))
    y = alt.Y("c0:O", axis=None, scale=alt.Scale(paddingInner=0.7, paddingOuter=0.55))
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=y,
        tooltip=[
            alt.Tooltip("c3:N", title=t("chart.name")),
            alt.Tooltip("c6:N", title=t("chart.period")),
            alt.Tooltip("c7:N", title=t("chart.note")),
        ],
    )
    bars = base.mark_bar(cornerRadius=4, minBandSize=10).encode(
        x=x,
        x2="c2:Q",
        color=alt.Color("c5:N", legend=None, scale=alt.Scale(domain=list(tones), range=list(tones.values()))),
    )
    look: dict[str, Any] = {"baseline": "bottom", "dy": -9, "fontSize": 13}
    left = base.transform_filter("!datum.c8").mark_text(align="left", **look).encode(x=x, text="c4:N")
    right = base.transform_filter("datum.c8").mark_text(align="right", **look)
    layers = alt.layer(bars, left, right.encode(x=alt.X("c2:Q", axis=axis), text="c4:N"))
    return finished(layers, colours, ROW * len(rows) + MARGIN)


def _row(i: int, entry: EntryView, first: date, span: int) -> dict[str, Any]:
    start, end = (entry.first - first).days, (entry.last - first).days + 1
    return {
        "c0": i,
        "c1": start,
        "c2": min(end, span),
        "c3": entry.title,
        "c4": f"{entry.grade} · {entry.title}",
        "c5": entry.tone,
        "c6": entry.when,
        "c7": entry.grade_text,
        "c8": start > span * RIGHT_HALF,
    }


def _months(first: date, span: int) -> list[Period]:
    """Months that begin inside the span, thinned so that their names have room."""
    found = []
    month = period_of(first, "month").next()
    while (month.first - first).days <= span:
        found.append(month)
        month = month.next()
    step = max(1, -(-len(found) // MOST_TICKS))
    return found[::step]


def trend_chart(points: Sequence[TrendPoint], t: Words, colours: Palette) -> alt.Chart:
    """Both groups over the windows before and after the start; the last window before it is 1."""
    rows: list[dict[str, Any]] = []
    for p in points:
        for kind, value in enumerate((p.inside, p.outside)):
            rows.append({"c0": p.window, "c1": value, "c2": kind, "c3": t.number(value, 2)})
    ticks = nice_ticks([r["c1"] for r in rows], zero=True)
    names = {
        str(p.window): t("log.show.trend_after") if p.window == 0 else t("log.show.trend_before", n=-p.window)
        for p in points
    }
    groups = {str(k): t(f"log.show.trend_{n}") for k, n in enumerate(("inside", "outside"))}
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X(
            "c0:O",
            axis=alt.Axis(labelExpr=lookup(names), title=None, grid=False, labelAngle=0),
            scale=alt.Scale(padding=0.4),
        ),
        y=alt.Y("c1:Q", axis=value_axis(ticks, "ratio", t), scale=value_scale(ticks)),
        color=alt.Color(
            "c2:N", legend=None, scale=alt.Scale(domain=[0, 1], range=[colours.accent, colours.flat])
        ),
        tooltip=[alt.Tooltip("c3:N", title=t("chart.value"))],
    )
    lines = base.mark_line(strokeWidth=2.4, point=alt.OverlayMarkDef(size=46, opacity=1))
    upper = points[-1].inside >= points[-1].outside
    last = base.transform_filter("datum.c0 == 0").transform_calculate(
        c4=lookup(groups).replace("datum.value", "datum.c2")
    )
    look: dict[str, Any] = {"align": "center", "fontWeight": 600}
    over = last.transform_filter(f"datum.c2 == {0 if upper else 1}")
    under = last.transform_filter(f"datum.c2 == {1 if upper else 0}")
    texts = [
        over.mark_text(baseline="bottom", dy=-8, **look).encode(text="c4:N"),
        under.mark_text(baseline="top", dy=9, **look).encode(text="c4:N"),
    ]
    return finished(alt.layer(lines, *texts), colours, TREND_HEIGHT)
