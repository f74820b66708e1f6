"""The files that wait, each with what it was taken for and a button to remove it alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from crmkpi.ui import inbox
from crmkpi.ui.loading import look_again
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.waiting import WaitingFile, waiting_files


def waiting_box(
    s: Session,
    tone: str,
    headline: str,
    paths: Sequence[Path],
    reports: Sequence[Mapping[str, Any]],
    questions: int,
    doubtful: frozenset[str] = frozenset(),
) -> None:
    """The verdict on the waiting files: headline, one line a file, open questions."""
    t = s.t
    lines = waiting_files(paths, reports, t, doubtful)
    with st.container(key=f"verdict_{tone}_files"):
        st.subheader(plain(headline), anchor=False)
        for one in lines:
            _line(s, one)
        if any(one.refused for one in lines) and any(one.tells for one in lines):
            st.caption(t("loading.without"))
        if s.get("refused"):
            st.warning(plain(t.plural("loading.turned_away", s.get("refused"))), icon=":material/warning:")
        if questions:
            st.markdown(plain(t.plural("data.questions", questions)))
        if len(lines) > 1 and st.button(
            t("loading.remove_all"), icon=":material/delete:", type="tertiary", key="discard"
        ):
            forget_files(s)
            st.rerun()


def _line(s: Session, one: WaitingFile) -> None:
    t = s.t
    # the button stands before the name: at the end of lines of different length it would be hard to aim at
    with st.container(horizontal=True, vertical_alignment="top", wrap=False, gap="small"):
        if st.button(
            "",
            icon=":material/close:",
            type="tertiary",
            key=f"remove_{_mark(one.path)}",
            help=t("loading.remove", name=plain(one.name)),
        ):
            inbox.remove(s, one.path)
            st.rerun()
        said = "  \n".join(plain(text) for text in one.tells)
        text = f"**{plain(one.name)}** :gray[{plain(one.size)}]"
        if one.refused is not None:
            said = f":red[:material/error:] {plain(one.refused)}"
        st.markdown(f"{text}  \n{said}" if said else text, width="stretch")


def _mark(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


def forget_files(s: Session) -> None:
    """Remove all waiting files with what was decided about them."""
    look_again(s)
    inbox.clear(s)
    s.drop("answers")
    s.drop("mapping")
