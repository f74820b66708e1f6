"""Who looks and at what business: two questions with «any» as an answer, and the KPIs that a role begins with."""

from __future__ import annotations

import streamlit as st

from crmkpi.ui.caching import kept
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.roles import business_names, role_names, role_view

ANY = ""


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
    return _choice(t("roles.role"), t("roles.any_role"), names, project.tree.role, "tree_role", collapsed)


def business_select(s: Session) -> str | None:
    """The kind of business, None for any."""
    t, project = s.t, s.project
    assert project is not None
    names = business_names(t)
    return _choice(
        t("roles.business"), t("roles.any_business"), names, project.tree.business, "tree_business"
    )


def _choice(
    label: str, other: str, names: dict[str, str], now: str | None, key: str, collapsed: bool = False
) -> str | None:
    """A list of names with «any» at its head."""
    choices = [ANY, *names]
    found = st.selectbox(
        label,
        choices,
        index=choices.index(now) if now in choices else 0,
        format_func=lambda name: names.get(name, other),
        label_visibility="collapsed" if collapsed else "visible",
        key=key,
        width=300,
    )
    return found or None


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
