"""The tree: one verdict, the picture, and a drawer behind every node."""

import streamlit as st

from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.metric_tree import metric_tree
from crmkpi.ui.node_drawer import open_node
from crmkpi.ui.session import open_page
from crmkpi.ui.style import plain
from crmkpi.ui.tree_choice import choose_tree, propose_tree
from crmkpi.ui.tree_controls import controls, project_of
from crmkpi.ui.tree_menu import view_menu
from crmkpi.views.tree import explained_tree, tree_key, tree_view
from crmkpi.views.tree_look import cards_of

s = open_page("tree")
figures.need_data(s)
t, data, project = s.t, s.data, project_of(s)
if s.get("choosing") or (project.tree.template is None and not propose_tree(s)):
    if choose_tree(s):
        s.drop("choosing")
        st.rerun()
    st.stop()

project = project_of(s)
with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    asked = controls(s)
    args = tree_key(project, asked)
    found = kept(s, "explained", args, lambda: explained_tree(data, project, asked))
    view_menu(s, found)
    if st.button(t("tree.other_tree"), icon=":material/tune:", key="tree_choose"):
        s.put("choosing", True)
        st.rerun()
view = kept(s, "tree", args, lambda: tree_view(data, project, asked, t))
figures.verdict("tree", view.direction, view.headline, view.sentences)
figures.notices(view.notices)
if s.get("proposed"):
    st.caption(f":material/auto_awesome: {plain(s.get('proposed'))}")
clicked = metric_tree(
    cards_of(view.cards, project.tree.view),
    t,
    key=f"{project.id}_{view.template}_{project.tree.view}",
    selected=s.get("node"),
)
st.caption(plain(t("tree.caption", title=view.title, period=view.period_text, vs=view.vs_text)))
if clicked:
    s.put("node", clicked)
    open_node(s, found, clicked, asked)
