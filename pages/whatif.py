"""What if: move the levers of the tree, or set a goal on its root and see what the levers must become."""

import streamlit as st

from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.session import open_page
from crmkpi.ui.tree_controls import asked, project_of
from crmkpi.ui.whatif_board import goal_box, levers_box
from crmkpi.views.tree import tree_key
from crmkpi.views.whatif import board

s = open_page("whatif")
figures.need_data(s)
t, data, project, question = s.t, s.data, project_of(s), asked(s)
st.title(t("whatif.title"))
found = kept(s, "board", tree_key(project, question), lambda: board(data, project, question, t))
if found.reason:
    st.info(found.reason)
    st.stop()
what = st.segmented_control(
    t("whatif.what"),
    ("levers", "goal"),
    default="levers",
    required=True,
    format_func=lambda w: t(f"whatif.{w}_tab"),
    key="whatif_what",
    label_visibility="collapsed",
)
if what == "levers":
    levers_box(s, found)
else:
    goal_box(s, found)
st.caption(t("whatif.note"))
