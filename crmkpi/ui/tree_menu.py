"""The menu «View» of the tree: root, levels, and the checks, out of the way until asked for."""

from __future__ import annotations

from typing import Any

import streamlit as st

from crmkpi.tree.explain import Explained
from crmkpi.ui.caching import kept
from crmkpi.ui.nav import go_to
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.ui.who_box import role_select
from crmkpi.views.roles import outside_line
from crmkpi.views.tree_look import VIEWS, advice, completeness, roots

# of the menu, in pixels: a line of text that the eye can follow
WIDTH = 400


def view_menu(s: Session, found: Explained) -> None:
    """Draw the menu; a changed choice is saved with the project and the page runs again."""
    data, t, project = s.data, s.t, s.project
    assert data is not None and project is not None
    with st.popover(t("look.menu"), icon=":material/visibility:", key="tree_look"), st.container(width=WIDTH):
        wanted: dict[str, Any] = {"view": _levels(s)}
        offered = kept(
            s, "roots", (project.tree.template, project.tree.root), lambda: roots(data, project, t)
        )
        if len(offered) > 1:
            ids = [choice.metric for choice in offered]
            now = found.top.metric
            chosen = st.radio(
                t("look.root"),
                offered,
                index=ids.index(now) if now in ids else 0,
                format_func=lambda c: c.name,
                key=f"look_root_{project.tree.template}",
            )
            wanted["root"] = chosen.metric if chosen.metric != now or project.tree.root else None
        st.markdown(f"**{t('look.complete')}**")
        st.caption("  \n".join(plain(line) for line in completeness(found, t)))
        many = advice(found, t)
        if many:
            st.caption(f":material/lightbulb: {plain(many)}")
        st.markdown(f"**{t('roles.role')}**")
        wanted["role"] = role_select(s, collapsed=True)
        st.caption(plain(outside_line(found, project, t)))
        if st.button(t("editor.open"), icon=":material/edit:", key="tree_edit", help=t("editor.open_help")):
            go_to("editor")
    changed = {k: v for k, v in wanted.items() if getattr(project.tree, k) != v}
    if changed:
        s.project = project.model_copy(update={"tree": project.tree.model_copy(update=changed)})
        s.save()
        st.rerun()


def _levels(s: Session) -> str:
    t, project = s.t, s.project
    assert project is not None
    return str(
        st.segmented_control(
            t("look.levels"),
            VIEWS,
            default=project.tree.view,
            required=True,
            format_func=lambda v: t(f"look.{v}"),
            key=f"look_levels_{project.tree.template}",
        )
    )
