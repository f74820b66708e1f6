"""Where the change sits: one node, and its dimensions with the best one open."""

from __future__ import annotations

import streamlit as st

from crmkpi.charts.parts import segment_chart
from crmkpi.tree.explain import Explained
from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.places import PlacesView, PlaceView, node_options, places_view
from crmkpi.views.tree import Asked

SHOWN = 3


def places_box(s: Session, found: Explained, asked: Asked) -> None:
    """The chosen node searched over every dimension; the computation is kept."""
    data, t = s.data, s.t
    assert data is not None
    options = node_options(found, t)
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.subheader(t("places.title"), anchor=False, width="content")
        chosen = st.selectbox(
            t("places.node"), options, format_func=lambda o: o.name, key="places_node", width=420
        )
    args = (chosen.metric, found.template, found.period.text, found.vs.text, asked.where)
    with st.spinner(t("places.working"), show_time=False):
        view: PlacesView = kept(
            s, "places", args, lambda: places_view(data, found, chosen.metric, asked.where, t)
        )
    with st.container(key="card_places"):
        st.markdown(f"#### {plain(view.headline)}")
        st.markdown(plain(view.text))
        if view.rows:
            _segments(s, view.rows[0], args)
    rest = view.rows[1:]
    for row in rest[:SHOWN]:
        _folded(s, row, args)
    if len(rest) > SHOWN:
        with st.expander(t.plural("places.more", len(rest) - SHOWN)):
            for row in rest[SHOWN:]:
                st.markdown(f"**{plain(row.name)}.** {plain(row.sentence)}")


def _folded(s: Session, row: PlaceView, args: tuple[object, ...]) -> None:
    with st.expander(f"**{plain(row.name)}.** {plain(row.sentence)}"):
        _segments(s, row, args)


def _segments(s: Session, row: PlaceView, args: tuple[object, ...]) -> None:
    t = s.t
    st.caption(t("places.legend"))
    key = f"place_{row.dimension}"
    figures.chart(s, key, (*args, row.dimension), lambda ink: segment_chart(row.parts, t, ink))
    if row.effects:
        st.caption(plain(row.effects))
    figures.notices(row.notes)
