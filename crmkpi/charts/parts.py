"""Bars by rows: what moved a number (waterfall), segments of a number, steps of a funnel.

Names stand above their bars, so that long Russian names and a phone's width both fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from crmkpi.charts.theme import Palette, finished
from crmkpi.i18n import Words
from crmkpi.views.parts import Part

ROW = 46
BAR = 15


def waterfall_chart(parts: Sequence[Part], t: Words, colours: Palette) -> alt.Chart:
    """From before to after through the contributions; the first and last parts are totals.

    Bars of totals begin at the axis' left edge, which is cut (not zero) when the change is small beside them.
    """
    rows: list[dict[str, Any]] = []
    at = 0.0
    for i, part in enumerate(parts):
        value = part.value or 0.0
        total = part.direction == "total"
        low, high = (None, value) if total else (at, at + value)
        row = _row(i, part, low, high)
        if not total and part.low is not None and part.high is not None:
            row |= {"c7": at + part.low, "c8": at + part.high}
        at = value if total else at + value
        rows.append(row)
    ends = [row[c] for row in rows for c in ("c1", "c2", "c7", "c8") if row.get(c) is not None]
    left, right = _window(ends)
    for row in rows:
        row["c1"] = left if row["c1"] is None else row["c1"]
    return _rows_chart(rows, (left, right), t, colours)


def segment_chart(parts: Sequence[Part], t: Words, colours: Palette) -> alt.Chart:
    """One bar a segment, from zero."""
    rows = [_row(i, p, 0.0, p.value or 0.0) for i, p in enumerate(parts)]
    values = [p.value or 0.0 for p in parts] or [0.0]
    return _rows_chart(rows, (min(0.0, *values), max(0.0, *values) or 1.0), t, colours)


def funnel_chart(parts: Sequence[Part], t: Words, colours: Palette) -> alt.Chart:
    """Steps of a funnel, each bar centred, so that the narrowing is seen."""
    half = max((p.value or 0.0 for p in parts), default=1.0) / 2 or 1.0
    rows = [_row(i, p, half - (p.value or 0.0) / 2, half + (p.value or 0.0) / 2) for i, p in enumerate(parts)]
    return _rows_chart(rows, (0.0, 2 * half), t, colours)


def _row(i: int, part: Part, low: float | None, high: float) -> dict[str, Any]:
    return {
        "c0": i,
        "c1": low,
        "c2": high,
        "c3": part.name,
        "c4": part.text,
        "c5": part.direction,
        "c6": part.note,
    }


def _window(ends: Sequence[float]) -> tuple[float, float]:
    low, high = min(ends), max(ends)
    span = high - low or abs(high) or 1.0
    return (0.0 if 0 <= low < span else low - span * 0.12), high + span * 0.02


def _rows_chart(
    rows: list[dict[str, Any]], window: tuple[float, float], t: Words, colours: Palette
) -> alt.Chart:
    scale = alt.Scale(domain=list(window), nice=False, zero=False)
    place = alt.Y("c0:O", axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
    tooltip = [alt.Tooltip("c3:N", title=t("chart.name")), alt.Tooltip("c4:N", title=t("chart.value"))]
    if any(r["c6"] for r in rows):
        tooltip.append(alt.Tooltip("c6:N", title=t("chart.note")))
    base = alt.Chart(alt.Data(values=rows)).encode(y=place, tooltip=tooltip)
    tone = alt.Color(
        "c5:N",
        legend=None,
        scale=alt.Scale(
            domain=["good", "bad", "neutral"],
            range=[colours.good, colours.bad, colours.accent],
        ),
    )
    track = base.mark_bar(height=BAR, yOffset=9, color=colours.line, opacity=0.45, cornerRadius=4)
    track = track.encode(x=alt.value(0), x2=alt.value("width"))
    place_x = {"x": alt.X("c1:Q", scale=scale, axis=None), "x2": "c2:Q"}
    bars = base.transform_filter("datum.c5 != 'total'").mark_bar(height=BAR, yOffset=9, cornerRadius=4)
    bars = bars.encode(color=tone, **place_x)
    ends = base.transform_filter("datum.c5 == 'total'").mark_bar(
        height=BAR, yOffset=9, cornerRadius=4, color=_end_colour(window[0] > 0, colours)
    )
    ends = ends.encode(**place_x)
    layers = [track, bars, ends, *_whiskers(base, rows, scale, colours)]
    names = base.mark_text(align="left", baseline="bottom", dy=-1, color=colours.text, limit=420)
    values = base.mark_text(align="right", baseline="bottom", dy=-1, fontWeight=600, color=colours.text)
    drawn = alt.layer(
        *layers,
        names.encode(x=alt.value(0), text="c3:N"),
        values.encode(x=alt.value("width"), text="c4:N"),
    )
    if window[0] > 0 and any(r["c5"] == "total" for r in rows):
        drawn = drawn.properties(title=_cut_note(t, colours))
    return finished(drawn, colours, ROW * max(1, len(rows)))


def _cut_note(t: Words, colours: Palette) -> alt.TitleParams:
    """On a wall nobody guesses what a fading edge means: lengths of totals are then no ratio of their values."""
    return alt.TitleParams(
        text=t("chart.cut"),
        anchor="start",
        orient="bottom",
        fontSize=12,
        fontWeight="normal",
        color=colours.soft,
        offset=2,
    )


def _whiskers(base: alt.Chart, rows: list[dict[str, Any]], scale: alt.Scale, colours: Palette) -> list[Any]:
    """The interval of each part as a thin line over its bar; nothing where no part has one."""
    if not any("c7" in row for row in rows):
        return []
    known = base.transform_filter("isValid(datum.c7)")
    line = known.mark_rule(color=colours.text, opacity=0.75, strokeWidth=1.4, yOffset=9)
    edge = known.mark_tick(color=colours.text, opacity=0.75, thickness=1.4, height=9, yOffset=9)
    return [
        line.encode(x=alt.X("c7:Q", scale=scale, axis=None), x2="c8:Q"),
        edge.encode(x=alt.X("c7:Q", scale=scale, axis=None)),
        edge.encode(x=alt.X("c8:Q", scale=scale, axis=None)),
    ]


def _end_colour(cut: bool, colours: Palette) -> Any:
    """The colour of totals: one that fades at the left when the axis does not begin at zero."""
    if not cut:
        return colours.flat
    stops = [
        alt.GradientStop(offset=0.0, color=colours.flat + "00"),
        alt.GradientStop(offset=0.5, color=colours.flat),
        alt.GradientStop(offset=1.0, color=colours.flat),
    ]
    return alt.LinearGradient(gradient="linear", stops=stops, x1=0, y1=0, x2=1, y2=0)
