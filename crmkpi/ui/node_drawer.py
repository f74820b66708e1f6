"""The drawer of one node: the number opened, its series, its segments, and the way to a target."""

from __future__ import annotations

import streamlit as st

from crmkpi.charts.parts import segment_chart
from crmkpi.charts.series import series_chart
from crmkpi.i18n import Words
from crmkpi.tree.explain import Explained
from crmkpi.tree.shown import ShownNode
from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.nav import go_to
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.ui.tree_controls import project_of
from crmkpi.views.log import marked
from crmkpi.views.node import (
    NodeView,
    dimension_choices,
    grains_for,
    node_view,
    series,
    split_view,
)
from crmkpi.views.tree import Asked

TABS = ("series", "segments", "meaning")


def open_node(s: Session, found: Explained, node_id: str, asked: Asked) -> None:
    """Open the drawer of a drawn node; a node without a number or of its own («other») opens nothing."""
    node = next((n for n in found.nodes if n.id == node_id), None)
    if node is None or node.metric is None:
        return
    drawer = st.dialog(plain(node.text(s.t)), width="medium", position="right")(_drawer)
    drawer(s, found, node, asked)


def _drawer(s: Session, found: Explained, node: ShownNode, asked: Asked) -> None:
    data, t = s.data, s.t
    assert data is not None and node.metric is not None
    view = kept(
        s,
        "node",
        (found.template, node.id, found.period.text, found.vs.text, asked.where),
        lambda: node_view(data, node, found.top, found.period, found.vs, asked.where, t),
    )
    assert view is not None
    _number(view)
    if view.why:
        st.caption(f":material/link: {t('node.why')} {plain(view.why)}")
    tab = st.segmented_control(
        t("node.show"),
        TABS,
        default="series",
        required=True,
        format_func=lambda x: t(f"node.tab_{x}"),
        key=f"node_tab_{node.id}",
        label_visibility="collapsed",
    )
    if tab == "series":
        _series(s, view, asked)
    elif tab == "segments":
        _segments(s, view, found, asked)
    else:
        _meaning(view, t)
    _actions(s, node, t)


def _number(view: NodeView) -> None:
    with st.container(key="node_numbers", horizontal=True, vertical_alignment="bottom"):
        st.metric(view.period_text, view.value_text, width="content")
        # the glyph of the change is ours: Streamlit reads our minus sign as a plus
        st.markdown(f":{figures.BADGES[view.direction]}-badge[{plain(view.change_text)}]", width="content")
        st.metric(view.vs_text, view.before_text, width="content")
    if view.part_text:
        st.markdown(f":material/call_split: {plain(view.part_text)}")


def _series(s: Session, view: NodeView, asked: Asked) -> None:
    data, t = s.data, s.t
    assert data is not None
    grains = grains_for(data)
    grain = st.segmented_control(
        t("node.grain"),
        grains,
        default="month" if "month" in grains else grains[0],
        required=True,
        format_func=lambda g: t(f"grain.{g}"),
        key=f"node_grain_{view.metric}",
        label_visibility="collapsed",
    )
    args = (view.metric, grain, asked.where)
    points = kept(s, "series", args, lambda: series(data, view.metric, grain, asked.where, t))
    points = marked(points, project_of(s).initiatives, view.metric)
    drawn = (*args, tuple(p.events for p in points))
    figures.chart(
        s,
        "node_series",
        drawn,
        lambda ink: series_chart(points, view.unit, view.additive, t, ink, height=260),
    )
    if any(not p.complete for p in points):
        st.caption(t("node.hatched"))
    if any(p.events for p in points):
        st.caption(t("log.flags"))


def _segments(s: Session, view: NodeView, found: Explained, asked: Asked) -> None:
    data, t = s.data, s.t
    assert data is not None
    names = dimension_choices(data, t, view.metric)
    if not names:
        st.info(t("node.no_dimensions"))
        return
    dimension = st.selectbox(
        t("node.by"), list(names), format_func=lambda n: names[n], key=f"node_by_{view.metric}"
    )
    args = (view.metric, dimension, found.period.text, found.vs.text, asked.where)
    split = kept(
        s,
        "split",
        args,
        lambda: split_view(data, view.metric, dimension, found.period, found.vs, asked.where, t),
    )
    st.caption(f"{split.title}: {view.period_text} — {view.vs_text}")
    figures.chart(s, "node_split", args, lambda ink: segment_chart(split.parts, t, ink))
    figures.notices(split.notes)


def _meaning(view: NodeView, t: Words) -> None:
    st.markdown(plain(view.definition))
    if view.formula:
        st.markdown(f"**{t('node.formula')}** {plain(view.formula)}")
    if view.fraction:
        st.markdown(f"**{t('node.fraction')}** {plain(view.fraction)} = {plain(view.value_text)}")
    st.caption(f"{view.period_text}. {view.behind}")
    figures.notices(view.warnings)


def _actions(s: Session, node: ShownNode, t: Words) -> None:
    project = s.project
    assert project is not None
    with st.container(horizontal=True):
        if st.button(t("node.set_target"), type="primary", icon=":material/flag:", key=f"target_{node.id}"):
            s.put_for("targets", "metric", node.metric)
            go_to("targets")
        starred = node.id in project.tree.starred
        label = t("node.unstar") if starred else t("node.star")
        if st.button(label, icon=":material/star:", key=f"star_{node.id}"):
            kept_stars = [n for n in project.tree.starred if n != node.id]
            stars = kept_stars if starred else [*kept_stars, node.id]
            s.project = project.model_copy(
                update={"tree": project.tree.model_copy(update={"starred": stars})}
            )
            s.save()
            st.rerun()
