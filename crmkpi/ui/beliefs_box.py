"""Influence edges on the what-if page: state an elasticity, then move the child."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.beliefs import GRADES, edge_name, estimate_text, in_force, said, stated, usable, with_belief
from crmkpi.views.whatif import BeliefLine, Board, Lever

Draw = Callable[[Lever], float | None]


def beliefs_box(s: Session, board: Board, draw: Draw) -> dict[str, float]:
    """The stated beliefs as levers, and the form to state one; the children that were moved."""
    t, project = s.t, s.project
    assert project is not None
    moved: dict[str, float] = {}
    if not board.beliefs:
        return moved
    known = in_force(project, board)
    lines = usable(board, known)
    with st.expander(t("belief.title"), icon=":material/psychology_alt:", expanded=bool(lines)):
        st.caption(t("belief.text"))
        columns = st.columns(2, gap="large") if lines else []
        for i, line in enumerate(lines):
            with columns[i % 2]:
                value = draw(line.lever)
                st.caption(plain(said(line, known[line.edge], t)))
            if value is not None:
                moved[line.lever.metric] = value
        _state(s, board)
    return moved


def _state(s: Session, board: Board) -> None:
    """One edge, its elasticity, precision and ground; saved on one click, an empty number takes it back."""
    t, project = s.t, s.project
    assert project is not None
    line = st.selectbox(
        t("belief.choose"),
        board.beliefs,
        format_func=lambda x: edge_name(x, t),
        key="belief_edge",
    )
    if line.why:
        st.caption(plain(line.why))
    value, error, grade, done = _form(s, line)
    st.caption(plain(estimate_text(line, t)))
    if done:
        s.project = with_belief(project, line.edge, value, error, grade)
        s.save()
        st.toast(t("belief.saved"), icon=":material/check:")
        st.rerun()


def _form(s: Session, line: BeliefLine) -> tuple[float | None, float, str, bool]:
    """Elasticity, precision, ground, and whether to save them."""
    t, project = s.t, s.project
    assert project is not None
    now = stated(project).get(line.edge)
    place = "_".join(line.edge)
    with st.container(horizontal=True, vertical_alignment="bottom", key="belief_form"):
        value = st.number_input(
            t("belief.elasticity"),
            value=None if now is None else now.value,
            min_value=-10.0,
            max_value=10.0,
            format="%g",
            key=f"belief_value_{place}",
            width=300,
        )
        error = st.number_input(
            t("belief.error"),
            value=0.0 if now is None else now.error,
            min_value=0.0,
            max_value=10.0,
            format="%g",
            key=f"belief_error_{place}",
            width=140,
        )
        grade = st.selectbox(
            t("belief.grade"),
            GRADES,
            index=0 if now is None else GRADES.index(now.grade),
            format_func=lambda g: t(f"belief.grade_{g}"),
            key=f"belief_grade_{place}",
            width=220,
        )
        done = st.button(t("belief.save"), icon=":material/check:", key="belief_save")
    return value, error, grade, done
