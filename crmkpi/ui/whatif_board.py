"""The two halves of «what if»: sliders that move the tree, and a goal that is carried down to them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial

import streamlit as st

from crmkpi.charts.parts import waterfall_chart
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.ui import figures
from crmkpi.ui.beliefs_box import beliefs_box
from crmkpi.ui.caching import kept
from crmkpi.ui.nav import go_to
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.beliefs import in_force
from crmkpi.views.cascade import HORIZONS, MODES, GoalView, due_period, goal_view, ground, rounded, with_goals
from crmkpi.views.whatif import Board, Lever, outcome

FIRST_GOAL = 1.1


def levers_box(s: Session, board: Board) -> None:
    """The verdict above, the sliders below; every move changes all numbers at once."""
    t, project = s.t, s.project
    assert project is not None
    answer = st.container()
    mine = [lever for lever in board.levers if lever.own]
    others = [lever for lever in board.levers if not lever.own]
    with st.container(key="card_levers"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"#### {t('whatif.levers')}", width="content")
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                exact = st.toggle(t("lever.exact"), key="whatif_exact")
                if st.button(t("whatif.reset"), icon=":material/undo:", key="whatif_reset"):
                    s.put("round", s.get("round", 0) + 1)
                    s.drop("moved")
        draw = partial(_lever, s, board, exact)
        moved = _levers(mine, draw)
        if others:
            with st.expander(t("whatif.others")):
                st.caption(t("whatif.others_text"))
                moved |= _levers(others, draw)
        believed = beliefs_box(s, board, draw)
    s.put("moved", {_place(board): {**moved, **believed}})
    known = in_force(project, board)
    result = outcome(board, moved, t, believed, known)
    with answer:
        figures.verdict("whatif", result.direction, result.headline, [result.text])
        figures.notices(result.warnings)
        if result.bridge:
            key = (tuple(sorted({**moved, **believed}.items())), tuple(known.items()))
            _result(s, result.bridge, result.between, key)


def _result(s: Session, bridge: object, between: object, moved: tuple[Hashable, ...]) -> None:
    left, right = st.columns([3, 2])
    with left, st.container(key="card_whatif_bridge", height="stretch"):
        figures.chart(s, "whatif", moved, lambda ink: waterfall_chart(bridge, s.t, ink))  # type: ignore[arg-type]
    with right, st.container(key="card_whatif_between", height="stretch"):
        st.markdown(f"**{s.t('whatif.between')}**")
        for part in between:  # type: ignore[attr-defined]
            figures.line(part)
        if not between:
            st.caption(s.t("whatif.between_none"))


def _levers(levers: list[Lever], draw: Callable[[Lever], float | None]) -> dict[str, float]:
    """Draw them in two columns; the values that are not where they were."""
    moved, columns = {}, st.columns(2, gap="large")
    for i, lever in enumerate(levers):
        with columns[i % 2]:
            value = draw(lever)
        if value is not None:
            moved[lever.metric] = value
    return moved


def _lever(s: Session, board: Board, exact: bool, lever: Lever) -> float | None:
    """One slider, or a field for an exact number; None while the value is where it was."""
    t = s.t
    # a switch between slider and field keeps the number
    start = s.get("moved", {}).get(_place(board), {}).get(lever.metric, lever.now)
    key = f"lever_{board.period.text}_{lever.metric}_{s.get('round', 0)}{'_exact' if exact else ''}"
    value = _field(s, lever, start, key) if exact else _slider(s, lever, start, key)
    if value == lever.now:
        return None
    change = t.change(lever.now, value, lever.unit)
    st.caption(plain(t("whatif.from", now=_text(t, lever.unit, lever.now), change=change)))
    return value


def _slider(s: Session, lever: Lever, start: float, key: str) -> float:
    stops = tuple(sorted({*lever.stops, start}))
    text = partial(_text, s.t, lever.unit)
    return float(st.select_slider(plain(lever.name), stops, value=start, format_func=text, key=key))


def _field(s: Session, lever: Lever, start: float, key: str) -> float:
    """A share is typed in per cent; an untouched field keeps the value to the last bit."""
    by = 100.0 if lever.unit == "share" else 1.0
    shown = round(start * by, 4)
    typed = st.number_input(
        plain(lever.name) + (", %" if by > 1 else ""),
        value=shown,
        min_value=0.0,
        max_value=None if lever.top is None else lever.top * by,
        format="%g" if abs(shown) < 1e6 else "%.0f",
        key=key,
    )
    return start if typed == shown else float(typed) / by


def _place(board: Board) -> str:
    return f"{board.root.metric}_{board.period.text}"


def _text(t: Words, unit: str, value: float) -> str:
    return t.value(value, unit)


def goal_box(s: Session, board: Board) -> None:
    """A goal of the root carried down; one click makes targets of it."""
    data, t, project = s.data, s.t, s.project
    assert data is not None and project is not None and board.now is not None
    goal, steps, mode = _asked(s, board)
    if goal is None:
        return
    args = (board.root.metric, board.period.text, board.where, project.tree.template, steps)
    found = kept(s, "ground", args, lambda: ground(data, board, steps))
    said = in_force(project, board)
    key = (*args, goal, mode, tuple(said.items()))
    view: GoalView = kept(s, "cascade", key, lambda: goal_view(board, found, goal, mode, t, said))
    figures.verdict("cascade", view.direction, view.headline, [view.text])
    left, right = st.columns([3, 2])
    if view.children:
        with left:
            _children(s, board, view, goal, steps)
    if view.alone:
        with right, st.container(key="card_alone", height="stretch"):
            st.markdown(f"#### {t('cascade.alone_title')}")
            for sentence in view.alone:
                st.markdown(f"- {plain(sentence)}")
    if view.below:
        with st.container(key="card_below"):
            st.markdown(f"#### {t('belief.title_goal')}")
            for sentence in view.below:
                st.markdown(f"- {plain(sentence)}")


def _children(s: Session, board: Board, view: GoalView, goal: float, steps: int) -> None:
    t = s.t
    with st.container(key="card_children", height="stretch"):
        st.markdown(f"#### {t('cascade.children')}")
        for child in view.children:
            figures.line(child.part)
        due = due_period(board, steps)
        st.caption(plain(t("cascade.targets_text", due=due.last)))
        make = st.button(t("cascade.make"), type="primary", icon=":material/flag:", key="cascade_make")
    if make:
        assert s.data is not None and s.project is not None
        try:
            s.project = with_goals(s.data, s.project, board, view, goal, steps)
        except CrmKpiError as error:
            st.error(t(error.key, **error.params), icon=":material/block:")
            return
        s.save()
        go_to("gap")


def _asked(s: Session, board: Board) -> tuple[float | None, int, str]:
    """Goal in the root's unit, periods until then, and the way of sharing it out."""
    t, now = s.t, board.now or 0.0
    percent = board.unit == "share"
    with st.container(horizontal=True, vertical_alignment="bottom", key="cascade_controls"):
        typed = st.number_input(
            t("cascade.goal") + (" (%)" if percent else ""),
            value=rounded(now * FIRST_GOAL * (100 if percent else 1)),
            format="%g" if abs(now) < 1e6 else "%.0f",
            key=f"cascade_goal_{board.root.metric}_{board.period.text}",
            width=220,
        )
        steps = st.segmented_control(
            t("cascade.horizon"),
            HORIZONS,
            default=3,
            required=True,
            format_func=lambda n: t.plural(f"cascade.in_{board.period.grain}", n),
            key="cascade_steps",
        )
        mode = st.segmented_control(
            t("cascade.mode"),
            MODES,
            default=MODES[0],
            required=True,
            format_func=lambda m: t(f"cascade.{m}"),
            key="cascade_mode",
        )
    st.caption(t(f"cascade.{mode}_text"))
    goal = None if typed is None else (typed / 100 if percent else float(typed))
    return goal, int(steps), str(mode)
