"""Keeping a change of the trees: who makes it, saving, and the word that it was done."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from crmkpi.errors import CrmKpiError
from crmkpi.project.document import Project
from crmkpi.project.tree_work import Hand
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain


def hand(s: Session) -> Hand:
    """The visitor as the history will name them, and now."""
    last = s.project.own_trees.last if s.project else None
    return Hand(str(s.shared("who", last.who if last else "")), datetime.now(UTC))


def keep(s: Session, changed: Project) -> None:
    """Save the changed project and draw the page again; dialogs close."""
    s.project = changed
    s.save()
    s.put("kept", True)
    st.rerun()


def say_kept(s: Session) -> None:
    """After a change was kept: one short word, once."""
    if s.get("kept"):
        s.drop("kept")
        st.toast(s.t("editor.kept"), icon=":material/check:")


def refuse(s: Session, error: CrmKpiError) -> None:
    """A change that was refused: its sentence, in place; nothing was kept."""
    st.error(plain(s.t(error.key, **error.params)), icon=":material/block:")
