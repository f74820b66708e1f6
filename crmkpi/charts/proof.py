"""A model against held-out weeks: what it said, what happened, and the simple rule beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from crmkpi.charts.theme import Palette, finished, lookup, nice_ticks, value_axis, value_scale
from crmkpi.i18n import Words
from crmkpi.views.parts import ProofPoint

HEIGHT = 260


def proof_chart(points: Sequence[ProofPoint], t: Words, colours: Palette) -> alt.Chart:
    """Cumulative purchases by week after the cut: three lines named at their ends, no legend to look up."""
    rows: list[dict[str, Any]] = []
    for point in points:
        for kind, value in enumerate((point.actual, point.model, point.naive)):
            rows.append({"c0": point.week, "c1": value, "c2": kind, "c3": t.number(value, 0)})
    names = {str(i): t(f"proof.{name}") for i, name in enumerate(("actual", "model", "naive"))}
    ticks = nice_ticks([r["c1"] for r in rows], zero=True)
    weeks = {str(p.week): t("proof.week", n=p.week) for p in points}
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X(
            "c0:Q",
            axis=alt.Axis(
                labelExpr=lookup(weeks), title=None, grid=False, values=[p.week for p in points][::3]
            ),
            scale=alt.Scale(domain=[0, points[-1].week if points else 1], nice=False),
        ),
        y=alt.Y("c1:Q", axis=value_axis(ticks, "count", t), scale=value_scale(ticks)),
        color=alt.Color(
            "c2:N",
            legend=None,
            scale=alt.Scale(domain=[0, 1, 2], range=[colours.text, colours.accent, colours.flat]),
        ),
        tooltip=[alt.Tooltip("c0:Q", title=t("proof.weeks")), alt.Tooltip("c3:N", title=t("chart.value"))],
    )
    lines = base.mark_line(strokeWidth=2.4).encode(
        strokeDash=alt.StrokeDash(
            "c2:N", legend=None, scale=alt.Scale(domain=[0, 1, 2], range=[[1, 0], [1, 0], [5, 4]])
        )
    )
    return finished(alt.layer(lines, *_ends(base, points, names)), colours, HEIGHT)


def _ends(base: alt.Chart, points: Sequence[ProofPoint], names: dict[str, str]) -> list[Any]:
    """The name of each line at its last point: above it, of the lowest line below it."""
    if not points:
        return []
    last = base.transform_filter(f"datum.c0 == {points[-1].week}").transform_calculate(
        c4=lookup(names).replace("datum.value", "datum.c2")
    )
    end = points[-1]
    lowest = min(range(3), key=lambda kind: (end.actual, end.model, end.naive)[kind])
    below, above = f"datum.c2 == {lowest}", f"datum.c2 != {lowest}"
    look: dict[str, Any] = {"align": "right", "dx": -6, "fontWeight": 600}
    return [
        last.mark_circle(size=46, opacity=1),
        last.transform_filter(above).mark_text(baseline="bottom", dy=-6, **look).encode(text="c4:N"),
        last.transform_filter(below).mark_text(baseline="top", dy=7, **look).encode(text="c4:N"),
    ]
