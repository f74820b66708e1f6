"""Targets: one typed line or three fields with a coach beside them; then those that are set, owners, signature."""

import streamlit as st

from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.contract_box import contract_box
from crmkpi.ui.nav import go_to
from crmkpi.ui.owners_box import agreement_box, owners_box
from crmkpi.ui.session import open_page
from crmkpi.ui.start_box import start_box
from crmkpi.ui.target_cards import target_line
from crmkpi.ui.target_form import choices_of, target_form
from crmkpi.ui.tree_controls import project_of
from crmkpi.ui.wish_line import drop_draft, wish_line
from crmkpi.views.gap import gap_view

s = open_page("targets")
figures.need_data(s)
t, data, project = s.t, s.data, project_of(s)
st.title(t("targets.title"))
choices = choices_of(s)
old = next((x for x in project.targets if x.id == s.get("edit")), None)
if old is None:
    start_box(s)
    wish_line(s, choices)
heading = "targets.edit" if old else "wishline.check" if s.get("draft") else "wishline.or_form"
st.subheader(t(heading), anchor=False)
if target_form(s, old, choices):
    s.drop("edit")
    s.drop("metric")
    drop_draft(s)
    st.toast(t("targets.saved"), icon=":material/flag:")
    st.rerun()
if old and st.button(t("targets.cancel"), key="cancel_edit"):
    s.drop("edit")
    drop_draft(s)
    st.rerun()
if project.targets:
    view = kept(s, "gap", (project.model_dump_json(), None), lambda: gap_view(data, project, t))
    st.subheader(t("targets.set"), anchor=False)
    for row in view.rows:
        target_line(s, row)
    if st.button(t("targets.result"), type="primary", icon=":material/speed:", key="to_gap"):
        go_to("gap")
    owners_box(s, view.owners)
    agreement_box(s)
    contract_box(s)
