"""Plan against fact on the page of drivers: the verdict, the bridge, and the fields for planned numbers."""

from __future__ import annotations

import streamlit as st

from crmkpi.charts.parts import waterfall_chart
from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.plan_fact import PlanFact, PlanLine, plan_fact, with_plans
from crmkpi.views.tree import Asked, tree_key


def plan_box(s: Session, asked: Asked, leaves: bool) -> None:
    """Everything about the plan of the asked period; a typed number is saved on one click."""
    data, t, project = s.data, s.t, s.project
    assert data is not None and project is not None
    args = (*tree_key(project, asked), project.model_dump_json(include={"targets", "plans"}), leaves)
    view: PlanFact = kept(s, "plan_fact", args, lambda: plan_fact(data, project, asked, leaves, t))
    sentences = view.sentences if view.bridge else (t("planfact.none_text"),)
    figures.verdict("plan", view.direction, view.headline, sentences)
    figures.notices(view.notes)
    bridge = view.bridge
    if bridge is not None and bridge.parts:
        with st.container(key="card_plan"):
            figures.chart(s, "plan_bridge", args, lambda ink: waterfall_chart(bridge.parts, t, ink))
            st.caption(plain(bridge.check or ""))
    if view.lines:
        _numbers(s, view, asked)


def _numbers(s: Session, view: PlanFact, asked: Asked) -> None:
    t = s.t
    with st.expander(
        t("planfact.numbers", period=t.period(view.period)),
        icon=":material/edit:",
        expanded=view.bridge is None,
    ):
        st.caption(t("planfact.numbers_text"))
        with st.form(f"plan_{view.period.text}", border=False):
            columns = st.columns(2, gap="large")
            typed = {}
            for i, line in enumerate(view.lines):
                with columns[i % 2]:
                    value = _field(s, line, view)
                if value is not None:
                    typed[line.metric] = value
            done = st.form_submit_button(t("planfact.apply"), type="primary", key="plan_apply")
    if done and s.project is not None:
        s.project = with_plans(s.project, view.period, asked.where, typed)
        s.save()
        st.rerun()


def _field(s: Session, line: PlanLine, view: PlanFact) -> float | None:
    """One planned number, shares in per cent; empty where it was not typed."""
    t, share = s.t, line.unit == "share"
    shown = line.plan if line.typed else None
    typed = st.number_input(
        plain(line.name) + (", %" if share else ""),
        value=None if shown is None else shown * (100 if share else 1),
        format="%g" if shown is None or abs(shown) < 1e6 else "%.0f",
        key=f"plan_{view.period.text}_{line.metric}",
    )
    plan, fact = (t.value(v, line.unit, short=True) for v in (line.plan, line.fact))
    key = "planfact.row" if line.plan is not None else "planfact.row_empty"
    st.caption(plain(t(key, plan=plan, fact=fact, source=line.text)))
    return None if typed is None else typed / 100 if share else float(typed)
