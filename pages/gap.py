"""Result: what is left to every target, whether it goes by plan, and the control points."""

import streamlit as st

from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.session import open_page
from crmkpi.ui.target_cards import gap_card
from crmkpi.ui.tree_controls import project_of
from crmkpi.views.gap import gap_view

s = open_page("gap")
figures.need_data(s)
t, data, project = s.t, s.data, project_of(s)
st.title(t("gap.title"))
if not project.targets:
    figures.empty_state(t, "gap", "gap.button", "targets")
view = kept(s, "gap", (project.model_dump_json(),), lambda: gap_view(data, project, t))
st.caption(t("gap.as_of", date=view.as_of))
for row in view.rows:
    gap_card(s, row)
figures.notices(view.focus)
