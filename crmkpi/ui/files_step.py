"""The step between upload and load: what every file was taken for, questions on one card, one button."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.ui import figures, inbox
from crmkpi.ui.file_box import file_box
from crmkpi.ui.loading import load_files, reports
from crmkpi.ui.question_box import question_box
from crmkpi.ui.session import Session
from crmkpi.views.files import FileCard, file_cards, loaded_columns, report_name
from crmkpi.views.questions import QuestionCard, question_card


def confirm_files(s: Session, paths: Sequence[Path]) -> None:
    """Show what was recognised; load on one click. A file that cannot be read is one sentence, the rest stays."""
    t = s.t
    try:
        found = reports(s, paths)
    except CrmKpiError as error:
        st.error(t(error.key, **error.params), icon=":material/error:")
        _give_up(s)
        return
    cards = file_cards(found, t, loaded_columns(s.full))
    asked = question_card({report_name(r): r for r in found}, s.get("answers", {}), t)
    _verdict(cards, asked, t)
    question_box(s, asked, len(cards) > 1)
    append = _mode(s, cards)
    with st.container(horizontal=True):
        go = st.button(
            t("data.load"), type="primary", icon=":material/check:", key="load", disabled=asked.open > 0
        )
        _give_up(s)
    file_box(s, cards)
    if go:
        _load(s, paths, append)


def _verdict(cards: Sequence[FileCard], asked: QuestionCard, t: Words) -> None:
    known = [c for c in cards if c.table]
    tone = "warn" if asked.open or any(c.check for c in cards) else "good"
    lines = [t("data.taken", file=c.title, table=c.table_text, rows=c.rows_text) for c in cards]
    if asked.open:
        lines.append(t.plural("data.questions", asked.open))
    figures.verdict("files", tone, t.plural("data.recognised", len(known)), lines)


def _mode(s: Session, cards: Sequence[FileCard]) -> bool:
    """Whether the files add to what is there; asked only where the project has a table of the same kind."""
    loaded = {file.table for file in s.project.files} if s.project else set()
    if not loaded & {card.table for card in cards}:
        return True
    t = s.t
    chosen = st.radio(
        t("data_ui.mode"),
        ("append", "replace"),
        format_func=lambda way: t(f"data_ui.mode_{way}"),
        key="load_mode",
    )
    return chosen == "append"


def _give_up(s: Session) -> None:
    if st.button(s.t("data.discard"), icon=":material/delete:", key="discard"):
        _forget(s)
        st.rerun()


def _forget(s: Session) -> None:
    inbox.clear(s)
    s.drop("answers")
    s.drop("mapping")


def _load(s: Session, paths: Sequence[Path], append: bool) -> None:
    t = s.t
    try:
        document = load_files(s, paths, append)
    except CrmKpiError as error:
        st.error(t(error.key, **error.params), icon=":material/error:")
        return
    s.put("changes", document.get("changes"))
    waiting = document.get("unanswered") or []
    if waiting:
        st.error(t("data.unanswered", n=len(waiting)), icon=":material/help:")
        return
    _forget(s)
    st.rerun()
