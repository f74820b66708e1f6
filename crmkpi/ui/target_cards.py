"""Saved targets as cards: status first, then what is left, the sentence, change and delete."""

from __future__ import annotations

import streamlit as st

from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.ui.wish_line import drop_draft
from crmkpi.views.gap import GapRow


def target_line(s: Session, row: GapRow) -> None:
    """One saved target on the Targets page: sentence, status, change and delete."""
    t, project = s.t, s.project
    assert project is not None
    with st.container(key=f"card_target_{row.id}"):
        st.markdown(f"**{plain(row.status)}** — {plain(row.left)}")
        st.markdown(plain(row.sentence))
        with st.container(horizontal=True):
            if st.button(t("targets.edit_button"), icon=":material/edit:", key=f"edit_{row.id}"):
                drop_draft(s)
                s.put("edit", row.id)
                st.rerun()
            if st.button(
                t("targets.remove"), icon=":material/delete:", key=f"remove_{row.id}", type="tertiary"
            ):
                left = [x for x in project.targets if x.id != row.id]
                s.project = project.model_copy(update={"targets": left})
                s.save()
                st.rerun()
