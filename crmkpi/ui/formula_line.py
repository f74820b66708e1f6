"""The formula line: a box to type in, a list to insert names from, and what the formula gives, at once."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from crmkpi.tree.spoken import inserted
from crmkpi.ui.caching import kept
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.editor import metrics_to_add
from crmkpi.views.formula_check import FormulaCheck

ICONS = {
    "good": ":green[:material/check_circle:]",
    "bad": ":red[:material/error:]",
    "warn": ":orange[:material/help:]",
    "neutral": ":material/edit:",
}


def formula_line(s: Session, key: str, start: str, check: Callable[[str], FormulaCheck]) -> FormulaCheck:
    """Draw the line; `start` is the formula to begin with (as people read it). Returns what the check says."""
    t, data = s.t, s.data
    assert data is not None
    # a widget keeps its first text: a new one stands under a new key
    text, turn = s.get(f"formula.{key}", (start, 0))
    typed = st.text_input(
        t("editor.formula"),
        value=text,
        max_chars=500,
        placeholder=t("editor.formula_example"),
        help=t("editor.formula_help"),
        key=f"formula_{key}_{turn}",
    )
    names = kept(s, "editor.names", (), lambda: metrics_to_add(data, t))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            t("editor.insert"),
            list(names),
            index=None,
            format_func=lambda m: names[m],
            placeholder=t("editor.insert_any"),
            key=f"insert_{key}_{turn}",
            width="stretch",
        )
    if chosen:
        s.put(f"formula.{key}", (inserted(typed, chosen, t.lang), turn + 1))
        st.rerun(scope="fragment")
    found = check(typed)
    st.markdown(f"{ICONS[found.direction]} {plain(found.text)}")
    if found.read_as:
        st.caption(plain(t("editor.read_as", formula=found.read_as)))
    return found


def forget(s: Session, key: str) -> None:
    """Forget what was typed into a line that was saved or closed."""
    s.drop(f"formula.{key}")
