"""The tree as an indented list: one row a node, its formula or reason, its value; a click opens its drawer."""

from __future__ import annotations

import streamlit as st

from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.editor import EditorRow

ICONS = {"root": ":material/flag:", "exact": ":material/equal:", "belief": ":material/lightbulb:"}
DEEPEST = 6


def node_list(s: Session, rows: tuple[EditorRow, ...]) -> str | None:
    """Draw the list; the id of the node whose row was clicked, else None."""
    clicked = None
    with st.container(key="card_editor_list", gap=None):
        for row in rows:
            if _row(s, row):
                clicked = row.id
        st.caption(
            f":material/equal: {s.t('editor.legend_exact')} · :material/lightbulb: {s.t('editor.legend_belief')}"
        )
    return clicked


def _row(s: Session, row: EditorRow) -> bool:
    depth = min(row.depth, DEEPEST)
    with st.container(
        key=f"node{depth}_{row.id}", horizontal=True, vertical_alignment="center", wrap=False, gap="small"
    ):
        pressed = st.button(
            label(row, s.t("editor.own_badge")),
            key=f"edit_{row.id}",
            type="tertiary",
            icon=ICONS[row.kind],
            width="stretch",
            help=plain(row.lacks) or None,
        )
        st.markdown(
            f"**{plain(row.value)}**" if not row.lacks else f":gray[{s.t('editor.no_number')}]",
            width="content",
        )
    return pressed


def label(row: EditorRow, badge: str) -> str:
    """Name, then what it is made of or why it is there, in grey."""
    own = f" :blue-badge[{badge}]" if row.own else ""
    said = f"= {row.made_of}" if row.made_of else row.note
    tail = f" :gray[{plain(said)}]" if said else ""
    return f"**{plain(row.name)}**{own}{tail}"


def preview(rows: tuple[EditorRow, ...]) -> None:
    """The same list to look at only, for an older version."""
    with st.container(key="editor_preview", gap=None):
        for row in rows:
            said = f"= {row.made_of}" if row.made_of else row.note
            with st.container(key=f"node{min(row.depth, DEEPEST)}_preview_{row.id}"):
                st.markdown(f"{ICONS[row.kind]} **{plain(row.name)}** :gray[{plain(said)}]")
