"""Two cards on the page of mailings: touches before an order, and offers at the right moment."""

from __future__ import annotations

import streamlit as st

from crmkpi.charts.parts import segment_chart
from crmkpi.charts.series import series_chart
from crmkpi.engine.dimensions import Where
from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.moment import moment_view, touches_view


def moments(s: Session, where: tuple[Where, ...]) -> None:
    """Draw what the data feed; nothing where they do not."""
    data, t = s.data, s.t
    assert data is not None
    touches = kept(s, "touches", (where,), lambda: touches_view(data, where, t))
    moment = kept(s, "moment", (where,), lambda: moment_view(data, where, t))
    if touches is None and moment is None:
        return
    left, right = st.columns(2)
    if touches is not None:
        with left, st.container(key="card_touches", height="stretch"):
            st.markdown(f"#### {plain(touches.text)}")
            figures.chart(s, "touches", (where,), lambda ink: segment_chart(touches.parts, t, ink))
            st.caption(touches.note)
    if moment is not None:
        with right, st.container(key="card_moment", height="stretch"):
            st.markdown(f"#### {plain(moment.text)}")
            figures.chart(
                s, "moment", (where,), lambda ink: series_chart(moment.points, "share", False, t, ink)
            )
            st.caption(moment.note)
