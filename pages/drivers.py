"""What moved the root: the change as a bridge, and influences that moved beside it."""

import streamlit as st

from crmkpi.charts.parts import waterfall_chart
from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.session import open_page
from crmkpi.ui.style import plain
from crmkpi.ui.tree_controls import controls, project_of
from crmkpi.views.drivers import drivers_view
from crmkpi.views.tree import explained_tree, tree_view

s = open_page("drivers")
figures.need_data(s)
t, data, project = s.t, s.data, project_of(s)
st.title(t("drivers.title"))
asked = controls(s)
args = (asked, project.tree.template, tuple(project.tree.hidden), tuple(project.tree.starred))
tree = kept(s, "tree", args, lambda: tree_view(data, project, asked, t))
found = kept(s, "explained", args, lambda: explained_tree(data, project, asked))
figures.verdict("drivers", tree.direction, tree.headline, tree.sentences)
figures.notices(tree.notices)
depth = st.segmented_control(
    t("drivers.depth"),
    ("top", "leaves"),
    default="top",
    required=True,
    format_func=lambda d: t(f"drivers.depth_{d}"),
    key="drivers_depth",
)
view = drivers_view(found, depth == "leaves", t)
if view.reason:
    st.info(view.reason)
with st.container(key="card_bridge"):
    if view.parts:
        figures.chart(s, "bridge", (*args, depth), lambda ink: waterfall_chart(view.parts, t, ink))
        st.caption(plain(view.check or ""))
if view.moved_together:
    st.subheader(t("drivers.together"), anchor=False)
    st.caption(t("drivers.together_text"))
    with st.container(key="card_moved"):
        for part in view.moved_together:
            figures.line(part)
