"""The tabs of the customers page beside the cohorts: flow, RFM, LTV; each with the list behind it."""

from __future__ import annotations

import streamlit as st

from crmkpi.charts.cohorts import cohort_chart
from crmkpi.charts.parts import waterfall_chart
from crmkpi.charts.proof import proof_chart
from crmkpi.charts.series import series_chart
from crmkpi.engine.dimensions import Where
from crmkpi.periods import parse_period
from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.issue_box import issue_button
from crmkpi.ui.rfm_cell import cell_box
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.base_flow import LISTS, flow_list, flow_view, group_list, rfm_of, rfm_view
from crmkpi.views.issued import flow_people, group_people
from crmkpi.views.ltv import ltv_view, model_view
from crmkpi.views.personal import list_note
from crmkpi.views.tree import DEFAULT_TREE, periods_to_choose

Filter = tuple[Where, ...]
MIME = "text/csv"


def flow_tab(s: Session, where: Filter) -> None:
    """The base of one period against the one before, and the lists of who came and who left."""
    data, t = s.data, s.t
    assert data is not None
    choices = periods_to_choose(data, DEFAULT_TREE)
    if not choices:
        st.info(t("base.flow_unknown_text"))
        return
    period = st.selectbox(
        t("tree.period"),
        choices,
        format_func=lambda p: t.period(parse_period(p)),
        key="flow_period",
        width=240,
    )
    args = (period, where)
    view = kept(s, "flow", args, lambda: flow_view(data, period, where, t))
    figures.verdict("flow", view.direction, view.headline, [view.text])
    if not view.parts:
        return
    with st.container(key="card_flow"):
        figures.chart(s, "flow", args, lambda ink: waterfall_chart(view.parts, t, ink))
    figures.notices(view.notes)
    with st.container(horizontal=True, vertical_alignment="bottom", key="flow_lists"):
        flow = st.selectbox(
            t("base.list"), LISTS, format_func=lambda f: t(f"list.{f}"), key="flow_list", width=320
        )
        st.download_button(
            t("base.download"),
            data=lambda: flow_list(data, flow, period, where, t),
            file_name=f"{flow}-{period}.csv",
            mime=MIME,
            icon=":material/download:",
            key="flow_download",
        )
        named = t("issued.who_flow", flow=t(f"list.{flow}"), period=t.period(parse_period(period)))
        listed = ("flow", flow, period, where)
        issue_button(s, "flow", named, listed, lambda: flow_people(data, flow, period, where))
    st.caption(t("base.list_text"))
    _fingerprints(s)


def rfm_tab(s: Session, where: Filter) -> None:
    """The square, the named groups, and a list behind each."""
    data, t = s.data, s.t
    assert data is not None
    found = kept(s, "rfm", (where,), lambda: rfm_of(data, where))
    view = kept(s, "rfm_view", (where,), lambda: rfm_view(found, t))
    figures.verdict("rfm", "warn", view.headline, [view.text])
    left, right = st.columns([3, 2])
    with left, st.container(key="card_groups", height="stretch"):
        for group in view.groups:
            figures.line(group.part)
    with right, st.container(key="card_scroll_rfm", height="stretch"):
        st.markdown(f"**{t('base.rfm_grid')}**")
        figures.chart(s, "rfm", (where,), lambda ink: cohort_chart(view.grid, t, ink), stretch=False)
        st.caption(t("base.rfm_axes"))
    names = [g for g in view.groups if not g.empty]
    with st.container(horizontal=True, vertical_alignment="bottom", key="rfm_lists"):
        chosen = st.selectbox(
            t("base.list"), names, format_func=lambda g: g.part.name, key="rfm_list", width=320
        )
        if chosen:
            st.download_button(
                t("base.download"),
                data=lambda: group_list(data, found, chosen.name, t),
                file_name=f"rfm-{chosen.name}.csv",
                mime=MIME,
                icon=":material/download:",
                key="rfm_download",
            )
            named = t("issued.who_group", group=chosen.part.name)
            listed = ("rfm", chosen.name, where)
            issue_button(s, "rfm", named, listed, lambda: group_people(data, found, chosen.name))
    cell_box(s, found, where)
    _fingerprints(s)
    if chosen:
        st.caption(plain(chosen.text))
    st.caption(f"{t('rfm.fresh')} {t('rfm.ties')}")


def _fingerprints(s: Session) -> None:
    assert s.data is not None
    note = list_note(s.data, s.t)
    if note:
        st.caption(f":material/shield_person: {plain(note)}")


def ltv_tab(s: Session, where: Filter) -> None:
    """What happened first; the model below, with its proof."""
    data, t = s.data, s.t
    assert data is not None
    view = kept(s, "ltv", (where,), lambda: ltv_view(data, where, t))
    figures.verdict("ltv", "neutral", view.headline, [view.text])
    if view.curve:
        with st.container(key="card_ltv"):
            figures.chart(s, "ltv", (where,), lambda ink: series_chart(view.curve, "money", False, t, ink))
            for part in view.numbers:
                figures.line(part)
    figures.notices(view.notes)
    with st.expander(t("base.model"), icon=":material/insights:"):
        if st.toggle(t("base.model_run"), key="ltv_model"):
            _model(s, where)
        else:
            st.caption(t("base.model_text"))


def _model(s: Session, where: Filter) -> None:
    data, t = s.data, s.t
    assert data is not None
    with st.spinner(t("base.model_working"), show_time=False):
        view = kept(s, "ltv_model", (where,), lambda: model_view(data, where, t))
    for reason in view.closed:
        st.info(reason)
    for part in view.numbers:
        figures.line(part)
    if view.proof:
        st.markdown(f"**{t('base.proof')}**")
        st.caption(plain(view.proof))
        if view.curve:
            with st.container(key="card_proof"):
                figures.chart(s, "proof", (where,), lambda ink: proof_chart(view.curve, t, ink))
                st.caption(t("proof.text"))
        for part in view.said:
            figures.line(part)
    figures.notices(view.notes)
