"""Who looks and at what business: two questions with «any» as an answer, and the KPIs that a role begins with."""

from __future__ import annotations

import streamlit as st

from crmkpi.ui.caching import kept
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.roles import business_names, role_names, role_view


def who_box(s: Session) -> tuple[str | None, str | None]:
    """Ask for role and business; the answers order the templates."""
    with st.container(horizontal=True, key="who_box"):
        role = role_select(s)
        business = business_select(s)
    return role, business


def role_select(s: Session, collapsed: bool = False) -> str | None:
    """The role, None for any."""
    t, project = s.t, s.project
    assert project is not None
    names = role_names(t)
    choices = [None, *names]
    now = project.tree.role
    return st.selectbox(
        t("roles.role"),
        choices,
        index=choices.index(now) if now in choices else 0,
        format_func=lambda r: t("roles.any_role") if r is None else names[r],
        label_visibility="collapsed" if collapsed else "visible",
        key="tree_role",
        width=300,
    )


def business_select(s: Session) -> str | None:
    """The kind of business, None for any."""
    t, project = s.t, s.project
    assert project is not None
    names = business_names(t)
    choices = [None, *names]
    now = project.tree.business
    return st.selectbox(
        t("roles.business"),
        choices,
        index=choices.index(now) if now in choices else 0,
        format_func=lambda b: t("roles.any_business") if b is None else names[b],
        key="tree_business",
        width=300,
    )


def begin_with(s: Session, role: str | None, template: str) -> tuple[str, ...]:
    """Say what the role begins with; the nodes to star if the visitor wants them starred."""
    t, data = s.t, s.data
    assert data is not None
    found = kept(s, "role", (role, template), lambda: role_view(data, role, template, t))
    if found is None:
        return ()
    st.caption(plain(t("roles.about", name=found.name, about=found.about, kpi=found.kpi)))
    wanted = bool(found.nodes) and st.checkbox(t("roles.star"), key=f"star_role_{template}_{role}")
    return found.nodes if wanted else ()
