"""Where the change sits: one node, and its dimensions with the best one open."""

from __future__ import annotations

import streamlit as st

from crmkpi.charts.parts import segment_chart
from crmkpi.engine.dimensions import Where
from crmkpi.tree.explain import Explained
from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.issue_box import issue_button
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.customer_lists import SEGMENT_FLOWS, segment_list
from crmkpi.views.issued import flow_people
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
            _list(s, view.rows[0], found, asked)
    rest = view.rows[1:]
    for row in rest[:SHOWN]:
        _folded(s, row, args, found, asked)
    if len(rest) > SHOWN:
        with st.expander(t.plural("places.more", len(rest) - SHOWN)):
            for row in rest[SHOWN:]:
                st.markdown(f"**{plain(row.name)}.** {plain(row.sentence)}")


def _folded(s: Session, row: PlaceView, args: tuple[object, ...], found: Explained, asked: Asked) -> None:
    with st.expander(f"**{plain(row.name)}.** {plain(row.sentence)}"):
        _segments(s, row, args)
        _list(s, row, found, asked)


def _list(s: Session, row: PlaceView, found: Explained, asked: Asked) -> None:
    """The customers behind a segment of the shown period, to take along."""
    data, t = s.data, s.t
    if data is None or not row.segments:
        return
    with (
        st.popover(t("lists.open"), icon=":material/group:", key=f"list_{row.dimension}"),
        st.container(key=f"list_box_{row.dimension}"),
    ):
        segment = st.selectbox(
            plain(row.name),
            row.segments,
            format_func=lambda v: t("segment.blank") if v is None else v,
            key=f"list_segment_{row.dimension}",
        )
        flow = st.selectbox(
            t("base.list"),
            SEGMENT_FLOWS,
            format_func=lambda f: t(f"list.{f}"),
            key=f"list_flow_{row.dimension}",
        )
        st.download_button(
            t("base.download"),
            data=lambda: segment_list(data, row.dimension, segment, flow, found.period, asked.where, t),
            file_name=f"{flow}-{row.dimension}-{found.period.text}.csv",
            mime="text/csv",
            icon=":material/download:",
            key=f"list_download_{row.dimension}",
        )
        where = (*asked.where, Where(row.dimension, (segment,)))
        named = t("issued.who_flow", flow=t(f"list.{flow}"), period=segment or t("segment.blank"))
        issue_button(
            s,
            f"place_{row.dimension}",
            named,
            ("place", flow, found.period.text, where),
            lambda: flow_people(data, flow, found.period.text, where),
        )
        st.caption(t("base.list_text"))


def _segments(s: Session, row: PlaceView, args: tuple[object, ...]) -> None:
    t = s.t
    st.caption(t("places.legend"))
    key = f"place_{row.dimension}"
    figures.chart(s, key, (*args, row.dimension), lambda ink: segment_chart(row.parts, t, ink))
    if row.effects:
        st.caption(plain(row.effects))
    figures.notices(row.notes)
