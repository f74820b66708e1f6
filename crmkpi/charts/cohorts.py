"""The cohort triangle: who came back, by age. Strength of colour = share; the share is printed too."""

from __future__ import annotations

from typing import Any

import altair as alt

from crmkpi.charts.theme import Palette, finished, lookup
from crmkpi.i18n import Words
from crmkpi.views.parts import CohortTriangle

ROW, CELL = 30, 58
# text stays readable on the strongest colour in both themes
STRONGEST = 0.62


def cohort_chart(triangle: CohortTriangle, t: Words, colours: Palette) -> alt.Chart:
    """Rows are cohorts (with their size), columns are ages. Of fixed width: a phone scrolls it sideways."""
    rows: list[dict[str, Any]] = [
        {"c0": c.cohort, "c1": c.age, "c2": c.share, "c3": c.text, "c4": c.detail} for c in triangle.cells
    ]
    top = max((c.share for c in triangle.cells if c.share is not None and c.age > 0), default=1.0) or 1.0
    names = {
        str(i): f"{name}  ·  {size}"
        for i, (name, size) in enumerate(zip(triangle.cohorts, triangle.sizes, strict=True))
    }
    ages = {str(i): text for i, text in enumerate(triangle.ages)}
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("c1:O", axis=alt.Axis(orient="top", labelExpr=lookup(ages), title=None, labelAngle=0)),
        y=alt.Y("c0:O", axis=alt.Axis(labelExpr=lookup(names), title=None, labelLimit=190)),
        tooltip=[alt.Tooltip("c4:N", title=t("chart.cohort")), alt.Tooltip("c3:N", title=t("chart.value"))],
    )
    strength = alt.Opacity(
        "c2:Q", legend=None, scale=alt.Scale(domain=[0, top], range=[0.05, STRONGEST], clamp=True)
    )
    cells = base.mark_rect(color=colours.accent, cornerRadius=5, stroke=colours.card, strokeWidth=2)
    texts = base.mark_text(color=colours.text, fontSize=11.5).encode(text="c3:N")
    return finished(
        alt.layer(cells.encode(opacity=strength), texts), colours, ROW * max(1, len(names)), CELL * len(ages)
    )
