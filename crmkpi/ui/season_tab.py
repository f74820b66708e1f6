"""The season of purchases on the page of customers."""

from __future__ import annotations

import streamlit as st

from crmkpi.charts.series import series_chart
from crmkpi.engine.dimensions import Where
from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.session import Session
from crmkpi.views.season import season_view


def season_tab(s: Session, where: tuple[Where, ...]) -> None:
    """Every month beside the mean of the year, and the coefficient outside the season."""
    data, t = s.data, s.t
    assert data is not None
    view = kept(s, "season", (where,), lambda: season_view(data, where, t))
    figures.verdict("season", "neutral", view.headline, [view.text])
    if view.points:
        with st.container(key="card_season"):
            figures.chart(s, "season", (where,), lambda ink: series_chart(view.points, "share", True, t, ink))
    figures.notices(view.notes)
