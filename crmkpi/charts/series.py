"""A metric over time: bars for what adds up, a line for the rest; the incomplete period hatched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from crmkpi.charts.theme import Palette, finished, lookup, nice_ticks, thinned, value_axis, value_scale
from crmkpi.i18n import Words
from crmkpi.views.series import SeriesPoint

MOST_BARS = 60
MOST_LABELS = 13


def series_chart(
    points: Sequence[SeriesPoint], unit: str, additive: bool, t: Words, colours: Palette, height: int = 280
) -> alt.Chart:
    """Values by period. `additive`: bars from zero (up to MOST_BARS of them), otherwise a line.

    A dashed grey line is the same period a year earlier, where the points carry it.
    """
    bars = additive and len(points) <= MOST_BARS
    rows = [_row(i, p, t) for i, p in enumerate(points)]
    data = alt.Data(values=rows)
    ticks = nice_ticks([p.value for p in points] + [p.compare for p in points], zero=bars)
    base = alt.Chart(data).encode(x=_periods(points), tooltip=_tooltip(points, t))
    scale = value_scale(ticks)
    y = alt.Y("c1:Q", axis=value_axis(ticks, unit, t), scale=scale)
    layers = _bars(base, y, colours) if bars else _line(base, y, value_axis(ticks, unit, t), ticks, colours)
    if any(p.compare is not None for p in points):
        layers.append(_comparison(base, scale, colours))
    if any(p.events for p in points):
        layers += _events(base, ticks, value_axis(ticks, unit, t), colours)
    return finished(alt.layer(*layers), colours, height)


def _row(i: int, p: SeriesPoint, t: Words) -> dict[str, Any]:
    label = p.label if p.complete else f"{p.label} ({t('chart.incomplete')})"
    row: dict[str, Any] = {"c0": i, "c1": p.value, "c2": label, "c3": p.text, "c4": p.complete}
    if p.compare is not None:
        row |= {"c5": p.compare, "c6": p.compare_text}
    if p.events:
        row["c7"] = "; ".join(p.events)
    return row


def _periods(points: Sequence[SeriesPoint]) -> alt.X:
    places = thinned(len(points), MOST_LABELS)
    labels = {str(i): points[i].tick for i in places}
    axis = alt.Axis(
        values=places, labelExpr=lookup(labels), title=None, grid=False, labelAngle=0, labelOverlap="greedy"
    )
    return alt.X("c0:O", axis=axis, scale=alt.Scale(paddingInner=0.28, paddingOuter=0.12))


def _tooltip(points: Sequence[SeriesPoint], t: Words) -> list[alt.Tooltip]:
    found = [alt.Tooltip("c2:N", title=t("chart.period")), alt.Tooltip("c3:N", title=t("chart.value"))]
    if any(p.compare is not None for p in points):
        found.append(alt.Tooltip("c6:N", title=t("chart.year_ago")))
    if any(p.events for p in points):
        found.append(alt.Tooltip("c7:N", title=t("chart.events")))
    return found


def _bars(base: alt.Chart, y: alt.Y, colours: Palette) -> list[Any]:
    whole = base.transform_filter("datum.c4").mark_bar(color=colours.accent, cornerRadiusEnd=4).encode(y=y)
    cut = (
        base.transform_filter("!datum.c4")
        .mark_bar(color=hatch(colours), cornerRadiusEnd=4, stroke=colours.accent, strokeDash=[4, 3])
        .encode(y=y)
    )
    return [whole, cut]


def _line(base: alt.Chart, y: alt.Y, axis: alt.Axis, ticks: list[float], colours: Palette) -> list[Any]:
    band = base.transform_filter("!datum.c4").mark_bar(color=hatch(colours), opacity=0.4)
    band = band.encode(y=alt.YDatum(ticks[0], scale=value_scale(ticks), axis=axis), y2=alt.Y2Datum(ticks[-1]))
    line = base.mark_line(color=colours.accent, strokeWidth=2.4, interpolate="monotone").encode(y=y)
    dots = base.mark_circle(size=34, opacity=1).encode(
        y=y,
        color=alt.condition("datum.c4", alt.value(colours.accent), alt.value(colours.card)),
        stroke=alt.value(colours.accent),
    )
    return [band, line, dots]


def _comparison(base: alt.Chart, scale: alt.Scale, colours: Palette) -> alt.Chart:
    known = base.transform_filter("isValid(datum.c5)")
    return known.mark_line(color=colours.flat, strokeDash=[5, 4], strokeWidth=2).encode(
        y=alt.Y("c5:Q", scale=scale)
    )


def _events(base: alt.Chart, ticks: list[float], axis: alt.Axis, colours: Palette) -> list[Any]:
    """What was started: a thin line over its period with a flag at the top; the names are in the tooltip."""
    known = base.transform_filter("isValid(datum.c7)")
    top = alt.YDatum(ticks[-1], scale=value_scale(ticks), axis=axis)
    stem = known.mark_rule(color=colours.warn, strokeWidth=1.5, strokeDash=[3, 3])
    flag = known.mark_point(
        shape="triangle-right", size=110, filled=True, color=colours.warn, opacity=1, xOffset=6, yOffset=6
    )
    return [stem, flag.encode(y=top)]


def hatch(colours: Palette, stripes: int = 14) -> alt.LinearGradient:
    """Slanted stripes: Vega has no patterns, a gradient with hard stops looks the same."""
    stops = []
    for i in range(stripes):
        colour = colours.accent if i % 2 == 0 else colours.accent_soft
        stops += [
            alt.GradientStop(offset=i / stripes, color=colour),
            alt.GradientStop(offset=(i + 1) / stripes, color=colour),
        ]
    return alt.LinearGradient(gradient="linear", stops=stops, x1=0, y1=0, x2=0.5, y2=1)
