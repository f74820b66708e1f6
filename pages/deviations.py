"""Deviations: what left its usual range or its plan, one message per root cause."""

import streamlit as st

from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.deviation_feed import budget_box, deviation_card
from crmkpi.ui.session import open_page
from crmkpi.ui.tree_controls import project_of
from crmkpi.views.deviations import deviations_view

s = open_page("deviations")
figures.need_data(s)
t, data, project = s.t, s.data, project_of(s)
st.title(t("deviations.title"))
view = kept(s, "deviations", (project.model_dump_json(),), lambda: deviations_view(data, project, t))
figures.verdict("deviations", view.direction, view.headline, (view.watched,))
for card in view.cards:
    deviation_card(s, card)
budget_box(s)
