"""Result: good or bad, how far, how likely, what next, for one target at a time; any past day can be looked at."""

import streamlit as st

from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.own_kpi import begin_without_files
from crmkpi.ui.result import deeper, result_card, screen_line, way
from crmkpi.ui.session import open_page
from crmkpi.views.gap import gap_view

s = open_page("gap")
begin_without_files(s)
t, data, project = s.t, s.full or s.ground, s.project
if not project.targets:
    st.title(t("gap.title"))
    figures.empty_state(t, "gap", "gap.button", "targets")
chosen, as_of = screen_line(s)
view = kept(s, "gap", (project.model_dump_json(), as_of), lambda: gap_view(data, project, t, as_of))
row = next(r for r in view.rows if r.id == chosen)
result_card(s, view, row)
way(s, row)
deeper(s, view, row, as_of)
