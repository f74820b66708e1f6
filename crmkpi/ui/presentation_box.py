"""A copy of the project for showing to strangers; the header marks it on every page (nav)."""

from __future__ import annotations

import streamlit as st

from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.project.place import Place
from crmkpi.project.presentation import presentation_copy
from crmkpi.ui import session
from crmkpi.ui.nav import go_to
from crmkpi.ui.session import Session


def presentation_box(s: Session) -> None:
    """Offer the copy where there are data; inside a copy there is nothing left to hide."""
    if s.data is None or s.project is None or s.project.presentation:
        return
    t = s.t
    with st.container(key="card_presentation"):
        st.subheader(t("mask.title"), anchor=False)
        st.markdown(t("mask.text"))
        if st.button(t("mask.button"), icon=":material/visibility_off:", key="make_presentation"):
            with st.spinner(t("mask.button")):
                made = _copy(s)
            session.close_project()
            session.open_project(made.id)
            go_to("tree")


def _copy(s: Session) -> Project:
    """Write the copy beside the other drafts; the id is new, so nothing is overwritten."""
    assert s.place is not None
    fresh = Project()
    into: Place = s.drafts.place(fresh.id)
    made = presentation_copy(s.place, into, Words(s.lang)).model_copy(update={"id": fresh.id})
    s.drafts.save(made)
    return made
