"""The editor: the tree as a list to change, own metrics, the history of versions, the tree as a file."""

import streamlit as st

from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.editor_drawer import open_editor
from crmkpi.ui.editor_hand import say_kept
from crmkpi.ui.editor_list import node_list
from crmkpi.ui.nav import go_to
from crmkpi.ui.own_metric_box import own_metrics_box
from crmkpi.ui.session import open_page
from crmkpi.ui.style import plain
from crmkpi.ui.tree_controls import asked, project_of
from crmkpi.ui.version_box import file_box, version_box
from crmkpi.views.editor import editor_view
from crmkpi.views.tree import explained_tree, tree_key

s = open_page("editor")
figures.need_data(s)
t, data, project = s.t, s.data, project_of(s)
shown = asked(s)
found = kept(s, "explained", tree_key(project, shown), lambda: explained_tree(data, project, shown))
mark = (
    found.period.text,
    project.tree.template,
    project.own_trees.last.number if project.own_trees.last else 0,
)
view = kept(s, "editor", mark, lambda: editor_view(data, project, found.period, t))
say_kept(s)
figures.verdict("editor", "warn" if view.broken else "neutral", view.headline, [view.broken or view.text])
if st.button(t("editor.back"), icon=":material/account_tree:", key="editor_back"):
    go_to("tree")
left, right = st.columns([3, 2])
with left:
    clicked = node_list(s, view.rows)
with right:
    own_metrics_box(s, view, found.period)
    version_box(s, view)
    file_box(s, view)
st.caption(plain(t("editor.caption")))
if clicked:
    open_editor(s, clicked)
