"""Where to aim and by when: suggestions as buttons that fill the form, with their sources behind one click."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import streamlit as st

from crmkpi.errors import CrmKpiError
from crmkpi.targets.library import own_benchmark
from crmkpi.targets.target import Target, read_target
from crmkpi.ui.caching import kept
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.ui.wish_line import put_draft
from crmkpi.views.aim import AimsView, aims_view
from crmkpi.views.targets import MetricChoice

MOST_LEFT_OUT = 3
OWN_KINDS = ("report", "competitor", "expert")


def aim_chips(s: Session, raw: Mapping[str, Any], choice: MetricChoice) -> None:
    """Suggested goals and dates of the draft as it is typed now. `raw`: the form's fields, the goal may be missing."""
    data, project, t = s.data, s.project, s.t
    assert data is not None and project is not None
    asked = {"metric": raw["metric"], "due": raw["due"], "where": raw["where"], "measure": raw["measure"]}
    asked |= {"lever": raw.get("lever", "")}
    draft = read_target({**asked, "grain": raw.get("grain", "month"), "goal": 0.0, "id": "draft"})
    goal = raw.get("goal") if raw["change_type"] == "absolute" else None
    args = (draft.model_dump_json(), goal, project.model_dump_json(include={"targets", "library", "tree"}))
    view = kept(s, "aims", args, lambda: aims_view(data, project, draft, goal, t))
    if view.goals:
        st.caption(t("aimchip.title"))
        with st.container(horizontal=True, key="chips_goals"):
            for aim in view.goals:
                chance = f" {t('aimchip.chance', chance=aim.chance)}." if aim.chance else ""
                label = f"**{plain(aim.label)}** · {plain(aim.source)}"
                if st.button(label, help=plain(aim.why + chance), key=f"aim_{aim.goal:g}"):
                    put_draft(s, {**raw, "goal": aim.goal, "change_type": "absolute", "kind": "reach"})
                    st.rerun()
    if view.blocked:
        # what came nearest says more than "nothing"
        near = "".join(f"  \n{plain(text)}" for text in view.left_out[:MOST_LEFT_OUT])
        st.caption(f":material/info: {plain(view.blocked)}{near}")
    _dues(s, raw, view)
    _reasons(s, view, draft, choice)


def _dues(s: Session, raw: Mapping[str, Any], view: AimsView) -> None:
    if not view.dues:
        return
    st.caption(s.t("aimchip.when"))
    with st.container(horizontal=True, key="chips_dues"):
        for due in view.dues:
            if st.button(
                plain(due.label), help=plain(due.why), key=f"due_{due.day}", icon=":material/event:"
            ):
                put_draft(s, {**raw, "due": due.day})
                st.rerun()


def _reasons(s: Session, view: AimsView, draft: Target, choice: MetricChoice) -> None:
    """Every source in full: own history, published rows with year, sample and definition, what was left out."""
    t = s.t
    with st.expander(t("aimchip.why"), icon=":material/menu_book:"):
        for aim in view.goals:
            chance = f" {t('aimchip.chance', chance=aim.chance)}." if aim.chance else ""
            st.markdown(f"**{plain(aim.label)}** — {plain(aim.why)}{plain(chance)}")
            for line in aim.lines:
                st.caption(plain(line))
        for due in view.dues:
            st.markdown(plain(due.why))
        for line in view.pace:
            st.caption(plain(line))
        if view.left_out:
            st.markdown(f"**{t('aimchip.left_out_title')}**")
            st.caption("  \n".join(plain(line) for line in view.left_out))
        _own(s, draft.metric, choice.percent)


def _own(s: Session, metric: str, percent: bool) -> None:
    """A benchmark of one's own, never without source and year."""
    t, project = s.t, s.project
    assert project is not None
    with st.form(f"own_{metric}", border=False, clear_on_submit=True):
        st.markdown(f"**{t('aimchip.add')}**")
        one, two, three = st.columns(3)
        unit = " (%)" if percent else ""
        low = one.number_input(t("aimchip.low") + unit, value=None, format="%g", key=f"own_low_{metric}")
        high = two.number_input(t("aimchip.high") + unit, value=None, format="%g", key=f"own_high_{metric}")
        year = three.number_input(
            t("aimchip.year"),
            value=date.today().year,
            min_value=1990,
            max_value=2100,
            key=f"own_year_{metric}",
        )
        source = one.text_input(t("aimchip.source"), max_chars=120, key=f"own_source_{metric}")
        kind = two.selectbox(
            t("aimchip.kind"), OWN_KINDS, format_func=lambda k: t(f"aim.kind.{k}"), key=f"own_kind_{metric}"
        )
        if not st.form_submit_button(t("aimchip.save")):
            return
    scale = 100 if percent else 1
    typed = {"low": low, "high": high}
    values = {k: v / scale for k, v in typed.items() if v is not None}
    try:
        found = own_benchmark(
            {"metric": metric, "source": source.strip(), "year": int(year), "kind": kind, **values}
        )
    except CrmKpiError as error:
        st.error(t(error.key, **error.params))
        return
    s.project = project.model_copy(update={"library": [*project.library, found]})
    s.save()
    st.toast(t("aimchip.added"))
    st.rerun()
