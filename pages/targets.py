"""Targets: the ones that are set, and the form of three fields with a coach beside it."""

import streamlit as st

from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.nav import go_to
from crmkpi.ui.session import open_page
from crmkpi.ui.target_cards import target_line
from crmkpi.ui.target_form import target_form
from crmkpi.ui.tree_controls import project_of
from crmkpi.views.gap import gap_view

s = open_page("targets")
figures.need_data(s)
t, data, project = s.t, s.data, project_of(s)
st.title(t("targets.title"))
old = next((x for x in project.targets if x.id == s.get("edit")), None)
st.subheader(t("targets.edit") if old else t("targets.new"), anchor=False)
if target_form(s, old):
    s.drop("edit")
    s.drop("metric")
    st.toast(t("targets.saved"), icon=":material/flag:")
    st.rerun()
if old and st.button(t("targets.cancel"), key="cancel_edit"):
    s.drop("edit")
    st.rerun()
if project.targets:
    view = kept(s, "gap", (project.model_dump_json(),), lambda: gap_view(data, project, t))
    st.subheader(t("targets.set"), anchor=False)
    figures.notices(view.focus)
    for row in view.rows:
        target_line(s, row)
    if st.button(t("targets.result"), type="primary", icon=":material/speed:", key="to_gap"):
        go_to("gap")
