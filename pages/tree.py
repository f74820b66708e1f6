"""The tree: one verdict, the picture, and a drawer behind every node."""

import streamlit as st

from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.metric_tree import metric_tree
from crmkpi.ui.node_drawer import open_node
from crmkpi.ui.session import open_page
from crmkpi.ui.style import plain
from crmkpi.ui.tree_choice import choose_tree
from crmkpi.ui.tree_controls import controls, project_of
from crmkpi.views.tree import explained_tree, tree_key, tree_view

s = open_page("tree")
figures.need_data(s)
t, data, project = s.t, s.data, project_of(s)
if project.tree.template is None or s.get("choosing"):
    if choose_tree(s):
        s.drop("choosing")
        st.rerun()
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    asked = controls(s)
    if st.button(t("tree.other_tree"), icon=":material/tune:", key="tree_choose"):
        s.put("choosing", True)
        st.rerun()
args = tree_key(project, asked)
view = kept(s, "tree", args, lambda: tree_view(data, project, asked, t))
figures.verdict("tree", view.direction, view.headline, view.sentences)
figures.notices(view.notices)
clicked = metric_tree(view.cards, t, key=f"{project.id}_{view.template}", selected=s.get("node"))
st.caption(plain(t("tree.caption", title=view.title, period=view.period_text, vs=view.vs_text)))
if clicked:
    s.put("node", clicked)
    found = kept(s, "explained", args, lambda: explained_tree(data, project, asked))
    open_node(s, found, clicked, asked)
