"""Targets: one typed line or three fields with a coach beside them; then those that are set, owners, signature."""

import streamlit as st

from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.contract_box import contract_box
from crmkpi.ui.library_box import library_box
from crmkpi.ui.nav import go_to
from crmkpi.ui.own_kpi import begin_without_files, by_hand, own_form
from crmkpi.ui.owners_box import agreement_box, owners_box
from crmkpi.ui.rules_box import rules_box
from crmkpi.ui.session import open_page
from crmkpi.ui.sides_box import sides_box
from crmkpi.ui.start_box import start_box
from crmkpi.ui.target_cards import target_line
from crmkpi.ui.target_form import choices_of, target_form
from crmkpi.ui.tree_controls import project_of
from crmkpi.ui.wish_line import drop_draft, wish_line
from crmkpi.views.gap import gap_view

s = open_page("targets")
begin_without_files(s)
if s.data is not None:
    figures.need_data(s)
t, data, project = s.t, s.ground, project_of(s)
st.title(t("targets.title"))
old = next((x for x in project.targets if x.id == s.get("edit")), None)
typed = by_hand(s, old)
choices = () if s.data is None else choices_of(s)
if old is None and not typed:
    start_box(s)
    sides_box(s)
    wish_line(s, choices)
heading = "targets.edit" if old else "wishline.check" if s.get("draft") else "wishline.or_form"
st.subheader(t("ownkpi.by_hand" if typed and not old else heading), anchor=False)
if own_form(s, old) if typed else target_form(s, old, choices):
    for choice in ("edit", "metric", "own"):
        s.drop(choice)
    drop_draft(s)
    st.toast(t("targets.saved"), icon=":material/flag:")
    st.rerun()
if old and st.button(t("targets.cancel"), key="cancel_edit"):
    s.drop("edit")
    drop_draft(s)
    st.rerun()
if s.data is not None and not old and not typed:
    library_box(s)
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
    rules_box(s)
