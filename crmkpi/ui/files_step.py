"""The step between upload and load: what every file was taken for, questions on one card, one button."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.tables import TABLES
from crmkpi.ui import figures, inbox
from crmkpi.ui.loading import load_files, reports
from crmkpi.ui.mapping_grid import mapping_grid
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.columns import table_name
from crmkpi.views.data import FileCard, OpenQuestion, file_cards

ICONS = {"error": ":material/error:", "warning": ":material/warning:", "info": ":material/info:"}


def add_files(s: Session) -> None:
    """The upload box of the Data page."""
    uploads = inbox.uploader(s, s.t("start.upload"))
    if uploads:
        if s.project is None:
            s.create(inbox.project_name([u.name for u in uploads], s.t))
        inbox.spool(s, uploads)
        st.rerun()
    st.caption(f":material/lock: {s.t('data.where')}")


def confirm_files(s: Session, paths: Sequence[Path]) -> None:
    """Show what was recognised; load on one click. A file that cannot be read is one sentence, the rest stays."""
    t = s.t
    try:
        found = reports(s, paths)
    except CrmKpiError as error:
        st.error(t(error.key, **error.params), icon=":material/error:")
        _give_up(s)
        return
    cards = file_cards(found, s.get("answers", {}), t)
    _verdict(cards, t)
    with st.container(horizontal=True):
        go = st.button(t("data.load"), type="primary", icon=":material/check:", key="load")
        _give_up(s)
    _questions(s, cards)
    _columns(s, cards)
    if go:
        _load(s, paths, cards)


def _verdict(cards: Sequence[FileCard], t: Words) -> None:
    known = [c for c in cards if c.table]
    doubts = [c for c in cards if c.check]
    open_ones = [q for c in cards for q in c.questions if q.answer is None and q.changes_numbers]
    tone = "warn" if doubts or open_ones else "good"
    lines = [t("data.taken", file=c.title, table=c.table_text, rows=c.rows_text) for c in cards]
    figures.verdict("files", tone, t.plural("data.recognised", len(known)), lines)
    if open_ones:
        st.warning(t.plural("data.questions", len(open_ones)), icon=":material/help:")


def _give_up(s: Session) -> None:
    if st.button(s.t("data.discard"), icon=":material/delete:", key="discard"):
        inbox.clear(s)
        s.drop("answers")
        s.drop("mapping")
        st.rerun()


def _questions(s: Session, cards: Sequence[FileCard]) -> None:
    """All questions of all files on one card; those with a marked default wait folded."""
    t = s.t
    asked = [(card, q) for card in cards for q in card.questions]
    must = [(c, q) for c, q in asked if q.default is None]
    may = [(c, q) for c, q in asked if q.default is not None]
    if must:
        with st.container(key="card_questions"):
            st.subheader(t("data.answer"), anchor=False)
            for card, question in must:
                _question(s, card, question)
    if may:
        with st.expander(t.plural("data.defaults", len(may)), icon=":material/tune:"):
            for card, question in may:
                _question(s, card, question)


def _question(s: Session, card: FileCard, question: OpenQuestion) -> None:
    values = [value for value, _ in question.options]
    names = dict(question.options)
    chosen = st.radio(
        f"{plain(card.title)}: {plain(question.text)}",
        values,
        index=values.index(question.answer) if question.answer in values else None,
        format_func=lambda v: plain(names[v]),
        key=f"question_{card.name}_{question.key}",
        horizontal=len(values) <= 3,
    )
    if chosen is not None and chosen != question.answer:
        answers = {**s.get("answers", {})}
        answers[card.name] = {**answers.get(card.name, {}), question.key: chosen}
        s.put("answers", answers)
        st.rerun()


def _columns(s: Session, cards: Sequence[FileCard]) -> None:
    """The columns of one file at a time: a grid is heavy, and a person reads one anyway."""
    t = s.t
    st.subheader(t("data.columns"), anchor=False)
    doubtful = next((i for i, card in enumerate(cards) if card.check), 0)
    place = st.selectbox(
        t("data.file"),
        range(len(cards)),
        index=doubtful,
        format_func=lambda i: (f"{t('data.check_mark')} " if cards[i].check else "") + _head(cards[i]),
        key="columns_of",
        label_visibility="collapsed",
    )
    _file(s, cards[place])


def _head(card: FileCard) -> str:
    return f"{card.title} — {card.table_text}, {card.rows_text}"


def _file(s: Session, card: FileCard) -> None:
    t = s.t
    with st.container(key="card_columns"):
        if card.missing:
            st.warning(t("data.missing", columns=plain(card.missing)), icon=":material/warning:")
        table = _table_box(s, card)
        if table is not None:
            found = mapping_grid(card, table, t)
            before = {row.taken: row.source for row in card.rows if row.taken}
            if found != before or table != card.table:
                _remap(s, card, table, found if table == card.table else {})
        for level, message in card.issues:
            st.caption(f"{ICONS[level]} {plain(message)}")


def _table_box(s: Session, card: FileCard) -> str | None:
    t = s.t
    tables = [*TABLES]
    return st.selectbox(
        t("data.this_is"),
        tables,
        index=tables.index(card.table) if card.table else None,
        format_func=lambda name: table_name(name, t),
        placeholder=t("data.choose_table"),
        key=f"table_{card.name}",
        width=320,
    )


def _remap(s: Session, card: FileCard, table: str, columns: dict[str, str]) -> None:
    """Keep the user's own mapping; of another table, only the table (its columns are proposed anew)."""
    own = {"table": table, "columns": columns}
    s.put("mapping", {**s.get("mapping", {}), card.name: own})
    st.rerun()


def _load(s: Session, paths: Sequence[Path], cards: Sequence[FileCard]) -> None:
    t = s.t
    try:
        document = load_files(s, paths)
    except CrmKpiError as error:
        st.error(t(error.key, **error.params), icon=":material/error:")
        return
    waiting = document.get("unanswered") or []
    if waiting:
        st.error(t("data.unanswered", n=len(waiting)), icon=":material/help:")
        return
    inbox.clear(s)
    s.drop("answers")
    s.drop("mapping")
    st.rerun()
