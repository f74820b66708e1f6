"""One file at a time: what is missing first, its columns to check, its first rows, what more would give."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from crmkpi.tables import TABLES
from crmkpi.ui.mapping_grid import mapping_grid
from crmkpi.ui.personal_box import personal_box
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.columns import table_name
from crmkpi.views.files import FileCard

ICONS = {"error": ":material/error:", "warning": ":material/warning:", "info": ":material/info:"}


def file_box(s: Session, cards: Sequence[FileCard]) -> None:
    """The columns of one file: a grid is heavy, and a person reads one anyway. The first doubtful one is open."""
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
    card = cards[place]
    with st.container(key="card_columns"):
        if card.missing:
            st.warning(t("data_ui.missing", columns=plain(card.missing)), icon=":material/warning:")
        _mapping(s, card)
        personal_box(s, card, cards)
        for level, message in card.issues:
            st.caption(f"{ICONS[level]} {plain(message)}")
    _preview(s, card)
    _unlocks(s, card)


def _head(card: FileCard) -> str:
    return f"{card.title} — {card.table_text}, {card.rows_text}"


def _mapping(s: Session, card: FileCard) -> None:
    table = _table_box(s, card)
    if table is None:
        return
    found = mapping_grid(card, table, s.t)
    before = {row.taken: row.source for row in card.rows if row.taken}
    if found != before or table != card.table:
        _remap(s, card, table, found if table == card.table else {})


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


def _preview(s: Session, card: FileCard) -> None:
    t, found = s.t, card.preview
    if found is None:
        st.caption(f":material/table_rows: {t('data_ui.preview_none')}")
        return
    with (
        st.expander(t("data_ui.preview", n=len(found.rows)), icon=":material/table_rows:"),
        st.container(key="scroll_preview"),
    ):
        st.table([dict(zip(found.headers, map(plain, row), strict=True)) for row in found.rows])


def _unlocks(s: Session, card: FileCard) -> None:
    t = s.t
    if not card.unlocks:
        return
    with st.expander(t("data_ui.unlocks"), icon=":material/lock_open:"):
        st.caption(t("data_ui.unlocks_text"))
        for one in card.unlocks:
            st.markdown(t("data_ui.unlock", what=f"**{plain(one.what)}**", metrics=plain(one.metrics)))
